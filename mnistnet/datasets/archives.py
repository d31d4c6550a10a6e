"""MNIST in one file: Keras's `mnist.npz`, and Kaggle's `.csv` of labels and pixels."""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import numpy as np
import numpy.typing as npt

from mnistnet.datasets.dataset import Dataset, Subset
from mnistnet.datasets.idx import MAX_IMAGES, MAX_INFLATION, SMALL
from mnistnet.errors import DatasetError
from mnistnet.images import DIGITS, PIXELS, SIDE, ByteArray

# An integer array's header as NumPy writes it. No other is accepted, because NumPy parses it as a Python literal, which
# can fail in undocumented ways.
ARRAY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([|<>][iu][1248])', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n",
    re.DOTALL,
)
MAX_HEADER = 1 << 10  # bytes; NumPy writes 128
END_OF_DIRECTORY, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x07"  # signatures of a zip archive's last records
END_SIZE, LOCATOR_SIZE = 22, 20  # bytes
MAX_DIRECTORY = 1 << 16  # bytes
# What zipfile raises for damaged archives
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, RuntimeError)
BLOCK = 1000  # lines parsed at once
MAX_LINE = 1 << 14  # characters; Kaggle's have at most 3,300


def load_npz(path: Path, subset: Subset) -> Dataset:
    """Read the training or the test images of Keras's `mnist.npz`: x_train, y_train, x_test and y_test.

    Raises:
        DatasetError: the file is unreadable, damaged, or holds other arrays.
    """
    try:
        with path.open("rb") as file, _open_zip(file) as archive:
            images, labels = (_read_member(archive, f"{letter}_{subset}.npy") for letter in "xy")
    except KeyError:
        raise DatasetError(f"{path}: x_{subset} or y_{subset} is missing; expected Keras's mnist.npz") from None
    except ZIP_ERRORS as error:
        raise DatasetError(f"{path}: damaged ({error}); replace the file") from None
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error.strerror or error})") from None
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE) or labels.shape != images.shape[:1]:
        got = f"{images.dtype} {images.shape} and {labels.shape}"
        raise DatasetError(f"{path}: x_{subset} and y_{subset} are {got}, expected uint8 (n, 28, 28) and (n,)")
    return _dataset(path, images, labels)


def _open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """Open an archive, unless its directory is so large that it could fill the memory."""
    file.seek(-min(file.seek(0, os.SEEK_END), END_SIZE + LOCATOR_SIZE), os.SEEK_END)
    locator, end = (tail := file.read())[:-END_SIZE], tail[-END_SIZE:]
    if not end.startswith(END_OF_DIRECTORY) or locator.startswith(LOCATOR_64):
        raise zipfile.BadZipFile("not an .npz file, or cut short")
    if int.from_bytes(end[12:16], "little") > MAX_DIRECTORY:
        raise zipfile.BadZipFile("its directory is too large")
    return zipfile.ZipFile(file)


def _read_member(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    info = archive.getinfo(name)
    if info.file_size > min(MAX_HEADER + MAX_IMAGES * PIXELS, SMALL + MAX_INFLATION * info.compress_size):
        raise ValueError(f"{name} claims {info.file_size:,} bytes")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed in an unusual way")
    content = archive.read(info)
    header = ARRAY_HEADER.match(content)
    if header is None:
        raise ValueError(f"{name} is not an array of integers")
    shape = tuple(int(length) for length in re.findall(rb"\d+", header[2]))
    array = np.frombuffer(content, np.dtype(header[1].decode()), offset=header.end())
    return array.reshape(shape)  # raises ValueError if the shape doesn't match the bytes


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
    for start in range(1, MAX_IMAGES, BLOCK):
        block = list(islice(lines, BLOCK))
        if not block:
            return
        first = block[0].partition(",")[0].strip(' "\n')
        if start == 1 and not first.isdigit():
            if first.lower() != "label":
                raise DatasetError(f"{path}: its first column is {first[:20]!r}, expected label, then 784 pixels")
            block[0] = "\n"  # a blank line keeps the line numbers right
        for number, line in enumerate(block, start):
            if not line.isspace() and line.count(",") != PIXELS:
                raise DatasetError(f"{path}: line {number} has {line.count(',') + 1} columns, expected 785")
        block = [line for line in block if not line.isspace()]
        if not block:
            continue
        try:
            # NumPy before 2.0 wraps 256 around to 0 when it parses integers.
            values = np.loadtxt(block, np.float32, delimiter=",", comments=None, ndmin=2)
        except ValueError as error:
            reason = str(error).partition(" at row")[0]
            raise DatasetError(f"{path}: damaged in lines {start} to {number} ({reason})") from None
        if not ((values >= 0) & (values <= 255)).all() or (values % 1).any():
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
