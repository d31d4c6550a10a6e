"""Nothing is lost when a program dies, or the disk is full: the model file, the history."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from conftest import Program
from mnistnet.errors import MnistnetError
from mnistnet.model import Model
from mnistnet.saving import check_writable, make_empty_folder, replace_file


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
    with pytest.raises(MnistnetError, match=r"file: can't be written \(File exists\); choose another name"):
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
    with pytest.raises(MnistnetError, match=r"model.npz: can't be written \(write-protected\)"):
        check_writable(path)
    with pytest.raises(MnistnetError, match=r"model.npz: can't be written \(write-protected\)"):
        model.save(path)
    assert path.read_bytes() == b"precious"
    assert [other.name for other in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.parametrize(("room", "name"), [(0, "history.csv"), (50_000, "mnistnet.npz")])
def test_on_a_full_disk_the_old_model_and_the_old_history_stay(
    program: Program, process: Program, folder: Path, room: int, name: str
) -> None:
    """No file can grow beyond so many bytes, as on a disk that is nearly full."""
    train = ("train", "--validation", "0", "--data", folder, "-q", "--history", "history.csv")
    program(*train, "--epochs", "1")
    paths = [folder.parent / name for name in ("mnistnet.npz", "history.csv")]
    before = [path.read_bytes() for path in paths]
    full = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    environment = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = process(*train, "--epochs", "2", "--resume", before=full, environment=environment)
    told = f"Error: {name}: can't be written (File too large); make room, or choose another name\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)
    assert paths[0].read_bytes() == before[0]
    assert paths[1].read_bytes().startswith(before[1])  # it is written first, and may have a line more
    assert sorted(path.name for path in folder.parent.iterdir()) == ["files", "history.csv", "mnistnet.npz"]


STOP_BEFORE_THE_FIRST_EPOCH = """
import mnistnet.cli.train
def stop(*_):
    raise KeyboardInterrupt
mnistnet.cli.train.load_data = stop
"""
NOTHING, EPOCH = "before the end of the first epoch; nothing was saved.", "mnistnet.npz holds the last complete epoch"


@pytest.mark.parametrize(("options", "said"), [((), NOTHING), (("--resume",), EPOCH)])
def test_training_that_is_stopped_says_whether_there_is_a_model_of_it(
    process: Program, folder: Path, trained: Path, options: tuple[str, ...], said: str
) -> None:
    before = trained.read_bytes()
    done = process("train", "--data", folder, *options, before=STOP_BEFORE_THE_FIRST_EPOCH)
    assert (done.returncode, said in done.stderr, trained.read_bytes()) == (130, True, before)
