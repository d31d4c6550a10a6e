"""Standard streams that are closed, full or broken, terminals, and encodings."""

from __future__ import annotations

import csv
import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from conftest import HANG
from mnistnet.datasets import Dataset
from mnistnet.model import Model, load

fcntl, pty, termios = (pytest.importorskip(name, reason="needs Unix") for name in ("fcntl", "pty", "termios"))

# The terminal of standard input becomes the one whose Ctrl-C the program gets.
IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "mnistnet", *sys.argv[1:]])
"""

TRAIN = "train --validation 0 --epochs 2 -o new.npz --data files"
NOWHERE = "Error: standard output: Bad file descriptor\n"
FULL = "Error: standard output: No space left on device\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, mnist_files: Path, digits: Dataset, model: Model) -> Path:
    """A model, MNIST-format files, and a picture that is prepared already."""
    folder = tmp_path_factory.mktemp("streams")
    (folder / "files").symlink_to(mnist_files)
    model.save(folder / "mnistnet.npz")
    Image.fromarray(digits.images[0]).save(folder / "0.png")
    return folder


def shell(
    folder: Path, arguments: str, redirection: str = "", environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the program as a shell runs it."""
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m mnistnet {arguments} {redirection}"],  # noqa: S607
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **(environment or {})},
        check=False,
        timeout=HANG,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "redirection", "status", "printed"),
    [
        ("predict -q 0.png", ">&-", 1, NOWHERE),
        ("--help", ">&-", 1, NOWHERE),
        (f"{TRAIN} -q", ">&-", 0, ""),
        ("predict -q 0.png", ">/dev/full", 1, FULL),
        ("--version", ">/dev/full", 1, FULL),
        (TRAIN, "2>/dev/full", 0, ""),
        (TRAIN, "<&- >&- 2>&-", 0, ""),
        ("train --epochs x", "<&- >&- 2>&-", 2, ""),
    ],
)
def test_closed_and_full_streams_end_the_program_as_they_should(
    folder: Path, arguments: str, redirection: str, status: int, printed: str
) -> None:
    (folder / "new.npz").unlink(missing_ok=True)
    got, _, error = shell(folder, arguments, redirection)
    assert (got, error) == (status, printed)
    if arguments.startswith(TRAIN):
        assert load(folder / "new.npz").epoch == 2  # no message went into it


@pytest.mark.parametrize(
    ("redirection", "expected"), [("<&-", "not a picture "), ("0>/dev/null", "can't be read (Bad file descriptor)\n")]
)
def test_a_standard_input_that_cannot_be_read_is_an_unreadable_picture(
    folder: Path, redirection: str, expected: str
) -> None:
    status, answers, error = shell(folder, "predict -q - 0.png", redirection)
    assert (status, answers.count("\n"), error.count("\n")) == (1, 1, 1)
    assert error.startswith(f"Error: -: {expected}")


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("environment", "form"),
    [(C_LOCALE, "text"), (C_LOCALE, "csv"), ({"PYTHONIOENCODING": "ascii"}, "jsonl"), ({"LC_ALL": "C.UTF-8"}, "csv")],
)
def test_any_file_name_in_any_encoding_is_answered_in_its_line(
    folder: Path, environment: dict[str, str], form: str
) -> None:
    names = [
        b"\xff\xfe.png",
        b"two\nlines.png",
        b"-n.png",
        b"--help",
        "７ ü 🙂.png".encode(),
        b"\x1b[31mred.png",
        b'a,"b".png',
    ]
    odd = folder / "odd"
    odd.mkdir(exist_ok=True)
    for name in names:
        (odd / os.fsdecode(name)).write_bytes((folder / "0.png").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "mnistnet", "predict", "-q", "-m", "../mnistnet.npz", "--format", form, "--", *names],
        cwd=odd,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=HANG,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.splitlines()[form == "csv" :]
    assert len(lines) == len(names)
    assert b"\x1b" not in done.stdout
    if form == "jsonl":
        assert [os.fsencode(json.loads(line)["path"]) for line in lines] == names
    if form == "csv":
        fields = [row[0] for row in csv.reader(line.decode() for line in lines)]
        paths = [json.loads(field) if field.startswith('"') else field for field in fields]
        assert [os.fsencode(path) for path in paths] == names


