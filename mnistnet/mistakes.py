"""Write misread images as picture files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mnistnet.datasets.dataset import Dataset
from mnistnet.errors import DatasetError
from mnistnet.evaluation import Mistake
from mnistnet.pictures.files import write_picture

MAX_NAME = 200  # bytes of a picture's name in a file name; file systems allow 255 in all


def file_name(mistake: Mistake) -> str:
    """Return a name like `true-7_read-1_index-42_scan.jpg.png`; a missing or very long picture name is left out."""
    name = "" if mistake.path is None else Path(mistake.path).name.removesuffix(".png")
    suffix = f"_{name}" if name and len(name.encode(errors="surrogateescape")) <= MAX_NAME else ""
    return f"true-{mistake.true}_read-{mistake.read}_index-{mistake.index}{suffix}.png"


def write_mistakes(directory: Path, dataset: Dataset, mistakes: Sequence[Mistake]) -> None:
    """Write each misread image to a folder, as the network saw it, under its `file_name`.

    Raises:
        DatasetError: the folder can't be written.
    """
    try:
        for mistake in mistakes:
            write_picture(directory / file_name(mistake), dataset.images[mistake.index])
    except OSError as error:
        raise DatasetError(f"{directory}: can't be written ({error.strerror or error}); name another folder") from None
