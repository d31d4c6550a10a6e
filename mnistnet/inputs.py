"""28×28 bytes to the 784 inputs, the same at training and at prediction.

`moments` takes from a digit what does not tell which digit it is: where it stands, how large it is, how it leans.
It treats the ink as a mass. With the brightness p of the pixel in column x and row y, and all sums over the pixels,

    m = Σ p,   centre (Σ p x / m, Σ p y / m) = (cx, cy),
    vyy = Σ p (y − cy)² / m,   vxy = Σ p (x − cx)(y − cy) / m,   vxx = Σ p (x − cx)² / m.

- A stroke that leans moves sideways as it goes down: on average by s = vxy / vyy columns for each row, the slope of
  the straight line through the ink that fits best. The digit without its slant is x − s (y − cy), and its
  variance along x is what the slope does not explain, vxx − s vxy.
- The square roots of the two variances, σy and σx, say how large the digit is, whatever its outline: it is scaled by
  HEIGHT / σy down, and by (WIDTH / σx)^0.8 across: a 1 may stay slimmer than a 0.

So the pixel in column u and row v of the new image comes from the row y = cy + (v − 13.5) σy / HEIGHT and the column
x = cx + s (y − cy) + (u − 13.5) (σx / WIDTH)^0.8 of the old one. Rows come from rows, which is why it is fast.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mnistnet.images import SIDE, ByteArray, FloatArray
from mnistnet.resampling import MIDDLE, OFFSETS, warp_rows
from mnistnet.threads import one_thread

HEIGHT, WIDTH = 4.2, 3.2  # standard deviations of the ink in the new image, pixels
WIDTH_EXPONENT = 0.8
# A dot or a line has no size along one axis, or along both: what is smaller than this is scaled as if it were not,
# and what leans more than 45° is only turned by so much.
SMALLEST_DEVIATION = 1.0  # pixels
STEEPEST_SLANT = 1.0  # columns for a row
BLOCK = 128  # images: the arrays of one block stay in the processor's cache

# 1, t and t² of each place along an axis, (28, 3), where t counts half pixels from the middle: odd whole numbers. With
# them all sums below are whole numbers that their types hold exactly, so that in whatever order a processor adds, the
# moments of an image are the same to the bit.
POWERS = np.stack([(2 * OFFSETS) ** power for power in range(3)], axis=1)


class Moments(NamedTuple):
    """Where the ink of n images is; float32 (n,) each, pixels, from the middle of the image."""

    centre_x: FloatArray
    centre_y: FloatArray
    slant: FloatArray  # columns for a row
    deviation_x: FloatArray  # after the slant is undone
    deviation_y: FloatArray


def moments(images: ByteArray) -> Moments:
    """The moments of the ink of uint8 (n, 28, 28); a blank image has those of a dot in the middle."""
    along_rows = (images.reshape(-1, SIDE).astype(np.float32) @ POWERS).reshape(-1, SIDE, 3)
    sums = POWERS.T.astype(np.float64) @ along_rows.astype(np.float64)  # (n, 3, 3): by powers of y, and of x
    sums /= np.maximum(sums[:, :1, :1], 1)  # the first is the mass
    x, y = sums[:, 0, 1] / 2, sums[:, 1, 0] / 2
    xx, xy, yy = sums[:, 0, 2] / 4, sums[:, 1, 1] / 4, sums[:, 2, 0] / 4
    vxx, vxy, vyy = xx - x * x, xy - x * y, yy - y * y
    smallest = SMALLEST_DEVIATION**2
    slant = np.clip(vxy / np.maximum(vyy, smallest), -STEEPEST_SLANT, STEEPEST_SLANT)
    upright_vxx = vxx - 2 * slant * vxy + slant * slant * vyy  # = vxx − slant · vxy where the slant is vxy / vyy
    values = (x, y, slant, np.sqrt(np.maximum(upright_vxx, smallest)), np.sqrt(np.maximum(vyy, smallest)))
    return Moments(*(value.astype(np.float32) for value in values))


def straighten(images: ByteArray) -> ByteArray:
    """Digits upright, centred, and in one size: uint8 (n, 28, 28) to the same; a blank image stays blank."""
    straight = np.empty_like(images)
    # One loop, no function for a block: a block's arrays then take the places of the last one's. Given back to the
    # system at the end of a function and asked for anew, they would make this three times as slow.
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        with one_thread():
            ink = moments(block)
        down = np.outer(ink.deviation_y / HEIGHT, OFFSETS)  # (n, 28), y − cy of each new row
        step = (ink.deviation_x / WIDTH) ** WIDTH_EXPONENT
        rows = MIDDLE + ink.centre_y[:, np.newaxis] + down
        columns = MIDDLE + ink.centre_x[:, np.newaxis] + ink.slant[:, np.newaxis] * down
        first_columns = columns + step[:, np.newaxis] * OFFSETS[0]
        resampled = warp_rows(block, rows, first_columns, step)
        resampled += 0.5  # to the nearest byte
        straight[start : start + BLOCK] = resampled
    return straight


class Normalization:
    """The way from images to inputs; a model keeps the one it was trained with.

    Attributes:
        name: `moments` shows every digit upright, centred and in one size; `none` as it is.
        mean_image: float32 (784,), the mean of the training images with `moments`, zeros with `none`. What all
            images share tells nothing, and inputs around 0 make gradient descent's valley rounder.
    """

    def __init__(self, name: str, mean_image: FloatArray) -> None:
        self.name = name
        self.mean_image = mean_image

    @classmethod
    def fit(cls, name: str, aligned: ByteArray) -> Normalization:
        """The normalization of that name for training images that `align` has prepared, uint8 (n, 28, 28)."""
        if name == "none":
            return cls(name, np.zeros(SIDE * SIDE, np.float32))
        return cls(name, (aligned.mean(axis=0) / 255).astype(np.float32).ravel())

    def __call__(self, images: ByteArray) -> FloatArray:
        """Turn uint8 (n, 28, 28), ink bright, into inputs, float32 (n, 784)."""
        return self.inputs(align(self.name, images))

    def inputs(self, aligned: ByteArray) -> FloatArray:
        """The second half of it: from what `align` has prepared, uint8 (n, 28, 28), to inputs, float32 (n, 784)."""
        inputs = np.multiply(aligned.reshape(-1, SIDE * SIDE), np.float32(1 / 255), dtype=np.float32)
        inputs -= self.mean_image
        return inputs


def align(name: str, images: ByteArray) -> ByteArray:
    """The first half of a normalization, the same for every model: uint8 (n, 28, 28) to the same."""
    return straighten(images) if name == "moments" else images
