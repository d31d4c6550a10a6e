"""Tests of the digits drawn from pen strokes."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from mnistnet.datasets.skeletons import SKELETONS, Skeleton
from mnistnet.datasets.strokes import draw_digits

Images: TypeAlias = npt.NDArray[np.uint8]
Labels: TypeAlias = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def many() -> tuple[Images, Labels]:
    return draw_digits(2000, 11)


def test_digits_are_balanced_in_random_order_and_no_two_alike(many: tuple[Images, Labels]) -> None:
    images, labels = many
    assert images.shape == (2000, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [200] * 10
    assert (np.diff(labels.astype(int)) < 0).sum() > 500
    assert len({image.tobytes() for image in images}) == len(images)
    assert set(np.bincount(draw_digits(67, 5)[1], minlength=10)) == {6, 7}


def test_the_strongest_ink_is_white_edges_are_grey_and_the_margin_is_blank(many: tuple[Images, Labels]) -> None:
    images, _ = many
    assert (images.max(axis=(1, 2)) == 255).all()
    assert (((images > 0) & (images < 255)).sum(axis=(1, 2)) >= 10).all()
    assert images.sum() == images[:, 1:-1, 1:-1].sum()


@pytest.mark.parametrize("seed", [3, (3, 1)])
def test_the_same_seed_draws_the_same_digits(seed: int | tuple[int, ...]) -> None:
    for first, second in zip(draw_digits(100, seed), draw_digits(100, seed), strict=True):
        np.testing.assert_array_equal(first, second)


def test_different_seeds_draw_different_digits() -> None:
    drawn = [draw_digits(100, seed)[0] for seed in (1, 2, (1, 2), (2, 1))]
    assert len({images.tobytes() for images in drawn}) == len(drawn)


@pytest.mark.parametrize("count", [0, -5])
def test_a_count_below_one_is_refused_with_its_value(count: int) -> None:
    with pytest.raises(ValueError, match=f"count is {count}, expected at least 1"):
        draw_digits(count, 0)


def test_digits_are_as_large_as_mnists_in_the_middle_and_of_fine_and_broad_pens(many: tuple[Images, Labels]) -> None:
    images, labels = many
    ink = images > 63
    larger = np.maximum(ink.any(axis=2).sum(axis=1), ink.any(axis=1).sum(axis=1))
    assert larger.max() <= 22
    assert np.quantile(larger, 0.01) >= 18
    mass = images.sum(axis=(1, 2), dtype=float)
    y, x = (images.sum(axis=axis) @ np.arange(28) / mass for axis in (2, 1))
    offset = np.hypot(x - 14, y - 14)
    assert np.quantile(offset, 0.95) < 1.2
    assert offset.max() < 4  # a digit whose mass is far from its centre must not leave the image
    of_ones = (images > 127).sum(axis=(1, 2))[labels == 1]
    assert (of_ones.min() < 30, of_ones.max() > 75) == (True, True)


def test_an_image_shows_the_digit_of_its_label(many: tuple[Images, Labels]) -> None:
    images, labels = many
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    others, other_labels = draw_digits(500, 12)
    distances = np.square(others[:, None] - means).sum(axis=(2, 3))
    assert (distances.argmin(axis=1) == other_labels).mean() > 0.6


def test_other_skeletons_are_drawn_with_their_own_labels() -> None:
    crosses = (Skeleton(10, "x", 1, "0,0 100,100 / 100,0 0,100"), Skeleton(7, "slash", 1, "100,0 0,100"))
    images, labels = draw_digits(60, 0, crosses)
    assert sorted(set(labels.tolist())) == [7, 10]
    ink = (images > 127).sum(axis=(1, 2))
    assert ink[labels == 10].mean() > 1.5 * ink[labels == 7].mean()


def test_no_two_skeletons_have_the_same_name_or_shape() -> None:
    assert len({(skeleton.digit, skeleton.style) for skeleton in SKELETONS}) == len(SKELETONS)
    assert len({skeleton.strokes for skeleton in SKELETONS}) == len(SKELETONS)
