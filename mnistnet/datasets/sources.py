"""Images with their labels: MNIST's IDX files, folders of labelled pictures, splits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np

from mnistnet.datasets.idx import read_idx
from mnistnet.errors import DatasetError, PictureError
from mnistnet.images import DIGITS, ByteArray, IntArray, check_images

Split: TypeAlias = Literal["test", "validation", "train"]

STROKES = "strokes"
STROKES_COUNT = {"train": 30_000, "test": 5_000}
STROKES_SEED = {"train": 0, "test": 1}
IDX_PREFIXES = {"train": "train", "test": "t10k"}
IDX_NAMES = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}


@dataclass(frozen=True)
class Dataset:
    """Images and what they show.

    Attributes:
        images: uint8 (n, 28, 28), ink bright.
        labels: uint8 (n,), 0 to 9.
        unreadable: for each picture of a folder that could not be read, one line that says why.
    """

    images: ByteArray
    labels: ByteArray
    unreadable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what every function after this relies on; raises ValueError."""
        check_images(self.images)
        if self.labels.dtype != np.uint8 or self.labels.shape != (len(self.images),):
            raise ValueError(
                f"labels are {self.labels.dtype} {self.labels.shape}, expected uint8 ({len(self.images)},)"
            )
        if self.labels.max(initial=0) > 9:
            raise ValueError(f"a label is {self.labels.max()}, expected 0 to 9")

    def __len__(self) -> int:
        return len(self.images)

    def digest(self) -> str:
        """SHA-256 of all images and labels, in hexadecimal."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    def take(self, indices: IntArray) -> Dataset:
        """The images and labels at these indices."""
        return Dataset(self.images[indices], self.labels[indices])


def load_training(sources: Sequence[str]) -> Dataset:
    """All training images of one or more sources, one after the other.

    Args:
        sources: each is `strokes`, a folder of IDX files, or a folder of labelled pictures.

    Raises:
        DatasetError: a source is missing, damaged or something else, or a picture in it can't be read.
    """
    parts = [_load_training(source) for source in sources]
    if len(parts) == 1:
        return parts[0]
    return Dataset(np.concatenate([part.images for part in parts]), np.concatenate([part.labels for part in parts]))


def _load_training(source: str) -> Dataset:
    if source == STROKES:
        return _draw_strokes("train")
    if not has_splits(source):
        dataset = load_pictures(Path(source))
        if dataset.unreadable:
            raise DatasetError(f"{dataset.unreadable[0]} (unreadable pictures: {len(dataset.unreadable)})")
        return dataset
    return _load_mnist(Path(source), "train")


def load_split(
    source: str,
    split: Split,
    validation: int,
    trained_on: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The part of a source to measure on.

    Args:
        source: see `load_training`; a folder of labelled pictures has no parts and is taken whole.
        split: `test`; or of the training images the ones `hold_out` keeps apart, or the rest.
        validation: how many `hold_out` keeps apart.
        trained_on: for `validation`, the digest of what the model to be measured learned from. Others were held
            out of other data, and it may have learned from these.
        progress: called with the number of pictures read so far and that of all.

    Raises:
        DatasetError: see `load_training`; but pictures that can't be read are listed in the Dataset.
        ValueError: another split.
    """
    if split not in get_args(Split):
        raise ValueError(f"split is {split!r}, expected one of {', '.join(get_args(Split))}")
    if source != STROKES and not has_splits(source):
        return load_pictures(Path(source), progress)
    if split == "test":
        return _draw_strokes("test") if source == STROKES else _load_mnist(Path(source), "test")
    rest, held_out = hold_out(_load_training(source), validation)
    chosen = rest if split == "train" else held_out
    if split == "validation" and trained_on not in ("", rest.digest()):
        raise DatasetError(f"{source}: not the data that the model was trained on; use --split test")
    if chosen is None:
        raise DatasetError(f"{source}: no validation images were held out of the model's training; use --split test")
    return chosen


