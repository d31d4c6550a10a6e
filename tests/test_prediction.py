from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnistnet.datasets import Dataset
from mnistnet.model import BLOCK, Model
from mnistnet.prediction import Answer, Unreadable, find_pictures, read_digits


def test_a_folder_stands_for_the_pictures_in_it_sorted(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt", "c.png"):
        (tmp_path / name).touch()
    found = list(find_pictures(["-", str(tmp_path), "other.png"]))
    assert found == ["-", *(str(tmp_path / name) for name in ("a.JPG", "b.png", "c.png")), "other.png"]


def test_answers_come_in_the_order_given_with_those_that_failed_in_their_place(
    tmp_path: Path, model: Model, digits: Dataset
) -> None:
    paths = []
    for index in range(2 * BLOCK + 3):
        path = tmp_path / f"{index}.png"
        if index % 50 == 7:
            path.write_bytes(b"")
        else:
            Image.fromarray(digits.images[index % 20]).resize((56, 56)).save(path)
        paths.append(str(path))
    answers = list(read_digits(model, paths, io.BytesIO(), "auto"))
    assert [answer.path for answer in answers] == paths
    assert [index for index, answer in enumerate(answers) if isinstance(answer, Unreadable)] == list(range(7, 259, 50))
    first, same = answers[0], answers[240]
    assert isinstance(first, Answer)
    assert isinstance(same, Answer)
    assert first.outputs.tobytes() == same.outputs.tobytes()


def test_a_picture_comes_from_standard_input(model: Model, digits: Dataset) -> None:
    stream = io.BytesIO()
    Image.fromarray(digits.images[0]).resize((56, 56)).save(stream, "PNG")
    stream.seek(0)
    (answer,) = read_digits(model, ["-"], stream, "auto")
    assert isinstance(answer, Answer)


def test_a_folder_without_pictures_is_named(tmp_path: Path, model: Model) -> None:
    (tmp_path / "0").mkdir()
    (answer,) = read_digits(model, find_pictures([str(tmp_path)]), io.BytesIO(), "auto")
    assert isinstance(answer, Unreadable)
    assert answer.error == f"{tmp_path}: no pictures in this folder (folders in it are not looked into)"


def test_a_name_that_is_too_long_is_a_picture_that_cannot_be_read(model: Model) -> None:
    paths = ["x" * 5000, "a\0b", ""]
    answers = list(read_digits(model, find_pictures(paths), io.BytesIO(), "auto"))
    errors = [answer.error for answer in answers if isinstance(answer, Unreadable)]
    assert "File name too long" in errors[0]
    assert all("can't be opened" in error for error in errors)
    assert len(errors) == 3


def test_the_ranking_has_every_digit_once_the_highest_output_first() -> None:
    outputs = np.array([0, 0.1, 0.9, 0, 0.3, 0, 0, 0, 0, 0.2], np.float32)
    ranking = Answer("x.png", np.zeros((28, 28), np.uint8), outputs).ranking()
    assert [digit for digit, _ in ranking] == [2, 4, 9, 1, 0, 3, 5, 6, 7, 8]
    assert ranking[0][1] == pytest.approx(0.9)
