"""MNIST's four files: their names and checksums, their default folder, and the check of local copies."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistnet.errors import DownloadError

MISSING = "missing"


@dataclass(frozen=True)
class RemoteFile:
    """One of MNIST's files: its name on the mirrors, size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


FILES = (
    RemoteFile(
        "train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    RemoteFile(
        "train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    RemoteFile("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
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


def verify(directory: Path, files: Sequence[RemoteFile] = FILES) -> dict[RemoteFile, str]:
    """Return the files that are missing or damaged in `directory`, by size and SHA-256, each with what is wrong."""
    problems = {file: _problem(directory / file.name, file) for file in files}
    return {file: problem for file, problem in problems.items() if problem is not None}


def _problem(path: Path, file: RemoteFile) -> str | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would block
            return "not a regular file"
        if status.st_size != file.size:
            return f"expected {file.size:,} bytes, got {status.st_size:,}"
        got = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return MISSING
    except OSError as error:
        return error.strerror or str(error)
    return None if got == file.sha256 else f"expected SHA-256 {file.sha256}, got {got}"
