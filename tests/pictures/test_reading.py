"""The digit is told from all else in a picture, seen in the 28×28 that is drawn of it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from drawings import (
    DIGITS,
    TWO,
    ZERO,
    Rgb,
    Strokes,
    as_file,
    assert_is,
    assert_is_the_seven,
    digit_in,
    drawn,
    likeness,
    photographed,
    read_picture,
    refusal,
)
from mnistnet.errors import PictureError
from mnistnet.pictures.files import decode

BLACK_WHITE = (0, 0, 0), (255, 255, 255)
BLUE_YELLOW = (30, 60, 200), (250, 220, 120)
YELLOW_WHITE = (255, 230, 0), (255, 255, 255)


@pytest.mark.parametrize(("dark", "bright"), [BLACK_WHITE, BLUE_YELLOW, YELLOW_WHITE])
def test_a_pen_of_any_colour_is_read_and_invert_says_which_of_the_two_is_the_ink(dark: Rgb, bright: Rgb) -> None:
    for ink, ground, invert in ((dark, bright, "yes"), (bright, dark, "no")):
        grey = decode(drawn(ink=ink, ground=ground))
        assert_is_the_seven(digit_in(grey))
        assert_is_the_seven(digit_in(grey, invert))


@pytest.mark.parametrize("other", [drawn(box=(130, 60, 180, 140), pen=15), drawn(TWO, box=(140, 90, 175, 140))])
def test_two_digits_are_not_read_as_one(other: Image.Image) -> None:
    with pytest.raises(PictureError, match="several digits"):
        digit_in(ImageChops.darker(drawn(box=(20, 60, 70, 140)), other))


@pytest.mark.parametrize("strokes", DIGITS)
@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (120, 160), (90, 40), (128, 137)])
def test_both_polarities_and_low_contrasts_are_read(ink: int, ground: int, strokes: Strokes) -> None:
    assert_is(strokes, digit_in(drawn(strokes, ink=ink, ground=ground)))


@pytest.mark.parametrize("strokes", DIGITS[:3])
@pytest.mark.parametrize("ink", [0, 255])
def test_bitmaps_of_a_few_pixels_are_read_raw_and_enlarged(strokes: Strokes, ink: int) -> None:
    digit = drawn(strokes, ink=ink, ground=255 - ink, size=(80, 80), box=(8, 5, 72, 75), pen=10)
    bitmap = digit.resize((8, 8), Image.Resampling.BOX)
    assert_is(strokes, digit_in(bitmap), 0.6)
    assert_is(strokes, read_picture(as_file(bitmap.resize((64, 64), Image.Resampling.NEAREST))), 0.6)


@pytest.mark.parametrize("strokes", DIGITS)
@pytest.mark.parametrize("margin", [0, 1, 3])
def test_a_digit_that_fills_the_picture_is_read(strokes: Strokes, margin: int) -> None:
    box = (52 - margin, 34 - margin, 148 + margin, 166 + margin)
    assert_is(strokes, digit_in(drawn(strokes, box=(60, 40, 140, 160), pen=13).crop(box)))


@pytest.mark.parametrize("strokes", DIGITS)
def test_a_small_digit_on_a_large_photograph_is_looked_at_closer(strokes: Strokes) -> None:
    picture = drawn(strokes, size=(1500, 1200), box=(1000, 700, 1060, 780), pen=8, ink=50, ground=220)
    assert_is(strokes, digit_in(photographed(picture, 0.4)))


@pytest.mark.parametrize("strokes", DIGITS)
def test_a_digit_out_of_focus_is_no_noise(strokes: Strokes) -> None:
    assert_is(strokes, digit_in(drawn(strokes).filter(ImageFilter.GaussianBlur(9))), 0.7)


def test_a_hairline_in_the_corner_of_a_large_canvas_is_found() -> None:
    picture = drawn(size=(3000, 2000), box=(2900, 1850, 2945, 1910), pen=2)
    assert_is_the_seven(digit_in(picture), 0.8)


def test_what_is_faint_beside_the_digit_is_not_part_of_it() -> None:
    faint = drawn([[(0, 0.5), (1, 0.5)], [(0, 0.8), (1, 0.8)]], ink=200, box=(5, 20, 195, 180), pen=6)
    assert_is_the_seven(digit_in(ImageChops.darker(faint, drawn())), 0.95)


def test_a_single_line_across_the_picture_may_be_a_stroke() -> None:
    seven = [[(0.0, 0.12), (1.0, 0.12), (0.45, 0.95)]]
    whole = drawn(seven, size=(240, 240), box=(20, 20, 220, 220), pen=10)
    assert likeness(digit_in(whole), digit_in(whole.crop((20, 10, 220, 230)))) > 0.9


@pytest.mark.parametrize("pen", [40, 55])
def test_a_thick_0_is_no_page(pen: int) -> None:
    assert_is(ZERO, digit_in(drawn(ZERO, ink=240, ground=10, box=(30, 30, 170, 170), pen=pen)), 0.7)


@pytest.mark.parametrize("lean", [1, 2, 3])
def test_the_fine_sloping_lines_of_a_whole_page_are_not_ink(lean: int) -> None:
    page = Image.new("L", (960, 960), 235)
    pencil = ImageDraw.Draw(page)
    for place in range(20, 960, 80):
        pencil.line((0, place + 10 - lean, 959, place + 10 + lean), fill=150, width=3)
        pencil.line((place, 0, place - 2 * lean, 959), fill=150, width=3)
    digit = drawn(ink=40, size=(960, 960), box=(400, 420, 470, 515), pen=10)
    assert_is_the_seven(digit_in(photographed(ImageChops.darker(page, digit), 0.2)))


def test_specks_are_no_digit_and_no_part_of_one() -> None:
    picture, blank = drawn(), Image.new("L", (200, 200), 255)
    for x, y in ((10, 10), (190, 30), (20, 185), (175, 170)):
        ImageDraw.Draw(picture).ellipse((x - 3, y - 3, x + 3, y + 3), fill=0)
    assert_is_the_seven(digit_in(picture))
    ImageDraw.Draw(blank).ellipse((99, 99, 101, 101), fill=0)
    with pytest.raises(PictureError, match="no digit in it \\(specks"):
        digit_in(blank)


def test_random_shapes_and_pixels_are_read_or_refused() -> None:
    generator = np.random.default_rng(1)
    for _ in range(500):
        width, height = generator.integers(1, generator.choice([12, 120]), 2).tolist()
        picture = Image.fromarray(generator.choice([0, 128, 255], (height, width)).astype(np.uint8))
        if generator.random() < 0.7:
            picture.paste(int(generator.choice([0, 128, 255])), (0, 0, width, height))
        pencil = ImageDraw.Draw(picture)
        for _ in range(int(generator.integers(0, 9))):
            box = np.sort(generator.integers(-10, 130, (2, 2)), axis=0).ravel().tolist()
            grey, pen = int(generator.integers(256)), int(generator.integers(1, 7))
            shape = generator.choice(["line", "rectangle", "ellipse"])
            options = {"fill": grey} if shape == "line" else {"outline": grey}
            getattr(pencil, shape)(box, width=pen, **options)
        assert refusal(as_file(picture)) in (None, "no digit in it", "several digits", "too much in a row")
