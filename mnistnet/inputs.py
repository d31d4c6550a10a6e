"""28×28 bytes to the 784 inputs, the same at training, evaluation and prediction.

Each kind of inputs is the one before it and one idea more.

`pixels`: the bytes, as 0 to 1. What the derivation starts from.

`moments`: the pixels of the digit made upright. It takes from a digit what does not tell which digit it is: where it
stands, how large it is, how it leans. It treats the ink as a mass. With the brightness p of the pixel in column x and
row y, and all sums over the pixels,

    m = Σ p,   centre (Σ p x / m, Σ p y / m) = (cx, cy),
    vyy = Σ p (y − cy)² / m,   vxy = Σ p (x − cx)(y − cy) / m,   vxx = Σ p (x − cx)² / m.

- A stroke that leans moves sideways as it goes down: on average by s = vxy / vyy columns for each row, the slope of
  the straight line through the ink that fits best. The digit without its slant is x − s (y − cy), and its
  variance along x is what the slope does not explain, vxx − s vxy.
- The square roots of the two variances, σy and σx, say how large the digit is, whatever its outline: it is scaled by
  HEIGHT / σy down, and by (WIDTH / σx)^0.8 across: a 1 may stay slimmer than a 0.

So the pixel in column u and row v of the new image comes from the row y = cy + (v − 13.5) σy / HEIGHT and the column
x = cx + s (y − cy) + (u − 13.5) (σx / WIDTH)^0.8 of the old one. Rows come from rows, which is why it is fast.

`directions`: of the digit made upright, how much of its outline runs in which direction, and where. A pixel tells
whether there is ink; the outline tells the shape, and it is the same for a thin pen and a thick one. The digit is made
1.4 times as large as for `moments`, about as MNIST has it: on a smaller one the outline would be coarse.

- At each pixel the brightness rises by gx to the right and by gy downwards, as the Sobel operator measures it:
  gx = [1 2 1]ᵀ ∗ [−1 0 1], gy = [−1 0 1]ᵀ ∗ [1 2 1]. The vector (gx, gy) points across the outline, into the ink.
- Direction k is the unit vector u_k at the angle θ_k = k · 22.5°, one of 16 on the full turn: the two sides of a stroke
  have opposite ones. The vector (gx, gy) lies between two of them and is their sum with weights, by the parallelogram
  rule. Its part along u_k is the smaller of its cross products with the two neighbours of u_k,

      c_k = max(0, min(a_(k+1), −a_(k−1))),   a_j = (gx sin θ_j − gy cos θ_j) / sin 22.5°,

  which is 1 for u_k itself, 0 for its neighbours and all that lies beyond them, and linear in between; −a_(k−1) is
  a_(k+7), of the direction opposite. No angle is ever computed: 13 sin θ_j is nearly 0, 5, 9, 12 or 13, and with these
  whole numbers a part is a whole number of fifths.
- At each of 7×7 places, 4.5 pixels apart, direction k counts as the sum of c_k around it, weighted by a Gaussian
  with a standard deviation of half of that: 16 · 49 = 784 numbers.
- The square root evens out faint and strong: the outline's length matters more than its sharpness.

Source: Liu, Nakashima, Sako and Fujisawa 2004, Pattern Recognition 37, 265-279, the gradient direction feature.

All sums are sums of whole numbers that their types hold exactly. So an image's inputs are the same to the bit, in
whatever order a processor adds, and whatever images stand beside it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mnistnet.images import PIXELS, SIDE, ByteArray, FloatArray, ShortArray
from mnistnet.resampling import MIDDLE, OFFSETS, warp_rows
from mnistnet.threads import one_thread

HEIGHT, WIDTH = 4.2, 3.2  # standard deviations of the ink in the new image, pixels
WIDTH_EXPONENT = 0.8
# A dot or a line has no extent along an axis or both: a smaller deviation counts as this one, and of a slant beyond 45°
# only 45° are undone.
SMALLEST_DEVIATION = 1.0  # pixels
STEEPEST_SLANT = 1.0  # columns for a row
BLOCK = 128  # images: the arrays of one block stay in the processor's cache

# 1, t and t² of each place along an axis, (28, 3), where t counts half pixels from the middle: odd whole numbers. So
# all sums of moments are whole numbers too.
POWERS = np.stack([(2 * OFFSETS) ** power for power in range(3)], axis=1)


class InkMoments(NamedTuple):
    """Where the ink of n images is; float32 (n,) each, pixels, from the middle of the image."""

    centre_x: FloatArray
    centre_y: FloatArray
    slant: FloatArray  # columns for a row
    deviation_x: FloatArray  # after the slant is undone
    deviation_y: FloatArray


def moments(images: ByteArray) -> InkMoments:
    """Return the moments of the ink of uint8 (n, 28, 28); a blank image has those of a dot in the middle."""
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
    return InkMoments(*(value.astype(np.float32) for value in values))


@one_thread()
def straighten(images: ByteArray, enlarged: float = 1.0) -> ByteArray:
    """Make digits upright, centred, and of one size.

    Args:
        images: uint8 (n, 28, 28).
        enlarged: how many times larger than HEIGHT and WIDTH they become; what then lies outside is cut off.

    Returns:
        uint8 (n, 28, 28); a blank image stays blank.
    """
    straight = np.empty_like(images)
    # One loop, no function for a block: a block's arrays then take the places of the last one's. Given back to the
    # system and asked for anew, they would make this three times as slow.
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        ink = moments(block)
        down = np.outer(ink.deviation_y / (HEIGHT * enlarged), OFFSETS)  # (n, 28), y − cy of each new row
        # In float64, then rounded: libraries differ in the last bit of a float32 power.
        step = ((ink.deviation_x.astype(np.float64) / (WIDTH * enlarged)) ** WIDTH_EXPONENT).astype(np.float32)
        rows = MIDDLE + ink.centre_y[:, np.newaxis] + down
        columns = MIDDLE + ink.centre_x[:, np.newaxis] + ink.slant[:, np.newaxis] * down
        first_columns = columns + step[:, np.newaxis] * OFFSETS[0]
        resampled = warp_rows(block, rows, first_columns, step)
        resampled += 0.5  # to the nearest byte
        straight[start : start + BLOCK] = resampled
    return straight


DIRECTIONS = 16  # on the full turn
HALF_TURN = DIRECTIONS // 2
# 13 sin θ_j and 13 cos θ_j, j = 0 … 7, as whole numbers. The largest cross product is 15,000: inside of int16.
SINES = np.array([0, 5, 9, 12, 13, 12, 9, 5], np.int16)
COSINES = np.array([13, 12, 9, 5, 0, -5, -9, -12], np.int16)
PLACES = 7  # along each side of the image
PITCH = 4.5  # pixels from one place to the next: from the middle of the first pixel to that of the last
SPREAD = 2.25  # standard deviation of the Gaussian around a place, pixels
PLACE_TOTAL = 46  # of a Gaussian's weights, which are whole numbers; 46² parts of at most 5,700 are exact in float32
BYTES_FOR_ROOT = 0.12  # the largest square root is about 1,900: it gets a byte of 230
DIRECTION_BLOCK = 64  # images: more gain nothing, and fewer mean more calls


def _place_weights() -> FloatArray:
    """How much each pixel of a row counts for each place along it: float32 (7, 28), whole numbers."""
    places = MIDDLE + PITCH * (np.arange(PLACES) - (PLACES - 1) / 2)
    hills = np.exp(-0.5 * ((np.arange(SIDE) - places[:, np.newaxis]) / SPREAD) ** 2)
    weights: FloatArray = np.rint(PLACE_TOTAL * hills / hills.sum(axis=1).max())
    return weights.astype(np.float32)


PLACE_WEIGHTS = _place_weights()


@one_thread()
def outline_directions(images: ByteArray) -> ByteArray:
    """Return how much of the outline runs in each of 16 directions at each of 7×7 places.

    Args:
        images: uint8 (n, 28, 28), ink bright.

    Returns:
        uint8 (n, 784): for each direction, from 0° (ink to the right) clockwise, its 7×7 places, row by row. A blank
        image has zeros.
    """
    directions = np.empty((len(images), DIRECTIONS, PLACES, PLACES), np.uint8)
    # Made once: arrays of this size, given back to the system and asked for anew, cost more than the sums.
    crosses = np.empty((DIRECTIONS, SIDE, min(len(images), DIRECTION_BLOCK), SIDE), np.int16)
    parts = np.empty(crosses.shape, np.float32)
    for start in range(0, len(images), DIRECTION_BLOCK):
        block = images[start : start + DIRECTION_BLOCK]
        n = len(block)
        shared = _share_out(*_sobel(block), crosses[:, :, :n], parts[:, :, :n])  # (16, 28, n, 28)
        # The rows come first, so that the rows of all images go into one product.
        down = PLACE_WEIGHTS @ shared.reshape(DIRECTIONS, SIDE, -1)  # (16, 7, n · 28)
        sums = down.reshape(-1, SIDE) @ PLACE_WEIGHTS.T  # (16 · 7 · n, 7)
        np.sqrt(sums, out=sums)
        sums *= np.float32(BYTES_FOR_ROOT)
        sums += np.float32(0.5)  # to the nearest byte
        np.minimum(sums, 255, out=sums)
        places = sums.reshape(DIRECTIONS, PLACES, n, PLACES)
        directions[start : start + DIRECTION_BLOCK] = np.moveaxis(places, 2, 0)
    return directions.reshape(-1, PIXELS)


def _sobel(images: ByteArray) -> tuple[ShortArray, ShortArray]:
    """The slopes of the brightness to the right and downwards, int16 (28, n, 28): rows, images, columns."""
    padded = np.zeros((SIDE + 2, len(images), SIDE + 2), np.int16)
    padded[1:-1, :, 1:-1] = images.swapaxes(0, 1)
    across = padded[:, :, 2:] - padded[:, :, :-2]  # (30, n, 28)
    down = padded[2:] - padded[:-2]  # (28, n, 30)
    gx = across[:-2] + 2 * across[1:-1] + across[2:]
    gy = down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]
    return gx, gy


def _share_out(gx: ShortArray, gy: ShortArray, crosses: ShortArray, parts: FloatArray) -> FloatArray:
    """Write the part of each vector along each of 16 directions to `parts`, (16, …), in fifths; use up `crosses`."""
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

    def shown(self, images: ByteArray) -> ByteArray:
        """Return the images that the network is shown, uint8 (n, 28, 28)."""
        return images

    def features(self, images: ByteArray) -> ByteArray:
        """Return what becomes the inputs, uint8 (n, 784), the same for every model."""
        return self.shown(images).reshape(-1, PIXELS)


class Moments(Pixels):
    """The pixels of the digit made upright, centred and in one size."""

    name = "moments"
    centred = True
    enlarged = 1.0  # how many times larger than HEIGHT and WIDTH the digits are made

    def shown(self, images: ByteArray) -> ByteArray:
        """Return the digits made upright, uint8 (n, 28, 28)."""
        return straighten(images, self.enlarged)


class Directions(Moments):
    """How the outline of the upright digit runs."""

    name = "directions"
    enlarged = 1.4
    scale = 1 / 72  # a standard deviation of about 0.31

    def features(self, images: ByteArray) -> ByteArray:
        """Return the directions of the outline, uint8 (n, 784)."""
        return outline_directions(self.shown(images))


KINDS: dict[str, Pixels] = {kind.name: kind for kind in (Directions(), Moments(), Pixels())}


class Inputs:
    """The way from images to inputs; a model keeps the one it was trained with.

    Attributes:
        kind: one of KINDS.
        mean: float32 (784,), subtracted from every input.
    """

    def __init__(self, kind: Pixels, mean: FloatArray) -> None:
        self.kind = kind
        self.mean = mean

    @classmethod
    def fit(cls, kind: Pixels, features: ByteArray) -> Inputs:
        """Return the inputs of that kind for training images with these features, uint8 (n, 784).

        What all images share tells nothing, and inputs around 0 make gradient descent's valley rounder.
        """
        mean = features.mean(axis=0) * kind.scale if kind.centred else np.zeros(PIXELS)
        return cls(kind, mean.astype(np.float32))

    def __call__(self, images: ByteArray) -> FloatArray:
        """Turn uint8 (n, 28, 28), ink bright, into inputs, float32 (n, 784)."""
        return self.of(self.kind.features(images))

    def of(self, features: ByteArray) -> FloatArray:
        """Turn a kind's features, uint8 (n, 784), into inputs, float32 (n, 784)."""
        inputs: FloatArray = np.multiply(features, np.float32(self.kind.scale), dtype=np.float32)
        inputs -= self.mean
        return inputs
