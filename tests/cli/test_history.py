from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mnistnet.cli.history import History
from mnistnet.errors import MnistnetError, OptionError, TrainingError
from mnistnet.training import Epoch

EPOCHS = [Epoch(number, 0.5 / number, 0.1, 0.25, None if number == 2 else 0.9) for number in (1, 2, 3)]
CSV = "epoch,cost,validation_accuracy,learning_rate,seconds\n1,0.5,0.9,0.1,0.25\n2,0.25,,0.1,0.25\n"


def record(path: Path, epochs: list[Epoch], done: int = 0) -> History:
    history = History(str(path), done)
    for epoch in epochs:
        history.record(epoch)
    return history


def test_csv_has_a_header_and_a_line_for_each_epoch_and_jsonl_an_object(tmp_path: Path) -> None:
    record(tmp_path / "h.csv", EPOCHS[:2])
    assert (tmp_path / "h.csv").read_text() == CSV
    record(tmp_path / "h.jsonl", EPOCHS[1:2])
    values = {"epoch": 2, "cost": 0.25, "validation_accuracy": None, "learning_rate": 0.1, "seconds": 0.25}
    assert json.loads((tmp_path / "h.jsonl").read_text()) == values


@pytest.mark.parametrize("name", ["h.csv", "h.jsonl"])
def test_resuming_keeps_the_lines_of_the_trained_epochs_and_drops_later_ones(tmp_path: Path, name: str) -> None:
    record(tmp_path / name, EPOCHS)
    whole = (tmp_path / name).read_text()
    record(tmp_path / name, EPOCHS[2:], done=2)
    assert (tmp_path / name).read_text() == whole


def test_a_new_run_replaces_the_history_after_its_first_epoch(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.touch()  # an empty file counts as none
    assert not record(path, EPOCHS).replaces
    before = path.read_text()
    history = History(str(path), 0)
    assert (history.replaces, path.read_text()) == (True, before)
    history.record(EPOCHS[0])
    assert path.read_text() == CSV[: CSV.index("2,")]


@pytest.mark.parametrize("done", [0, 2])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("h.csv", b"name,age\n1,2\n"),
        ("h.csv", b"epoch,cost,validation_accuracy,learning_rate,seconds\nBob,2\n"),
        ("h.csv", b"\xff\xfe"),
        ("h.jsonl", b"[1]\n"),
        ("h.jsonl", b"x\n"),
        ("h.jsonl", b'{"epoch": 1e999}\n'),
        ("h.jsonl", b"[" * 100_000),
    ],
)
def test_another_file_is_neither_continued_nor_replaced(tmp_path: Path, name: str, content: bytes, done: int) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match="not the history of a training run"):
        History(str(tmp_path / name), done)
    assert (tmp_path / name).read_bytes() == content


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="h.txt, expected a name that ends in .csv or .jsonl"):
        History(str(tmp_path / "h.txt"), 0)


def test_a_file_that_cannot_be_written_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(MnistnetError, match="can't be written .No such file or directory"):
        History(str(tmp_path / "none" / "h.csv"), 0)
    os.mkfifo(tmp_path / "h.csv")
    with pytest.raises(MnistnetError, match="can't be written .not a regular file"):
        History(str(tmp_path / "h.csv"), 0)
