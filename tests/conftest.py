"""What several test modules share: small data sets drawn from strokes, and the real program in a subprocess."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from browser import chromium, open_page, pretrained, pretrained_page  # noqa: F401  # fixtures
from mnistnet.datasets import Dataset, hold_out
from mnistnet.datasets.strokes import draw_digits
from mnistnet.model import Model
from mnistnet.settings import Settings
from mnistnet.training import fit

# What a shell runs in the background (`make test &`) is deaf to Ctrl-C, and so is what that starts, unless it is told.
signal.signal(signal.SIGINT, signal.default_int_handler)

HANG = 600  # seconds; a busy machine is slow, but only a program that hangs takes this long

Program = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """600 drawn digits."""
    return Dataset(*draw_digits(600, seed=7))


@pytest.fixture(scope="module")
def model(digits: Dataset) -> Model:
    """A model after two epochs, with a validation accuracy."""
    *_, (_, trained) = fit(*hold_out(digits, 100), Settings(epochs=2, validation=100))
    return trained


@pytest.fixture
def model_file(tmp_path: Path, model: Model) -> Path:
    """The same, saved."""
    model.save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder of the real MNIST files."""
    folder = os.environ.get("MNISTNET_DATA", "")
    if not (Path(folder) / "t10k-labels-idx1-ubyte.gz").is_file():
        pytest.skip("MNISTNET_DATA names no folder of MNIST files")
    return Path(folder)


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies and no CA bundles but those that a test sets."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Run `mnistnet ARGUMENTS` in an empty folder with an empty home, as a user's shell would."""

    def run(
        *arguments: str | Path,
        stdin: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        cwd: Path = tmp_path,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "mnistnet", *map(str, arguments)],
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            cwd=cwd,
            env=_environment(tmp_path, environment),
            timeout=HANG,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Begin `mnistnet ARGUMENTS` as `program` does, and go on while it runs."""

    def begin(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mnistnet", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=_environment(tmp_path, environment),
        )

    return begin


def _environment(folder: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MNISTNET_", "XDG_"))}
    return {**inherited, "HOME": str(folder / "home"), **(more or {})}


def rounds(count: int) -> int:
    """How often a long test tries: so often, or the part of it that SOAK in the environment says."""
    return max(2, round(count * float(os.environ.get("SOAK", "1"))))


def peak_memory(statements: str, *arguments: str | Path) -> tuple[str, int]:
    """What Python statements print in a process of their own, and the most memory that it took, in bytes."""
    status = Path("/proc/self/status")  # getrusage would count what this process had before it became the other one
    if not status.exists():
        pytest.skip("needs /proc to measure memory")
    ends = f"\nprint(open('{status}').read().split('VmHWM:')[1].split()[0])"
    command = [sys.executable, "-c", statements + ends, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG)
    assert (done.returncode, done.stderr) == (0, "")
    *said, memory = done.stdout.splitlines(keepends=True)
    return "".join(said), int(memory) * 1024


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


def write_class_folders(folder: Path, dataset: Dataset) -> Path:
    """Write a data set as PNGs in folders 0 to 9, twice as large as MNIST's images."""
    for index, (image, label) in enumerate(zip(dataset.images, dataset.labels, strict=True)):
        path = folder / str(label) / f"{index:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((56, 56)).save(path)
    return folder


QUICK = ("--epochs", "2", "--validation", "100")


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """MNIST-format files of drawn digits."""
    return write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))


@pytest.fixture
def trained(program: Program, folder: Path) -> Path:
    done = program("train", *QUICK, "--data", folder, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder.parent / "mnistnet.npz"


@pytest.fixture
def pngs(tmp_path: Path, digits: Dataset) -> list[str]:
    """Three pictures of drawn digits, dark on light."""
    names = ["0.png", "1.png", "2.png"]
    for name, image in zip(names, digits.images, strict=False):
        Image.fromarray(255 - image).resize((84, 84)).save(tmp_path / name)
    return names
