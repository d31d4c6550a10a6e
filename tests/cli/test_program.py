"""The exit status, signals, the environment, and systems that lack things."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program, write_mnist
from mnistnet.datasets import Dataset
from mnistnet.model import load

PROGRAM = "\nfrom mnistnet.__main__ import main\nmain()"
TRAIN = ("train", "--validation", "0", "--data", "files")


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """A folder with MNIST-format files of drawn digits in `files`."""
    write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))
    return tmp_path


def start_after(statements: str, *arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Start the program in a Python that has run these statements."""
    command = [sys.executable, "-c", statements + PROGRAM, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    while words not in (line := process.stderr.readline()):
        assert line, f"it ended without printing {words!r}"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_the_parent_process_ignores_is_ignored(folder: Path, stop: signal.Signals) -> None:
    ignore = f"import signal\nsignal.signal({int(stop)}, signal.SIG_IGN)"
    process = start_after(ignore, *TRAIN, "--epochs", "3", cwd=folder)
    wait_for(process, "epoch 1/")
    process.send_signal(stop)
    process.communicate()
    assert process.returncode == 0
    assert load(folder / "mnistnet.npz").epoch == 3


WINDOWS = """
import os, signal, sys
del signal.SIGPIPE, signal.SIGHUP
for name in ("fcntl", "resource", "termios"):
    sys.modules[name] = None
def no_folders(path, *arguments, **more):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", path)
    return real_open(path, *arguments, **more)
real_open, os.open = os.open, no_folders
"""


def test_it_runs_without_unix_signals_and_file_locks(folder: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((84, 84)).save(folder / "digit.png")
    for arguments, status in (
        ((*TRAIN, "--epochs", "2", "--history", "h.csv"), 0),
        ((*TRAIN, "--epochs", "3", "--history", "h.csv", "--resume"), 0),
        (("predict", "digit.png"), 0),
        (("evaluate", "--data", "files"), 0),
        (("predict", "none.png"), 1),
    ):
        process = start_after(WINDOWS, *arguments, cwd=folder)
        _, printed = process.communicate()
        assert (process.returncode, "Traceback" in printed) == (status, False), printed
    assert load(folder / "mnistnet.npz").epoch == 3


def test_a_broken_pipe_ends_the_program_quietly_without_sigpipe(folder: Path) -> None:
    process = start_after(WINDOWS, "--help", cwd=folder)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 141


IN_A_REMOVED_FOLDER = """
import os, tempfile
gone = tempfile.mkdtemp()
os.chdir(gone)
os.rmdir(gone)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--data", "strokes", "--epochs", "1", "-q"),
        ("evaluate", "--data", "strokes", "--mistakes", "wrong"),
        ("predict", "7.png"),
    ],
)
def test_in_a_removed_folder_the_error_is_not_about_standard_output(folder: Path, arguments: tuple[str, ...]) -> None:
    process = start_after(IN_A_REMOVED_FOLDER, *arguments, cwd=folder)
    _, printed = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in printed
    assert "standard output" not in printed
    assert printed.splitlines()[-1].startswith("Error: ")


def test_options_are_set_in_the_environment_as_the_help_says(program: Program, folder: Path) -> None:
    assert "MNISTNET_TRAIN_EPOCHS" in program("predict", "--help").stdout
    environment = {"MNISTNET_TRAIN_BATCH_SIZE": "7", "MNISTNET_TRAIN_HIDDEN": "none", "MNISTNET_TRAIN_EPOCHS": "1"}
    assert program("train", "--data", folder / "files", environment=environment).returncode == 0
    settings = load(folder / "mnistnet.npz").settings
    assert (settings.batch_size, settings.hidden, settings.epochs) == (7, (), 1)
