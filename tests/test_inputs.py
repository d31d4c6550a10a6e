from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from mnistnet.datasets import Dataset
from mnistnet.images import ByteArray
from mnistnet.inputs import (
    COSINES,
    ENCODINGS,
    SINES,
    Inputs,
    deskew,
    edge_directions,
    moments,
)

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


def test_a_deskewed_spot_is_upright_centred_and_in_one_size() -> None:
    for image in (blob((0, 0), (2, 3)), blob((3, -2), (2, 3), slant=0.6), blob((-2, 2), (1.5, 4), slant=-0.3)):
        before, after = moments(image), moments(deskew(image))
        assert abs(after.centre_x[0]) < 0.05
        assert abs(after.centre_y[0]) < 0.05
        assert abs(after.slant[0]) < 0.02
        assert after.deviation_y[0] == pytest.approx(4.2, rel=0.03)
        # Part of the way: a slim digit stays slimmer than a broad one.
        expected = before.deviation_x[0] * (3.2 / before.deviation_x[0]) ** 0.8
        assert after.deviation_x[0] == pytest.approx(expected, rel=0.05)  # sampling blurs a little


def test_a_digit_moved_or_sheared_gives_nearly_the_same_inputs() -> None:
    image = blob((0, 0), (2, 3), slant=0.5)
    moved = np.roll(image, (2, -3), axis=(1, 2))
    assert np.abs(deskew(image).astype(int) - deskew(moved)).max() <= 1
    upright = blob((0, 0), (2, 3))
    assert np.abs(deskew(image).astype(int) - deskew(upright)).max() <= 4


def test_blank_images_dots_and_lines_give_finite_and_sensible_inputs() -> None:
    images = np.zeros((6, 28, 28), np.uint8)
    images[1, 3, 20] = 255  # a dot
    images[2, 14, 4:24] = 255  # a line across
    images[3, 4:24, 14] = 255  # a line down
    images[4, range(28), range(28)] = 255  # a line through the corners
    images[5] = 255  # nothing but ink
    assert np.array_equal(moments(images[:2]).deviation_x, [1, 1])
    deskewed = deskew(images)
    assert not deskewed[0].any()
    for image in deskewed[1:]:
        assert image.max() > 100
        rows, columns = np.nonzero(image > 50)
        assert abs(rows.mean() - 13.5) < 2
        assert abs(columns.mean() - 13.5) < 2
    for encoding in ENCODINGS.values():
        assert np.isfinite(Inputs(encoding, np.zeros(784, np.float32))(images)).all()


@pytest.mark.parametrize("name", ["moments", "directions"])
def test_inputs_have_a_mean_of_zero_over_the_training_images(name: str, digits: Dataset) -> None:
    features = ENCODINGS[name].features(digits.images)
    inputs = Inputs.fit(ENCODINGS[name], features).from_features(features)
    assert inputs.dtype == np.float32
    assert inputs.shape == (600, 784)
    assert np.abs(inputs.mean(axis=0)).max() < 1e-5
    assert 0.15 < inputs.std() < 0.4


def test_pixels_are_divided_by_255_and_nothing_else(digits: Dataset) -> None:
    pixels = ENCODINGS["pixels"]
    inputs = Inputs.fit(pixels, pixels.features(digits.images))(digits.images)
    assert inputs.dtype == np.float32
    assert np.allclose(inputs * 255, digits.images.reshape(600, 784), atol=1e-4)


def planes(image: ByteArray) -> ByteArray:
    """The directions of one image: (16, 7, 7)."""
    directions: ByteArray = edge_directions(image[np.newaxis]).reshape(16, 7, 7)
    return directions


def test_a_blank_image_and_a_uniform_one_have_no_edges() -> None:
    assert not planes(np.zeros((28, 28), np.uint8)).any()
    even = planes(np.full((28, 28), 200, np.uint8))
    assert not even[:, 2:5, 2:5].any()  # only its rim is an edge


def test_a_vertical_edge_falls_into_one_bin() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[:, 14:] = 100
    found = planes(image)[:, 2:5, 2:-2]  # without the ink's other edges, at the rim of the image
    assert not found[1:].any()
    middle = found[0, 1]
    assert middle.argmax() == 1  # the grid point in the middle, column 13.5
    # Worked by hand: gx is 4 · 100 in the columns 13 and 14. 5 · 400 is the smaller of its cross products with the
    # two neighbours, 5 · gx each. The middle grid point weighs both columns 8, and all the rows together 44: the root
    # of 2,000 · 16 · 44, times 0.12.
    assert middle[1] == round(0.12 * np.sqrt(2000 * 16 * 44)) == 142


def test_strong_edges_saturate_and_do_not_wrap() -> None:
    stripes = np.tile(np.repeat([[0, 1]], 2, axis=1), (28, 7))
    strong, weaker = planes((255 * stripes).astype(np.uint8)), planes((200 * stripes).astype(np.uint8))
    assert strong.max() == 255
    assert (strong >= weaker).all()


def test_the_deskewed_digit_of_the_directions_is_1_4_times_as_large() -> None:
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[:, 9:19, 12:16] = 255
    ink = moments(ENCODINGS["directions"].normalize(bar))
    assert ink.deviation_y[0] == pytest.approx(1.4 * 4.2, rel=0.03)


def test_a_gradient_is_split_between_the_two_nearest_bins() -> None:
    # An oracle with angles: the parallelogram rule in polar form.
    y, x = np.mgrid[:28, :28]
    for degrees in (3, 30, 100, 200, 348):
        angle = np.deg2rad(degrees)
        ramp = (128 + 4 * ((x - 13.5) * np.cos(angle) + (y - 13.5) * np.sin(angle))).round().clip(0, 255)
        found = planes(ramp.astype(np.uint8))[:, 3, 3].astype(float) ** 2
        lower, rest = divmod(degrees, 22.5)
        expected = np.zeros(16)
        expected[int(lower)] = np.sin(np.deg2rad(22.5 - rest))
        expected[(int(lower) + 1) % 16] = np.sin(np.deg2rad(rest))
        assert np.abs(found / found.sum() - expected / expected.sum()).max() < 0.03


def test_a_quarter_turn_rotates_the_bins_by_four_and_the_grid_with_the_image(digits: Dataset) -> None:
    for image in digits.images[:20]:
        turned = np.rot90(image, -1)  # clockwise, as the directions count
        expected = np.roll(np.rot90(planes(image), -1, axes=(1, 2)), 4, axis=0)
        assert np.array_equal(planes(turned), expected)


def test_the_whole_numbers_approximate_sine_and_cosine() -> None:
    angles = np.deg2rad(22.5) * np.arange(8)
    assert np.abs(SINES / 13 - np.sin(angles)).max() < 0.02
    assert np.abs(COSINES / 13 - np.cos(angles)).max() < 0.02


def test_the_slant_is_limited_to_45_degrees() -> None:
    assert moments(blob((0, 0), (1, 3), slant=1.6)).slant[0] == 1
    assert moments(blob((0, 0), (1, 3), slant=-1.6)).slant[0] == -1
