"""Tests of the digits drawn from pen strokes."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from mnistnet.datasets import strokes
from mnistnet.datasets.skeletons import SHEET, SKELETONS, Skeleton
from mnistnet.datasets.strokes import draw_digits

Images: TypeAlias = npt.NDArray[np.uint8]
Labels: TypeAlias = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def many() -> tuple[Images, Labels]:
    return draw_digits(2000, 11)


def test_images_and_labels_have_the_promised_shapes_and_types() -> None:
    images, labels = draw_digits(130, 0)
    assert images.shape == (130, 28, 28)
    assert labels.shape == (130,)
    assert images.dtype == labels.dtype == np.uint8


def test_one_digit_can_be_drawn() -> None:
    images, labels = draw_digits(1, 0)
    assert images.max() == 255
    assert 0 <= labels[0] <= 9


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


def test_digits_are_balanced_and_in_random_order() -> None:
    labels = draw_digits(200, 5)[1]
    assert np.bincount(labels, minlength=10).tolist() == [20] * 10
    assert (np.diff(labels.astype(int)) < 0).sum() > 50


def test_a_count_that_ten_does_not_divide_leaves_each_digit_at_most_one_ahead() -> None:
    counts = np.bincount(draw_digits(67, 5)[1], minlength=10)
    assert set(counts.tolist()) == {6, 7}


def test_no_two_images_are_equal(many: tuple[Images, Labels]) -> None:
    images, _ = many
    assert len({image.tobytes() for image in images}) == len(images)


def test_the_strongest_ink_is_white_and_edges_are_grey(many: tuple[Images, Labels]) -> None:
    images, _ = many
    assert (images.max(axis=(1, 2)) == 255).all()
    grey = ((images > 0) & (images < 255)).sum(axis=(1, 2))
    assert (grey >= 10).all()


def test_the_margin_stays_blank(many: tuple[Images, Labels]) -> None:
    images, _ = many
    inside = images[:, 1:-1, 1:-1]
    assert images.sum() == inside.sum()


def test_digits_are_as_large_as_those_of_mnist(many: tuple[Images, Labels]) -> None:
    images, _ = many
    ink = images > 63
    heights, widths = ink.any(axis=2).sum(axis=1), ink.any(axis=1).sum(axis=1)
    larger = np.maximum(heights, widths)
    assert larger.max() <= 22
    assert np.quantile(larger, 0.01) >= 18


def test_the_centre_of_mass_is_near_the_middle(many: tuple[Images, Labels]) -> None:
    images, _ = many
    mass = images.sum(axis=(1, 2), dtype=float)
    pixels = np.arange(28)
    y = images.sum(axis=2) @ pixels / mass
    x = images.sum(axis=1) @ pixels / mass
    offset = np.hypot(x - 14, y - 14)
    assert np.quantile(offset, 0.95) < 1.2
    assert offset.max() < 4  # a digit whose mass is far from its centre must not leave the image
    assert np.abs([x.mean() - 14, y.mean() - 14]).max() < 0.1


def test_stroke_widths_range_from_fine_to_broad_pens(many: tuple[Images, Labels]) -> None:
    images, labels = many
    ink = (images > 127).sum(axis=(1, 2))[labels == 1]
    assert ink.min() < 30
    assert ink.max() > 75


def test_every_skeleton_is_drawn() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), 300)
    styles = strokes._choose_styles(strokes._templates(SKELETONS), labels, np.random.default_rng(0))
    assert set(styles.tolist()) == set(range(len(SKELETONS)))


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


def test_a_skeleton_is_drawn_with_the_label_of_its_digit() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), 50)
    styles = strokes._choose_styles(strokes._templates(SKELETONS), labels, np.random.default_rng(0))
    assert [SKELETONS[style].digit for style in styles] == labels.tolist()


def test_the_path_without_variation_passes_every_point_of_the_skeleton() -> None:
    templates = strokes._templates(SKELETONS)
    for style, skeleton in enumerate(SKELETONS):
        path = (templates.points[style] @ templates.interpolation[style] * SHEET).T
        words = skeleton.strokes.replace("/", " ").replace("!", "").split()
        points = np.array([[float(number) for number in word.split(",")] for word in words])
        distances = np.linalg.norm(path[:, None] - points, axis=2).min(axis=0)
        assert distances.max() < 2.5, skeleton  # the samples are up to 5 apart


def test_a_straight_line_is_a_bar_as_wide_as_the_pen() -> None:
    y = np.linspace(4, 24, strokes.SAMPLES, dtype=np.float32)
    path = np.stack([np.full_like(y, 14), y])[None]
    radii = np.full((1, len(y)), 2, np.float32)
    lengths = np.full((1, len(y)), y[1] - y[0], np.float32)
    image = strokes._render(strokes._Line(path, radii, lengths), np.random.default_rng(0))[0]
    row = image[14] / 255
    assert row.sum() == pytest.approx(4, abs=0.1)
    np.testing.assert_array_equal(row[13:16], 1)
    np.testing.assert_array_equal(row[:11], 0)
    np.testing.assert_array_equal(image[10:18], image[14:15].repeat(8, axis=0))
