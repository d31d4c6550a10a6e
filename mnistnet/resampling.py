"""Warp a stack of 28×28 images by bilinear sampling.

A warp is told backwards: for each pixel of the new image, where in the old one its value comes from. Such a
place lies between four pixels, and the value is their mean, weighted by how near each is. Outside is blank.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mnistnet.images import SIDE, ByteArray, FloatArray

MIDDLE = (SIDE - 1) / 2  # of an image, in rows or columns from the middle of the first
OFFSETS: FloatArray = np.arange(SIDE, dtype=np.float32) - MIDDLE  # of its pixels from there: −13.5 … 13.5
BEFORE, AFTER = 1, 2  # blank rows and columns around an image: places beyond its edge are read there
PADDED = BEFORE + SIDE + AFTER


def warp(images: ByteArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Sample images anywhere.

    Args:
        images: uint8 (n, 28, 28).
        rows: float32 (n, 28, 28), for each new pixel the row in the old image, 0 for the middle of the first.
        columns: float32 (n, 28, 28), likewise the column.

    Returns:
        float32 (n, 28, 28), in the old pixels' units.
    """
    flat = _pad(images).ravel()
    row, row_part = _split(rows)
    column, column_part = _split(columns)
    first = np.arange(len(images)).reshape(-1, 1, 1) * PADDED**2
    at = first + row * PADDED + column  # (n, 28, 28): the pixel above and to the left of the place
    upper = _between(flat.take(at), flat.take(at + 1), column_part)
    lower = _between(flat.take(at + PADDED), flat.take(at + PADDED + 1), column_part)
    return _between(upper, lower, row_part)


def warp_rows(images: ByteArray, rows: FloatArray, first_columns: FloatArray, steps: FloatArray) -> FloatArray:
    """Sample images where every new row comes from one level of the old image, at evenly spaced places.

    Scaling and shearing along the rows are such warps. They sample between two rows first, then along the row:
    half the work of `warp`.

    Args:
        images: uint8 (n, 28, 28).
        rows: float32 (n, 28), for each new row the row in the old image.
        first_columns: float32 (n, 28), for each new row the old column of its first pixel.
        steps: float32 (n,), old columns from one new pixel to the next.

    Returns:
        float32 (n, 28, 28), in the old pixels' units.
    """
    lines = _pad(images).reshape(-1, PADDED)
    row, row_part = _split(rows)
    at = (np.arange(len(images)).reshape(-1, 1) * PADDED + row).ravel()
    levels = _between(lines.take(at, axis=0), lines.take(at + 1, axis=0), row_part.reshape(-1, 1))  # (28 n, 31)

    columns: FloatArray = first_columns.reshape(-1, 1) + np.repeat(steps, SIDE).reshape(-1, 1) * np.arange(
        SIDE, dtype=np.float32
    )
    column, column_part = _split(columns)  # (28 n, 28)
    at = np.arange(len(levels)).reshape(-1, 1) * PADDED + column
    flat = levels.ravel()
    return _between(flat.take(at), flat.take(at + 1), column_part).reshape(images.shape)


def _pad(images: ByteArray) -> FloatArray:
    """float32 (n, 31, 31): the images with blank edges."""
    padded = np.zeros((len(images), PADDED, PADDED), np.float32)
    padded[:, BEFORE:-AFTER, BEFORE:-AFTER] = images
    return padded


def _split(places: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """The padded row or column before each place, and how far the place is on the way to the next, 0 to 1."""
    inside = np.clip(places, -BEFORE, SIDE) + BEFORE
    before = inside.astype(np.intp)  # not below 0, so cutting off is rounding down
    inside -= before
    return before, inside


def _between(first: FloatArray, second: FloatArray, part: npt.NDArray[Any]) -> FloatArray:
    """First + (second − first) · part; `second` is used up."""
    second -= first
    second *= part
    second += first
    return second
