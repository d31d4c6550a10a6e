"""Random distortions of training digits: the same digits as other hands and other pens would write them."""

from __future__ import annotations

import numpy as np

from mnistnet.images import ByteArray, FloatArray
from mnistnet.resampling import MIDDLE, OFFSETS, warp

# Mild: a network of 16,020 numbers has none to spare for digits that hardly anybody writes.
ROTATION = np.deg2rad(6)  # standard deviations of what chance does to a digit, here radians
SCALE = 0.05  # of its height and width, as a part
SHEAR = 0.075  # columns for a row
ELASTIC = 0.45  # pixels that a knot of the elastic sheet is pulled
KNOTS = 6  # of the sheet along each side
THICKNESS = 0.3  # of the way to strokes a pixel wider on each side, or narrower
BLOCK = 256  # images: bounds the memory, and the arrays of a block stay in the processor's cache

COPIES_STREAM = 1  # tells a copy's random numbers, (seed, 1, copy), from an epoch's, (seed, epoch)


def distorted_copy(images: ByteArray, seed: int, number: int) -> ByteArray:
    """Copy `number` of images, uint8 (n, 28, 28), distorted by chance that the seed and the number alone decide."""
    return distort(images, np.random.default_rng((seed, COPIES_STREAM, number)))


def distort(images: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Draw each digit anew, a little rotated, scaled, sheared, bent, and with a thicker or thinner stroke.

    Args:
        images: uint8 (n, 28, 28), ink bright; not changed.
        rng: where chance comes from.

    Returns:
        uint8 (n, 28, 28).
    """
    distorted = np.empty_like(images)
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        rows, columns = _places(len(block), rng)
        warped = warp(block, rows, columns)
        distorted[start : start + BLOCK] = _rethicken(warped, rng) + 0.5  # to the nearest byte
    return distorted


def _places(n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Where the pixels of n distorted images come from: rows and columns, float32 (n, 28, 28)."""
    angle, shear, scale_y, scale_x = rng.standard_normal((4, n, 1, 1), np.float32)
    angle *= ROTATION
    y, x = OFFSETS[:, np.newaxis] * np.exp(SCALE * scale_y), OFFSETS * np.exp(SCALE * scale_x)  # (n, 28, 1), (n, 1, 28)
    x = x + SHEAR * shear * y  # (n, 28, 28)
    pull_y, pull_x = _sheet(n, rng), _sheet(n, rng)
    rows = MIDDLE + np.cos(angle) * y + np.sin(angle) * x + pull_y
    columns = MIDDLE + np.cos(angle) * x - np.sin(angle) * y + pull_x
    return rows, columns


def _sheet(n: int, rng: np.random.Generator) -> FloatArray:
    """Displacements of an elastic sheet that is pulled at its knots: float32 (n, 28, 28), pixels."""
    pulls = rng.standard_normal((n, KNOTS, KNOTS), np.float32) * np.float32(ELASTIC)
    sheet: FloatArray = _SMOOTH @ pulls @ _SMOOTH.T
    return sheet


def _smooth_basis() -> FloatArray:
    """How much each knot moves each of 28 places, (28, 6): hills that add up to 1 everywhere."""
    knots = np.linspace(OFFSETS[0], OFFSETS[-1], KNOTS)
    hills: FloatArray = np.exp(-0.5 * ((OFFSETS[:, np.newaxis] - knots) / (knots[1] - knots[0])) ** 2 / 0.5)
    hills /= hills.sum(axis=1, keepdims=True)
    return hills.astype(np.float32)


_SMOOTH = _smooth_basis()


def _rethicken(images: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Move each image part of the way to the brightest or darkest of a pixel's neighbours: wider or narrower ink."""
    amount = rng.standard_normal((len(images), 1, 1), np.float32) * np.float32(THICKNESS)
    amount = np.clip(amount, -0.6, 1)  # a hairline made narrower all the way would be gone
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    cross = [padded[:, 1:-1, :-2], padded[:, 1:-1, 2:], padded[:, :-2, 1:-1], padded[:, 2:, 1:-1]]
    wider, narrower = images.copy(), images.copy()
    for neighbour in cross:
        np.maximum(wider, neighbour, out=wider)
        np.minimum(narrower, neighbour, out=narrower)
    wider -= images
    narrower -= images
    wider *= np.maximum(amount, 0)
    narrower *= np.maximum(-amount, 0)
    return images + wider + narrower
