from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mnistnet.datasets import Dataset
from mnistnet.model import BLOCK, Model, load
from mnistnet.prediction import MIN_LEAD, MIN_SURE, Answer, Digit, find_pictures, read_number, read_numbers


def test_a_folder_stands_for_the_pictures_in_it_sorted(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt", "c.png"):
        (tmp_path / name).touch()
    found = list(find_pictures(["-", str(tmp_path), "other.png"]))
    assert found == ["-", *(str(tmp_path / name) for name in ("a.JPG", "b.png", "c.png")), "other.png"]


def test_what_is_no_picture_in_a_folder_is_left_out_with_a_note(tmp_path: Path) -> None:
    for name in ("7.png", "._7.png", ".DS_Store", "IMG_1234.AVIF"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    notes: list[str] = []
    assert list(find_pictures([str(tmp_path)], note=notes.append)) == [str(tmp_path / "7.png")]
    assert len(notes) == 2
    assert notes[0].startswith(f"{tmp_path}: 1 file that is not PNG, JPEG, ")
    assert notes[0].endswith(": IMG_1234.AVIF; save it as JPEG")
    assert notes[1] == f"{tmp_path / 'pipe.png'}: not a plain file; it is left out"


def test_folders_in_a_folder_are_looked_into_on_request(tmp_path: Path) -> None:
    for name in ("z.png", "a/b/1.png", "a/2.png", ".hidden/3.png", "empty/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    assert list(find_pictures([str(tmp_path)])) == [str(tmp_path / "z.png")]
    found = list(find_pictures([str(tmp_path)], recursive=True))
    assert found == [str(tmp_path / name) for name in ("z.png", "a/2.png", "a/b/1.png")]


def test_a_folder_that_cannot_be_listed_says_so(tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "secret":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    for recursive, given in ((False, tmp_path / "secret"), (True, tmp_path)):
        (answer,) = read_numbers(model, find_pictures([str(given)], recursive), io.BytesIO())
        assert answer.error == f"{tmp_path}/secret: can't be listed (Permission denied)"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("*.png", "*.png: no such file; a shell fills in the names only where there are some, and outside of quotes"),
        ("https://x.org/7.png", "https://x.org/7.png: an address; save the picture to a file and give that"),
        ("7.png", "7.png: can't be opened (No such file or directory); check the path"),
    ],
)
def test_what_is_no_path_gets_a_hint(model: Model, path: str, said: str) -> None:
    (answer,) = read_numbers(model, find_pictures([path]), io.BytesIO())
    assert answer.error == said


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
    answers = list(read_numbers(model, paths, io.BytesIO()))
    assert [answer.path for answer in answers] == paths
    assert [index for index, answer in enumerate(answers) if answer.error] == list(range(7, 259, 50))
    (first,), (same,) = answers[0].digits, answers[240].digits
    assert first.outputs.tobytes() == same.outputs.tobytes()


def test_a_picture_comes_from_standard_input(model: Model, digits: Dataset) -> None:
    stream = io.BytesIO()
    Image.fromarray(digits.images[0]).resize((56, 56)).save(stream, "PNG")
    stream.seek(0)
    (answer,) = read_numbers(model, ["-"], stream)
    rows, columns = (np.flatnonzero((digits.images[0] >= 128).any(axis=axis)) for axis in (1, 0))
    inked = 2 * np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
    assert np.abs(np.array([digit.box for digit in answer.digits]) - inked).max() <= 4


def test_a_folder_without_pictures_is_named(tmp_path: Path, model: Model) -> None:
    (tmp_path / "0").mkdir()
    (answer,) = read_numbers(model, find_pictures([str(tmp_path)]), io.BytesIO())
    assert answer.error == f"{tmp_path}: no pictures in this folder (only --recursive looks into the folders in it)"


def test_a_name_that_is_too_long_is_a_picture_that_cannot_be_read(model: Model) -> None:
    paths = ["x" * 5000, "a\0b", ""]
    answers = list(read_numbers(model, find_pictures(paths), io.BytesIO()))
    errors = [answer.error or "" for answer in answers]
    assert "File name too long" in errors[0]
    assert all("can't be opened" in error for error in errors)
    assert len(errors) == 3


def digit(*outputs: float) -> Digit:
    """A digit with these outputs for 0, 1, …, and 0 for the others."""
    return Digit(
        np.zeros((28, 28), np.uint8), np.pad(np.array(outputs, np.float32), (0, 10 - len(outputs))), (0, 0, 28, 28)
    )


def test_the_ranking_has_every_digit_once_the_highest_output_first() -> None:
    ranking = digit(0, 0.1, 0.9, 0, 0.3, 0, 0, 0, 0, 0.2).ranking()
    assert [number for number, _ in ranking] == [2, 4, 9, 1, 0, 3, 5, 6, 7, 8]
    assert ranking[0][1] == pytest.approx(0.9)


def test_a_digit_is_sure_only_when_its_output_is_high_and_leads_by_far() -> None:
    assert not digit(MIN_SURE + 0.01).unsure
    assert digit(MIN_SURE - 0.01).unsure
    assert not digit(0.99, 0.99 - MIN_LEAD - 0.01).unsure
    assert digit(0.99, 0.99 - MIN_LEAD + 0.01).unsure


@pytest.mark.parametrize("outputs", [(np.nan,) * 10, (0.99, np.nan), (np.nan, 0.99)])
def test_what_is_not_a_number_is_never_sure(outputs: tuple[float, ...]) -> None:
    assert digit(*outputs).unsure


def test_a_number_is_as_probable_as_its_least_probable_digit_and_unsure_when_one_is() -> None:
    zero, one, doubtful = digit(0.98), digit(0, 0.96), digit(0, 0, 0.6)
    number = Answer("x.png", (zero, one))
    assert (number.number, number.unsure) == ("01", False)
    assert number.probability == pytest.approx(0.96)
    assert Answer("x.png", (zero, one), contested=True).unsure
    longer = Answer("x.png", (zero, doubtful, one))
    assert (longer.number, longer.unsure) == ("021", True)
    assert longer.probability == pytest.approx(0.6)


def test_a_picture_that_cannot_be_read_has_no_number_and_is_never_sure() -> None:
    nothing = Answer("x.png", error="x.png: no digit in it")
    assert (nothing.number, nothing.probability, nothing.unsure) == ("", 0, True)


def test_the_box_is_in_the_pixels_of_the_picture_as_it_is_looked_at(
    tmp_path: Path, model: Model, digits: Dataset
) -> None:
    picture = Image.fromarray(255 - digits.images[0]).resize((5000, 4900))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90°
    picture.save(tmp_path / "large.jpg", exif=exif)
    (answer,) = read_numbers(model, [str(tmp_path / "large.jpg")], io.BytesIO())
    rows, columns = np.flatnonzero(digits.images[0].any(axis=1)), np.flatnonzero(digits.images[0].any(axis=0))
    inked = 175 * (27 - rows[-1]), 5000 / 28 * columns[0], 175 * (28 - rows[0]), 5000 / 28 * (columns[-1] + 1)
    assert [np.abs(np.array(found.box) - inked).max() < 180 for found in answer.digits] == [True]


@pytest.mark.parametrize("count", [0, 21, 1.5, "1"])
def test_a_number_of_digits_that_none_has_is_an_error(model: Model, count: Any) -> None:
    with pytest.raises(ValueError, match=f"digits is {count}, expected 1 to 20"):
        read_number(model, Path(__file__).parent / "digits" / "7.png", digits=count)


@pytest.mark.parametrize("digits", [None, 1, 2])
def test_a_wrong_word_for_invert_is_an_error_whatever_the_number_of_digits(digits: int | None) -> None:
    with pytest.raises(ValueError, match="invert is 'Yes', expected 'auto', 'yes' or 'no'"):
        read_number(load(), Path(__file__).parent / "digits" / "7.png", invert="Yes", digits=digits)
