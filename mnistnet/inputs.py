"""Encodings: 28×28 bytes to the 784 inputs, the same for training, evaluation and prediction.

Each encoding adds one idea to the one before it.

`pixels`: the bytes, scaled to 0 to 1, as in the derivation.

`moments`: the pixels of the deskewed digit. Moment normalization removes position, size and slant, which don't tell
which digit it is. With the brightness p of the pixel in column x and row y, and all sums over the pixels,

    m = Σ p,   centre (Σ p x / m, Σ p y / m) = (cx, cy),
    vyy = Σ p (y − cy)² / m,   vxy = Σ p (x − cx)(y − cy) / m,   vxx = Σ p (x − cx)² / m.

- A slanted stroke moves sideways by s = vxy / vyy columns per row, on average: the slope of the regression line
  through the ink. Deskewing maps x to x − s (y − cy), which leaves the variance vxx − s vxy along x.
- The square roots of the two variances, σy and σx, measure the size of the digit. It is scaled by HEIGHT / σy down,
  and by (WIDTH / σx)^0.8 across: a 1 may stay slimmer than a 0.

So the pixel in column u and row v of the new image comes from the row y = cy + (v − 13.5) σy / HEIGHT and the column
x = cx + s (y − cy) + (u − 13.5) (σx / WIDTH)^0.8 of the old one. Each new row has one source row: resampling is fast.

Source: Casey 1970, IBM Journal of Research and Development 14, 548-557, moment normalization.

`directions`: edge-direction histograms of the deskewed digit. The edges describe the shape, and they hardly depend on
the stroke width. The digit is made 1.4 times as large as for `moments`, about MNIST's own size, which keeps fine edges.

- The Sobel operator measures the gradient of the brightness, gx to the right and gy downwards:
  gx = [1 2 1]ᵀ ∗ [−1 0 1], gy = [−1 0 1]ᵀ ∗ [1 2 1]. The vector (gx, gy) points across the edge, into the ink.
- There are 16 orientation bins. Bin k is the unit vector u_k at the angle θ_k = k · 22.5° on the full turn, so the two
  sides of a stroke fall into opposite bins. (gx, gy) lies between two of these vectors, and the parallelogram rule
  splits it into parts along them (soft assignment). Its part along u_k is the smaller of its cross products with the
  two neighbours of u_k,

      c_k = max(0, min(a_(k+1), −a_(k−1))),   a_j = (gx sin θ_j − gy cos θ_j) / sin 22.5°,

  which is 1 for u_k itself, 0 for its neighbours and beyond, and linear in between; −a_(k−1) is a_(k+7), of the
  opposite bin. No angle is computed: 13 sin θ_j is nearly 0, 5, 9, 12 or 13, and with these whole numbers a part is a
  whole number of fifths.
- On a grid of 7×7 points, 4.5 pixels apart, bin k holds the sum of c_k around the point, weighted by a Gaussian whose
  standard deviation is half the stride: 16 · 49 = 784 numbers.
- The square root compresses the range: the length of an edge matters more than its contrast.

Source: Liu, Nakashima, Sako and Fujisawa 2004, Pattern Recognition 37, 265-279, the gradient direction feature.

All sums are sums of whole numbers that their types hold exactly. So an image's inputs are the same to the bit, in
whatever order a processor adds, and whatever images are computed with it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mnistnet.images import PIXELS, SIDE, ByteArray, FloatArray, ShortArray
from mnistnet.resampling import MIDDLE, OFFSETS, warp_rows

HEIGHT, WIDTH = 4.2, 3.2  # standard deviations of the ink in the new image, pixels
WIDTH_EXPONENT = 0.8
MIN_DEVIATION = 1.0  # pixels; a dot or a line has no extent along an axis or both
MAX_SLANT = 1.0  # columns per row, 45°
BLOCK = 128  # images; the arrays of one block stay in the processor's cache

# 1, t and t² of each pixel along an axis, (28, 3). t counts half pixels from the middle, so all moments are sums of
# whole numbers.
POWERS = np.stack([(2 * OFFSETS) ** power for power in range(3)], axis=1)


class InkMoments(NamedTuple):
    """Moments of the ink of n images: float32 (n,) each, in pixels from the middle of the image."""

    centre_x: FloatArray
    centre_y: FloatArray
    slant: FloatArray  # columns per row
    deviation_x: FloatArray  # of the deskewed digit
    deviation_y: FloatArray


def moments(images: ByteArray) -> InkMoments:
    """Return the moments of the ink of uint8 (n, 28, 28); a blank image has those of a dot in the middle."""
    along_rows = (images.reshape(-1, SIDE).astype(np.float32) @ POWERS).reshape(-1, SIDE, 3)
    sums = POWERS.T.astype(np.float64) @ along_rows.astype(np.float64)  # (n, 3, 3): by powers of y, and of x
    sums /= np.maximum(sums[:, :1, :1], 1)  # the first is the mass
    x, y = sums[:, 0, 1] / 2, sums[:, 1, 0] / 2
    xx, xy, yy = sums[:, 0, 2] / 4, sums[:, 1, 1] / 4, sums[:, 2, 0] / 4
    vxx, vxy, vyy = xx - x * x, xy - x * y, yy - y * y
    smallest = MIN_DEVIATION**2
    slant = np.clip(vxy / np.maximum(vyy, smallest), -MAX_SLANT, MAX_SLANT)
    deskewed_vxx = vxx - 2 * slant * vxy + slant * slant * vyy  # = vxx − slant · vxy where the slant is vxy / vyy
    values = (x, y, slant, np.sqrt(np.maximum(deskewed_vxx, smallest)), np.sqrt(np.maximum(vyy, smallest)))
    return InkMoments(*(value.astype(np.float32) for value in values))


def deskew(images: ByteArray, scale: float = 1.0) -> ByteArray:
    """Deskew digits, centre them, and bring them to one size (moment normalization).

    Args:
        images: uint8 (n, 28, 28).
        scale: multiplies HEIGHT and WIDTH; ink outside the image is cut off.

    Returns:
        uint8 (n, 28, 28); a blank image stays blank.
    """
    deskewed = np.empty_like(images)
    # One loop instead of a function per block, so that a block's arrays reuse the memory of the block before it.
    # Allocating new memory would take three times as long.
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        ink = moments(block)
        down = np.outer(ink.deviation_y / (HEIGHT * scale), OFFSETS)  # (n, 28), y − cy of each new row
        # In float64, then rounded: libraries differ in the last bit of a float32 power.
        step = ((ink.deviation_x.astype(np.float64) / (WIDTH * scale)) ** WIDTH_EXPONENT).astype(np.float32)
        rows = MIDDLE + ink.centre_y[:, np.newaxis] + down
        columns = MIDDLE + ink.centre_x[:, np.newaxis] + ink.slant[:, np.newaxis] * down
        first_columns = columns + step[:, np.newaxis] * OFFSETS[0]
        resampled = warp_rows(block, rows, first_columns, step)
        resampled += 0.5  # to the nearest byte
        deskewed[start : start + BLOCK] = resampled
    return deskewed


DIRECTIONS = 16  # orientation bins on the full turn
HALF_TURN = DIRECTIONS // 2
# 13 sin θ_j and 13 cos θ_j, j = 0 … 7, as whole numbers. The largest cross product is 15,000: within int16.
SINES = np.array([0, 5, 9, 12, 13, 12, 9, 5], np.int16)
COSINES = np.array([13, 12, 9, 5, 0, -5, -9, -12], np.int16)
GRID = 7  # points along each side of the image
STRIDE = 4.5  # pixels between points: the grid spans the image from the middle of its first pixel to that of its last
SIGMA = 2.25  # standard deviation of the Gaussian around a point, pixels
GAUSSIAN_TOTAL = 46  # sum of a Gaussian's whole weights; a bin's sum, at most 46² · 5,700 fifths, is exact in float32
ROOT_SCALE = 0.12  # byte of a bin / square root of its sum; the largest root is about 1,900
DIRECTION_BLOCK = 64  # images; larger blocks aren't faster, smaller ones need more calls


def _gaussian_weights() -> FloatArray:
    """Return the weight of each pixel of a row at each grid point: float32 (7, 28), whole numbers."""
    points = MIDDLE + STRIDE * (np.arange(GRID) - (GRID - 1) / 2)
    gaussians = np.exp(-0.5 * ((np.arange(SIDE) - points[:, np.newaxis]) / SIGMA) ** 2)
    weights: FloatArray = np.rint(GAUSSIAN_TOTAL * gaussians / gaussians.sum(axis=1).max())
    return weights.astype(np.float32)


GAUSSIAN_WEIGHTS = _gaussian_weights()


def edge_directions(images: ByteArray) -> ByteArray:
    """Return the edge-direction histograms, 16 orientation bins at each of 7×7 grid points.

    Args:
        images: uint8 (n, 28, 28), ink bright.

    Returns:
        uint8 (n, 784): for each bin, from 0° (ink to the right) clockwise, its 7×7 points, row by row. A blank image
        has zeros.
    """
    directions = np.empty((len(images), DIRECTIONS, GRID, GRID), np.uint8)
    # Allocated once: allocating arrays of this size for every block costs more than the sums.
    crosses = np.empty((DIRECTIONS, SIDE, min(len(images), DIRECTION_BLOCK), SIDE), np.int16)
    parts = np.empty(crosses.shape, np.float32)
    for start in range(0, len(images), DIRECTION_BLOCK):
        block = images[start : start + DIRECTION_BLOCK]
        n = len(block)
        assigned = _assign(*_sobel(block), crosses[:, :, :n], parts[:, :, :n])  # (16, 28, n, 28)
        # Rows are the first axis, so that one product covers all images.
        down = GAUSSIAN_WEIGHTS @ assigned.reshape(DIRECTIONS, SIDE, -1)  # (16, 7, n · 28)
        sums = down.reshape(-1, SIDE) @ GAUSSIAN_WEIGHTS.T  # (16 · 7 · n, 7)
        np.sqrt(sums, out=sums)
        sums *= np.float32(ROOT_SCALE)
        sums += np.float32(0.5)  # to the nearest byte
        np.minimum(sums, 255, out=sums)
        directions[start : start + DIRECTION_BLOCK] = np.moveaxis(sums.reshape(DIRECTIONS, GRID, n, GRID), 2, 0)
    return directions.reshape(-1, PIXELS)


def _sobel(images: ByteArray) -> tuple[ShortArray, ShortArray]:
    """Return the brightness gradient to the right and downwards, int16 (28, n, 28) each: rows, images, columns."""
    padded = np.zeros((SIDE + 2, len(images), SIDE + 2), np.int16)
    padded[1:-1, :, 1:-1] = images.swapaxes(0, 1)
    across = padded[:, :, 2:] - padded[:, :, :-2]  # (30, n, 28)
    down = padded[2:] - padded[:-2]  # (28, n, 30)
    gx = across[:-2] + 2 * across[1:-1] + across[2:]
    gy = down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]
    return gx, gy


def _assign(gx: ShortArray, gy: ShortArray, crosses: ShortArray, parts: FloatArray) -> FloatArray:
    """Write each vector's parts in the 16 orientation bins to `parts`, (16, …), in fifths; overwrite `crosses`."""
    product = np.empty_like(gx)
    for j in range(HALF_TURN):
        cross, opposite = crosses[j], crosses[j + HALF_TURN]
        np.multiply(gx, SINES[j], out=cross)
        cross -= np.multiply(gy, COSINES[j], out=product)
        np.negative(cross, out=opposite)
    np.maximum(crosses, 0, out=crosses)
    for k in range(DIRECTIONS):
        np.minimum(crosses[(k + 1) % DIRECTIONS], crosses[(k + HALF_TURN - 1) % DIRECTIONS], out=parts[k])
    return parts


