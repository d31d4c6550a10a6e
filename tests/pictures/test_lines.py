"""Lines and frames are taken away and strokes stay: seen in the digit that is drawn of the rest."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageOps

from drawings import DIGITS, SEVEN, TWO, ZERO, Strokes, assert_is, assert_is_the_seven, digit_in, drawn, likeness
from mnistnet.errors import PictureError
from mnistnet.pictures.binarization import Ink, binarize
from mnistnet.pictures.components import Components
from mnistnet.pictures.lines import MAX_COMPONENTS, remove_lines
from mnistnet.pictures.reading import read_lattice

every_digit = pytest.mark.parametrize("strokes", DIGITS)


def without_lines(picture: Image.Image) -> tuple[Ink, Components]:
    return remove_lines(binarize(picture, "auto"))


def with_line(picture: Image.Image, line: tuple[int, ...], fill: int = 0, width: int = 4) -> Image.Image:
    lined = picture.copy()
    ImageDraw.Draw(lined).line(line, fill=fill, width=width)
    return lined


@every_digit
@pytest.mark.parametrize("sides", [(0,), (2,), (1, 2), (0, 1, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize(("grey", "width"), [(0, 1), (0, 8), (150, 3)])
def test_lines_along_the_edges_are_no_ink(strokes: Strokes, sides: tuple[int, ...], grey: int, width: int) -> None:
    pixels = np.array(drawn(strokes))
    for side in sides:
        np.rot90(pixels, side)[:width] = grey
    for lined in (Image.fromarray(pixels), Image.fromarray(255 - pixels)):
        assert_is(strokes, digit_in(lined))


def test_half_a_line_at_the_side_is_no_1_and_a_thin_one_near_it_is_doubted() -> None:
    pixels = np.array(drawn())
    pixels[:100, -3:] = 0
    assert_is_the_seven(digit_in(Image.fromarray(pixels)))
    pixels[:100, -3:], pixels[40:130, -8:-6] = 255, 0
    assert read_lattice(Image.fromarray(pixels)).reasons == {"other-ink"}


def test_a_1_at_the_side_of_a_cropped_number_is_not_dropped_without_a_doubt() -> None:
    number = ImageChops.darker(drawn(size=(150, 120), box=(70, 6, 144, 114)), Image.new("L", (150, 120), 255))
    ImageDraw.Draw(number).rectangle((0, 0, 13, 119), fill=0)
    assert read_lattice(number).reasons == {"other-ink"}


def test_a_lone_1_is_no_line() -> None:
    for box in ((90, 20, 104, 180), (90, 0, 104, 199), (0, 0, 14, 199)):
        picture = Image.new("L", (200, 200), 255)
        ImageDraw.Draw(picture).rectangle(box, fill=0)
        ink, components = without_lines(picture)
        assert len(components) == 1
        assert not ink.doubt


@every_digit
def test_a_digit_that_touches_the_border_keeps_its_strokes(strokes: Strokes) -> None:
    whole = drawn(strokes, (200, 200), (60, 40, 140, 160), pen=12)
    assert likeness(digit_in(whole.crop((54, 34, 146, 166))), digit_in(whole)) > 0.9


# Rules


@every_digit
@pytest.mark.parametrize("grey", [90, 170])
def test_a_rule_across_the_page_goes_and_strokes_across_it_stay(strokes: Strokes, grey: int) -> None:
    digit = drawn(strokes, ink=30)
    for row in (70, 120):
        lined = ImageChops.darker(digit, with_line(Image.new("L", (200, 200), 255), (0, row, 199, row), fill=grey))
        assert likeness(digit_in(lined), digit_in(digit)) > 0.9


def test_the_base_of_a_2_that_lies_on_a_paler_rule_stays() -> None:
    digit = drawn(TWO, ink=20)
    rule = with_line(Image.new("L", (200, 200), 255), (0, 160, 199, 160), fill=150)
    assert likeness(digit_in(ImageChops.darker(digit, rule)), digit_in(digit)) > 0.9


def test_what_stands_on_a_rule_as_dark_as_the_pen_is_unsure() -> None:
    assert without_lines(with_line(drawn(), (0, 162, 199, 162), width=8))[0].doubt
    assert not without_lines(with_line(drawn(ink=20), (0, 162, 199, 162), fill=160, width=8))[0].doubt


@every_digit
@pytest.mark.parametrize("lean", [-3, 0, 3])
def test_a_line_under_a_digit_is_no_ink(strokes: Strokes, lean: int) -> None:
    picture = with_line(drawn(strokes, box=(60, 50, 130, 150), pen=10), (40, 172 + lean, 150, 172 - lean))
    for inked in (picture, ImageOps.invert(picture)):
        assert_is(strokes, digit_in(inked))


# Frames


@every_digit
@pytest.mark.parametrize("shape", ["ellipse", "rectangle"])
@pytest.mark.parametrize("box", [(30, 20, 165, 185), (20, 10, 175, 210), (-15, -15, 165, 185)])
def test_a_ring_or_a_box_around_a_digit_is_no_ink(strokes: Strokes, shape: str, box: tuple[int, ...]) -> None:
    picture = drawn(strokes, box=(65, 60, 125, 140), pen=9)
    getattr(ImageDraw.Draw(picture), shape)(box, outline=0, width=4)
    assert_is(strokes, digit_in(picture))


@every_digit
def test_a_broken_box_is_no_ink(strokes: Strokes) -> None:
    picture = drawn(strokes, box=(65, 60, 125, 140), pen=9)
    ImageDraw.Draw(picture).rectangle((30, 30, 165, 175), outline=0, width=3)
    picture.paste(255, (70, 25, 120, 35))  # above the digit's middle
    assert_is(strokes, digit_in(picture))


def test_a_speck_in_the_hole_of_a_0_makes_no_frame_of_it() -> None:
    picture = drawn(ZERO)
    ImageDraw.Draw(picture).ellipse((90, 95, 100, 105), fill=0)
    assert_is(ZERO, digit_in(picture))


def test_a_large_7_with_a_2_under_its_bar_is_no_frame() -> None:
    two = ImageChops.darker(drawn(SEVEN, box=(40, 20, 200, 180)), drawn(TWO, box=(60, 70, 105, 130)))
    assert len(without_lines(two)[1]) == 2


def test_more_dots_than_writing_has_are_refused() -> None:
    pixels = np.full((200, 200), 255, np.uint8)
    pixels[::4, ::4] = 0
    assert pixels[::4, ::4].size > MAX_COMPONENTS
    with pytest.raises(PictureError, match="a page of text, or noise"):
        read_lattice(Image.fromarray(pixels))
