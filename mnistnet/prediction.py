"""Pictures in, answers out, in the order given."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import ByteArray, FloatArray
from mnistnet.model import BLOCK, Model
from mnistnet.pictures import PICTURE_SUFFIXES, read_picture

# Chosen on pictures that people drew: this marks most of the wrong answers and few of the right ones.
LOWEST_SURE = 0.85
SMALLEST_LEAD = 0.7
LONGEST_SILENCE = 0.2  # seconds until an answer; a photograph can take as long as a hundred small pictures


@dataclass(frozen=True)
class Answer:
    """What the network says of one picture.

    Attributes:
        path: the picture, as it was named.
        image: uint8 (28, 28), the digit that was found in it, ink bright.
        outputs: float32 (10,), the network's output for each digit; they need not add up to 1.
    """

    path: str
    image: ByteArray
    outputs: FloatArray

    @property
    def digit(self) -> int:
        """The digit with the highest output."""
        return int(self.outputs.argmax())

    @property
    def probability(self) -> float:
        """That output."""
        return float(self.outputs.max())

    @property
    def unsure(self) -> bool:
        """Whether the answer is not to be relied on: the best output is low, or another comes close to it."""
        (_, best), (_, second), *_ = self.ranking()
        return best < LOWEST_SURE or best - second < SMALLEST_LEAD

    def ranking(self) -> list[tuple[int, float]]:
        """Every digit with its output, the highest first."""
        return [(int(digit), float(self.outputs[digit])) for digit in np.argsort(-self.outputs, kind="stable")]


@dataclass(frozen=True)
class Unreadable:
    """A picture that could not be read, and why, in one line."""

    path: str
    error: str


def find_pictures(paths: Iterable[str]) -> Iterator[str]:
    """The pictures that are meant: a file stands for itself, a folder for the pictures in it, sorted by name.

    A folder without pictures, or one that can't be listed, stands for itself too: it will not be read, and said so.
    """
    for path in paths:
        yield from _pictures_in(path) or [path]


def _is_folder(path: str) -> bool:
    try:
        return path not in ("", "-") and Path(path).is_dir()
    except OSError:  # a name that is too long, or a folder that can't be entered
        return False


def _pictures_in(path: str) -> list[str]:
    if not _is_folder(path):
        return []
    try:
        files = sorted(Path(path).iterdir(), key=lambda file: file.name)
        return [str(file) for file in files if file.suffix.lower() in PICTURE_SUFFIXES]
    except OSError:
        return []


def read_digits(model: Model, paths: Iterable[str], stdin: BinaryIO, invert: str) -> Iterator[Answer | Unreadable]:
    """Read pictures and classify them, a block at a time, so that memory stays the same for any number of them.

    Args:
        model: what classifies them.
        paths: picture files; `-` is `stdin`.
        stdin: where `-` is read from.
        invert: `yes` for dark ink on light ground, `no` for the opposite, `auto` finds out for each picture.

    Yields:
        For each path, in the order given, an Answer, or why there is none.
    """
    for block in _read_blocks(paths, stdin, invert):
        images = [result for _, result in block if not isinstance(result, Unreadable)]
        outputs = iter(model.outputs(np.stack(images)) if images else ())
        for name, result in block:
            yield result if isinstance(result, Unreadable) else Answer(name, result, next(outputs))


def _read_blocks(
    paths: Iterable[str], stdin: BinaryIO, invert: str
) -> Iterator[list[tuple[str, ByteArray | Unreadable]]]:
    """Pictures read, as many at a time as the network takes, or as were read while nobody minds waiting."""
    block: list[tuple[str, ByteArray | Unreadable]] = []
    start = time.monotonic()
    for name in paths:
        block.append((name, _read(name, stdin, invert)))
        if len(block) == BLOCK or time.monotonic() - start > LONGEST_SILENCE:
            yield block
            block, start = [], time.monotonic()
    if block:
        yield block


def _read(name: str, stdin: BinaryIO, invert: str) -> ByteArray | Unreadable:
    try:
        return read_picture(stdin if name == "-" else name, invert)
    except PictureError as error:
        if _is_folder(name):
            return Unreadable(name, f"{name}: no pictures in this folder (folders in it are not looked into)")
        return Unreadable(name, str(error))
