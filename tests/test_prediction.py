from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mnistnet
from mnistnet.datasets import Dataset
from mnistnet.errors import ModelError, PictureError
from mnistnet.model import Model, load
from mnistnet.prediction import MIN_LEAD, MIN_SURE, Answer, Digit, read_number, read_numbers


def test_answers_come_in_the_order_given_with_errors_in_their_places(
    tmp_path: Path, model: Model, digits: Dataset
) -> None:
    paths = [str(tmp_path / f"{index}.png") for index in (3, 1, 2)]
    for path, image in zip(paths, digits.images, strict=False):
        Image.fromarray(image).resize((56, 56)).save(path)
    Path(paths[1]).write_bytes(b"")
    answers = list(read_numbers(model, [*paths, paths[0]]))
    assert [answer.path for answer in answers] == [*paths, paths[0]]
    assert [index for index, answer in enumerate(answers) if answer.error] == [1]
    assert answers[0].digits[0].outputs.tobytes() == answers[3].digits[0].outputs.tobytes()


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
    assert Answer("x.png", (zero, one), doubts=frozenset({"segmentation"})).unsure
    longer = Answer("x.png", (zero, doubtful, one))
    assert (longer.number, longer.unsure) == ("021", True)
    assert longer.probability == pytest.approx(0.6)


def test_a_picture_that_cannot_be_read_has_no_number_and_is_never_sure() -> None:
    nothing = Answer("x.png", error="no digit in it")
    assert (nothing.number, nothing.probability, nothing.unsure) == ("", 0, True)
    assert [str(nothing), str(Answer("", error="no file"))] == ["x.png: no digit in it", "'': no file"]


def test_the_box_is_in_the_pixels_of_the_upright_picture(tmp_path: Path, model: Model, digits: Dataset) -> None:
    picture = Image.fromarray(255 - digits.images[0]).resize((5000, 4900))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90°
    picture.save(tmp_path / "large.jpg", exif=exif)
    (answer,) = read_numbers(model, [str(tmp_path / "large.jpg")])
    rows, columns = np.flatnonzero(digits.images[0].any(axis=1)), np.flatnonzero(digits.images[0].any(axis=0))
    inked = 175 * (27 - rows[-1]), 5000 / 28 * columns[0], 175 * (28 - rows[0]), 5000 / 28 * (columns[-1] + 1)
    assert [np.abs(np.array(found.box) - inked).max() < 180 for found in answer.digits] == [True]


@pytest.mark.parametrize("count", [0, 21, 1.5, "1"])
def test_an_invalid_number_of_digits_is_an_error(model: Model, count: Any) -> None:
    with pytest.raises(ValueError, match=f"digits is {count}, expected 1 to 20"):
        read_number(model, Path(__file__).parent / "digits" / "7.png", digits=count)


@pytest.mark.parametrize("digits", [None, 1, 2])
def test_a_wrong_word_for_invert_is_an_error_whatever_the_number_of_digits(digits: int | None) -> None:
    with pytest.raises(ValueError, match="invert is 'Yes', expected 'auto', 'yes' or 'no'"):
        read_number(load(), Path(__file__).parent / "digits" / "7.png", invert="Yes", digits=digits)


SEVEN = Path(__file__).parent / "digits" / "7.png"


def test_a_picture_in_memory_is_read_like_its_file() -> None:
    by_path = mnistnet.read(SEVEN)
    with Image.open(SEVEN) as image:
        grey = image.convert("L")
    forms: list[Any] = [
        SEVEN.read_bytes(),
        io.BytesIO(SEVEN.read_bytes()),
        grey,
        *(grey.convert(mode) for mode in ("RGB", "RGBA", "CMYK")),
        *(np.asarray(grey.convert(mode)) for mode in ("L", "RGB", "RGBA")),
    ]
    for form in forms:
        answer = mnistnet.read(form, "builtin")
        assert (answer.path, answer.number, answer.digits[0].box) == ("the picture", "7", by_path.digits[0].box)
        assert answer.probability == pytest.approx(by_path.probability, abs=0.02)


def test_the_orientation_of_a_pillow_image_counts() -> None:
    with Image.open(SEVEN) as picture:
        lying = picture.convert("L").transpose(Image.Transpose.ROTATE_90)
    lying.getexif()[0x0112] = 6  # to be turned by 90° clockwise
    assert mnistnet.read(lying).number == "7"


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (7, "picture is of type int, expected a path, a binary stream, bytes, a Pillow image or a uint8 array"),
        (np.zeros((28, 28)), r"picture is an array of float64 \(28, 28\), expected uint8 \(height, width\), "),
        (np.zeros((28, 28, 2), np.uint8), r"picture is an array of uint8 \(28, 28, 2\), expected"),
        (np.zeros((0, 28), np.uint8), "with at least one pixel"),
    ],
)
def test_another_type_of_picture_is_an_error_in_a_sentence(picture: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mnistnet.read(picture)


def test_a_broken_picture_in_memory_is_an_error() -> None:
    for content in (b"", b"no picture", SEVEN.read_bytes()[:200]):
        with pytest.raises(PictureError, match="the picture: "):
            mnistnet.read(content)
    cut = Image.open(io.BytesIO(SEVEN.read_bytes()[:200]))
    with pytest.raises(PictureError, match="damaged picture: "):
        mnistnet.read(cut)


def test_read_takes_a_model_by_its_path(model_file: Path, model: Model) -> None:
    assert mnistnet.read(SEVEN, model_file).digits[0].outputs.tobytes() == (
        mnistnet.read(SEVEN, model).digits[0].outputs.tobytes()
    )
    with pytest.raises(ModelError, match="no such model file"):
        mnistnet.read(SEVEN, "missing.npz")


def test_a_digit_far_below_a_low_best_one_is_no_rival() -> None:
    assert str(Answer("a.png", (digit(0.5, 0.09),))) == "a.png: 0 (50 %, unsure: low probability)"
    assert str(Answer("a.png", (digit(0.5, 0.3),))) == "a.png: 0 (50 %, unsure: 1 at 30 %)"
    assert str(Answer("a.png", (digit(0.9, 0.4),))) == "a.png: 0 (90 %, unsure: 1 at 40 %)"


def test_an_answer_and_a_digit_print_as_one_line() -> None:
    answer = Answer("a\n.png", (digit(0.9, 0.4), digit(0, 0.97)), doubts=frozenset({"other-ink"}))
    assert answer.reasons == ("rival", "other-ink")
    assert str(answer) == r"a\n.png: 01 (90 %, unsure: another digit comes close; more writing beside it)"
    assert repr(answer) == f"<Answer {answer}>"
    assert repr(answer.digits[1]) == "<Digit 1 (97.0 %) at (0, 0, 28, 28)>"
    assert str(Answer("x.png", error="no digit in it")) == "x.png: no digit in it"