def hold_out(training: Dataset, count: int) -> tuple[Dataset, Dataset | None]:
    """Keep `count` training images apart: the rest and the held-out ones; None when there are none.

    Chance chooses them (a folder of pictures is sorted by digit), but always the same ones, so that figures
    measured on them compare and no model is measured on images it learned from.

    Raises:
        DatasetError: `count` leaves nothing to train on.
    """
    if count >= len(training):
        raise DatasetError(
            f"{count} validation images can't be held out of {len(training)} training images; "
            "lower --validation (0 holds out none)"
        )
    if count == 0:
        return training, None
    order = np.random.default_rng(0).permutation(len(training))
    return training.take(np.sort(order[count:])), training.take(np.sort(order[:count]))


def has_splits(source: str) -> bool:
    """Whether a folder holds IDX files, which tell training images from test images.

    Raises:
        DatasetError: the folder is missing, or holds neither IDX files nor labelled pictures.
    """
    directory = Path(source)
    if not source or not directory.is_dir():
        missing = "not a folder" if directory.exists() else "no such folder"
        raise DatasetError(f"{source}: {missing}; give a folder of MNIST files or of pictures, 'mnist' or 'strokes'")
    if any(_idx_path(directory, prefix, kind) for prefix in IDX_PREFIXES.values() for kind in IDX_NAMES):
        return True
    if any((directory / str(digit)).is_dir() for digit in range(DIGITS)):
        return False
    raise DatasetError(
        f"{source}: neither MNIST's files (such as train-images-idx3-ubyte.gz) nor folders of pictures named 0 to 9"
    )


def load_pictures(directory: Path, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The pictures in the folders `0` to `9` of a folder, each folder in the order of its file names.

    Raises:
        DatasetError: there is no picture in them, or not one that can be read.
    """
    from mnistnet.pictures import PICTURE_SUFFIXES, read_picture  # late: only pictures need Pillow

    files = [
        (path, digit)
        for digit in range(DIGITS)
        for path in sorted((directory / str(digit)).glob("*"))
        if path.suffix.lower() in PICTURE_SUFFIXES
    ]
    images, labels, unreadable = [], [], []
    for count, (path, digit) in enumerate(files, start=1):
        try:
            images.append(read_picture(path))
            labels.append(digit)
        except PictureError as error:
            unreadable.append(str(error))
        if progress is not None:
            progress(count, len(files))
    if not images:
        raise DatasetError(f"{directory}: no picture that can be read in its folders 0 to 9")
    return Dataset(np.stack(images), np.array(labels, np.uint8), tuple(unreadable))


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


def write_mistakes(directory: Path, dataset: Dataset, predictions: IntArray) -> None:
    """Write each image that was misread to a folder, as `true-7_read-1_index-1234.png`.

    Raises:
        DatasetError: the folder can't be written.
    """
    from mnistnet.pictures import write_picture  # late: only pictures need Pillow

    try:
        for index in np.flatnonzero(predictions != dataset.labels):
            name = f"true-{dataset.labels[index]}_read-{predictions[index]}_index-{index}.png"
            write_picture(directory / name, dataset.images[index])
    except OSError as error:
        raise DatasetError(f"{directory}: can't be written ({error.strerror or error}); name another folder") from None


def _idx_path(directory: Path, prefix: str, kind: str) -> Path | None:
    stem = f"{prefix}-{IDX_NAMES[kind]}"
    return next((path for path in (directory / f"{stem}.gz", directory / stem) if path.exists()), None)


def _load_mnist(directory: Path, split: Literal["train", "test"]) -> Dataset:
    arrays = {}
    for kind, dimensions in (("images", 3), ("labels", 1)):
        path = _idx_path(directory, IDX_PREFIXES[split], kind)
        if path is None:
            name = f"{IDX_PREFIXES[split]}-{IDX_NAMES[kind]}"
            raise DatasetError(f"{directory}: {name}.gz is missing; 'mnistnet download --directory' fetches it")
        arrays[kind] = read_idx(path, dimensions)
    images, labels = arrays["images"], arrays["labels"]
    if len(images) != len(labels):
        raise DatasetError(f"{directory}: {len(images)} images, but {len(labels)} labels; replace the files")
    try:
        return Dataset(images, labels)
    except ValueError as error:
        raise DatasetError(f"{directory}: {error}; replace the files") from None


def _draw_strokes(split: Literal["train", "test"]) -> Dataset:
    from mnistnet.datasets.strokes import draw_digits  # late: files need no pen

    return Dataset(*draw_digits(STROKES_COUNT[split], seed=STROKES_SEED[split]))
