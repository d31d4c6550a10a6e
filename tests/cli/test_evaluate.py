from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import Program, write_class_folders
from mnistnet.datasets import Dataset
from mnistnet.model import load
from mnistnet.pictures.files import FORMAT_NAMES


def test_evaluation_is_a_table_for_people_and_json_for_scripts(program: Program, folder: Path, trained: Path) -> None:
    done = program("evaluate", "--data", folder)
    assert done.returncode == 0
    assert done.stderr == "Using mnistnet.npz\n"
    assert max(map(len, done.stdout.splitlines())) <= 80
    facts = json.loads(program("evaluate", "--data", folder, "--json").stdout)
    expected = {"model", "data", "split", "images", "correct", "accuracy", "cost", "digits", "confusion", "mistakes"}
    assert set(facts) == expected
    assert len(facts["mistakes"]) == facts["images"] - facts["correct"]
    assert (facts["images"], facts["split"], facts["model"]) == (100, "test", "mnistnet.npz")
    assert facts["correct"] == sum(facts["confusion"][digit][digit] for digit in range(10))
    assert f"{facts['correct']} of 100 right" in done.stdout
    validation = json.loads(program("evaluate", "--data", folder, "--json", "--split", "validation").stdout)
    assert validation["accuracy"] == pytest.approx(load(trained).validation_accuracy)


@pytest.mark.usefixtures("trained")
def test_the_gate_decides_the_exit_status(program: Program, folder: Path) -> None:
    accuracy = json.loads(program("evaluate", "--data", folder, "--json").stdout)["accuracy"]
    assert program("evaluate", "--data", folder, "--min-accuracy", str(accuracy)).returncode == 0
    below = program("evaluate", "--data", folder, "--min-accuracy", str(accuracy + 0.001), "-q")
    assert below.returncode == 1
    assert below.stderr == f"Error: the accuracy {accuracy:.2%} is below --min-accuracy {accuracy + 0.001:.2%}\n"


@pytest.mark.usefixtures("trained")
def test_a_folder_with_a_broken_picture_is_evaluated_with_exit_status_1(
    program: Program, tmp_path: Path, digits: Dataset
) -> None:
    write_class_folders(tmp_path / "own", digits.take(np.arange(10)))
    assert program("evaluate", "--data", "own").returncode == 0
    (tmp_path / "own" / "7").mkdir(exist_ok=True)
    (tmp_path / "own" / "7" / "broken.png").touch()
    done = program("evaluate", "--data", "own", "--json", "-q")
    assert (done.returncode, json.loads(done.stdout)["images"]) == (1, 10)
    assert done.stderr.startswith("Error: own/7/broken.png: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("trained")
def test_mistakes_and_files_left_out_of_a_folder_are_named(program: Program, tmp_path: Path, digits: Dataset) -> None:
    wrong = Dataset(digits.images[:20], np.full(20, 7, np.uint8))
    write_class_folders(tmp_path / "own", wrong)
    (tmp_path / "own" / "7" / "IMG_1234.CR2").touch()
    done = program("evaluate", "--data", "own", "--json", "--mistakes", "wrong")
    assert (done.returncode, len(json.loads(done.stdout)["mistakes"]) > 0) == (0, True)
    assert done.stderr.splitlines()[1:] == [
        "own: no pictures of 0, 1, 2, 3, 4, 5, 6, 8, 9",
        f"own: left out files that aren't {', '.join(FORMAT_NAMES)}: IMG_1234.CR2",
    ]
    mistakes = json.loads(done.stdout)["mistakes"]
    assert {f"true-7_read-{each['read']}_index-{each['index']}_{Path(each['path']).name}" for each in mistakes} == {
        path.name for path in (tmp_path / "wrong").iterdir()
    }
    again = program("evaluate", "--data", "own", "--mistakes", "wrong", "-q")
    assert (again.returncode, again.stderr) == (1, "Error: wrong: not empty; name a new folder\n")
