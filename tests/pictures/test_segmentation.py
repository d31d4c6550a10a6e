from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from drawings import FIVE_WITH_A_BAR_APART, FOUR, SEVEN, digit_in, drawn, likeness, mnist_like
from mnistnet.errors import PictureError
from mnistnet.pictures.components import Box
from mnistnet.pictures.reading import lattice_in, read_lattice
from mnistnet.pictures.segmentation import Candidate, Lattice

Strokes = list[list[tuple[float, float]]]
ONE: Strokes = [[(0.5, 0.0), (0.5, 1.0)]]


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


def test_every_digit_of_a_clean_row_is_a_candidate_that_looks_as_it_does_alone() -> None:
    row = lattice_in(number(SEVEN, FOUR, SEVEN))
    assert not row.reasons
    for digit, place in ((SEVEN, 0), (FOUR, 1), (SEVEN, 2)):
        left = 30 + 100 * place
        here = [each for each in row.candidates if left - 12 < each.box.left and each.box.right < left + 82]
        assert max(looks_like(each, digit) for each in here) > 0.95


@pytest.mark.parametrize("slope", [-12, 12])
def test_a_row_may_slope(slope: int) -> None:
    picture = number(SEVEN, FOUR, SEVEN, size=(400, 260), slope=slope)
    assert max(each.box.right for each in lattice_in(picture).candidates) > 290


def test_the_boxes_are_in_the_pixels_of_a_large_picture() -> None:
    picture = Image.new("L", (3000, 2400), 255)
    picture.paste(number(SEVEN, SEVEN), (1200, 900))
    boxes = [each.box for each in single(lattice_in(picture))]
    for left in (1230, 1330):
        assert any(np.abs(np.array(box) - (left, 940, left + 70, 1050)).max() < 16 for box in boxes)


def test_the_boxes_are_those_of_the_file_though_it_is_decoded_smaller(tmp_path: Path) -> None:
    number(SEVEN, SEVEN).resize((6000, 3000)).save(tmp_path / "large.jpg")
    boxes = [each.box for each in single(read_lattice(tmp_path / "large.jpg"))]
    assert any(np.abs(np.array(box) / 15 - (130, 40, 200, 150)).max() < 16 for box in boxes)


def test_the_boxes_are_those_of_the_file_though_it_was_enlarged_in_steps(tmp_path: Path) -> None:
    small = number(SEVEN, FOUR).resize((100, 50), Image.Resampling.BICUBIC)
    small.save(tmp_path / "small.png")
    small.resize((700, 350), Image.Resampling.NEAREST).save(tmp_path / "large.png")
    boxes = [[each.box for each in read_lattice(tmp_path / name).candidates] for name in ("small.png", "large.png")]
    assert boxes[1] == [tuple(7 * side for side in box) for box in boxes[0]]


def test_digits_that_touch_are_candidates_each() -> None:
    touching = number(SEVEN, SEVEN, space=-2)
    row = lattice_in(touching)
    assert any(each.stop - each.start == len(row.splits) for each in row.candidates)  # and so is all of them
    rights = [each for each in row.candidates if each.box.left > 85 and each.box.right > 150]
    lefts = [each for each in row.candidates if each.box.left < 40 and each.box.right < 110]
    assert max(looks_like(each, SEVEN) for each in rights) > 0.85
    assert max(looks_like(each, SEVEN) for each in lefts) > 0.85


def test_a_broken_digit_is_a_candidate_as_a_whole() -> None:
    row = lattice_in(number(SEVEN, FIVE_WITH_A_BAR_APART))
    assert max(looks_like(each, FIVE_WITH_A_BAR_APART) for each in row.candidates) > 0.95


def test_one_light_for_the_whole_row_keeps_a_faint_digit_faint() -> None:
    faint = drawn(SEVEN, (400, 200), (130, 40, 200, 150), ink=140)
    row = lattice_in(ImageChops.darker(number(SEVEN), faint))
    assert {each.box.left > 100 for each in single(row)} == {False, True}


