from __future__ import annotations

import json
from pathlib import Path

import pytest

from mnistnet.cli.history import History
from mnistnet.errors import TrainingError
from mnistnet.training import Epoch

EPOCHS = [Epoch(number, 0.5 / number, 0.1, 0.25, None if number == 2 else 0.9) for number in (1, 2, 3)]


def test_csv_has_a_header_and_a_line_for_each_epoch(tmp_path: Path) -> None:
    history = History(str(tmp_path / "h.csv"), 0)
    for epoch in EPOCHS:
        history.record(epoch)
    assert (tmp_path / "h.csv").read_text().splitlines()[:3] == [
        "epoch,cost,validation_accuracy,learning_rate,seconds",
        "1,0.5,0.9,0.1,0.25",
        "2,0.25,,0.1,0.25",
    ]


def test_jsonl_has_an_object_for_each_epoch(tmp_path: Path) -> None:
    history = History(str(tmp_path / "h.jsonl"), 0)
    history.record(EPOCHS[1])
    assert json.loads((tmp_path / "h.jsonl").read_text()) == {
        "epoch": 2,
        "cost": 0.25,
        "validation_accuracy": None,
        "learning_rate": 0.1,
        "seconds": 0.25,
    }


@pytest.mark.parametrize("name", ["h.csv", "h.jsonl"])
def test_going_on_keeps_the_lines_of_the_epochs_done_and_drops_later_and_cut_ones(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    history = History(str(path), 0)
    for epoch in EPOCHS:
        history.record(epoch)
    whole = path.read_text()
    path.write_text(whole + "4,0.1"[: 5 if name == "h.csv" else 0] + '{"epoch": 4, "co'[: 0 if name == "h.csv" else 16])
    again = History(str(path), 2)
    again.record(EPOCHS[2])
    assert path.read_text() == whole


def test_a_new_run_starts_a_new_record_but_not_before_its_first_epoch(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("old\n")
    history = History(str(tmp_path / "h.csv"), 0)
    assert (tmp_path / "h.csv").read_text() == "old\n"
    history.record(EPOCHS[0])
    lines = (tmp_path / "h.csv").read_text().splitlines()
    assert lines == ["epoch,cost,validation_accuracy,learning_rate,seconds", "1,0.5,0.9,0.1,0.25"]


@pytest.mark.parametrize(("name", "content"), [("h.csv", "name,age\n1,2\n"), ("h.jsonl", "[1]\n"), ("h.jsonl", "x\n")])
def test_a_file_that_is_no_history_is_not_gone_on_with(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(TrainingError, match="no history of training to go on with"):
        History(str(tmp_path / name), 2)
    assert (tmp_path / name).read_text() == content


def test_other_endings_and_folders_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="ends in .csv or .jsonl"):
        History(str(tmp_path / "h.txt"), 0)
    with pytest.raises(TrainingError, match="can't be written .No such file or directory"):
        History(str(tmp_path / "none" / "h.csv"), 0)
