"""The paper is found in a picture, and what is printed on it is told from what is written."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from drawings import DIGITS, SEVEN, ZERO, Strokes, assert_is, assert_is_the_seven, drawn, likeness
from mnistnet.images import ByteArray
from mnistnet.pictures import digit_in
from mnistnet.pictures.filters import Box, label
from mnistnet.pictures.ink import find_ink, look_closer
from mnistnet.pictures.paper import find_frames, find_page, underlines, without_edge, without_rulings

every_digit = pytest.mark.parametrize("strokes", DIGITS)


def photographed(picture: Image.Image, light: float = 0.15) -> Image.Image:
    """The picture in light that falls off to the right, blurred, with a little noise."""
    grey = np.asarray(picture.filter(ImageFilter.GaussianBlur(1))) * np.linspace(1, 1 - light, picture.width)
    return Image.fromarray((grey + np.random.default_rng(0).normal(0, 2, grey.shape)).clip(0, 255).astype(np.uint8))


def beside_a_desk(strokes: Strokes, side: int, desk: int = 70) -> Image.Image:
    page = drawn(strokes, ink=40, ground=225, size=(240, 240), box=(80, 80, 150, 170), pen=9)
    ImageDraw.Draw(page).polygon([(0, 0), (50, 0), (40, 240), (0, 240)], fill=desk)
    return photographed(page.rotate(90 * side)).rotate(-90 * side)


# Sheets and desks


@every_digit
@pytest.mark.parametrize("side", range(4))
def test_a_desk_at_any_side_is_cut_off(strokes: Strokes, side: int) -> None:
    turned = beside_a_desk(strokes, side).rotate(90 * side)  # the desk is at that side now
    page = find_page(turned)
    assert (page.left, page.top) == ((46, 0), (0, 0), (0, 0), (0, 46))[side] or sum(page.picture.size) < 450
    assert np.quantile(np.asarray(page.picture), 0.03) > 30
    assert_is(strokes, digit_in(page.picture.rotate(-90 * side)))


@every_digit
def test_a_sheet_on_a_desk_is_cut_out_and_the_rest_painted_over(strokes: Strokes) -> None:
    sheet = drawn(strokes, ink=50, ground=225, size=(200, 220), box=(70, 70, 130, 150), pen=9)
    scene = Image.new("L", (400, 400), 60)
    shape = Image.new("L", sheet.size, 255).rotate(8, expand=True)
    scene.paste(sheet.rotate(8, expand=True), (80, 90), shape)
    page = find_page(photographed(scene))
    assert 80 < page.left < 100
    assert 90 < page.top < 110
    corners = np.asarray(page.picture)[:: page.picture.height - 1, :: page.picture.width - 1]
    assert corners.min() > 150
    assert_is(strokes, digit_in(photographed(scene)), 0.75)


def test_bars_beside_a_small_picture_are_cut_off() -> None:
    small = np.asarray(drawn(ink=60, ground=210).resize((28, 20), Image.Resampling.BOX))
    letterbox = Image.fromarray(np.pad(small, ((4, 4), (0, 0))))
    assert find_page(letterbox).picture.size[1] < 20
    assert_is_the_seven(digit_in(letterbox.resize((28, 28))), 0.5)


@every_digit
def test_a_page_without_a_desk_stays_whole_in_any_light(strokes: Strokes) -> None:
    page = drawn(strokes, ink=40, ground=230, size=(240, 240), box=(70, 60, 170, 180), pen=12)
    y, x = np.mgrid[:240, :240]
    soft = Image.fromarray((np.asarray(page) / (1 + np.exp((120 - x - y / 9) / 12))).astype(np.uint8))
    assert find_page(photographed(soft)).picture.size == (240, 240)
    for light in (0.1, 0.5, 0.7):
        assert find_page(photographed(page, light)).picture.size == (240, 240)
        assert_is(strokes, digit_in(photographed(page, light)))


@every_digit
def test_the_soft_shadow_of_a_head_is_no_desk(strokes: Strokes) -> None:
    page = drawn(strokes, ink=45, ground=235, size=(240, 240), box=(120, 60, 190, 150), pen=9)
    y, x = np.mgrid[:240, :240]
    for radius, softness in ((60, 15), (90, 18), (120, 12)):
        light = 1 - 0.5 / (1 + np.exp((np.hypot(x, y - 240) - radius) / softness))
        shaded = photographed(Image.fromarray((np.asarray(page) * light).astype(np.uint8)))
        assert find_page(shaded).picture.size == (240, 240)
        assert_is(strokes, digit_in(shaded))


@every_digit
def test_a_shadow_with_a_digit_across_its_edge_is_no_desk(strokes: Strokes) -> None:
    page = drawn(strokes, ink=40, ground=230, size=(240, 240), box=(70, 60, 170, 180), pen=12)
    shade = np.where(np.arange(240) < 115, 0.6, 1)
    shaded = photographed(Image.fromarray((np.asarray(page) * shade).astype(np.uint8)))
    assert find_page(shaded).picture.size == (240, 240)
    assert_is(strokes, digit_in(shaded))


@every_digit
def test_a_digit_in_the_dark_part_of_a_page_is_found(strokes: Strokes) -> None:
    page = drawn(strokes, ink=30, ground=230, size=(240, 240), box=(140, 70, 200, 150), pen=9)
    shade = np.where(np.arange(240) < 100, 1, 0.55)
    assert_is(strokes, digit_in(photographed(Image.fromarray((np.asarray(page) * shade).astype(np.uint8)))))


def test_a_stroke_as_thin_as_the_rim_of_a_sheet_is_none() -> None:
    for thickness in range(1, 8):
        picture = Image.new("L", (28, 60), 255)
        ImageDraw.Draw(picture).rectangle((12, 6, 11 + thickness, 52), fill=0)
        assert find_page(picture).picture is picture
        assert digit_in(picture).any()


@pytest.mark.parametrize("bend", [-4, -2, 2, 4])
def test_a_bold_1_with_a_bend_in_it_is_no_sheet(bend: int) -> None:
    bent = [[(0.5, 0.0), (0.5 + bend / 20, 0.45), (0.5, 0.55), (0.6, 1.0)]]
    picture = drawn(bent, size=(48, 105), box=(14, 22, 34, 84), pen=9)
    assert find_page(picture).picture is picture
    assert find_page(photographed(picture)).picture.size == picture.size


# Frames and rings


@every_digit
@pytest.mark.parametrize("shape", ["ellipse", "rectangle"])
@pytest.mark.parametrize("box", [(30, 20, 165, 185), (20, 10, 175, 210), (-15, 20, 165, 185)])
def test_a_ring_or_a_box_around_a_digit_is_no_ink(strokes: Strokes, shape: str, box: tuple[int, ...]) -> None:
    picture = drawn(strokes, box=(65, 60, 125, 140), pen=9)
    getattr(ImageDraw.Draw(picture), shape)(box, outline=0, width=4)
    assert_is(strokes, digit_in(picture))
    assert_is(strokes, digit_in(photographed(picture)))


@every_digit
@pytest.mark.parametrize("side", [200, 800])
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_a_frame_along_the_border_of_the_picture_is_no_ink(strokes: Strokes, side: int, width: int) -> None:
    enlarged = side // 200
    picture = drawn(
        strokes, (side, side), (50 * enlarged, 40 * enlarged, 140 * enlarged, 160 * enlarged), 12 * enlarged
    )
    ImageDraw.Draw(picture).rectangle((0, 0, side - 1, side - 1), outline=0, width=width)
    for framed in (picture, ImageOps.invert(picture), photographed(picture, 0.3)):
        assert_is(strokes, digit_in(framed))
    assert_is(strokes, digit_in(picture, invert="yes"))


@pytest.mark.parametrize("margin", [2, 3, 4])
def test_the_paper_around_a_bold_digit_that_fills_the_picture_is_no_frame(margin: int) -> None:
    pixels = np.full((120, 90), 255, np.float32)
    pixels[margin:-margin, margin:-margin] = 0
    pixels[margin + 12 : -margin - 12, margin + 12 : -margin - 12] = 255
    assert without_edge(pixels) is pixels


def test_a_frame_around_a_low_strip_is_no_ink() -> None:
    strip = drawn(size=(1000, 30), box=(20, 8, 34, 22), pen=2)
    pencil = ImageDraw.Draw(strip)
    for x in range(40, 960, 20):
        pencil.line((x, 8, x, 22), fill=0, width=2)
    pencil.rectangle((0, 0, 999, 29), outline=0, width=1)
    ink = find_ink(strip, "auto", 1000)
    assert ink.is_dark
    assert not ink.contrast[0].any()
    assert ink.contrast[15].any()


@pytest.mark.parametrize("dark", [1, 2, 3])
@pytest.mark.parametrize("grey", [60, 245])
def test_what_is_dark_along_some_sides_only_or_hardly_darker_is_no_frame(dark: int, grey: int) -> None:
    picture = drawn()
    bars = ((0, 0, 199, 3), (0, 0, 3, 199), (196, 0, 199, 199), (0, 196, 199, 199))
    for bar in bars if grey > 200 else bars[:dark]:
        ImageDraw.Draw(picture).rectangle(bar, fill=grey)
    pixels = np.asarray(picture, np.float32)
    assert without_edge(pixels) is pixels


@every_digit
@pytest.mark.parametrize("width", [4, 8, 12, 20])
def test_a_thick_frame_is_no_sheet(strokes: Strokes, width: int) -> None:
    picture = drawn(strokes, box=(60, 50, 140, 150), pen=12)
    ImageDraw.Draw(picture).rectangle((15, 15, 184, 184), outline=0, width=width)
    assert_is(strokes, digit_in(picture))


@every_digit
@pytest.mark.parametrize("grey", [60, 90, 120, 150])
def test_a_thin_box_fainter_than_the_digit_is_no_ink(strokes: Strokes, grey: int) -> None:
    picture = drawn(strokes, box=(65, 60, 125, 140), pen=9, ink=30, ground=230)
    ImageDraw.Draw(picture).rectangle((30, 20, 165, 185), outline=grey, width=1)
    assert len(find_ink(photographed(picture), "auto").pieces.area) == 1
    assert_is(strokes, digit_in(photographed(picture)))


@every_digit
@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_a_ring_that_is_cut_off_in_a_corner_is_no_ink(strokes: Strokes, corner: tuple[int, int]) -> None:
    x, y = (2 + 56 * side for side in corner)
    picture = drawn(strokes, size=(160, 160), box=(x + 25, y + 15, x + 75, y + 85), pen=9)
    ImageDraw.Draw(picture).ellipse((x - 30, y - 30, x + 130, y + 130), outline=0, width=4)
    assert_is(strokes, digit_in(picture))


def test_a_digit_of_parts_that_fills_the_picture_is_no_frame() -> None:
    parts = [[(0.1, 0), (0, 0.62), (1, 0.62)], [(0.62, 0.12), (0.62, 0.5)], [(0.62, 0.62), (0.62, 1)]]
    filling = digit_in(drawn(parts, size=(150, 170), box=(0, 0, 150, 170), pen=12))
    assert likeness(filling, digit_in(drawn(parts, size=(210, 230), box=(30, 30, 180, 200), pen=12))) > 0.8


def test_a_part_so_small_that_it_is_given_a_margin_is_looked_at_closer() -> None:
    ink = find_ink(drawn(size=(240, 240), box=(140, 140, 238, 238)), "auto")
    closer = look_closer(ink, Box(96, 118, 98, 120), 1000)  # in the corner of the picture, on the digit's foot
    assert closer.contrast.shape == closer.frames.shape


def test_the_rest_of_a_ring_is_no_ink_where_its_inside_is_looked_at_closer() -> None:
    picture = drawn(size=(800, 800), box=(300, 300, 400, 430), pen=12)
    ImageDraw.Draw(picture).ellipse((262, 190, 438, 540), outline=0, width=10)
    ink = find_ink(picture, "auto")
    closer = look_closer(ink, ink.pieces.box(0))
    assert closer.frames.any()
    assert closer.pieces.area.max() > 0.85 * closer.pieces.area.sum()


@every_digit
def test_a_ring_stays_away_when_the_digit_is_looked_at_closer(strokes: Strokes) -> None:
    picture = drawn(strokes, size=(1200, 1200), box=(300, 300, 400, 430), pen=16)
    ImageDraw.Draw(picture).ellipse((245, 250, 455, 480), outline=0, width=8)
    ink = find_ink(picture, "auto")
    assert len(ink.pieces.area) == 1
    assert_is(strokes, digit_in(picture))


def test_a_speck_in_the_hole_of_a_0_makes_no_frame_of_it() -> None:
    picture = drawn(ZERO)
    ImageDraw.Draw(picture).ellipse((90, 95, 100, 105), fill=0)
    assert_is(ZERO, digit_in(picture))


def test_blots_all_over_the_hole_of_a_0_make_no_frame_of_it() -> None:
    picture = drawn(ZERO)
    for x, y in ((95, 75), (95, 125), (82, 100), (108, 100)):
        ImageDraw.Draw(picture).ellipse((x - 7, y - 7, x + 7, y + 7), fill=0)
    assert not find_ink(picture, "auto").frames.any()


def test_a_ring_around_a_digit_that_is_broken_in_two_is_no_ink() -> None:
    picture = drawn(box=(75, 60, 125, 145), pen=9)
    pencil = ImageDraw.Draw(picture)
    pencil.rectangle((70, 95, 130, 98), fill=255)
    pencil.ellipse((12, 12, 188, 188), outline=0, width=4)
    assert_is_the_seven(digit_in(picture))


@pytest.mark.parametrize(("height", "is_digit"), [(22, True), (12, False)])
def test_in_a_long_frame_stands_something_of_some_size(height: int, is_digit: bool) -> None:
    contrast = np.zeros((100, 300), np.float32)
    contrast[30:60, 20:280] = 200
    contrast[33:57, 23:277] = 0
    contrast[45 - height // 2 : 45 + height // 2, 150:153] = 200
    assert find_frames(contrast, 60).any() == is_digit


# Lines of the paper


@every_digit
def test_lines_across_the_whole_paper_are_taken_away_and_strokes_across_them_stay(strokes: Strokes) -> None:
    def contrast_of(picture: Image.Image) -> ByteArray:
        return np.asarray(255 - np.asarray(picture), np.uint8)

    digit = contrast_of(drawn(strokes))
    lined = digit.copy()
    for row in (20, 70, 120, 170):
        lined[row : row + 2] = np.maximum(lined[row : row + 2], 90)
    for turned, bare in ((lined, digit), (lined.T, digit.T)):
        free = without_rulings(turned.astype(np.float32), 40, 2)
        assert (free[bare == 0] > 40).sum() < 0.15 * (turned[bare == 0] > 40).sum()
        assert (free[bare == 255] > 40).mean() > 0.97


@every_digit
@pytest.mark.parametrize("tops", [(172,), (170, 182)])
@pytest.mark.parametrize("lean", [-3, 0, 3])
def test_lines_under_a_digit_are_no_ink(strokes: Strokes, tops: tuple[int, ...], lean: int) -> None:
    picture = drawn(strokes, box=(60, 50, 130, 150), pen=10)
    for top in tops:
        ImageDraw.Draw(picture).line((40, top + lean, 150, top - lean), fill=0, width=4)
    for inked in (picture, ImageOps.invert(picture), photographed(picture)):
        assert_is(strokes, digit_in(inked))


@pytest.mark.parametrize(
    ("line", "is_under"),
    [
        ((40, 170, 150, 170), True),
        ((40, 240, 150, 240), False),  # too far below
        ((75, 170, 115, 170), False),  # a dash
        ((60, 155, 128, 155), False),  # so near, a foot
        ((150, 170, 260, 170), False),  # beside it
        ((40, 30, 150, 30), False),  # above it
        ((40, 162, 150, 194), False),  # a stroke that is not level
    ],
)
def test_a_line_under_the_writing_is_level_near_and_about_as_wide(line: tuple[int, ...], is_under: bool) -> None:
    picture = drawn(size=(280, 280), box=(60, 50, 130, 150), pen=10)
    ImageDraw.Draw(picture).line(line, fill=0, width=4)
    contrast = 255 - np.asarray(picture, np.float32)
    pieces = label(contrast > 60)
    assert len(pieces.area) == 2
    found = underlines(pieces, contrast)
    assert found.sum() == is_under
    assert not is_under or pieces.top[found] > 150


def test_a_stroke_of_one_pixel_is_not_under_itself() -> None:
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[30, 10:50] = 0
    ink = find_ink(Image.fromarray(pixels), "auto")
    assert ink.pieces.area.tolist() == [40]


def test_a_single_line_stays_unless_one_is_enough() -> None:
    contrast = np.zeros((120, 120), np.float32)
    contrast[60:62] = 200
    assert np.array_equal(without_rulings(contrast, 40, 2), contrast)
    assert not without_rulings(contrast, 40, 1).any()


# Where it is


def test_pixels_of_the_ink_are_found_again_in_the_picture() -> None:
    picture = drawn(SEVEN, size=(1000, 800), box=(600, 300, 680, 400), pen=12)
    ink = find_ink(picture, "auto")
    whole = label(np.asarray(picture) < 128)
    for seen in (ink, look_closer(ink, ink.pieces.box(0))):
        left, top, right, bottom = seen.in_picture(seen.pieces.box(0))
        assert abs(left - whole.left[0]) <= seen.factor
        assert abs(top - whole.top[0]) <= seen.factor
        assert abs(right - whole.right[0]) <= seen.factor
        assert abs(bottom - whole.bottom[0]) <= seen.factor
    assert look_closer(ink, ink.pieces.box(0)).factor < ink.factor