def test_one_pen_for_the_whole_row_makes_lines_of_all_digits_alike() -> None:
    first, second = single(lattice_in(number(ONE, SEVEN)))[:2]
    widths = [np.median((each.image > 128).sum(axis=1)[8:20]) for each in (first, second)]
    assert abs(widths[0] - widths[1]) <= 1


def test_a_hairline_beside_a_brush_is_not_thinned_away() -> None:
    picture = ImageChops.darker(number(SEVEN), drawn(SEVEN, (400, 200), (130, 40, 200, 150), pen=1))
    brush = drawn(SEVEN, (400, 200), (230, 40, 330, 150), pen=36)
    candidates = lattice_in(ImageChops.darker(picture, brush)).candidates
    assert any(120 < each.box.left < 140 and each.box.right < 210 and each.image.max() == 255 for each in candidates)


def test_a_speck_beside_a_number_is_nothing_else() -> None:
    picture = number(SEVEN, SEVEN, space=60)
    ImageDraw.Draw(picture).ellipse((118, 140, 120, 142), fill=0)
    assert "other-ink" not in lattice_in(picture).reasons


def test_the_line_that_a_number_is_written_on_is_no_ink() -> None:
    picture = number(SEVEN, FOUR, SEVEN)
    ImageDraw.Draw(picture).line((0, 148, 400, 152), fill=90, width=3)
    row = lattice_in(picture)
    assert not row.reasons
    assert {any(abs(each.box.left - left) < 12 for each in single(row)) for left in (30, 130, 230)} == {True}


def test_a_dash_beside_digits_is_something_else() -> None:
    picture = number(SEVEN, SEVEN, space=160)
    ImageDraw.Draw(picture).line((140, 95, 220, 95), fill=0, width=12)
    assert "other-ink" in lattice_in(picture).reasons


def test_what_is_beside_the_digits_is_not_forgotten_where_they_are_looked_at_closer() -> None:
    picture = Image.new("L", (1600, 1600), 255)
    picture.paste(number(SEVEN, SEVEN), (100, 100))
    assert not lattice_in(picture).reasons
    picture.paste(number(SEVEN, SEVEN), (1100, 1300))
    assert "other-ink" in lattice_in(picture).reasons


def rows_of_numbers(rows: int) -> Image.Image:
    picture = Image.new("L", (400, 150 * rows), 255)
    for row in range(rows):
        picture.paste(number(SEVEN, FOUR, SEVEN).crop((0, 20, 400, 170)), (0, 150 * row))
    return picture


def test_two_rows_are_doubted() -> None:
    assert "other-ink" in lattice_in(rows_of_numbers(2)).reasons


def test_a_faint_digit_that_falls_apart_in_the_overview_is_read_where_it_is_looked_at_closer() -> None:
    digit = np.asarray(drawn(SEVEN, (1920, 1920), (900, 900, 980, 1020), ink=190, pen=2), np.float64)
    noise = np.random.default_rng(0).normal(0, 3, digit.shape)
    row = lattice_in(Image.fromarray((digit + noise).clip(0, 255).astype(np.uint8)))
    assert any(looks_like(each, SEVEN) > 0.8 for each in row.candidates)


def test_a_page_full_of_marks_is_refused() -> None:
    picture = Image.new("L", (1200, 200), 255)
    for left in range(5, 1190, 9):
        ImageDraw.Draw(picture).line((left, 80, left, 120), fill=0, width=3)
    with pytest.raises(PictureError, match="too much in a row"):
        lattice_in(picture)


def test_a_prepared_digit_is_the_one_candidate_bit_for_bit(tmp_path: Path) -> None:
    Image.fromarray(mnist_like()).save(tmp_path / "seven.png")
    (only,) = read_lattice(tmp_path / "seven.png").candidates
    assert only.image.tobytes() == mnist_like().tobytes()
    assert only.box == Box(0, 0, 28, 28)


def test_what_is_wrong_with_a_picture_comes_with_its_name() -> None:
    stream = io.BytesIO()
    Image.new("L", (50, 50), 255).save(stream, "PNG")
    stream.name = "blank.png"
    stream.seek(0)
    with pytest.raises(PictureError, match=r"^blank\.png: no digit"):
        read_lattice(stream)
