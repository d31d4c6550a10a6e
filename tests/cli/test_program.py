"""How the program ends: signals, errors that have no better place, the environment, and systems that lack things."""

from __future__ import annotations

import json
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
        assert line, f"it ended without having said {words!r}"


TWO_SIGNALS = """
import os, signal, sys
from mnistnet.cli.program import _stop, Stopped
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, _stop)
try:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
except Stopped as stopped:
    print(stopped.args[0])
"""


def test_two_signals_at_the_same_moment_stop_it_once_and_quietly() -> None:
    done = subprocess.run([sys.executable, "-c", TWO_SIGNALS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{signal.SIGINT}\n", "")


LOST = """
import signal, time
from mnistnet.cli import program
program.TIDYING = 0.2
signal.signal(signal.SIGINT, program._stop)
class Thing:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
thing = Thing()
del thing
signal.raise_signal(signal.SIGINT)
print("ignored")
time.sleep(0.3)
try:
    signal.raise_signal(signal.SIGINT)
except program.Stopped as stopped:
    print(stopped.args[0])
"""


def test_a_signal_that_is_lost_in_a_destructor_is_not_the_last_that_is_heard() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"ignored\n{signal.SIGINT}\n")
    assert "Exception ignored in: <function Thing.__del__" in done.stderr


@pytest.mark.parametrize("pause", [0, 0.001, 0.003, 0.01])
def test_ctrl_c_and_sigterm_one_after_the_other_are_one_end(folder: Path, pause: float) -> None:
    process = start_after("", *TRAIN, "--epochs", "9999", cwd=folder)
    wait_for(process, "epoch 1/")
    process.send_signal(signal.SIGINT)
    if pause:
        signal.sigtimedwait([], pause)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode in (130, 143)
    assert "Traceback" not in said
    assert "ignored" not in said
    assert "Stopped. mnistnet.npz holds the last whole epoch" in said


DURING_AN_IMPORT = {
    "turned into another error": """
class Name:
    def __set_name__(self, owner, name):
        signal.raise_signal({stop})
class Owner:
    name = Name()
""",
    "dropped": """
import weakref
class Thing:
    pass
thing = Thing()
reference = weakref.ref(thing, lambda _: signal.raise_signal({stop}))
del thing
""",
}


@pytest.mark.parametrize("fate", DURING_AN_IMPORT)
@pytest.mark.parametrize(("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_an_import_ends_it_whatever_becomes_of_the_exception(
    program: Program, tmp_path: Path, fate: str, stop: signal.Signals, status: int
) -> None:
    (tmp_path / "PIL.py").write_text(f"import signal{DURING_AN_IMPORT[fate].format(stop=int(stop))}print('imported')")
    done = program("predict", "-q", "digit.png")
    assert (done.returncode, done.stdout, done.stderr) == (status, "imported\n", "")


SLOW_DISK = """
import os, sys, time
flush = os.fsync
def fsync(descriptor):
    print("flushing", file=sys.stderr, flush=True)
    time.sleep(0.5)
    flush(descriptor)
os.fsync = fsync
"""


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_waits_until_the_epoch_is_in_the_history_and_in_the_model(
    folder: Path, stop: signal.Signals, status: int
) -> None:
    process = start_after(SLOW_DISK, *TRAIN, "--epochs", "99", "--history", "h.jsonl", cwd=folder)
    wait_for(process, "flushing")
    process.send_signal(stop)
    _, said = process.communicate()
    assert process.returncode == status
    assert "Stopped. mnistnet.npz holds the last whole epoch" in said
    assert load(folder / "mnistnet.npz").epoch == 1
    assert [json.loads(line)["epoch"] for line in (folder / "h.jsonl").read_text().splitlines()] == [1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_whoever_started_it_ignores_is_ignored(folder: Path, stop: signal.Signals) -> None:
    ignore = f"import signal\nsignal.signal({int(stop)}, signal.SIG_IGN)"
    process = start_after(ignore, *TRAIN, "--epochs", "3", cwd=folder)
    wait_for(process, "epoch 1/")
    process.send_signal(stop)
    process.communicate()
    assert process.returncode == 0
    assert load(folder / "mnistnet.npz").epoch == 3


WINDOWS = """
import os, signal, sys
for name in ("pthread_sigmask", "SIGPIPE", "SIGHUP"):
    delattr(signal, name)
for name in ("fcntl", "resource", "termios"):
    sys.modules[name] = None
def no_folders(path, *arguments, **more):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", path)
    return real_open(path, *arguments, **more)
real_open, os.open = os.open, no_folders
"""


def test_it_runs_where_unix_signals_file_locks_and_open_folders_are_missing(folder: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((84, 84)).save(folder / "digit.png")
    for arguments, status in (
        ((*TRAIN, "--epochs", "2", "--history", "h.csv"), 0),
        ((*TRAIN, "--epochs", "3", "--history", "h.csv", "--resume"), 0),
        (("predict", "digit.png"), 0),
        (("evaluate", "--data", "files"), 0),
        (("predict", "none.png"), 1),
    ):
        process = start_after(WINDOWS, *arguments, cwd=folder)
        _, said = process.communicate()
        assert (process.returncode, "Traceback" in said) == (status, False), said
    assert load(folder / "mnistnet.npz").epoch == 3


def test_several_processes_read_where_there_is_no_fork(folder: Path, digits: Dataset) -> None:
    pictures = [f"{index}.png" for index in range(40)]
    for index, name in enumerate(pictures):
        Image.fromarray(255 - digits.images[index]).resize((84, 84)).save(folder / name)
    said = []
    for before, jobs in (("", "1"), (f"{WINDOWS}\nimport mnistnet.jobs\nmnistnet.jobs.START = 'spawn'", "2")):
        process = start_after(before, "predict", "-q", "--format", "jsonl", "--jobs", jobs, *pictures, cwd=folder)
        said.append((*process.communicate(), process.returncode))
    assert said[0] == said[1]
    assert said[0][0].count("\n") == 40


def test_output_that_nobody_reads_ends_quietly_without_sigpipe(folder: Path) -> None:
    process = start_after(WINDOWS, "--help", cwd=folder)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 141


IN_A_FOLDER_THAT_IS_GONE = """
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
        ("download", "--directory", "here"),
    ],
)
def test_in_a_folder_that_is_gone_nobody_blames_standard_output(folder: Path, arguments: tuple[str, ...]) -> None:
    process = start_after(IN_A_FOLDER_THAT_IS_GONE, *arguments, cwd=folder)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "standard output" not in said
    assert said.splitlines()[-1].startswith("Error: ")


def test_a_variable_that_is_no_option_is_told(program: Program, folder: Path) -> None:
    misspelt = {"MNISTNET_TRAIN_EPOCH": "5", "MNISTNET_DATA": str(folder / "files"), "MNISTNET_MODEL": "builtin"}
    done = program("evaluate", environment=misspelt)
    assert done.returncode == 0
    note = "MNISTNET_TRAIN_EPOCH in the environment is no option of mnistnet; it is ignored\n"
    assert done.stderr == f"{note}Using the model that comes with mnistnet\n"
    assert program("evaluate", "-q", environment=misspelt).stderr == ""


def test_every_option_in_the_help_can_come_from_the_variable_that_it_names(program: Program, folder: Path) -> None:
    text = " ".join(program("train", "--help").stdout.split())
    assert "[env var: MNISTNET_TRAIN_BATCH_SIZE; default: 32]" in text
    environment = {"MNISTNET_TRAIN_BATCH_SIZE": "7", "MNISTNET_TRAIN_HIDDEN": "none", "MNISTNET_TRAIN_EPOCHS": "1"}
    assert program("train", "--data", folder / "files", environment=environment).returncode == 0
    settings = load(folder / "mnistnet.npz").settings
    assert (settings.batch_size, settings.hidden, settings.epochs) == (7, (), 1)
