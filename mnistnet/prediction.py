"""Pictures in, answers out, in the order given."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import BinaryIO

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, ByteArray, FloatArray
from mnistnet.model import Model, load
from mnistnet.picture_paths import explain
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.files import name_of
from mnistnet.pictures.reading import best_reading
from mnistnet.pictures.row import read_row

# Chosen on pictures that people drew: these mark most of the wrong answers and few of the right ones.
MIN_SURE = 0.84
MIN_LEAD = 0.6


def is_unsure(outputs: FloatArray) -> BoolArray:
    """Tell which answers are not to be relied on: the best output is low, or another one comes close to it.

    Args:
        outputs: float (..., 10).

    Returns:
        bool (...); true wherever an output is not a number.
    """
    second, best = np.moveaxis(np.partition(outputs, -2, axis=-1)[..., -2:], -1, 0)  # NaN is sorted as the highest
    sure: BoolArray = (best >= MIN_SURE) & (best - second >= MIN_LEAD)
    return ~sure


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a picture, and what the network says of it.

    Attributes:
        image: uint8 (28, 28), the digit as the network was given it, ink bright.
        outputs: float32 (10,), the network's output for each digit; they need not add up to 1.
        box: left, top, right and bottom of its place in the picture, in the picture's own pixels.
    """

    image: ByteArray
    outputs: FloatArray
    box: tuple[int, int, int, int]

    @property
    def digit(self) -> int:
        """The digit with the highest output."""
        return int(self.outputs.argmax())

    @property
    def probability(self) -> float:
        """The highest output."""
        return float(self.outputs.max())

    @property
    def unsure(self) -> bool:
        """Whether this digit is not to be relied on."""
        return bool(is_unsure(self.outputs))

    def ranking(self) -> list[tuple[int, float]]:
        """Return every digit with its output, the highest first."""
        return [(int(digit), float(self.outputs[digit])) for digit in np.argsort(-self.outputs, kind="stable")]


@dataclass(frozen=True, eq=False)
class Answer:
    """What was read in one picture: a digit, the digits of a number, or why there are none.

    Attributes:
        path: the picture, as it was named.
        digits: from left to right; none when the picture can't be read.
        error: why it can't be read, in one line; None when it can.
        contested: whether another way to divide the picture into digits fits nearly as well.
    """

    path: str
    digits: tuple[Digit, ...] = ()
    error: str | None = None
    contested: bool = False

    @property
    def number(self) -> str:
        """The digits in a row; it may begin with 0, and is empty when the picture can't be read."""
        return "".join(str(digit.digit) for digit in self.digits)

    @property
    def probability(self) -> float:
        """That of the least probable digit; 0 when there is none."""
        return min((digit.probability for digit in self.digits), default=0.0)

    @property
    def unsure(self) -> bool:
        """Whether the number is not to be relied on: a digit of it is not, another reading is close, or it has none."""
        return self.contested or not self.digits or any(digit.unsure for digit in self.digits)


def read(
    picture: str | os.PathLike[str] | BinaryIO,
    model: Model | None = None,
    invert: str = "auto",
    digits: int | None = None,
) -> Answer:
    """Read the digit or the number in a picture, as `mnistnet predict` does.

    Args:
        picture: a picture file.
        model: classifies the digits; None is the model that comes with the package.
        invert: whether the ink is darker than the paper: `yes`, `no`, or `auto` to detect it.
        digits: how many digits the picture shows, 1 to 20; None detects it.

    Returns:
        Its `number`, `probability`, `unsure`, and its `digits` with their boxes and outputs.

    Raises:
        PictureError: the picture can't be read.
    """
    return read_number(model or _built_in(), picture, invert, digits)


@cache
def _built_in() -> Model:
    return load()


def read_number(
    model: Model, source: str | os.PathLike[str] | BinaryIO, invert: str = "auto", digits: int | None = None
) -> Answer:
    """Read the digit or the number in one picture.

    Args:
        model: what classifies the digits.
        source: a picture file.
        invert: `yes` for dark ink on light ground, `no` for the opposite, `auto` finds out.
        digits: how many the picture shows; None finds out.

    Raises:
        PictureError: it can't be read.
    """
    row = read_row(source, invert, digits)
    outputs = model.outputs(np.stack([each.image for each in row.candidates]))
    reading = best_reading(row, outputs, digits)
    if reading is None:
        count = f"at most {MAX_DIGITS}" if digits is None else digits
        raise PictureError(f"{name_of(source)}: can't be read as a number of {count} digits; crop to one number")
    chosen = tuple(Digit(row.candidates[at].image, outputs[at], row.candidates[at].box) for at in reading.chosen)
    return Answer(name_of(source), chosen, contested=reading.is_contested)


def read_numbers(
    model: Model, paths: Iterable[str], stdin: BinaryIO, invert: str = "auto", digits: int | None = None
) -> Generator[Answer, None, None]:
    """Read pictures, one after the other.

    Args:
        model: the classifier.
        paths: picture files; `-` is `stdin`.
        stdin: a picture file, open for reading.
        invert: see `read_number`.
        digits: how many digits each picture shows; None detects it.

    Yields:
        An Answer for each path, in the order given.
    """
    for path in paths:
        try:
            answer = read_number(model, stdin if path == "-" else path, invert, digits)
        except PictureError as error:
            answer = Answer(path, error=explain(path) or str(error))
        yield replace(answer, path=path)