class Pixels:
    """The bytes as they are, 0 to 1."""

    name = "pixels"
    scale = 1 / 255
    centred = False  # whether the training set's mean is subtracted from the inputs

    def normalize(self, images: ByteArray) -> ByteArray:
        """Return the images that the features are computed from, uint8 (n, 28, 28)."""
        return images

    def features(self, images: ByteArray) -> ByteArray:
        """Return the inputs as bytes, before scaling and centring, uint8 (n, 784)."""
        return self.normalize(images).reshape(-1, PIXELS)


class Moments(Pixels):
    """The pixels of the deskewed digit."""

    name = "moments"
    centred = True
    enlargement = 1.0  # multiplies HEIGHT and WIDTH

    def normalize(self, images: ByteArray) -> ByteArray:
        """Return the deskewed digits, uint8 (n, 28, 28)."""
        return deskew(images, self.enlargement)


class Directions(Moments):
    """The edge directions of the deskewed digit."""

    name = "directions"
    enlargement = 1.4
    scale = 1 / 72  # gives the inputs a standard deviation of about 0.31

    def features(self, images: ByteArray) -> ByteArray:
        """Return the edge-direction histograms, uint8 (n, 784)."""
        return edge_directions(self.normalize(images))


ENCODINGS: dict[str, Pixels] = {encoding.name: encoding for encoding in (Directions(), Moments(), Pixels())}


class Inputs:
    """The function from images to inputs, fitted to a training set.

    Attributes:
        encoding: one of ENCODINGS.
        mean: float32 (784,), subtracted from every input.
    """

    def __init__(self, encoding: Pixels, mean: FloatArray) -> None:
        self.encoding = encoding
        self.mean = mean

    @classmethod
    def fit(cls, encoding: Pixels, features: ByteArray) -> Inputs:
        """Return the inputs for training images with these features, uint8 (n, 784).

        Centring improves the conditioning of gradient descent.
        """
        mean = features.mean(axis=0) * encoding.scale if encoding.centred else np.zeros(PIXELS)
        return cls(encoding, mean.astype(np.float32))

    def __call__(self, images: ByteArray) -> FloatArray:
        """Turn uint8 (n, 28, 28), ink bright, into inputs, float32 (n, 784)."""
        return self.from_features(self.encoding.features(images))

    def from_features(self, features: ByteArray) -> FloatArray:
        """Turn an encoding's features, uint8 (n, 784), into inputs, float32 (n, 784)."""
        inputs: FloatArray = np.multiply(features, np.float32(self.encoding.scale), dtype=np.float32)
        inputs -= self.mean
        return inputs
