"""Signals, and systems that lack things."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from conftest import Program, Start
from mnistnet.datasets import Dataset
from mnistnet.model import load

TRAIN = ("train", "--validation", "0", "--data", "files")


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    while words not in (line := process.stderr.readline()):
        assert line, f"it ended without printing {words!r}"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_the_parent_process_ignores_is_ignored(start: Start, folder: Path, stop: signal.Signals) -> None:
    ignore = f"import signal\nsignal.signal({int(stop)}, signal.SIG_IGN)"
    process = start(*TRAIN, "--epochs", "3", before=ignore)
    wait_for(process, "epoch 1/")
    process.send_signal(stop)
    process.communicate()
    assert process.returncode == 0
    assert load(folder.parent / "mnistnet.npz").epoch == 3


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


def test_the_program_runs_without_unix_signals_and_file_locks(process: Program, folder: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((84, 84)).save(folder.parent / "digit.png")
    for arguments, status in (
        ((*TRAIN, "--epochs", "2", "--history", "h.csv"), 0),
        ((*TRAIN, "--epochs", "3", "--history", "h.csv", "--resume"), 0),
        (("predict", "digit.png", "none.png"), 1),
    ):
        done = process(*arguments, before=WINDOWS)
        assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr
    assert load(folder.parent / "mnistnet.npz").epoch == 3


@pytest.mark.parametrize(("before", "arguments"), [(WINDOWS, ("--help",)), ("", ("predict", "-q", *["0.png"] * 6000))])
def test_a_broken_pipe_ends_the_program_quietly(
    start: Start, pngs: list[str], before: str, arguments: tuple[str, ...]
) -> None:
    process = start(*arguments, before=before)
    assert process.stdout is not None
    if arguments[0] == "predict":
        assert process.stdout.readline().startswith(f"{pngs[0]}: ")
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


@pytest.mark.parametrize("arguments", [("train", "--epochs", "1", "-q"), ("predict", "7.png")])
def test_in_a_removed_folder_the_error_is_not_about_standard_output(
    process: Program, mnist_files: Path, arguments: tuple[str, ...]
) -> None:
    environment = {"MNISTNET_DATA": str(mnist_files)}
    done = process(*arguments, before=IN_A_REMOVED_FOLDER, environment=environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "standard output" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_odd_metadata_of_a_picture_print_no_warning(process: Program, tmp_path: Path) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "odd.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
    assert process("predict", "odd.jpg", "-q").stderr.count("\n") == 1  # nothing is written on it