@pytest.mark.parametrize("redirection", [">/dev/full", "| true"])
def test_completion_without_output_prints_no_traceback(folder: Path, redirection: str) -> None:
    named = "import sys; sys.argv[0] = 'mnistnet'; from mnistnet.__main__ import main; main()"
    completion = {"_MNISTNET_COMPLETE": "bash_complete", "COMP_WORDS": "mnistnet ", "COMP_CWORD": "1"}
    done = subprocess.run(
        ["sh", "-c", f'{sys.executable} -c "{named}" {redirection}'],  # noqa: S607
        env={**os.environ, **completion},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert "Traceback" not in done.stderr
    if redirection == ">/dev/full":
        assert (done.returncode, done.stderr) == (1, FULL)


@pytest.mark.parametrize(
    ("columns", "environment"),
    [(80, {"TERM": "xterm"}), (20, {"TERM": "dumb", "NO_COLOR": "1"})],
)
def test_a_bar_fits_into_its_terminal_and_the_model_is_the_same(
    folder: Path, columns: int, environment: dict[str, str]
) -> None:
    shell(folder, f"{TRAIN} -q")
    invalid = dict.fromkeys(("TQDM_NCOLS", "TQDM_MININTERVAL", "TQDM_DISABLE"), "abc")  # tqdm's own, which are ignored
    status, screen = on_terminal(folder, TRAIN.replace("new", "terminal"), columns, {**environment, **invalid})
    assert status == 0
    assert "Traceback" not in screen
    assert "2/2" in screen
    if environment.get("TERM") == "dumb":
        assert "\x1b" not in screen
    bars = [line for line in re.split(r"[\r\n]+", screen) if "%|" in line]
    assert bars
    assert max(map(len, bars)) <= columns
    assert (folder / "terminal.npz").read_bytes() == (folder / "new.npz").read_bytes()


def test_ctrl_c_in_a_terminal_ends_the_program_without_a_traceback(folder: Path) -> None:
    endless = "train --validation 0 --epochs 100000 -o stopped.npz --data files"
    status, screen = on_terminal(folder, endless, 80, {}, keys=b"\x03\x03\x03")
    assert status == 130
    assert "Traceback" not in screen
    assert "Stopped. stopped.npz holds the last complete epoch; continue with --resume." in screen
    assert not list(folder.glob(".*"))


def test_a_drawing_has_colours_only_on_terminals_that_allow_them(folder: Path) -> None:
    colourful = {"TERM": "xterm", "NO_COLOR": ""}
    screens = [
        on_terminal(folder, "predict --show 0.png", 80, {**colourful, **environment})[1]
        for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"})
    ]
    assert ["\x1b[38;5;" in screen for screen in screens] == [True, False, False]
    assert "\x1b" not in screens[1] + screens[2]
    _, answers, _ = shell(folder, "predict --show 0.png", environment=colourful)
    assert "\x1b" not in answers


def test_a_bar_shows_the_progress_while_answers_are_written_to_a_file(folder: Path) -> None:
    answers = folder / "answers.txt"
    arguments = "predict --format plain" + " 0.png" * 50 + " none.png"
    status, screen = on_terminal(folder, arguments, 80, {"TERM": "xterm"}, output=answers)
    assert status == 1
    assert answers.read_text().count("\n") == 51
    assert "/51" in screen
    assert "\nError: none.png: can't be opened" in screen.replace("\r", "\n")
    _, screen = on_terminal(folder, arguments, 80, {"TERM": "xterm"})
    assert "/51" not in screen
    _, screen = on_terminal(folder, arguments + " -q", 80, {"TERM": "xterm"}, output=answers)
    assert "/51" not in screen


def on_terminal(
    folder: Path,
    arguments: str,
    columns: int,
    environment: Mapping[str, str],
    *,
    keys: bytes = b"",
    output: Path | None = None,
) -> tuple[int, str]:
    """Exit status and screen of the program in a terminal; the keys are pressed when the first bar is there."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    written = terminal if output is None else os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, *arguments.split()],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=terminal,
        stdout=written,
        stderr=terminal,
        start_new_session=True,
    )
    for descriptor in {terminal, written}:
        os.close(descriptor)
    screen = b""
    while True:
        try:
            screen += os.read(master, 4096)
        except OSError:  # the end of the output
            break
        if keys and b"cost" in screen:
            os.write(master, keys)
            keys = b""
    os.close(master)
    return process.wait(), screen.decode(errors="replace")
