"""Pictures in, answers out, in the order given."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import DIGITS, BoolArray, ByteArray, FloatArray
from mnistnet.model import BLOCK, Model, load
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.files import name_of
from mnistnet.pictures.folders import is_picture, left_out, list_folder
from mnistnet.pictures.parting import Row
from mnistnet.pictures.reading import best_reading
from mnistnet.pictures.row import read_row

# Chosen on pictures that people drew: these mark most of the wrong answers and few of the right ones.
MIN_SURE = 0.84
MIN_LEAD = 0.6
MAX_SILENCE = 0.2  # seconds until an answer; a photograph can take as long as a hundred small pictures


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


def find_pictures(
    paths: Iterable[str], recursive: bool = False, note: Callable[[str], object] = lambda _text: None
) -> Iterator[str]:
    """Find the pictures that are meant: a file stands for itself, a folder for the pictures in it, sorted by name.

    A folder without pictures, or one that can't be listed, stands for itself too: reading it tells why.

    Args:
        paths: files and folders; `-` is standard input.
        recursive: whether to look into the folders in a folder too.
        note: is told of files in folders that are left out, in a line each.
    """
    for path in paths:
        yield from (_pictures_in(Path(path), recursive, note) if _is_folder(path) else ()) or [path]


def _is_folder(path: str) -> bool:
    try:
        return path not in ("", "-") and Path(path).is_dir()
    except (OSError, ValueError):  # a name that is too long, a folder that can't be entered; a null byte
        return False


def _pictures_in(folder: Path, recursive: bool, note: Callable[[str], object]) -> list[str]:
    try:
        entries = list_folder(folder)
    except OSError:
        return [str(folder)]
    files = [path for path in entries if path.is_file()]
    if others := [path for path in files if not is_picture(path)]:
        note(left_out(folder, others))
    for path in entries:
        if is_picture(path) and not path.is_file() and not path.is_dir():  # opening a pipe would wait for ever
            note(f"{path}: not a plain file; it is left out")
    pictures = [str(path) for path in files if is_picture(path)]
    for path in entries if recursive else ():
        if path.is_dir() and not path.is_symlink():  # a link may lead back to where it is
            pictures += _pictures_in(path, recursive, note)
    return pictures


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
    answer = _answer(name_of(source), row, model.outputs(np.stack([each.image for each in row.candidates])), digits)
    if answer.error is not None:
        raise PictureError(answer.error)
    return answer


def read_numbers(
    model: Model, paths: Iterable[str], stdin: BinaryIO, invert: str = "auto", digits: int | None = None
) -> Generator[Answer, None, None]:
    """Read pictures and classify what is in them, a block at a time, so that memory doesn't grow with their number.

    Args:
        model: what classifies the digits.
        paths: picture files; `-` is `stdin`.
        stdin: where `-` is read from.
        invert: as in read_number.
        digits: how many each picture shows; None finds out for each.

    Yields:
        An Answer for each path, in the order given.
    """
    for block in _read_blocks(paths, stdin, invert, digits):
        images = [each.image for _, row in block if isinstance(row, Row) for each in row.candidates]
        outputs = model.outputs(np.stack(images)) if images else np.empty((0, DIGITS), np.float32)
        start = 0
        for path, row in block:
            if isinstance(row, str):
                yield Answer(path, error=row)
            else:
                stop = start + len(row.candidates)
                yield _answer(path, row, outputs[start:stop], digits)
                start = stop


def _answer(path: str, row: Row, outputs: FloatArray, digits: int | None) -> Answer:
    """What a row says by the network's outputs for its candidates."""
    reading = best_reading(row, outputs, digits)
    if reading is None:
        wanted = f"at most {MAX_DIGITS}" if digits is None else digits
        return Answer(path, error=f"{path}: can't be read as a number of {wanted} digits; crop to one number")
    chosen = ((row.candidates[index], outputs[index]) for index in reading.chosen)
    return Answer(path, tuple(Digit(each.image, of, each.box) for each, of in chosen), contested=reading.is_contested)


def _read_blocks(
    paths: Iterable[str], stdin: BinaryIO, invert: str, digits: int | None
) -> Iterator[list[tuple[str, Row | str]]]:
    """Read pictures, as many at a time as the network takes, or as were read while nobody minds waiting.

    Yields:
        Each picture's path with what may be its digits, or why there are none.
    """
    block: list[tuple[str, Row | str]] = []
    start = time.monotonic()
    for path in paths:
        block.append((path, _read(path, stdin, invert, digits)))
        if len(block) == BLOCK or time.monotonic() - start > MAX_SILENCE:
            yield block
            block, start = [], time.monotonic()
    if block:
        yield block


def _read(path: str, stdin: BinaryIO, invert: str, digits: int | None) -> Row | str:
    try:
        return read_row(stdin if path == "-" else path, invert, digits)
    except PictureError as error:
        return _why_not(path) or str(error)


def _why_not(path: str) -> str | None:
    """Say why a path is no picture, where more is known than that it can't be opened."""
    if _is_folder(path):
        try:
            list_folder(Path(path))
        except OSError as error:
            return f"{path}: can't be listed ({error.strerror})"
        return f"{path}: no pictures in this folder (only --recursive looks into the folders in it)"
    if "://" in path:
        return f"{path}: an address; save the picture to a file and give that"
    if set("*?[") & set(path) and not os.path.lexists(path):
        return f"{path}: no such file; a shell fills in the names only where there are some, and outside of quotes"
    return None
