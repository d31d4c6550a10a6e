"""Labelled pictures in one folder per digit, `0` to `9`, or such folders in `train` and `test`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mnistnet.datasets.dataset import Dataset, Progress, ProgressCallback, Subset, ignore
from mnistnet.errors import DatasetError, PictureError, one_line
from mnistnet.images import DIGITS
from mnistnet.picture_paths import NO_PICTURES, is_picture, left_out, list_folder
from mnistnet.pictures.files import decode
from mnistnet.pictures.reading import read_lattice

DIGIT_NAMES = tuple(map(str, range(DIGITS)))
SUBSET_FOLDERS: dict[Subset, tuple[str, str]] = {"train": ("train", "training"), "test": ("test", "testing")}


def has_class_folders(directory: Path) -> bool:
    """Return whether a folder holds any of the folders `0` to `9`."""
    return any((directory / name).is_dir() for name in DIGIT_NAMES)


def find_subset(directory: Path, subset: Subset) -> Path | None:
    """Return the folder in `directory` that holds the folders `0` to `9` of a subset, or None."""
    paths = (directory / name for name in SUBSET_FOLDERS[subset])
    return next((path for path in paths if has_class_folders(path)), None)


def load_subset(directory: Path, subset: Subset, progress: ProgressCallback = ignore) -> Dataset:
    """Read the pictures of one subset, see `find_subset` and `load_pictures`.

    Raises:
        DatasetError: see `load_pictures`; or there is no folder of this subset.
    """
    path = find_subset(directory, subset)
    if path is None:
        raise DatasetError(f"{directory / subset}: holds no folders 0 to 9; add them, with the pictures of each digit")
    return load_pictures(path, progress)


def load_pictures(directory: Path, progress: ProgressCallback = ignore) -> Dataset:
    """Read the pictures in the folders `0` to `9` of a folder, each folder in the order of its file names.

    Files whose names start with a dot are ignored. In the data set, `unreadable` lists pictures that can't be read or
    aren't regular files, and `notes` names other files and folders, and digits without a picture.

    Args:
        directory: the folder that holds the folders `0` to `9`.
        progress: called after each picture.

    Raises:
        DatasetError: one of the folders can't be listed, or no picture can be read.
    """
    pictures: list[tuple[Path, int]] = []
    others: list[str] = []
    entries = {path.name: path for path in _list(directory)}
    for digit, name in enumerate(DIGIT_NAMES):
        for path in _list(directory / name) if name in entries else ():
            if is_picture(path):
                pictures.append((path, digit))
            elif path.is_file():
                others.append(path.name)

    images, labels, paths, unreadable = [], [], [], []
    for count, (path, digit) in enumerate(pictures, start=1):
        try:
            if not path.is_file():  # opening a pipe would block
                raise PictureError("not a regular file; remove it from the folder")
            images.append(read_lattice(decode(path)).whole())
            labels.append(digit)
            paths.append(str(path))
        except PictureError as error:
            unreadable.append(one_line(f"{path}: {error}"))
        progress(Progress("pictures", count, len(pictures), unit="picture"))

    folders = [name for name, path in entries.items() if name not in DIGIT_NAMES and path.is_dir()]
    notes = _notes(directory, {digit for _, digit in pictures}, folders, others)
    if not images:
        reason = "; ".join([*unreadable[:1], *notes[1:]])
        raise DatasetError(
            f"{directory}: no picture that can be read in its folders 0 to 9{f' ({reason})' if reason else ''}"
        )
    return Dataset(np.stack(images), np.array(labels, np.uint8), tuple(paths), tuple(unreadable), notes)


def _list(directory: Path) -> list[Path]:
    try:
        return list_folder(directory)
    except OSError as error:
        raise DatasetError(f"{directory}: can't be listed ({error.strerror}); repair or remove it") from None


def _notes(directory: Path, digits: set[int], folders: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    notes = []
    missing = [name for digit, name in enumerate(DIGIT_NAMES) if digit not in digits]
    if missing:
        notes.append(f"{directory}: no pictures of {', '.join(missing)}")
    if folders:
        notes.append(left_out(directory, "folders that aren't named 0 to 9", folders))
    if others:
        notes.append(left_out(directory, NO_PICTURES, others))
    return tuple(notes)
