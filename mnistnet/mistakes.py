"""Write misread images as picture files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mnistnet.datasets.dataset import Dataset
from mnistnet.evaluation import Mistake
from mnistnet.pictures.files import write_picture
from mnistnet.saving import MAX_NAME, writing


def file_name(mistake: Mistake) -> str:
    """Return a name like `true-7_read-1_index-42_scan.jpg.png`; a missing or very long picture name is left out."""
    name = "" if mistake.path is None else Path(mistake.path).name.removesuffix(".png")
    suffix = f"_{name}" if name and len(name.encode(errors="surrogateescape")) <= MAX_NAME else ""
    return f"true-{mistake.true}_read-{mistake.read}_index-{mistake.index}{suffix}.png"


def write_mistakes(directory: Path, dataset: Dataset, mistakes: Sequence[Mistake]) -> None:
    """Write each misread image, 28×28 pixels, to a folder under its `file_name`.

    Raises:
        MnistnetError: the folder can't be written.
    """
    with writing(directory):
        for mistake in mistakes:
            write_picture(directory / file_name(mistake), dataset.images[mistake.index])
