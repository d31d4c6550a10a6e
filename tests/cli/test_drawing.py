from __future__ import annotations

import numpy as np

from mnistnet.cli.drawing import Terminal, show

IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[0, 0] = IMAGE[1, 1] = IMAGE[2:4, 2] = 255
OUTPUTS = np.linspace(0, 0.9, 10)


def test_half_blocks_show_two_rows_in_a_line() -> None:
    lines = show(IMAGE, OUTPUTS, Terminal(unicode=True, colour=False)).split("\n")
    assert len(lines) == 14
    assert lines[0].rstrip() == "▀▄"
    assert lines[1].rstrip() == "  █"


def test_a_plain_terminal_gets_ascii_in_shades() -> None:
    text = show(IMAGE, OUTPUTS, Terminal(unicode=False, colour=False))
    assert text.isascii()
    assert text.splitlines()[0].rstrip() == "=="
    assert text.splitlines()[1].rstrip() == "  @"


def test_colours_are_greys_and_end_with_the_line() -> None:
    lines = show(IMAGE, OUTPUTS, Terminal(unicode=True, colour=True)).split("\n")
    assert lines[0].startswith("\x1b[38;5;255;48;5;232m▀\x1b[38;5;232;48;5;255m▀")
    assert all(line.count("▀") == 28 and "\x1b[0m" in line for line in lines)
    assert "\x1b" not in show(IMAGE, OUTPUTS, Terminal(unicode=True, colour=False))


def test_every_output_has_a_bar_as_long_as_it_is_high() -> None:
    for unicode, block in ((True, "█"), (False, "#")):
        bars = [line[28:] for line in show(IMAGE, OUTPUTS, Terminal(unicode, colour=False)).splitlines()[2:12]]
        assert [bar.split()[0] for bar in bars] == list("0123456789")
        assert [bar.count(block) for bar in bars] == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
        assert bars[9].endswith(" 90.0 %")


def test_all_of_it_fits_in_80_columns() -> None:
    assert max(map(len, show(IMAGE, OUTPUTS, Terminal(unicode=True, colour=False)).splitlines())) <= 80
