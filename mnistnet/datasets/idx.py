"""MNIST's file format, IDX: a header that gives the shape, then the bytes."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Literal

import numpy as np

from mnistnet.datasets.dataset import Dataset
from mnistnet.errors import DatasetError
from mnistnet.images import DIGITS, SIDE, ByteArray

UNSIGNED_BYTE = 0x08  # the IDX code of the only element type that MNIST has
MAX_IMAGES = 1_000_000  # 784 MB; a header with more is damaged
# Limits against decompression bombs: gzip makes images 5 times smaller, and sorted labels 500 times, but those are few.
MAX_INFLATION, SMALL = 50, 1 << 20  # ratio of sizes; bytes that are always allowed
PREFIXES = {"train": "train", "test": "t10k"}
NAMES = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}


def has_idx(directory: Path) -> bool:
    """Return whether a folder holds any of MNIST's four files."""
    return any(_path(directory, prefix, name) for prefix in PREFIXES.values() for name in NAMES.values())


def load_idx(directory: Path, subset: Literal["train", "test"]) -> Dataset:
    """Read MNIST's training or test images and their labels from the files in a folder.

    Raises:
        DatasetError: a file is missing or damaged, or images and labels don't match.
    """
    arrays = []
    for name, dimensions in ((NAMES["images"], 3), (NAMES["labels"], 1)):
        path = _path(directory, PREFIXES[subset], name)
        if path is None:
            raise DatasetError(
                f"{directory}: {PREFIXES[subset]}-{name}.gz is missing; 'mnistnet download --directory' fetches it"
            )
        arrays.append(read_idx(path, dimensions))
    images, labels = arrays
    if len(images) != len(labels):
        raise DatasetError(f"{directory}: {len(images)} images, but {len(labels)} labels; replace the files")
    if labels.max() >= DIGITS:
        raise DatasetError(f"{directory}: a label is {labels.max()}, expected 0 to 9; replace the files")
    return Dataset(images, labels)


def _path(directory: Path, prefix: str, name: str) -> Path | None:
    stem = f"{prefix}-{name}"
    return next((path for path in (directory / f"{stem}.gz", directory / stem) if path.exists()), None)


def read_idx(path: Path, dimensions: int) -> ByteArray:
    """Read one IDX file, gzipped or not: a header that gives the shape, then exactly as many bytes.

    Args:
        path: gzipped when it ends in `.gz`.
        dimensions: number of the array's dimensions, 3 for images and 1 for labels.

    Raises:
        DatasetError: the file is missing, unreadable, cut short, too long, or not of that kind.

    Source: the format description on MNIST's original web page.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would block
            raise DatasetError(f"{path}: not a plain file; replace it")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
            if header[:4] != bytes((0, 0, UNSIGNED_BYTE, dimensions)) or len(header) < 4 + 4 * dimensions:
                expected = bytes((0, 0, UNSIGNED_BYTE, dimensions)).hex(" ")
                raise DatasetError(f"{path}: not an IDX file (starts with {header[:4].hex(' ')}, expected {expected})")
            shape = struct.unpack(f">{dimensions}I", header[4:])
            if not 1 <= shape[0] <= MAX_IMAGES or shape[1:] not in ((), (SIDE, SIDE)):
                raise DatasetError(f"{path}: damaged (claims the shape {shape}, expected 28×28 images or labels)")
            length = math.prod(shape)
            size = path.stat().st_size
            if length > (SMALL + MAX_INFLATION * size if path.suffix == ".gz" else size):
                raise DatasetError(f"{path}: damaged (claims {length:,} bytes in a file of {size:,}); replace the file")
            data = file.read(length + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DatasetError(f"{path}: damaged ({error}); replace the file") from None
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror})") from None
    if len(data) != length:
        got = "more" if len(data) > length else f"{len(data):,}"
        raise DatasetError(f"{path}: damaged (expected {length:,} bytes after the header, got {got}); replace the file")
    return np.frombuffer(data, np.uint8).reshape(shape)
