"""The digit is told from all else in a picture, seen in the 28×28 that is drawn of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from drawings import (
    DIGITS,
    FIVE_WITH_A_BAR_APART,
    TWO,
    Strokes,
    as_file,
    assert_is,
    assert_is_the_seven,
    digit_in,
    drawn,
    ink_box,
    likeness,
)
from mnistnet.errors import PictureError
from mnistnet.pictures.reading import read_picture


def test_invert_says_which_polarity_a_picture_has() -> None:
    dark, bright = drawn(), drawn(ink=255, ground=0)
    assert_is_the_seven(digit_in(dark, "yes"))
    assert_is_the_seven(digit_in(bright, "no"))
    with pytest.raises(ValueError, match="'maybe', expected"):
        digit_in(dark, "maybe")


# Kinds of files


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
    assert_is(strokes, digit_in(shaded(picture, np.linspace(0.6, 1, 1500) * np.ones((1200, 1)))))


@pytest.mark.parametrize("strokes", DIGITS)
def test_a_digit_out_of_focus_is_no_noise(strokes: Strokes) -> None:
    assert_is(strokes, digit_in(drawn(strokes).filter(ImageFilter.GaussianBlur(9))), 0.7)


@pytest.mark.parametrize(
    ("ink", "ground"),
    [((30, 60, 200), (250, 220, 120)), ((255, 230, 0), (255, 255, 255))],
)
def test_coloured_pens_on_coloured_ground_are_read(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    assert_is_the_seven(digit_in(drawn(ink=ink, ground=ground)))


def test_invert_means_how_bright_a_colour_looks() -> None:
    for ink, ground in (((30, 60, 200), (250, 220, 120)), ((255, 230, 0), (255, 255, 255))):
        assert_is_the_seven(digit_in(drawn(ink=ink, ground=ground), "yes"))
        assert_is_the_seven(digit_in(drawn(ink=ground, ground=ink), "no"))


def test_a_hairline_in_the_corner_of_a_large_canvas_is_found() -> None:
    picture = drawn(size=(3000, 2000), box=(2900, 1850, 2945, 1910), pen=2)
    assert_is_the_seven(digit_in(picture), 0.8)


def test_a_brush_that_nearly_fills_the_picture_is_read() -> None:
    assert_is_the_seven(digit_in(drawn(size=(110, 140), box=(15, 15, 95, 125), pen=26)), 0.8)
    assert_is_the_seven(digit_in(drawn(size=(110, 140), box=(15, 15, 95, 125), pen=26, ink=255, ground=0)), 0.8)


def shaded(picture: Image.Image, light: NDArray[np.float64]) -> Image.Image:
    """The picture as a photograph under a light, 0 to 1 per pixel, with a little noise."""
    noise = np.random.default_rng(0).normal(0, 2, light.shape)
    return Image.fromarray((np.asarray(picture) * light + noise).clip(0, 255).astype(np.uint8))


def test_light_that_falls_off_is_not_ink() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    page = drawn(ink=60, ground=230, pen=8)
    for light in (0.7 + 0.3 * x, 0.6 - 0.3 * (x + y) / 2, 1 - 0.35 * (x**2 + y**2)):
        assert_is_the_seven(digit_in(shaded(page, light)))


def test_specks_are_not_part_of_the_digit() -> None:
    picture = drawn()
    pencil = ImageDraw.Draw(picture)
    for x, y in ((10, 10), (190, 30), (20, 185), (175, 170)):
        pencil.ellipse((x - 3, y - 3, x + 3, y + 3), fill=0)
    assert_is_the_seven(digit_in(picture))


def test_of_two_equal_digits_none_is_picked() -> None:
    two = np.minimum(np.asarray(drawn(box=(20, 60, 70, 140))), np.asarray(drawn(box=(130, 60, 180, 140), pen=15)))
    with pytest.raises(PictureError, match="several digits"):
        digit_in(Image.fromarray(two))


def test_of_two_unlike_digits_none_is_picked() -> None:
    two = np.minimum(np.asarray(drawn(box=(20, 60, 70, 140))), np.asarray(drawn(TWO, box=(140, 90, 175, 140))))
    with pytest.raises(PictureError, match="several digits"):
        digit_in(Image.fromarray(two))


def test_what_is_faint_beside_the_digit_is_not_part_of_it() -> None:
    faint = drawn([[(0, 0.5), (1, 0.5)], [(0, 0.8), (1, 0.8)]], ink=200, box=(5, 20, 195, 180), pen=6)
    assert_is_the_seven(digit_in(Image.fromarray(np.minimum(np.asarray(faint), np.asarray(drawn())))), 0.95)


def test_a_single_line_across_the_picture_may_be_a_stroke() -> None:
    seven = [[(0.0, 0.12), (1.0, 0.12), (0.45, 0.95)]]
    whole = digit_in(drawn(seven, size=(240, 240), box=(20, 20, 220, 220), pen=10))
    cropped = digit_in(drawn(seven, size=(240, 240), box=(20, 20, 220, 220), pen=10).crop((20, 10, 220, 230)))
    assert likeness(whole, cropped) > 0.9


def test_frames_and_scan_edges_are_not_part_of_the_digit() -> None:
    frame, bars, edge = drawn(), drawn(), drawn()
    ImageDraw.Draw(frame).rectangle((6, 6, 193, 193), outline=0, width=4)
    ImageDraw.Draw(bars).rectangle((0, 0, 199, 25), fill=0)
    ImageDraw.Draw(bars).rectangle((0, 175, 199, 199), fill=0)
    ImageDraw.Draw(edge).rectangle((0, 0, 8, 199), fill=20)
    for picture in (frame, bars, edge):
        assert_is_the_seven(digit_in(picture))


def test_a_thick_1_that_is_cropped_tightly_is_not_taken_for_a_bar() -> None:
    picture = Image.new("L", (40, 140), 255)
    ImageDraw.Draw(picture).rectangle((8, 8, 31, 131), fill=0)
    height, width = ink_box(digit_in(picture))
    assert height == 20
    assert width < 6


@pytest.mark.parametrize("width", [20, 26, 32])
def test_a_bold_1_is_not_taken_for_a_sheet(width: int) -> None:
    picture = Image.new("L", (180, 180), 225)
    ImageDraw.Draw(picture).rectangle((90 - width // 2, 25, 90 + width // 2, 155), fill=50)
    bold = digit_in(shaded(picture.filter(ImageFilter.GaussianBlur(1)), np.ones((180, 180))))
    assert ink_box(bold)[0] == 20
    assert 3 <= ink_box(bold)[1] <= 7
    assert bold[6:22, 14].min() > 150


def test_a_stroke_along_two_sides_of_a_picture_is_no_desk() -> None:
    picture = Image.new("L", (160, 160), 255)
    pencil = ImageDraw.Draw(picture)
    pencil.rectangle((0, 0, 11, 95), fill=0)
    pencil.rectangle((0, 84, 110, 95), fill=0)
    corner = digit_in(picture)
    assert max(ink_box(corner)) == 20
    assert min(ink_box(corner)) > 14


def test_the_desk_beside_a_page_is_not_part_of_the_digit() -> None:
    desk = np.asarray(drawn(ink=40, ground=225, pen=8)).copy()
    desk[:, :20] = np.random.default_rng(0).normal(90, 8, (200, 20)).astype(np.uint8)
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    assert_is_the_seven(digit_in(shaded(Image.fromarray(desk), 0.85 + 0.1 * x - 0.05 * y)))


@pytest.mark.parametrize("width", [100, 150])
@pytest.mark.parametrize("desk", [60, 150])
def test_a_desk_of_any_width_beside_the_page_is_not_part_of_the_digit(width: int, desk: int) -> None:
    picture = drawn(ink=40, ground=230, size=(400, 350), box=(230, 120, 290, 200), pen=8)
    ImageDraw.Draw(picture).polygon([(0, 0), (width, 0), (width - 20, 350), (0, 350)], fill=desk)
    light = np.linspace(0.85, 1, 350)[:, np.newaxis] * np.ones((1, 400))
    photograph = shaded(picture, light).filter(ImageFilter.GaussianBlur(1))
    for turned in (photograph, photograph.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
        bare = digit_in(turned.crop((160, 0, 400, 350)) if turned is photograph else turned.crop((0, 0, 240, 350)))
        assert likeness(bare, digit_in(turned)) > 0.95


def on_a_desk(desk: int, angle: float, keep: tuple[int, int, int, int] = (0, 0, 400, 400)) -> Image.Image:
    """A sheet with a seven on it, photographed from above; `keep` is the part of that which the camera caught."""
    sheet = drawn(ink=50, ground=225, size=(220, 280), box=(80, 110, 150, 200), pen=9).rotate(angle, expand=True)
    shape = Image.new("L", (220, 280), 255).rotate(angle, expand=True)
    picture = Image.new("L", (400, 400), desk)
    picture.paste(sheet, ((400 - sheet.width) // 2, (400 - sheet.height) // 2), shape)
    light = np.linspace(0.8, 1, 400)[np.newaxis] * np.ones((400, 1))
    return shaded(picture, light).filter(ImageFilter.GaussianBlur(1)).crop(keep)


@pytest.mark.parametrize("angle", [-8, 4, 10])
def test_a_whole_sheet_on_a_desk_is_not_ink(angle: float) -> None:
    for desk in (20, 110):
        assert_is_the_seven(digit_in(on_a_desk(desk, angle)), 0.7)
        assert_is_the_seven(digit_in(on_a_desk(desk, angle, keep=(0, 80, 400, 400))), 0.7)
        assert_is_the_seven(digit_in(on_a_desk(desk, angle, keep=(0, 75, 325, 400))), 0.7)  # two corners are cut off
    negative = Image.fromarray(255 - np.asarray(on_a_desk(40, angle)))  # a slate on a bright table
    assert_is_the_seven(digit_in(negative), 0.7)


def test_a_small_sheet_far_away_on_a_desk_is_not_ink() -> None:
    desk = Image.new("L", (800, 700), 60)
    desk.paste(on_a_desk(60, 4, keep=(70, 40, 330, 360)), (300, 200))
    assert_is_the_seven(digit_in(shaded(desk, np.ones((700, 800)))), 0.7)


def test_small_random_pictures_are_read_or_refused() -> None:
    generator = np.random.default_rng(5)
    for _ in range(300):
        shape = tuple(generator.integers(1, 12, 2)) if generator.random() < 0.5 else tuple(generator.integers(1, 90, 2))
        levels = generator.choice([2, 3, 256])
        pixels = (generator.integers(0, levels, shape) * 255 // (levels - 1)).astype(np.uint8)
        try:
            image = digit_in(Image.fromarray(pixels))
        except PictureError:
            continue
        assert image.shape == (28, 28)


def test_a_thick_0_is_not_taken_for_a_sheet() -> None:
    picture = Image.new("L", (200, 200), 10)
    ImageDraw.Draw(picture).ellipse((30, 20, 170, 180), fill=240)
    ImageDraw.Draw(picture).ellipse((80, 75, 120, 125), fill=10)
    image = digit_in(picture)
    assert ink_box(image)[0] == 20
    assert image[14, 14] < 80 < image[14, 7]


def test_ruled_and_squared_paper_is_not_ink() -> None:
    for columns in ((), range(10, 200, 25)):
        picture = Image.new("L", (200, 200), 255)
        pencil = ImageDraw.Draw(picture)
        for row in range(15, 200, 25):
            pencil.line((0, row, 199, row), fill=150, width=2)
        for column in columns:
            pencil.line((column, 0, column, 199), fill=150, width=2)
        both = np.minimum(np.asarray(picture), np.asarray(drawn(ink=40)))
        assert_is_the_seven(digit_in(Image.fromarray(both)))


@pytest.mark.parametrize("lean", [1, 2, 3])
def test_the_fine_sloping_lines_of_a_whole_page_are_not_ink(lean: int) -> None:
    page = Image.new("L", (960, 960), 235)
    pencil = ImageDraw.Draw(page)
    for place in range(20, 960, 80):
        pencil.line((0, place + 10 - lean, 959, place + 10 + lean), fill=150, width=3)
        pencil.line((place, 0, place - 2 * lean, 959), fill=150, width=3)
    digit = drawn(ink=40, size=(960, 960), box=(400, 420, 470, 515), pen=10)
    both = np.minimum(np.asarray(page), np.asarray(digit)) * np.linspace(1, 0.8, 960)
    noisy = both + np.random.default_rng(0).normal(0, 2.5, both.shape)
    assert_is_the_seven(digit_in(Image.fromarray(noisy.clip(0, 255).astype(np.uint8))))


def test_one_line_of_ruled_paper_beside_a_small_digit_is_not_ink() -> None:
    picture = Image.new("L", (600, 600), 255)
    for row in range(30, 600, 90):
        ImageDraw.Draw(picture).line((0, row, 599, row), fill=120, width=3)
    digit = drawn(ink=40, size=(600, 600), box=(300, 265, 345, 325), pen=7)
    both = np.minimum(np.asarray(picture), np.asarray(digit))
    assert_is_the_seven(digit_in(Image.fromarray(both)))


def test_a_stroke_that_stands_apart_belongs_to_the_digit() -> None:
    image = digit_in(drawn(FIVE_WITH_A_BAR_APART, pen=8))
    bar, rest = FIVE_WITH_A_BAR_APART
    assert likeness(image, digit_in(drawn([[bar[1], bar[0], *rest]], pen=8))) > 0.9
    assert likeness(image, digit_in(drawn([rest], pen=8))) < 0.8


def test_a_blurred_picture_is_read() -> None:
    assert_is_the_seven(digit_in(drawn().filter(ImageFilter.GaussianBlur(4))))


def test_a_speck_is_no_digit() -> None:
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).ellipse((99, 99, 101, 101), fill=0)
    with pytest.raises(PictureError, match="no digit in it that stands out"):
        digit_in(picture)


def test_random_lines_boxes_and_circles_are_read_or_refused() -> None:
    generator = np.random.default_rng(1)
    for _ in range(400):
        width, height = generator.integers(1, 120, 2).tolist()
        picture = Image.new("L", (width, height), int(generator.choice([0, 128, 255])))
        pencil = ImageDraw.Draw(picture)
        for _ in range(int(generator.integers(0, 9))):
            x0, x1, y0, y1 = np.sort(generator.integers(-10, 130, (2, 2)), axis=1).ravel().tolist()
            grey, pen = int(generator.integers(256)), int(generator.integers(1, 7))
            shape = generator.integers(4)
            if shape == 0:
                pencil.rectangle((x0, y0, x1, y1), outline=grey, width=pen)
            elif shape == 1:
                pencil.ellipse((x0, y0, x1, y1), outline=grey, width=pen)
            elif shape == 2:
                pencil.line((x0, y1, x1, y0), fill=grey, width=pen)
            else:
                pencil.rectangle((x0, y0, x1, y1), fill=grey)
        try:
            image = digit_in(picture)
        except PictureError:
            continue
        assert image.shape == (28, 28)
