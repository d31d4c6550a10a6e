from __future__ import annotations

import numpy as np

from mnistnet.augmentation import augmented_set
from mnistnet.datasets import Dataset


def test_an_augmented_set_depends_only_on_the_seed_and_its_number(digits: Dataset) -> None:
    first = augmented_set(digits.images, 3, 1)
    assert np.array_equal(first, augmented_set(digits.images, 3, 1))
    assert not np.array_equal(first, augmented_set(digits.images, 3, 2))
    assert not np.array_equal(first, augmented_set(digits.images, 4, 1))


def test_every_digit_is_changed_but_keeps_its_ink_in_the_image(digits: Dataset) -> None:
    before = digits.images.copy()
    copy = augmented_set(digits.images, 1, 1)
    assert np.array_equal(before, digits.images)
    assert copy.dtype == np.uint8
    assert copy.shape == digits.images.shape
    assert all(not np.array_equal(new, old) for new, old in zip(copy, digits.images, strict=True))
    mass = copy.sum(axis=(1, 2), dtype=float) / digits.images.sum(axis=(1, 2), dtype=float)
    assert 0.8 < np.median(mass) < 1.25
    assert mass.min() > 0.1


def test_strokes_get_thicker_and_thinner(digits: Dataset) -> None:
    copy = augmented_set(digits.images, 2, 1)
    area = (copy > 128).sum(axis=(1, 2)) / (digits.images > 128).sum(axis=(1, 2))
    assert np.quantile(area, 0.9) > 1.2
    assert np.quantile(area, 0.1) < 0.8


def test_erosion_never_erases_a_thin_line() -> None:
    lines = np.zeros((3000, 28, 28), np.uint8)
    lines[:, 4:24, 14] = 255
    assert augmented_set(lines, 3, 1).max(axis=(1, 2)).min() > 50


def test_blank_images_stay_blank() -> None:
    assert not augmented_set(np.zeros((3, 28, 28), np.uint8), 1, 1).any()
