"""What a model misread: listed, and written as pictures to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnistnet.datasets.dataset import Dataset
from mnistnet.errors import DatasetError
from mnistnet.images import FloatArray

INDEX = "index-"
MAX_NAME = 200  # bytes of a picture's name that go into another; file systems allow 255


@dataclass(frozen=True)
class Mistake:
    """An image that was misread.

    Attributes:
        index: its place in the data set, from 0.
        path: its picture file; None where it doesn't come from one.
        true: the digit that it shows.
        read: the digit that it was read as.
        probability: the network's output for that.
    """

    index: int
    path: str | None
    true: int
    read: int
    probability: float

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain Python values, the path only where there is one."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def file_name(self, numbered: bool) -> str:
        """Return a name for its picture that tells what happened.

        Args:
            numbered: whether its index is part of the name, `true-7_read-1_index-1234_scan.jpg.png`. Otherwise it is
                that of the picture, `true-7_read-1_scan.jpg.png`, if there is one whose name is short enough.
        """
        name = "" if self.path is None else Path(self.path).name.removesuffix(".png")
        if len(name.encode(errors="surrogateescape")) > MAX_NAME:
            name = ""
        if numbered or not name or name.startswith(INDEX):  # which only names with a number begin with
            name = f"{INDEX}{self.index}" + (f"_{name}" if name else "")
        return f"true-{self.true}_read-{self.read}_{name}.png"


def find_mistakes(dataset: Dataset, outputs: FloatArray) -> list[Mistake]:
    """List what was misread.

    Args:
        dataset: n images.
        outputs: float (n, 10), the network's outputs for them.
    """
    read = outputs.argmax(axis=1)
    return [
        Mistake(
            index=int(index),
            path=dataset.paths[index] if dataset.paths else None,
            true=int(dataset.labels[index]),
            read=int(read[index]),
            probability=float(outputs[index, read[index]]),
        )
        for index in np.flatnonzero(read != dataset.labels)
    ]


def file_names(mistakes: Sequence[Mistake]) -> list[str]:
    """Return a name for the picture of each, all different: `a.jpg` and `a.jpg.png` get their numbers in them."""
    names = [mistake.file_name(numbered=False) for mistake in mistakes]
    count = Counter(name.casefold() for name in names)  # some file systems take A and a for the same letter
    return [
        name if count[name.casefold()] == 1 else mistake.file_name(numbered=True)
        for name, mistake in zip(names, mistakes, strict=True)
    ]


def make_empty_folder(directory: Path) -> None:
    """Make a folder for mistakes, unless it is there and empty.

    Raises:
        DatasetError: it can't be made, or there is something in it already.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise DatasetError(f"{directory}: not empty; name a new folder for the mistakes")
    except OSError as error:
        raise DatasetError(f"{directory}: can't be made ({error.strerror}); name another folder") from None


def write_mistakes(directory: Path, dataset: Dataset, mistakes: Sequence[Mistake]) -> None:
    """Write each image that was misread to a folder, as the network saw it, under the names of `file_names`.

    Raises:
        DatasetError: the folder can't be written.
    """
    from mnistnet.pictures import write_picture  # late: only pictures need Pillow

    try:
        for mistake, name in zip(mistakes, file_names(mistakes), strict=True):
            write_picture(directory / name, dataset.images[mistake.index])
    except OSError as error:
        raise DatasetError(f"{directory}: can't be written ({error.strerror or error}); name another folder") from None
