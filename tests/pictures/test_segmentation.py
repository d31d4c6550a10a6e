from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from drawings import FIVE_WITH_A_BAR_APART, FOUR, ONE, SEVEN, Strokes, digit_in, drawn, likeness
from mnistnet.errors import PictureError
from mnistnet.pictures.files import decode
from mnistnet.pictures.reading import read_lattice
from mnistnet.pictures.segmentation import MAX_COST, Candidate, Lattice


def number(*digits: Strokes, space: int = 30, size: tuple[int, int] = (400, 200), slope: int = 0) -> Image.Image:
    """Digits of 70×110 pixels side by side, each so much lower than the one before."""
    picture = Image.new("L", size, 255)
    for place, digit in enumerate(digits):
        left, top = 30 + place * (70 + space), 40 + place * slope
        picture = ImageChops.darker(picture, drawn(digit, size, (left, top, left + 70, top + 110)))
    return picture


def single(row: Lattice) -> list[Candidate]:
    """The candidates that make one digit of each piece."""
    return [each for each in row.candidates if each.stop == each.start + 1]


def looks_like(image: Candidate, digit: Strokes) -> float:
    return likeness(image.image, digit_in(drawn(digit, (200, 200), (60, 40, 130, 150))))


def test_lengths_are_in_heights_of_the_average_digit() -> None:
    size = (300, 200)
    picture = ImageChops.darker(drawn(SEVEN, size, (30, 40, 100, 150)), drawn(SEVEN, size, (180, 95, 215, 150)))
    row = read_lattice(picture)
    boxes = [each.box for each in single(row)]
    height = np.mean([box.height for box in boxes])
    assert row.sizes == pytest.approx([np.hypot(box.width, box.height) / height for box in boxes], rel=0.05)


def test_every_digit_of_a_clean_row_is_a_candidate_that_looks_as_it_does_alone() -> None:
    row = read_lattice(number(SEVEN, FOUR, SEVEN))
    assert not row.reasons
    for digit, place in ((SEVEN, 0), (FOUR, 1), (SEVEN, 2)):
        left = 30 + 100 * place
        here = [each for each in row.candidates if left - 12 < each.box.left and each.box.right < left + 82]
        assert max(looks_like(each, digit) for each in here) > 0.95


@pytest.mark.parametrize("slope", [-12, 12])
def test_a_row_may_slope(slope: int) -> None:
    picture = number(SEVEN, FOUR, SEVEN, size=(400, 260), slope=slope)
    assert max(each.box.right for each in read_lattice(picture).candidates) > 290


@pytest.mark.parametrize("scale", [1, 11])  # 29 million pixels: a JPEG that is decoded smaller
def test_the_boxes_are_in_the_pixels_of_the_file(tmp_path: Path, scale: int) -> None:
    picture = Image.new("L", (600, 400), 255)
    picture.paste(number(SEVEN, SEVEN), (120, 90))
    picture.resize((600 * scale, 400 * scale)).save(tmp_path / "large.jpg")
    boxes = [np.array(each.box) / scale for each in single(read_lattice(decode(tmp_path / "large.jpg")))]
    for left in (150, 250):
        assert any(np.abs(box - (left, 130, left + 70, 240)).max() < 16 for box in boxes)


def test_a_cut_across_one_stroke_halves_the_probability() -> None:
    joined = number(SEVEN, SEVEN)
    ImageDraw.Draw(joined).line((60, 140, 160, 140), fill=0, width=14)
    assert 0.4 < np.exp(-min(cost for cost in read_lattice(joined).cuts if cost)) < 0.7


def test_many_rows_are_no_number() -> None:
    page = Image.new("L", (300, 400), 255)
    for x in range(10, 280, 40):
        for y in range(10, 380, 40):
            page.paste(drawn(SEVEN, (30, 30), (5, 3, 22, 26), 3), (x, y))
    with pytest.raises(PictureError, match="no row of digits"):
        read_lattice(page)


def test_the_boxes_are_those_of_the_file_though_it_was_enlarged_in_steps(tmp_path: Path) -> None:
    small = number(SEVEN, FOUR).resize((100, 50), Image.Resampling.BICUBIC)
    small.save(tmp_path / "small.png")
    small.resize((700, 350), Image.Resampling.NEAREST).save(tmp_path / "large.png")
    pictures = [decode(tmp_path / name) for name in ("small.png", "large.png")]
    boxes = [[each.box for each in read_lattice(picture).candidates] for picture in pictures]
    assert boxes[1] == [tuple(7 * side for side in box) for box in boxes[0]]


