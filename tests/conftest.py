"""What several test modules share: small data sets drawn from strokes, and the real program in a subprocess."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mnistnet.datasets import Dataset
from mnistnet.strokes import draw_digits

Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """600 drawn digits."""
    return Dataset(*draw_digits(600, seed=7))


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder of the real MNIST files."""
    folder = os.environ.get("MNISTNET_DATA", "")
    if not (Path(folder) / "t10k-labels-idx1-ubyte.gz").is_file():
        pytest.skip("MNISTNET_DATA names no folder of MNIST files")
    return Path(folder)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Run `mnistnet ARGUMENTS` in an empty folder with an empty home, as a user's shell would."""

    def run(
        *arguments: str | Path,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        cwd: Path = tmp_path,
    ) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MNISTNET_", "XDG_"))}
        done = subprocess.run(
            [sys.executable, "-m", "mnistnet", *map(str, arguments)],
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            cwd=cwd,
            env={**inherited, "HOME": str(tmp_path / "home"), **(environment or {})},
            timeout=60,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def write_idx(path: Path, array: npt.NDArray[np.uint8]) -> None:
    """Write an IDX file, gzipped when the name says so."""
    header = bytes((0, 0, 8, array.ndim)) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    content = header + array.tobytes()
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)


def write_mnist(folder: Path, training: Dataset, test: Dataset) -> Path:
    """Write two data sets as MNIST's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, dataset in (("train", training), ("t10k", test)):
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", dataset.images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", dataset.labels)
    return folder
