"""MNIST's file format, IDX: a header that gives the shape, then the bytes."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from itertools import product
from pathlib import Path

import numpy as np

from mnistnet.datasets.dataset import Dataset, Subset
from mnistnet.errors import DatasetError
from mnistnet.images import DIGITS, SIDE, ByteArray

UNSIGNED_BYTE = 0x08  # the IDX code of the only element type that MNIST has
MAX_IMAGES = 1_000_000  # 784 MB; a header with more is damaged
# Limits against decompression bombs: images shrink to a fifth; sorted labels shrink to 1/500, but have few bytes.
MAX_INFLATION = 50  # compression ratio of what exceeds SMALL
SMALL = 1 << 20  # bytes that are allowed at any ratio
PREFIXES: dict[Subset, str] = {"train": "train", "test": "t10k"}
NAMES = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}
FOLDERS = ("", "MNIST/raw", "raw")  # torchvision's folders below the one that the user names


def has_idx(directory: Path) -> bool:
    """Return whether a folder holds any of MNIST's four files, see `load_idx`."""
    return any(_find(directory, f"{prefix}-{name}") for prefix in PREFIXES.values() for name in NAMES.values())


def load_idx(directory: Path, subset: Subset) -> Dataset:
    """Read MNIST's training or test images and their labels from the files in a folder.

    The files have `-idx3-` or `.idx3-` in their names, and may be gzipped. They may be in one of FOLDERS, or each in a
    folder of the same name, as some archives unpack.

    Raises:
        DatasetError: a file is missing or damaged, or images and labels don't match.
    """
    stems = [f"{PREFIXES[subset]}-{name}" for name in NAMES.values()]
    paths = [_find(directory, stem) for stem in stems]
    found = [f"found {path.relative_to(directory)}; " for path in paths if path is not None]
    arrays = []
    for stem, path, dimensions in zip(stems, paths, (3, 1), strict=True):
        if path is None:
            missing = f"{stem}.gz is missing; 'mnistnet download --directory' fetches it"
            raise DatasetError(f"{directory}: {''.join(found)}{missing}")
        arrays.append(read_idx(path, dimensions))
    images, labels = arrays
    if len(images) != len(labels):
        raise DatasetError(f"{directory}: {len(images)} images, but {len(labels)} labels; replace the files")
    if labels.max() >= DIGITS:
        raise DatasetError(f"{directory}: a label is {labels.max()}, expected 0 to 9; replace the files")
    return Dataset(images, labels)


def _find(directory: Path, stem: str) -> Path | None:
    """Return the path of one of the four files, under any of the names that `load_idx` describes."""
    names = (stem, stem.replace("-idx", ".idx"))
    for folder, inner, name, suffix in product(FOLDERS, ("", *names), names, (".gz", "")):
        path = directory / folder / inner / f"{name}{suffix}"
        if path.exists() and not path.is_dir():
            return path
    return None


def read_idx(path: Path, dimensions: int) -> ByteArray:
    """Read one IDX file, uint8 (n, 28, 28) or (n,): a header with the shape, then exactly as many bytes.

    Args:
        path: gzipped when it ends in `.gz`.
        dimensions: number of the array's dimensions, 3 for images and 1 for labels.

    Raises:
        DatasetError: the file is missing, unreadable, cut short, too long, or has another format.

    Source: the format description on MNIST's original web page.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would block
            raise DatasetError(f"{path}: not a regular file; replace it")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
            if not header:
                raise DatasetError(f"{path}: an empty file; replace it")
            if header[:4] != bytes((0, 0, UNSIGNED_BYTE, dimensions)) or len(header) < 4 + 4 * dimensions:
                expected = bytes((0, 0, UNSIGNED_BYTE, dimensions)).hex(" ")
                raise DatasetError(f"{path}: not an IDX file (starts with {header[:4].hex(' ')}, expected {expected})")
            shape = struct.unpack(f">{dimensions}I", header[4:])
            if shape[0] == 0:
                raise DatasetError(f"{path}: holds no images or labels; replace the file")
            if shape[0] > MAX_IMAGES or shape[1:] not in ((), (SIDE, SIDE)):
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
