from __future__ import annotations

import numpy as np
import pytest

from mnistnet.cli.drawing import Terminal, draw
from mnistnet.inputs import Directions, Pixels
from mnistnet.prediction import Digit

IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[0, 0] = IMAGE[1, 1] = IMAGE[2:4, 2] = 255
OUTPUTS = np.linspace(0, 0.9, 10)
ONE = [Digit(IMAGE, OUTPUTS, (0, 0, 28, 28))]
PLAIN = Terminal(unicode=True, colour=False, width=80)
COLOUR = Terminal(unicode=True, colour=True, width=80)
ASCII = Terminal(unicode=False, colour=False, width=80)


def number(*digits: int) -> list[Digit]:
    """Digits that the network is sure of; each has a line of ink as wide as it is."""
    images = np.zeros((len(digits), 28, 28), np.uint8)
    for image, digit in zip(images, digits, strict=True):
        image[13:15, :digit] = 255
    return [Digit(image, np.eye(10)[digit], (0, 0, 28, 28)) for image, digit in zip(images, digits, strict=True)]


def test_half_blocks_show_two_rows_in_a_line() -> None:
    lines = draw(ONE, Pixels(), PLAIN).split("\n")
    assert len(lines) == 14
    assert lines[0].rstrip() == "▀▄"
    assert lines[1].rstrip() == "  █"


def test_a_plain_terminal_gets_ascii_in_shades() -> None:
    text = draw(ONE, Pixels(), ASCII)
    assert text.isascii()
    assert text.splitlines()[0].rstrip() == "=="
    assert text.splitlines()[1].rstrip() == "  @"


def test_colours_are_greys_and_end_with_the_line() -> None:
    lines = draw(ONE, Pixels(), COLOUR).split("\n")
    assert lines[0].startswith("\x1b[38;5;255;48;5;232m▀\x1b[38;5;232;48;5;255m▀")
    assert all(line.count("▀") == 28 and "\x1b[0m" in line for line in lines)
    assert "\x1b" not in draw(ONE, Pixels(), PLAIN)


def test_every_output_has_a_bar_as_long_as_it_is_high() -> None:
    for terminal, block in ((PLAIN, "█"), (ASCII, "#")):
        bars = [line[28:] for line in draw(ONE, Pixels(), terminal).splitlines()[2:12]]
        assert [bar.split()[0] for bar in bars] == list("0123456789")
        assert [bar.count(block) for bar in bars] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
        assert bars[9].endswith(" 90.0 %")


def test_the_normalized_digit_is_drawn() -> None:
    slanted = np.zeros((28, 28), np.uint8)
    for row in range(4, 24):
        slanted[row, 20 - row // 2] = 255
    digits = [Digit(slanted, OUTPUTS, (0, 0, 28, 28))]
    as_it_is, upright = (draw(digits, kind, PLAIN).splitlines() for kind in (Pixels(), Directions()))
    begins = [{len(line) - len(line.lstrip()) for line in lines if line[:28].strip()} for lines in (as_it_is, upright)]
    assert len(begins[0]) == 10
    assert len(begins[1]) <= 2


@pytest.mark.parametrize(("width", "fit"), [(10, 1), (57, 1), (58, 2), (87, 2), (88, 3), (148, 5), (200, 5)])
def test_the_digits_of_a_number_are_side_by_side_as_the_width_of_the_terminal_allows(width: int, fit: int) -> None:
    lines = draw(number(4, 1, 9, 2, 7), Pixels(), PLAIN._replace(width=width)).split("\n")
    answers = [line.split()[::3] for line in lines if "%" in line]
    assert answers == [list("41927"[start : start + fit]) for start in range(0, 5, fit)]
    assert len(lines) == 16 * len(answers) - 1
    assert max(map(len, lines)) <= max(width, 28)


def test_each_digit_is_below_its_answer_and_unsure_ones_are_marked() -> None:
    digits = [*number(4, 6), *ONE]
    lines = draw(digits, Pixels(), PLAIN._replace(width=100)).splitlines()
    above, middle = ([line[start : start + 28].strip() for start in (0, 30, 60)] for line in (lines[0], lines[7]))
    assert above == ["4 (100 %)", "6 (100 %)", "9 (90 %, unsure)"]
    assert middle == ["▄▄▄▄", "▄▄▄▄▄▄", ""]
    assert lines[1][60:] == "▀▄"


def test_a_number_in_colour_is_as_wide_as_without() -> None:
    for line in draw(number(4, 1), Pixels(), COLOUR).splitlines()[1:]:
        assert line.count("▀") == 56
        assert line.count("\x1b[0m  ") == 1
