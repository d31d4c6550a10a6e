"""The paper is found in a picture, and what is printed on it is told from what is written."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from drawings import DIGITS, Strokes, assert_is, assert_is_the_seven, digit_in, drawn, photographed
from mnistnet.images import FloatArray
from mnistnet.pictures.page import find_page

every_digit = pytest.mark.parametrize("strokes", DIGITS)


@every_digit
@pytest.mark.parametrize("side", range(4))
def test_a_desk_at_any_side_is_cut_off(strokes: Strokes, side: int) -> None:
    scene = drawn(strokes, ink=40, ground=225, size=(240, 240), box=(80, 80, 150, 170), pen=9)
    ImageDraw.Draw(scene).polygon([(0, 0), (50, 0), (40, 240), (0, 240)], fill=70)
    page = find_page(photographed(scene.rotate(90 * side)))
    cut = 240 - min(page.picture.size)
    assert 40 <= cut <= 50
    assert (page.left, page.top) == ((cut, 0), (0, 0), (0, 0), (0, cut))[side]
    assert np.quantile(np.asarray(page.picture), 0.03) > 30
    assert_is(strokes, digit_in(page.picture.rotate(-90 * side)))


@every_digit
@pytest.mark.parametrize(("angle", "desk", "corner"), [(8, 60, (80, 90)), (-8, 20, (80, 90)), (4, 110, (90, -25))])
def test_a_page_on_a_desk_is_cut_out_and_the_background_painted_over(
    strokes: Strokes, angle: int, desk: int, corner: tuple[int, int]
) -> None:
    sheet = drawn(strokes, ink=50, ground=225, size=(200, 220), box=(70, 70, 130, 150), pen=9)
    scene = Image.new("L", (400, 400), desk)
    shape = Image.new("L", sheet.size, 255).rotate(angle, expand=True)
    scene.paste(sheet.rotate(angle, expand=True), corner, shape)
    page = find_page(photographed(scene))
    for place, found in zip(corner, (page.left, page.top), strict=True):
        assert max(0, place) <= found < max(0, place) + 20
    corners = np.asarray(page.picture)[:: page.picture.height - 1, :: page.picture.width - 1]
    assert corners.min() > 150
    for inked in (scene, ImageOps.invert(scene)):  # the other is a slate on a bright table
        assert_is(strokes, digit_in(photographed(inked)), 0.75)


def test_bars_beside_a_small_picture_are_cut_off() -> None:
    small = np.asarray(drawn(ink=60, ground=210).resize((56, 40), Image.Resampling.BOX))
    letterbox = Image.fromarray(np.pad(small, ((8, 8), (0, 0))))
    assert find_page(letterbox).picture.size[1] < 40
    assert_is_the_seven(digit_in(letterbox), 0.5)


def test_a_picture_of_28_pixels_shows_no_page_but_its_bars_are_lines() -> None:
    icon = Image.fromarray(np.pad(np.asarray(drawn(ink=60, ground=210).resize((28, 20))), ((4, 4), (0, 0))))
    assert find_page(icon).picture is icon
    assert_is_the_seven(digit_in(icon), 0.5)


Y, X = np.mgrid[:240, :240]
HEADS = [1 - 0.5 / (1 + np.exp((np.hypot(X, Y - 240) - far) / soft)) for far, soft in ((60, 15), (90, 18), (120, 12))]
LIGHTS = [1 / (1 + np.exp((90 - X - Y / 9) / 12)), *(1 - share * X / 240 for share in (0.1, 0.5, 0.7)), *HEADS]


@every_digit
@pytest.mark.parametrize("light", LIGHTS, ids=range(len(LIGHTS)))
def test_a_page_without_a_desk_stays_whole_in_any_light(strokes: Strokes, light: FloatArray) -> None:
    page = drawn(strokes, ink=45, ground=235, size=(240, 240), box=(120, 60, 190, 150), pen=9)
    lit = photographed(Image.fromarray((np.asarray(page) * light).astype(np.uint8)))
    assert find_page(lit).picture.size == (240, 240)
    assert_is(strokes, digit_in(lit))


@every_digit
@pytest.mark.parametrize(("left", "shadow"), [(70, slice(0, 115)), (140, slice(100, 240))])
def test_a_digit_in_the_dark_or_across_its_edge_is_found(strokes: Strokes, left: int, shadow: slice) -> None:
    page = np.array(drawn(strokes, ink=40, ground=230, size=(240, 240), box=(left, 60, left + 80, 160), pen=10))
    page[:, shadow] = page[:, shadow] * 0.6
    assert_is(strokes, digit_in(photographed(Image.fromarray(page))))


def test_a_1_of_any_stroke_width_is_no_edge_of_a_page() -> None:
    for thickness in range(1, 8):
        picture = Image.new("L", (28, 60), 255)
        ImageDraw.Draw(picture).rectangle((12, 6, 11 + thickness, 52), fill=0)
        assert find_page(picture).picture is picture
        assert digit_in(picture).any()


@pytest.mark.parametrize("bend", [-4, -2, 0, 2, 4])
def test_a_bold_1_straight_or_bent_is_no_page(bend: int) -> None:
    bent = [[(0.5, 0.0), (0.5 + bend / 20, 0.45), (0.5, 0.55), (0.6, 1.0)]]
    picture = drawn(bent, size=(48, 105), box=(14, 22, 34, 84), pen=9)
    assert find_page(picture).picture is picture
    assert find_page(photographed(picture)).picture.size == picture.size
