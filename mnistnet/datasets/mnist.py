"""MNIST's four files: their names and checksums, their default folder, and the check of local copies."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mnistnet.errors import DownloadError

MISSING = "missing"


@dataclass(frozen=True)
class RemoteFile:
    """One of MNIST's files: its name on the mirrors, size in bytes and SHA-256, gzipped and unpacked."""

    name: str
    size: int
    sha256: str
    raw_size: int
    raw_sha256: str


@dataclass(frozen=True)
class LocalFile:
    """The state of a remote file in a folder."""

    file: RemoteFile
    path: Path  # the valid copy, gzipped or unpacked; without one, the path for the gzipped file
    problem: str | None = None  # None: valid; else "missing", or what is wrong with it


class Progress(NamedTuple):
    """State of one file's download, in bytes of its gzipped form; `done` returns to 0 for another attempt."""

    name: str
    done: int
    total: int
    note: str = ""  # one line for the user, such as why a mirror failed


FILES = (
    RemoteFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    RemoteFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


def cache_directory() -> Path:
    """Return the default folder for MNIST: $XDG_CACHE_HOME/mnistnet, else ~/.cache/mnistnet.

    Raises:
        DownloadError: there is no home folder.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # the XDG specification: ignore a relative path
        try:
            base = Path.home() / ".cache"
        except RuntimeError as error:
            raise DownloadError("no home folder for MNIST; set HOME or name a folder") from error
    return base / "mnistnet"


def verify(directory: Path, files: Sequence[RemoteFile] = FILES) -> list[LocalFile]:
    """Check each file in `directory` by size and SHA-256, gzipped, or unpacked under the name without .gz."""
    return [_verify(directory, file) for file in files]


def _verify(directory: Path, file: RemoteFile) -> LocalFile:
    gzipped = directory / file.name
    raw = directory / file.name.removesuffix(".gz")
    problem = _problem(gzipped, file.size, file.sha256)
    # A damaged gzipped file counts even beside a valid unpacked one, because `load_idx` reads the gzipped file first.
    if problem == MISSING and not _problem(raw, file.raw_size, file.raw_sha256):
        return LocalFile(file, raw)
    return LocalFile(file, gzipped, problem)


def _problem(path: Path, size: int, sha256: str) -> str | None:
    """Return why `path` isn't a file of this size and SHA-256; None if it is."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would block
            return "not a regular file"
        if status.st_size != size:
            return f"expected {size:,} bytes, got {status.st_size:,}"
        got = hashlib.sha256(path.read_bytes()).hexdigest()  # at most 47 MB
    except FileNotFoundError:
        return MISSING
    except OSError as error:
        return error.strerror or str(error)
    return None if got == sha256 else f"expected SHA-256 {sha256}, got {got}"
