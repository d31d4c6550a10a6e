"""An image of MNIST: 28×28 bytes, ink bright on black, one of ten digits.

MNIST's makers shrank each digit into a square of 20×20 pixels and moved its centre of mass to the pixel (14, 14).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

SIDE = 28  # pixels along each side of an image
BOX = 20  # pixels along each side of the square that the ink fits into
CENTRE = 14  # row and column, from 0, of the centre of mass
PIXELS = SIDE * SIDE
DIGITS = 10
NO_DIGIT = DIGITS  # label of an image that shows no digit

ByteArray: TypeAlias = npt.NDArray[np.uint8]
ShortArray: TypeAlias = npt.NDArray[np.int16]
FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def check_images(images: ByteArray) -> None:
    """Raise ValueError unless the images are uint8 (n, 28, 28)."""
    is_array = isinstance(images, np.ndarray)
    if not is_array or images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        found = f"{images.dtype} {images.shape}" if is_array else type(images).__name__
        raise ValueError(f"images are {found}, expected uint8 (n, {SIDE}, {SIDE})")


def check_labels(labels: IntArray, count: int, largest: int = NO_DIGIT) -> None:
    """Raise ValueError unless the labels are integers (count,), at least one, from 0 to `largest`."""
    if labels.dtype.kind not in "iu" or labels.shape != (count,) or count == 0:
        found = f"{labels.dtype} {labels.shape} for {count} images"
        raise ValueError(f"labels are {found}, expected one integer each, and at least one image")
    if labels.min() < 0 or labels.max() > largest:
        wanted = f"0 to {largest - 1}, or {largest} for an image without a digit"
        raise ValueError(f"labels are {labels.min()} to {labels.max()}, expected {wanted}")
