from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnistnet.datasets import Dataset
from mnistnet.errors import DatasetError
from mnistnet.images import FloatArray
from mnistnet.mistakes import find_mistakes, make_empty_folder, write_mistakes

LONG = "n" * 230


def outputs_for(dataset: Dataset, wrong: dict[int, int]) -> FloatArray:
    """Outputs of a network that reads everything right but the images `wrong`, which it reads as told."""
    read = dataset.labels.copy()
    for index, digit in wrong.items():
        read[index] = digit
    return np.float32(0.1) + np.float32(0.5) * np.eye(10, dtype=np.float32)[read]


def test_mistakes_are_listed_with_what_was_read_and_how_surely(digits: Dataset) -> None:
    wrong = {5: int(digits.labels[5] + 1) % 10, 17: int(digits.labels[17] + 3) % 10}
    found = find_mistakes(digits, outputs_for(digits, wrong))
    assert [(mistake.index, mistake.true, mistake.read) for mistake in found] == [
        (index, digits.labels[index], digit) for index, digit in wrong.items()
    ]
    facts = json.loads(json.dumps([mistake.as_json() for mistake in found]))
    assert facts[0] == {"index": 5, "true": int(digits.labels[5]), "read": wrong[5], "probability": pytest.approx(0.6)}


def test_mistakes_are_written_under_the_names_of_their_pictures(tmp_path: Path, digits: Dataset) -> None:
    paths = ("a/7.png", "a/IMG 1.jpg", f"a/{LONG}.png")
    named = Dataset(digits.images[:3], np.array([7, 7, 3], np.uint8), paths)
    found = find_mistakes(named, outputs_for(named, {0: 1, 1: 2, 2: 8}))
    assert [mistake.as_json()["path"] for mistake in found] == list(paths)
    write_mistakes(tmp_path, named, found)
    written = {path.name: np.asarray(Image.open(path)) for path in tmp_path.iterdir()}
    assert sorted(written) == ["true-3_read-8_index-2.png", "true-7_read-1_7.png", "true-7_read-2_IMG 1.jpg.png"]
    assert np.array_equal(written["true-7_read-1_7.png"], digits.images[0])


def test_no_mistake_takes_the_name_of_another(tmp_path: Path, digits: Dataset) -> None:
    pictures = ("7/a.jpg", "7/a.jpg.png", "7/A.JPG", "7/index-4.png", f"7/{LONG}.png", "more/7/b.png", "other/7/b.png")
    paths = (*pictures, "7/index-0_a.jpg.png")
    named = Dataset(digits.images[:8], np.full(8, 7, np.uint8), paths)
    write_mistakes(tmp_path, named, find_mistakes(named, outputs_for(named, dict.fromkeys(range(8), 1))))
    written = {path.name: np.asarray(Image.open(path)) for path in tmp_path.iterdir()}
    assert sorted(written) == [
        "true-7_read-1_index-0_a.jpg.png",
        "true-7_read-1_index-1_a.jpg.png",
        "true-7_read-1_index-2_A.JPG.png",
        "true-7_read-1_index-3_index-4.png",
        "true-7_read-1_index-4.png",
        "true-7_read-1_index-5_b.png",
        "true-7_read-1_index-6_b.png",
        "true-7_read-1_index-7_index-0_a.jpg.png",
    ]
    assert np.array_equal(written["true-7_read-1_index-1_a.jpg.png"], digits.images[1])


def test_mistakes_without_pictures_are_written_by_their_number(tmp_path: Path, digits: Dataset) -> None:
    wrong = int(digits.labels[5] + 1) % 10
    write_mistakes(tmp_path, digits, find_mistakes(digits, outputs_for(digits, {5: wrong})))
    assert [path.name for path in tmp_path.iterdir()] == [f"true-{digits.labels[5]}_read-{wrong}_index-5.png"]


def test_mistakes_go_into_an_empty_folder_only(tmp_path: Path, digits: Dataset) -> None:
    make_empty_folder(tmp_path / "new" / "folder")
    make_empty_folder(tmp_path / "new" / "folder")
    with pytest.raises(DatasetError, match="new: not empty; name a new folder for the mistakes"):
        make_empty_folder(tmp_path / "new")
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"file: can't be made \(File exists\); name another folder"):
        make_empty_folder(tmp_path / "file")
    mistakes = find_mistakes(digits, outputs_for(digits, {5: int(digits.labels[5] + 1) % 10}))
    with pytest.raises(DatasetError, match=r"file: can't be written \(Not a directory\); name another folder"):
        write_mistakes(tmp_path / "file", digits, mistakes)
