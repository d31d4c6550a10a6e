"""Read the digits in pictures: from a picture to an Answer."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import BinaryIO

import numpy as np

from mnistnet.errors import PictureError, one_line
from mnistnet.images import BoolArray, ByteArray, FloatArray
from mnistnet.model import BUILT_IN, Model, load
from mnistnet.picture_paths import explain
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.decoding import best_path
from mnistnet.pictures.files import Source, decode
from mnistnet.pictures.reading import read_lattice

# Thresholds chosen on handwritten pictures: they mark most of the wrong answers and few of the right ones.
MIN_SURE = 0.84  # the best output
MIN_LEAD = 0.6  # the best output minus the second best
REASONS = {
    "low": "low probability",
    "rival": "another digit comes close",
    "segmentation": "another split into digits fits nearly as well",
    "other-ink": "more writing beside it",
}


def is_unsure(outputs: FloatArray) -> BoolArray:
    """Return where the best output is low or another one comes close to it.

    Args:
        outputs: float (..., 10).

    Returns:
        bool (...); true wherever an output is not a number.
    """
    is_high, leads = _checks(outputs)
    return ~(is_high & leads)


def _checks(outputs: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Return whether the best output is high, and whether it is far above the second, bool (...) each."""
    second, best = np.moveaxis(np.partition(outputs, -2, axis=-1)[..., -2:], -1, 0)  # NaN is sorted as the highest
    return best >= MIN_SURE, best - second >= MIN_LEAD


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit of a picture, and the network's outputs for it.

    Attributes:
        image: uint8 (28, 28), the digit as MNIST would hold it, ink bright.
        outputs: float32 (10,), the network's output for each digit; they need not add up to 1.
        box: left, top, right and bottom of the digit in the picture, in the picture's own pixels.
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
        """Whether the highest output is low, or another one comes close to it."""
        return bool(is_unsure(self.outputs))

    @property
    def reasons(self) -> frozenset[str]:
        """Why the digit is unsure: `low`, `rival`, both, or neither."""
        is_high, leads = _checks(self.outputs)
        # An output below 24 % is no rival, however low the best one is.
        has_rival = not leads and (bool(is_high) or self.ranking()[1][1] >= MIN_SURE - MIN_LEAD)
        return frozenset(name for name, is_met in (("low", not is_high), ("rival", has_rival)) if is_met)

    def __repr__(self) -> str:
        return f"<Digit {self.digit} ({self.probability * 100:.1f} %) at {tuple(self.box)}>"

    def ranking(self) -> list[tuple[int, float]]:
        """Return every digit with its output, the highest first."""
        return [(int(digit), float(self.outputs[digit])) for digit in np.argsort(-self.outputs, kind="stable")]


@dataclass(frozen=True, eq=False)
class Answer:
    """The digits of one picture, or the reason why it can't be read.

    Attributes:
        path: the name of the picture.
        digits: its digits from left to right; none if the picture can't be read.
        error: why it can't be read, without its path; None if it can.
        doubts: why the answer is unsure, beside the reasons of its digits: `segmentation`, `other-ink`, `low`.
    """

    path: str
    digits: tuple[Digit, ...] = ()
    error: str | None = None
    doubts: frozenset[str] = frozenset()

    @property
    def number(self) -> str:
        """The digits in a row; it may begin with 0, and is empty if the picture can't be read."""
        return "".join(str(digit.digit) for digit in self.digits)

    @property
    def probability(self) -> float:
        """The probability of the least probable digit; 0 if there is none."""
        return min((digit.probability for digit in self.digits), default=0.0)

    @property
    def unsure(self) -> bool:
        """Whether the answer may be wrong: it has reasons for doubt, or no digit."""
        return bool(self.reasons) or not self.digits

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the answer is unsure, in the order of REASONS."""
        found = self.doubts.union(*(digit.reasons for digit in self.digits))
        return tuple(reason for reason in REASONS if reason in found)

    def __str__(self) -> str:
        if self.error is not None:
            return f"{one_line(self.path) or repr('')}: {one_line(self.error)}"
        certainty = f"{self.probability * 100:.1f} %"
        if self.unsure:
            certainty = f"{self.probability * 100:.0f} %, unsure: {self._reasons_in_words()}"
        return f"{one_line(self.path)}: {self.number} ({certainty})"

    def __repr__(self) -> str:
        return f"<Answer {self}>"

    def _reasons_in_words(self) -> str:
        words = {reason: REASONS[reason] for reason in self.reasons}
        if "rival" in words and len(self.digits) == 1:
            digit, probability = self.digits[0].ranking()[1]
            words["rival"] = f"{digit} at {probability * 100:.0f} %"
        if len(words) > 1:
            words.pop("low", None)  # the probability before it shows that
        return "; ".join(words.values())


def read(
    picture: Source,
    model: Model | str | os.PathLike[str] = BUILT_IN,
    invert: str = "auto",
    digits: int | None = None,
) -> Answer:
    """Read the digit or the number in a picture, as `mnistnet predict` does.

    Args:
        picture: a path, a binary stream, the bytes of a picture file, a Pillow image, or an array: uint8
            (height, width), (height, width, 3) or (height, width, 4).
        model: a Model, the path of a model file, or `builtin`.
        invert: whether the ink is darker than the paper: `yes`, `no`, or `auto` to detect it.
        digits: how many digits the picture shows, 1 to 20; None detects it.

    Returns:
        An Answer: `number`, `probability`, `unsure`, `reasons`, and the `digits` with their boxes and outputs.

    Raises:
        PictureError: the picture can't be read.
        ModelError: the model file can't be read.
        ValueError: an argument is of another type, shape or range.
    """
    if not isinstance(model, Model):
        model = _built_in() if model == BUILT_IN else load(model)
    try:
        return read_number(model, picture, invert, digits)
    except PictureError as error:
        raise PictureError(f"{_name_of(picture)}: {error}") from error


_built_in = cache(load)


def read_number(model: Model, source: Source, invert: str = "auto", digits: int | None = None) -> Answer:
    """Read one picture as `read` does; a PictureError doesn't name it."""
    if digits is not None and digits not in range(1, MAX_DIGITS + 1):
        raise ValueError(f"digits is {digits}, expected 1 to {MAX_DIGITS}")
    lattice = read_lattice(decode(source), invert)
    outputs = model.outputs(np.stack([each.image for each in lattice.candidates]))
    path = best_path(lattice, outputs, digits)
    chosen = tuple(Digit(lattice.candidates[at].image, outputs[at], lattice.candidates[at].box) for at in path.chosen)
    return Answer(_name_of(source), chosen, doubts=path.reasons)


def read_numbers(
    model: Model,
    paths: Iterable[str],
    invert: str = "auto",
    digits: int | None = None,
    stdin: BinaryIO | None = None,
) -> Generator[Answer, None, None]:
    """Yield an Answer for each path, in the order given; `-` is `stdin`, if given. See `read` for the rest."""
    for path in paths:
        source = stdin if stdin is not None and path == "-" else path
        try:
            answer = replace(read_number(model, source, invert, digits), path=path)
        except PictureError as error:
            answer = Answer(path, error=explain(path) or str(error))
        yield answer


def _name_of(source: Source) -> str:
    """Return the picture's name for a message, in one line whatever the file is called."""
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    if name in ("<stdin>", 0):  # 0 is its file descriptor
        return "standard input"
    return one_line(name) or "''" if isinstance(name, str) else "the picture"
