"""MNIST in one file: Keras's `mnist.npz`, and Kaggle's `.csv` of labels and pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from mnistnet.datasets.dataset import Dataset, Subset
from mnistnet.datasets.idx import MAX_IMAGES, MAX_INFLATION, SMALL
from mnistnet.errors import DatasetError
from mnistnet.images import DIGITS, PIXELS, SIDE, ByteArray
from mnistnet.npz import NpzError, open_npz, read_array

MAX_BYTES = MAX_IMAGES * PIXELS
BLOCK = 1000  # lines parsed at once
MAX_LINE = 1 << 14  # characters; Kaggle's have at most 3,300
MAX_REASON = 80  # characters of a reason that may quote the file


def load_npz(path: Path, subset: Subset) -> Dataset:
    """Read the training or the test images of Keras's `mnist.npz`: x_train, y_train, x_test and y_test.

    Raises:
        DatasetError: the file is unreadable, damaged, or holds other arrays.
    """
    arrays = []
    try:
        with path.open("rb") as file, open_npz(file) as archive:
            for letter in "xy":
                info = archive.getinfo(f"{letter}_{subset}.npy")
                arrays.append(read_array(archive, info, min(MAX_BYTES, SMALL + MAX_INFLATION * info.compress_size)))
    except KeyError:
        raise DatasetError(f"{path}: x_{subset} or y_{subset} is missing; expected Keras's mnist.npz") from None
    except NpzError as error:
        raise DatasetError(f"{path}: damaged ({error}); replace the file") from None
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror or error})") from None
    images, labels = arrays
    is_image = images.dtype == np.uint8 and images.shape[1:] == (SIDE, SIDE)
    if not is_image or labels.dtype.kind == "f" or labels.shape != images.shape[:1]:
        got = f"{images.dtype} {images.shape} and {labels.dtype} {labels.shape}"
        raise DatasetError(f"{path}: x_{subset} and y_{subset} are {got}, expected uint8 (n, 28, 28) and integers (n,)")
    return _dataset(path, images, labels)


def load_csv(path: Path) -> Dataset:
    """Read one image per line: its label, then its 784 pixels, 0 to 255, row by row. A header line is optional.

    Raises:
        DatasetError: the file is unreadable, or a line has another format.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            blocks = list(_parse(path, file))
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror})") from None
    rows = np.concatenate(blocks) if blocks else np.empty((0, 1 + PIXELS), np.uint8)
    return _dataset(path, rows[:, 1:].reshape(-1, SIDE, SIDE), rows[:, 0])


def _parse(path: Path, file: TextIO) -> Iterator[ByteArray]:
    """Yield labels and pixels, uint8 (n, 785), of a block of lines at a time."""
    lines = iter(partial(file.readline, MAX_LINE), "")
    first = next(lines, "")
    column = first.partition(",")[0].strip(' "\n')
    if column.isdigit():
        lines = chain([first], lines)
    elif column.lower() != "label":
        raise DatasetError(f"{path}: its first column is {column[:20]!r}, expected label, then 784 pixels")
    for start in range(0, MAX_IMAGES, BLOCK):
        block = [line for line in islice(lines, BLOCK) if not line.isspace()]
        if not block:
            return
        try:
            # NumPy before 2.0 wraps 256 around to 0 when it parses integers.
            values = np.loadtxt(block, np.float32, delimiter=",", comments=None, ndmin=2)
        except ValueError as error:
            reason = str(error)[:MAX_REASON].partition(" at row")[0]
            raise DatasetError(f"{path}: damaged in lines {start + 1} to {start + len(block)} ({reason})") from None
        if values.shape[1] != 1 + PIXELS:
            raise DatasetError(f"{path}: {values.shape[1]} columns, expected a label and 784 pixels")
        if not (values == np.clip(np.rint(values), 0, 255)).all():
            raise DatasetError(f"{path}: expected whole numbers from 0 to 255; scale the pixels to bytes")
        yield values.astype(np.uint8)
    raise DatasetError(f"{path}: more than {MAX_IMAGES:,} lines; split the file")


def _dataset(path: Path, images: ByteArray, labels: npt.NDArray[Any]) -> Dataset:
    if len(labels) == 0:
        raise DatasetError(f"{path}: holds no images; replace the file")
    if labels.min() < 0 or labels.max() >= DIGITS:
        wrong = labels[(labels < 0) | (labels >= DIGITS)][0]
        raise DatasetError(f"{path}: a label is {wrong}, expected 0 to 9")
    return Dataset(images, labels.astype(np.uint8))
