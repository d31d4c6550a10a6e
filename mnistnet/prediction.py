"""Pictures in, answers out, in the order given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.model import BLOCK, Model
from mnistnet.network import FloatArray
from mnistnet.pictures import PICTURE_SUFFIXES, read_picture


@dataclass(frozen=True)
class Answer:
    """What the network says of one picture.

    Attributes:
        path: the picture, as it was named.
        outputs: float32 (10,), the network's output for each digit; they need not add up to 1.
    """

    path: str
    outputs: FloatArray

    def ranking(self) -> list[tuple[int, float]]:
        """Every digit with its output, the highest first."""
        return [(int(digit), float(self.outputs[digit])) for digit in np.argsort(-self.outputs, kind="stable")]


@dataclass(frozen=True)
class Unreadable:
    """A picture that could not be read, and why, in one line."""

    path: str
    error: str


def find_pictures(paths: Iterable[str]) -> Iterator[str]:
    """The pictures that are meant: a file stands for itself, a folder for the pictures in it, sorted by name."""
    for path in paths:
        if path != "-" and Path(path).is_dir():
            yield from (str(file) for file in sorted(Path(path).iterdir()) if file.suffix.lower() in PICTURE_SUFFIXES)
        else:
            yield path


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
    names = iter(paths)
    while block := list(islice(names, BLOCK)):
        results = [_read(name, stdin, invert) for name in block]
        images = [result for result in results if not isinstance(result, Unreadable)]
        answers = iter(model.outputs(np.stack(images)) if images else ())
        for name, result in zip(block, results, strict=True):
            yield result if isinstance(result, Unreadable) else Answer(name, next(answers))


def _read(name: str, stdin: BinaryIO, invert: str) -> np.ndarray | Unreadable:
    try:
        return read_picture(stdin if name == "-" else name, invert)
    except PictureError as error:
        return Unreadable(name, str(error))