def test_digits_that_touch_are_candidates_each() -> None:
    touching = number(SEVEN, SEVEN, space=-2)
    row = read_lattice(touching)
    assert any(each.stop - each.start == len(row.cuts) for each in row.candidates)  # and so is all of them
    rights = [each for each in row.candidates if each.box.left > 85 and each.box.right > 150]
    lefts = [each for each in row.candidates if each.box.left < 40 and each.box.right < 110]
    assert max(looks_like(each, SEVEN) for each in rights) > 0.85
    assert max(looks_like(each, SEVEN) for each in lefts) > 0.85


def test_a_broken_digit_is_a_candidate_as_a_whole() -> None:
    row = read_lattice(number(SEVEN, FIVE_WITH_A_BAR_APART))
    assert max(looks_like(each, FIVE_WITH_A_BAR_APART) for each in row.candidates) > 0.95


def test_joining_the_strokes_of_an_open_four_costs_less_than_half_of_joining_two_digits() -> None:
    def cost_of_all(lower_by: float) -> float:
        strokes: Strokes = [[(0.2, 0.0), (0.2, 0.6)], [(0.8, lower_by), (0.8, 0.6 + lower_by)]]
        row = read_lattice(drawn(strokes, (200, 200), (60, 40, 130, 150)))
        return max(each.cost for each in row.candidates if each.stop - each.start == len(row.cuts))

    assert cost_of_all(0.25) < cost_of_all(0.0) / 2


def test_ink_in_one_piece_is_a_candidate_however_wide_it_is() -> None:
    scribbles = np.full((160, 460), 255, np.uint8)
    for left in (40, 250):
        scribbles[60:100:12, left : left + 150] = 0
        scribbles[60:100, left : left + 4] = scribbles[60:100, left + 146 : left + 150] = 0
    row = read_lattice(Image.fromarray(scribbles))
    assert [(each.start, each.stop) for each in row.candidates] == [(0, 1), (1, 2)]
    assert min(each.cost for each in row.candidates) > MAX_COST


def test_what_is_too_wide_for_a_digit_is_a_candidate_only_if_it_is_all_there_is() -> None:
    row = read_lattice(number(*[SEVEN] * 4, space=-2))
    costly = [each for each in row.candidates if each.cost > MAX_COST]
    assert [(each.start, each.stop) for each in costly] == [(0, len(row.cuts))]


def test_a_faint_digit_of_a_row_is_a_candidate() -> None:
    faint = drawn(SEVEN, (400, 200), (130, 40, 200, 150), ink=140)
    row = read_lattice(ImageChops.darker(number(SEVEN), faint))
    assert {each.box.left > 100 for each in single(row)} == {False, True}


def test_all_digits_of_a_row_get_one_stroke_width() -> None:
    first, second = single(read_lattice(number(ONE, SEVEN)))[:2]
    widths = [np.median((each.image > 128).sum(axis=1)[8:20]) for each in (first, second)]
    assert abs(widths[0] - widths[1]) <= 1


def test_a_hairline_beside_a_brush_is_not_thinned_away() -> None:
    picture = ImageChops.darker(number(SEVEN), drawn(SEVEN, (400, 200), (130, 40, 200, 150), pen=1))
    brush = drawn(SEVEN, (400, 200), (230, 40, 330, 150), pen=36)
    candidates = read_lattice(ImageChops.darker(picture, brush)).candidates
    assert any(120 < each.box.left < 140 and each.box.right < 210 and each.image.max() == 255 for each in candidates)


def test_a_page_full_of_marks_is_refused() -> None:
    picture = Image.new("L", (1200, 200), 255)
    for left in range(5, 1190, 9):
        ImageDraw.Draw(picture).line((left, 80, left, 120), fill=0, width=3)
    with pytest.raises(PictureError, match="too much in a row"):
        read_lattice(picture)


def test_another_row_below_a_number_is_other_ink_and_a_speck_is_none() -> None:
    picture = number(SEVEN, SEVEN, space=160)
    ImageDraw.Draw(picture).ellipse((178, 140, 180, 142), fill=0)
    assert "other-ink" not in read_lattice(picture).reasons
    rows = Image.new("L", (400, 300), 255)
    for top in (0, 150):
        rows.paste(number(SEVEN, FOUR, SEVEN).crop((0, 20, 400, 170)), (0, top))
    assert "other-ink" in read_lattice(rows).reasons
