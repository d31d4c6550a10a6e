"""Fixtures: small data sets drawn from strokes, and the program, run in this process or in one of its own."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner
from PIL import Image
from threadpoolctl import threadpool_limits

from browser import chromium, open_page, page, pretrained, pretrained_page  # noqa: F401  # fixtures
from mnistnet.cli.program import main
from mnistnet.datasets import Dataset, hold_out
from mnistnet.datasets.strokes import draw_digits
from mnistnet.model import Model
from mnistnet.settings import Settings
from mnistnet.training import fit

# A program in a shell's background (`make test &`) ignores Ctrl-C, and so would the programs that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
threadpool_limits(1)  # as in the program, which sets it before NumPy loads

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
HANG = 500  # seconds; only a program that hangs takes so long; less than pytest's limit, whose message says less

Program = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """600 drawn digits."""
    return Dataset(*draw_digits(600, seed=7))


@pytest.fixture(scope="session")
def few(digits: Dataset) -> Dataset:
    """Two of each digit."""
    return digits.take(np.concatenate([np.flatnonzero(digits.labels == digit)[:2] for digit in range(10)]))


@pytest.fixture(scope="session")
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
def few_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `strokes` 600 training and 200 test images: 35,000 take seconds."""
    monkeypatch.setattr("mnistnet.datasets.sources.STROKES_COUNT", {"train": 600, "test": 200})


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the proxies and CA bundles that a test sets."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Run `mnistnet ARGUMENTS` in this process, in an empty folder with an empty home: Python takes long to start."""

    def run(
        *arguments: str | Path,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        cwd: Path = tmp_path,
    ) -> subprocess.CompletedProcess[str]:
        command = [str(each) for each in arguments]
        with patch.dict(os.environ, _environment(tmp_path, environment), clear=True), monkeypatch.context() as here:
            here.chdir(cwd)
            here.setattr(sys, "argv", ["mnistnet"])
            done = CliRunner().invoke(main, command, stdin, prog_name="mnistnet", catch_exceptions=False)
        return subprocess.CompletedProcess(command, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start `mnistnet ARGUMENTS` in a process of its own, as a user's shell would."""

    def begin(
        *arguments: str | Path, before: str = "", environment: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start the program; `before` are statements that its Python runs first."""
        program = ["-c", f"{before}\nfrom mnistnet.__main__ import main\nmain()"] if before else ["-m", "mnistnet"]
        return subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(tmp_path, environment),
            **{"cwd": tmp_path, **options},
        )

    return begin


@pytest.fixture
def process(start: Start) -> Program:
    """Run the program as `start` does, to its end."""

    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        running = start(*arguments, **options)
        output, error = running.communicate(timeout=HANG)
        return subprocess.CompletedProcess(running.args, running.returncode, output, error)

    return run


def _environment(folder: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MNISTNET_", "XDG_"))}
    return {**inherited, "HOME": str(folder / "home"), **(more or {})}


def code_with(words: str, language: str) -> str:
    """The block of code in the README that has these words in it."""
    (block,) = (block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if words in block)
    return str(block)


def rounds(count: int) -> int:
    """How often a long test tries: this often, times SOAK from the environment."""
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


@pytest.fixture(scope="session")
def mnist_files(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Path:
    """A folder of MNIST-format files of drawn digits, which no test changes."""
    return write_mnist(tmp_path_factory.mktemp("mnist"), digits, digits.take(np.arange(100)))


@pytest.fixture
def folder(tmp_path: Path, mnist_files: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(mnist_files, tmp_path / "files"))


@pytest.fixture
def trained(tmp_path: Path, model: Model) -> Path:
    """The model, as `train` with the options QUICK leaves it."""
    model.save(tmp_path / "mnistnet.npz")
    return tmp_path / "mnistnet.npz"


@pytest.fixture
def pngs(tmp_path: Path, digits: Dataset) -> list[str]:
    """Three pictures of drawn digits, dark on light."""
    names = ["0.png", "1.png", "2.png"]
    for name, image in zip(names, digits.images, strict=False):
        Image.fromarray(255 - image).resize((84, 84)).save(tmp_path / name)
    return names
