"""Warp a stack of 28×28 images by bilinear sampling.

It uses inverse mapping: each pixel of the new image has a source position in the old one. That position lies between
four pixels, and bilinear interpolation weights them by distance. Pixels outside the image are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mnistnet.images import SIDE, ByteArray, FloatArray

MIDDLE = (SIDE - 1) / 2  # row and column of the middle of an image
OFFSETS: FloatArray = np.arange(SIDE, dtype=np.float32) - MIDDLE  # rows or columns from the middle: −13.5 … 13.5
BEFORE, AFTER = 1, 2  # blank rows and columns of padding; positions outside the image fall there
PADDED = BEFORE + SIDE + AFTER


def warp(images: ByteArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Sample images at any position.

    Args:
        images: uint8 (n, 28, 28).
        rows: float32 (n, 28, 28), the source row of each new pixel; 0 is the middle of the first row.
        columns: float32 (n, 28, 28), the source column, likewise.

    Returns:
        float32 (n, 28, 28), 0 to 255.
    """
    flat = _pad(images).ravel()
    row, row_fraction = _split(rows)
    column, column_fraction = _split(columns)
    first = np.arange(len(images)).reshape(-1, 1, 1) * PADDED**2
    at = first + row * PADDED + column  # (n, 28, 28): the pixel above and to the left of the position
    upper = _between(flat.take(at), flat.take(at + 1), column_fraction)
    lower = _between(flat.take(at + PADDED), flat.take(at + PADDED + 1), column_fraction)
    return _between(upper, lower, row_fraction)


def warp_rows(images: ByteArray, rows: FloatArray, first_columns: FloatArray, steps: FloatArray) -> FloatArray:
    """Sample images where every new row has one source row, at evenly spaced columns.

    Scaling and shearing along the rows are such warps. Interpolating between two rows first, then along the row, is
    half the work of `warp`.

    Args:
        images: uint8 (n, 28, 28).
        rows: float32 (n, 28), the source row of each new row.
        first_columns: float32 (n, 28), the source column of each new row's first pixel.
        steps: float32 (n,), source columns from one new pixel to the next.

    Returns:
        float32 (n, 28, 28), 0 to 255.
    """
    lines = _pad(images).reshape(-1, PADDED)
    row, row_fraction = _split(rows)
    at = (np.arange(len(images)).reshape(-1, 1) * PADDED + row).ravel()
    levels = _between(lines.take(at, axis=0), lines.take(at + 1, axis=0), row_fraction.reshape(-1, 1))  # (28 n, 31)

    columns: FloatArray = first_columns.reshape(-1, 1) + np.repeat(steps, SIDE).reshape(-1, 1) * np.arange(
        SIDE, dtype=np.float32
    )
    column, column_fraction = _split(columns)  # (28 n, 28)
    at = np.arange(len(levels)).reshape(-1, 1) * PADDED + column
    flat = levels.ravel()
    return _between(flat.take(at), flat.take(at + 1), column_fraction).reshape(images.shape)


def _pad(images: ByteArray) -> FloatArray:
    """Return the images with blank edges, float32 (n, 31, 31)."""
    padded = np.zeros((len(images), PADDED, PADDED), np.float32)
    padded[:, BEFORE:-AFTER, BEFORE:-AFTER] = images
    return padded


def _split(positions: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Return the padded row or column before each position, and the fraction of the way to the next, 0 to 1."""
    inside = np.clip(positions, -BEFORE, SIDE) + BEFORE
    before = inside.astype(np.intp)  # never negative, so truncation rounds down
    inside -= before
    return before, inside


def _between(first: FloatArray, second: FloatArray, fraction: npt.NDArray[Any]) -> FloatArray:
    """Return first + (second − first) · fraction; `second` is overwritten."""
    second -= first
    second *= fraction
    second += first
    return second
