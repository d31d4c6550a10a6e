from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from mnistnet.datasets import Dataset
from mnistnet.inputs import HEIGHT, WIDTH, WIDTH_EXPONENT, Normalization, align, moments, straighten

Images = npt.NDArray[np.uint8]


def blob(centre: tuple[float, float], deviation: tuple[float, float], slant: float = 0) -> Images:
    """One image of a soft spot whose moments are known: centre and deviation as (x, y), slant in columns a row."""
    y, x = np.indices((28, 28)) - 13.5
    y, x = y - centre[1], x - centre[0]
    x = x - slant * y
    spot = 255 * np.exp(-0.5 * ((x / deviation[0]) ** 2 + (y / deviation[1]) ** 2))
    images: Images = spot.round().astype(np.uint8)[np.newaxis]
    return images


def test_moments_are_those_of_a_spot_that_is_known() -> None:
    ink = moments(blob((1.5, -2), (2, 3), slant=0.4))
    assert ink.centre_x[0] == pytest.approx(1.5, abs=0.02)
    assert ink.centre_y[0] == pytest.approx(-2, abs=0.02)
    assert ink.slant[0] == pytest.approx(0.4, abs=0.01)
    assert ink.deviation_x[0] == pytest.approx(2, rel=0.02)
    assert ink.deviation_y[0] == pytest.approx(3, rel=0.02)


def test_a_straightened_spot_is_upright_centred_and_in_one_size() -> None:
    for image in (blob((0, 0), (2, 3)), blob((3, -2), (2, 3), slant=0.6), blob((-2, 2), (1.5, 4), slant=-0.3)):
        before, after = moments(image), moments(straighten(image))
        assert abs(after.centre_x[0]) < 0.05
        assert abs(after.centre_y[0]) < 0.05
        assert abs(after.slant[0]) < 0.02
        assert after.deviation_y[0] == pytest.approx(HEIGHT, rel=0.03)
        # Part of the way: a slim digit stays slimmer than a broad one.
        expected = before.deviation_x[0] * (WIDTH / before.deviation_x[0]) ** WIDTH_EXPONENT
        assert after.deviation_x[0] == pytest.approx(expected, rel=0.05)  # sampling blurs a little


def test_a_digit_moved_or_sheared_gives_nearly_the_same_inputs() -> None:
    image = blob((0, 0), (2, 3), slant=0.5)
    moved = np.roll(image, (2, -3), axis=(1, 2))
    assert np.abs(straighten(image).astype(int) - straighten(moved)).max() <= 1
    upright = blob((0, 0), (2, 3))
    assert np.abs(straighten(image).astype(int) - straighten(upright)).max() <= 4


def test_blank_images_dots_and_lines_give_finite_and_sensible_inputs() -> None:
    images = np.zeros((6, 28, 28), np.uint8)
    images[1, 3, 20] = 255  # a dot
    images[2, 14, 4:24] = 255  # a line across
    images[3, 4:24, 14] = 255  # a line down
    images[4, range(28), range(28)] = 255  # a line through the corners
    images[5] = 255  # nothing but ink
    straight = straighten(images)
    assert not straight[0].any()
    for image in straight[1:]:
        assert image.max() > 100
        rows, columns = np.nonzero(image > 50)
        assert abs(rows.mean() - 13.5) < 2
        assert abs(columns.mean() - 13.5) < 2
    inputs = Normalization("moments", np.zeros(784, np.float32))(images)
    assert np.isfinite(inputs).all()


def test_an_images_inputs_do_not_depend_on_the_images_beside_it(digits: Dataset) -> None:
    together = straighten(digits.images)
    for start, count in ((0, 1), (127, 2), (200, 300)):
        part = slice(start, start + count)
        assert np.array_equal(straighten(digits.images[part]), together[part])


def test_moments_inputs_have_a_mean_of_zero_over_the_training_images(digits: Dataset) -> None:
    aligned = align("moments", digits.images)
    inputs = Normalization.fit("moments", aligned).inputs(aligned)
    assert inputs.dtype == np.float32
    assert inputs.shape == (600, 784)
    assert np.abs(inputs.mean(axis=0)).max() < 1e-5
    assert inputs.max() <= 1
    assert inputs.min() >= -1


def test_none_hands_on_the_pixels_divided_by_255(digits: Dataset) -> None:
    inputs = Normalization.fit("none", align("none", digits.images))(digits.images)
    assert inputs.dtype == np.float32
    assert np.allclose(inputs * 255, digits.images.reshape(600, 784), atol=1e-4)


def test_images_are_not_changed(digits: Dataset) -> None:
    before = digits.images.copy()
    straighten(digits.images)
    assert np.array_equal(before, digits.images)
