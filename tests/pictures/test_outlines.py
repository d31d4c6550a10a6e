from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps

from drawings import DIGITS, FOUR, SEVEN, TWO, ZERO, Strokes, digit_in, drawn, likeness
from mnistnet.images import FloatArray
from mnistnet.pictures import outlines
from mnistnet.pictures.components import stroke_width
from mnistnet.pictures.files import decode
from mnistnet.pictures.reading import read_lattice

SIZE = (400, 400)
SIX: Strokes = [[(0.75, 0.0), (0.4, 0.1), (0.1, 0.7), (0.2, 0.95), (0.5, 1.0), (0.8, 0.8), (0.6, 0.55), (0.1, 0.7)]]


def solid(strokes: Strokes) -> Image.Image:
    return drawn(strokes, SIZE, (110, 80, 270, 320), pen=40)


def outline(strokes: Strokes, line: int = 7) -> Image.Image:
    """The line around a digit, dark on white."""
    return ImageOps.invert(ImageChops.difference(solid(strokes), solid(strokes).filter(ImageFilter.MinFilter(line))))


def filled(ink: FloatArray) -> FloatArray | None:
    return outlines.outline(ink, stroke_width(ink))


def ink(picture: Image.Image) -> FloatArray:
    """The ink of a picture, 0 to 1, cropped to it."""
    inverted = ImageOps.invert(picture)
    return np.asarray(inverted.crop(inverted.getbbox()), np.float32) / 255


@pytest.mark.parametrize("strokes", DIGITS)
@pytest.mark.parametrize("line", [3, 7])
def test_an_outline_is_filled(strokes: Strokes, line: int) -> None:
    full = filled(ink(outline(strokes, line)))
    assert full is not None
    expected = ink(solid(strokes).filter(ImageFilter.MinFilter(line)))
    assert full.shape == expected.shape
    assert np.mean((full > 0.5) == (expected > 0.5)) > 0.98


@pytest.mark.parametrize(
    "picture",
    [
        drawn(SEVEN, SIZE, (110, 80, 270, 320), pen=5),
        drawn(ZERO, SIZE, (110, 80, 270, 320), pen=30),
        drawn(SIX, SIZE, (110, 80, 270, 320), pen=5),
    ],
    ids=["no loop", "a thick pen", "a 6"],
)
def test_a_digit_that_is_no_outline_is_not_filled(picture: Image.Image) -> None:
    assert filled(ink(picture)) is None


@pytest.mark.parametrize("strokes", [SEVEN, TWO, FOUR, SIX])
def test_an_outline_is_a_candidate_as_it_is_and_filled_in(strokes: Strokes, tmp_path: Path) -> None:
    outline(strokes).save(tmp_path / "outline.png")
    whole = read_lattice(decode(tmp_path / "outline.png"))
    images = [each.image for each in whole.candidates if each.start == 0 and each.stop == len(whole.cuts)]
    assert len(images) == 2
    assert likeness(images[1], digit_in(solid(strokes))) > 0.9


def test_the_outline_of_a_zero_looks_like_a_zero(tmp_path: Path) -> None:
    outline(ZERO).save(tmp_path / "outline.png")
    assert likeness(read_lattice(decode(tmp_path / "outline.png")).candidates[0].image, digit_in(solid(ZERO))) > 0.7
