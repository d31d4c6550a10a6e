"""What a model misread: listed, and written as pictures to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnistnet.datasets.dataset import Dataset
from mnistnet.errors import DatasetError
from mnistnet.images import FloatArray

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

    def file_name(self) -> str:
        """Return a name for its picture that tells what happened: `true-7_read-1_index-1234.png`."""
        name = f"index-{self.index}"
        if self.path is not None and len(Path(self.path).name.encode(errors="surrogateescape")) <= MAX_NAME:
            name = Path(self.path).name.removesuffix(".png")
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
    """Write each image that was misread to a folder, as the network saw it, under its `file_name`.

    Raises:
        DatasetError: the folder can't be written.
    """
    from mnistnet.pictures import write_picture  # late: only pictures need Pillow

    try:
        for mistake in mistakes:
            write_picture(directory / mistake.file_name(), dataset.images[mistake.index])
    except OSError as error:
        raise DatasetError(f"{directory}: can't be written ({error.strerror or error}); name another folder") from None
