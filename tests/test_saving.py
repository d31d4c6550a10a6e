"""Nothing is lost when a program dies, or the disk is full: the model file, the history."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from conftest import Program, Start, write_mnist
from mnistnet.datasets import Dataset, hold_out
from mnistnet.model import Model, save_model
from mnistnet.settings import Settings
from mnistnet.training import fit

fcntl = pytest.importorskip("fcntl", reason="needs flock")


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """MNIST-format files of drawn digits."""
    return write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))


@pytest.fixture(scope="module")
def model(digits: Dataset) -> Model:
    *_, (_, trained) = fit(*hold_out(digits, 100), Settings(epochs=1, validation=100))
    return trained


def test_what_a_killed_save_left_is_removed_by_the_next_one(tmp_path: Path, model: Model) -> None:
    for name in (".model.npz-0123abcd.tmp", ".model.npz-89ef4567.tmp"):
        (tmp_path / name).write_bytes(b"half a mod")
    save_model(model, tmp_path / "model.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_what_a_living_process_writes_and_what_is_not_ours_stays(tmp_path: Path, model: Model) -> None:
    others = {".model.npz-mine.tmp", ".other.npz-0123abcd.tmp", "model.npz-0123abcd.tmp", ".model.npz-0123abcd.tmp2"}
    for name in others:
        (tmp_path / name).touch()
    with (tmp_path / ".model.npz-0123abcd.tmp").open("wb") as written:
        fcntl.flock(written, fcntl.LOCK_EX)
        save_model(model, tmp_path / "model.npz")
        assert {path.name for path in tmp_path.iterdir()} == {"model.npz", ".model.npz-0123abcd.tmp", *others}
    save_model(model, tmp_path / "model.npz")
    assert {path.name for path in tmp_path.iterdir()} == {"model.npz", *others}


def test_a_link_under_the_name_of_a_temporary_file_leads_nowhere(tmp_path: Path, model: Model) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / ".model.npz-0123abcd.tmp").symlink_to(tmp_path / "precious")
    save_model(model, tmp_path / "model.npz")
    assert (tmp_path / "precious").read_bytes() == b"precious"


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
os.execv(sys.executable, [sys.executable, "-B", "-m", "mnistnet", *sys.argv[2:]])
"""


def limited(bytes_at_most: int, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program where no file can grow beyond so many bytes, as on a disk that is nearly full."""
    command = [sys.executable, "-c", LIMITED, str(bytes_at_most), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=60)


@pytest.mark.parametrize("room", [0, 50_000])
def test_a_full_disk_is_one_line_and_the_old_model_stays(
    program: Program, tmp_path: Path, folder: Path, room: int
) -> None:
    train = ("train", "--validation", "0", "--data", folder, "-q")
    program(*train, "--epochs", "1")
    before = (tmp_path / "mnistnet.npz").read_bytes()
    done = limited(room, *train, "--epochs", "2", "--resume", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: mnistnet.npz: can't be written (File too large); make room, or choose another file\n"
    assert (tmp_path / "mnistnet.npz").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files", "mnistnet.npz"]


@pytest.mark.parametrize("name", ["history.csv", "history.jsonl"])
def test_a_full_disk_takes_no_line_from_the_history(program: Program, tmp_path: Path, folder: Path, name: str) -> None:
    train = ("train", "--validation", "0", "--data", folder, "-q", "--history", name)
    program(*train, "--epochs", "3")
    before = (tmp_path / name).read_bytes()
    done = limited(0, *train, "--epochs", "4", "--resume", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"{name}: can't be written" in done.stderr
    assert (tmp_path / name).read_bytes() == before


def test_who_stops_before_the_first_epoch_is_over_is_not_told_of_a_model(
    program: Program, start: Start, folder: Path
) -> None:
    program("train", "--validation", "0", "--epochs", "1", "--data", folder, "-q")
    before = (folder.parent / "mnistnet.npz").read_bytes()
    endless = ("--hidden", "1000,1000,1000", "--batch-size", "1", "--augment", "1")
    process = start("train", "--validation", "0", *endless, "--data", folder)
    time.sleep(0.7)  # whatever it does by now
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode in (130, -signal.SIGINT)  # the second while Python is still starting
    assert "holds the last whole epoch" not in said
    assert (folder.parent / "mnistnet.npz").read_bytes() == before
