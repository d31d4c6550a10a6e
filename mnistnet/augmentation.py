"""Data augmentation: random affine and elastic distortions of training digits, and other stroke widths.

Source of the elastic ones: Simard, Steinkraus and Platt 2003, Best Practices for Convolutional Neural Networks.
"""

from __future__ import annotations

import numpy as np

from mnistnet.images import ByteArray, FloatArray
from mnistnet.resampling import MIDDLE, OFFSETS, warp

# Standard deviations of the random distortions. A small network needs mild ones.
ROTATION = np.deg2rad(6)  # radians
SCALE = 0.05  # log of the factor for height and width
SHEAR = 0.075  # columns per row
ELASTIC = 0.45  # displacement of a control point, pixels
CONTROL_POINTS = 6  # control points of the elastic distortion along each side
THICKNESS = 0.3  # pixels of dilation or erosion on each side of a stroke
BLOCK = 256  # images; bounds the memory, and the arrays of a block stay in the processor's cache

AUGMENTATION_STREAM = 1  # separates the seeds of augmented sets, (seed, 1, number), from an epoch's, (seed, epoch)


def augmented_set(images: ByteArray, seed: int, number: int) -> ByteArray:
    """Rotate, scale, shear and bend each digit a little, and make its strokes thicker or thinner.

    Args:
        images: uint8 (n, 28, 28), ink bright; not changed.
        seed: the random seed.
        number: the number of the augmented set, from 1.

    Returns:
        uint8 (n, 28, 28); the seed and the number determine it.
    """
    rng = np.random.default_rng((seed, AUGMENTATION_STREAM, number))
    distorted = np.empty_like(images)
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        rows, columns = _positions(len(block), rng)
        warped = warp(block, rows, columns)
        distorted[start : start + BLOCK] = _change_stroke_width(warped, rng) + 0.5  # to the nearest byte
    return distorted


def _positions(n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return the source rows and columns of the pixels of n distorted images, float32 (n, 28, 28) each."""
    angle, shear, scale_y, scale_x = rng.standard_normal((4, n, 1, 1), np.float32)
    angle *= ROTATION
    y, x = OFFSETS[:, np.newaxis] * np.exp(SCALE * scale_y), OFFSETS * np.exp(SCALE * scale_x)  # (n, 28, 1), (n, 1, 28)
    x = x + SHEAR * shear * y  # (n, 28, 28)
    elastic_y, elastic_x = _displacements(n, rng), _displacements(n, rng)
    rows = MIDDLE + np.cos(angle) * y + np.sin(angle) * x + elastic_y
    columns = MIDDLE + np.cos(angle) * x - np.sin(angle) * y + elastic_x
    return rows, columns


def _displacements(n: int, rng: np.random.Generator) -> FloatArray:
    """Return smooth random displacements, interpolated between control points: float32 (n, 28, 28), pixels."""
    shape = (n, CONTROL_POINTS, CONTROL_POINTS)
    control_points = rng.standard_normal(shape, np.float32) * np.float32(ELASTIC)
    displacements: FloatArray = _BASIS @ control_points @ _BASIS.T
    return displacements


def _gaussian_basis() -> FloatArray:
    """Return the weight of each control point at each of 28 pixels, (28, 6): Gaussians, normalized to sum to 1."""
    points = np.linspace(OFFSETS[0], OFFSETS[-1], CONTROL_POINTS)
    basis: FloatArray = np.exp(-0.5 * ((OFFSETS[:, np.newaxis] - points) / (points[1] - points[0])) ** 2 / 0.5)
    basis /= basis.sum(axis=1, keepdims=True)
    return basis.astype(np.float32)


_BASIS = _gaussian_basis()


def _change_stroke_width(images: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Move each image a fraction of the way to its dilation or its erosion."""
    amount = rng.standard_normal((len(images), 1, 1), np.float32) * np.float32(THICKNESS)
    amount = np.clip(amount, -0.6, 1)  # full erosion would erase a line one pixel wide
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
