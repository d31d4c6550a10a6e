"""Nothing is lost when a program dies, or the disk is full: the model file, the history."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from conftest import HANG, Program, Start, write_mnist
from mnistnet.datasets import Dataset, hold_out
from mnistnet.errors import MnistnetError, ModelError
from mnistnet.model import Model
from mnistnet.model_file import check_writable
from mnistnet.saving import make_empty_folder, replace_file
from mnistnet.settings import Settings
from mnistnet.training import fit


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """MNIST-format files of drawn digits."""
    return write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))


@pytest.fixture(scope="module")
def model(digits: Dataset) -> Model:
    *_, (_, trained) = fit(*hold_out(digits, 100), Settings(epochs=1, validation=100))
    return trained


def test_an_open_old_file_can_still_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old and long")
    with (tmp_path / "file").open("rb") as reader:
        replace_file(tmp_path / "file", b"new")
        assert reader.read() == b"old and long"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_bytes_are_flushed_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, Path.replace

    def record_sync(descriptor: int) -> None:
        sync(descriptor)
        steps.append("sync")

    def record_rename(self: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(Path, "replace", record_rename)
    replace_file(tmp_path / "file", b"new")
    assert steps == ["sync", "rename"]


def test_a_folder_for_results_is_new_or_empty(tmp_path: Path) -> None:
    make_empty_folder(tmp_path / "new" / "folder")
    make_empty_folder(tmp_path / "new" / "folder")
    with pytest.raises(MnistnetError, match="new: not empty; name a new folder"):
        make_empty_folder(tmp_path / "new")
    (tmp_path / "file").touch()
    with pytest.raises(MnistnetError, match=r"file: can't be made \(File exists\); name another folder"):
        make_empty_folder(tmp_path / "file")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    replace_file(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


def test_a_write_protected_file_is_not_replaced(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"precious")
    path.chmod(0o444)
    with pytest.raises(ModelError, match=r"model.npz: can't be written \(write-protected\)"):
        check_writable(path)
    with pytest.raises(ModelError, match=r"model.npz: can't be written \(write-protected\)"):
        model.save(path)
    assert path.read_bytes() == b"precious"
    assert [other.name for other in tmp_path.iterdir()] == ["model.npz"]


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
os.execv(sys.executable, [sys.executable, "-B", "-m", "mnistnet", *sys.argv[2:]])
"""


def limited(bytes_at_most: int, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program where no file can grow beyond so many bytes, as on a disk that is nearly full."""
    command = [sys.executable, "-c", LIMITED, str(bytes_at_most), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=HANG)


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


def test_training_stopped_before_its_first_epoch_claims_no_model(program: Program, start: Start, folder: Path) -> None:
    program("train", "--validation", "0", "--epochs", "1", "--data", folder, "-q")
    before = (folder.parent / "mnistnet.npz").read_bytes()
    endless = ("--hidden", "1000,1000,1000", "--batch-size", "1", "--augment", "1")
    process = start("train", "--validation", "0", *endless, "--data", folder)
    time.sleep(0.7)  # whatever it does by now
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode in (130, -signal.SIGINT)  # the second while Python is still starting
    assert "holds the last complete epoch" not in said
    assert (folder.parent / "mnistnet.npz").read_bytes() == before
