from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from mnistnet.datasets import Dataset
from mnistnet.images import FloatArray
from mnistnet.resampling import warp, warp_rows


def grid(n: int) -> tuple[FloatArray, FloatArray]:
    rows, columns = np.indices((28, 28), np.float32)
    return np.repeat(rows[np.newaxis], n, axis=0), np.repeat(columns[np.newaxis], n, axis=0)


def sampled(image: npt.NDArray[np.uint8], row: float, column: float) -> float:
    """Bilinear sampling as the textbook writes it, one place at a time."""
    value = 0.0
    for r in (int(np.floor(row)), int(np.floor(row)) + 1):
        for c in (int(np.floor(column)), int(np.floor(column)) + 1):
            if 0 <= r < 28 and 0 <= c < 28:
                value += float(image[r, c]) * (1 - abs(row - r)) * (1 - abs(column - c))
    return value


def test_the_identity_gives_the_same_image(digits: Dataset) -> None:
    assert np.array_equal(warp(digits.images[:5], *grid(5)), digits.images[:5])


def test_a_warp_is_bilinear_interpolation(digits: Dataset) -> None:
    rng = np.random.default_rng(3)
    rows, columns = rng.uniform(-4, 32, (2, 2, 28, 28)).astype(np.float32)
    warped = warp(digits.images[:2], rows, columns)
    for n, r, c in np.ndindex(2, 28, 28):
        expected = sampled(digits.images[n], float(rows[n, r, c]), float(columns[n, r, c]))
        assert warped[n, r, c] == pytest.approx(expected, abs=1e-2)


def test_warping_row_by_row_is_the_same_warp(digits: Dataset) -> None:
    rng = np.random.default_rng(4)
    rows = rng.uniform(-3, 30, (6, 28)).astype(np.float32)
    first, steps = rng.uniform(-9, 9, (6, 28)).astype(np.float32), rng.uniform(0.3, 2, 6).astype(np.float32)
    columns = first[:, :, np.newaxis] + steps[:, np.newaxis, np.newaxis] * np.arange(28, dtype=np.float32)
    everywhere = np.broadcast_to(rows[:, :, np.newaxis], (6, 28, 28))
    expected = warp(digits.images[:6], everywhere, columns)
    assert warp_rows(digits.images[:6], rows, first, steps) == pytest.approx(expected, abs=1e-2)


def test_pixels_outside_the_image_are_blank() -> None:
    images = np.full((1, 28, 28), 255, np.uint8)
    rows, columns = grid(1)
    assert not warp(images, rows + 1e9, columns).any()
    assert not warp(images, rows, columns - 1e9).any()
    assert not warp_rows(images, rows[:, :, 0] - 1e9, columns[:, 0], np.ones(1, np.float32)).any()
