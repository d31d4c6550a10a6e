from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from drawings import (
    FOUR,
    ONE,
    SEVEN,
    as_file,
    assert_is_the_seven,
    digit_in,
    drawn,
    likeness,
    mnist_like,
    read_picture,
    refusal,
)
from mnistnet.errors import PictureError
from mnistnet.pictures.files import write_picture
from mnistnet.pictures.normalization import normalize


def test_a_digit_fills_twenty_pixels_with_its_centre_of_mass_in_the_middle() -> None:
    for strokes in (SEVEN, FOUR):
        image = digit_in(drawn(strokes)).astype(np.float64)
        assert np.ptp(np.nonzero(image), axis=1).max() + 1 == 20
        assert abs(image.sum(axis=1) @ np.arange(28) / image.sum() - 14) <= 0.5
        assert abs(image.sum(axis=0) @ np.arange(28) / image.sum() - 14) <= 0.5


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_a_picture_prepared_like_mnist_or_its_negative_passes_unchanged(tmp_path: Path, mode: str) -> None:
    image = mnist_like()
    for picture in (Image.fromarray(image), Image.fromarray(255 - image)):
        assert np.array_equal(read_picture(as_file(picture.convert(mode))), image)
    write_picture(tmp_path / "seven.png", image)
    assert np.array_equal(read_picture(str(tmp_path / "seven.png")), image)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "F", "CMYK", "YCbCr"])
def test_every_mode_is_read(mode: str) -> None:
    assert_is_the_seven(read_picture(as_file(drawn().convert(mode), "TIFF")))


@pytest.mark.parametrize(
    ("full", "mode"), [*product((4095, 65535), (np.uint16, np.int32, np.float32)), (1e-39, np.float32)]
)
def test_deep_pictures_are_read_on_their_own_scale(full: float, mode: type[np.generic]) -> None:
    shades = np.asarray(drawn(pen=8).filter(ImageFilter.GaussianBlur(2))) / 255
    deep = read_picture(as_file(Image.fromarray((shades * full).astype(mode)), "TIFF"))
    plain = read_picture(as_file(Image.fromarray((shades * 255).round().astype(np.uint8)), "TIFF"))
    assert np.abs(deep.astype(int) - plain.astype(int)).max() <= 4


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e30])
def test_what_is_no_brightness_in_a_picture_of_floats_is_black(value: float) -> None:
    shades = np.asarray(drawn(pen=8).filter(ImageFilter.GaussianBlur(2)), np.float32)
    shades[3, 3] = value
    assert_is_the_seven(read_picture(as_file(Image.fromarray(shades), "TIFF")))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF"])
def test_every_format_is_read(kind: str) -> None:
    assert_is_the_seven(read_picture(as_file(drawn().convert("RGB"), kind)))


def test_the_first_frame_of_an_animation_is_read() -> None:
    file = as_file(drawn(), "GIF", save_all=True, append_images=[drawn(FOUR), Image.new("L", (200, 200))])
    assert_is_the_seven(read_picture(file))


FLIP = Image.Transpose
STORED = (  # how to store an upright picture for the orientations from 2 on
    *(FLIP.FLIP_LEFT_RIGHT, FLIP.ROTATE_180, FLIP.FLIP_TOP_BOTTOM),
    *(FLIP.TRANSPOSE, FLIP.ROTATE_90, FLIP.TRANSVERSE, FLIP.ROTATE_270),
)


@pytest.mark.parametrize(("orientation", "way"), list(enumerate(STORED, 2)))
def test_exif_orientation_is_obeyed(orientation: int, way: Image.Transpose) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_is_the_seven(read_picture(as_file(drawn().transpose(way), "JPEG", exif=exif)))


@pytest.mark.parametrize("ink", [0, 255])
def test_strokes_on_a_transparent_ground_are_read_whatever_is_under_the_transparency(ink: int) -> None:
    """A 1 that is an opaque bar isn't taken for a scan."""
    for shape in (SEVEN, ONE):
        strokes = drawn(shape, ink=255, ground=0)
        for hidden in (0, 255):
            grey = Image.composite(Image.new("L", strokes.size, ink), Image.new("L", strokes.size, hidden), strokes)
            image = read_picture(as_file(Image.merge("LA", (grey, strokes))))
            assert likeness(image, digit_in(drawn(shape))) > 0.9


@pytest.mark.parametrize("pen", [1, 2, 5, 14, 30, 38])
def test_hairlines_and_brushes_are_read(pen: int) -> None:
    assert_is_the_seven(digit_in(drawn(pen=pen)), 0.8)


def test_noise_and_blank_pictures_have_no_digit_in_them() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 90, 3), dtype=np.uint8)
    pictures = [Image.fromarray(noise), Image.fromarray(noise[:, :, 0] // 16)]
    for grey in (0, 128, 255):
        pictures += [Image.new(mode, (100, 80), grey) for mode in ("L", "I")]
        pictures.append(Image.new("LA", (100, 80), (grey, 0)))
    for picture in pictures:
        assert refusal(as_file(picture, "TIFF")) == "no digit in it"


def test_invert_is_obeyed_by_a_prepared_picture_too() -> None:
    prepared = Image.fromarray(mnist_like())
    negative = Image.fromarray(255 - mnist_like())
    assert np.array_equal(digit_in(prepared, "no"), mnist_like())
    assert np.array_equal(digit_in(negative, "yes"), mnist_like())
    for picture, wrong in ((prepared, "yes"), (negative, "no")):
        with pytest.raises(PictureError, match="no digit in it"):
            digit_in(picture, wrong)


def test_specks_that_fade_away_where_they_are_shrunk_are_no_error() -> None:
    ink = np.zeros((300, 300), np.float32)
    ink[0, 0] = ink[-1, -1] = 0.26
    assert normalize(ink, 1.0).shape == (28, 28)
