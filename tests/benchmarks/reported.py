"""Kinds of pictures that people reported as misread, each simulated from digits with bright ink on black.

A kind is a function of digits, uint8 (n, 28, 28), and of chance, NumPy's random generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageOps

from mnistnet.datasets.skeletons import SKELETONS
from mnistnet.datasets.strokes import draw_digits
from mnistnet.images import SIDE, ByteArray, IntArray
from scenes import FULL, as_picture, enlarged, on_paper, photographed

FLAGGED = tuple(each for each in SKELETONS if each.digit == 1 and "long" in each.style and "foot" not in each.style)
MANY = 8  # digits, to draw what shows no number
SIGNS = {  # strokes from 0 to 1 across and down
    "!": (((0.5, 0), (0.5, 0.7)), ((0.5, 0.93), (0.5, 0.94))),
    "-": (((0, 0.5), (1, 0.5)),),
    "+": (((0, 0.5), (1, 0.5)), ((0.5, 0), (0.5, 1))),
    "÷": (((0, 0.5), (1, 0.5)), ((0.5, 0.1), (0.5, 0.15)), ((0.5, 0.85), (0.5, 0.9))),
    "=": (((0, 0.3), (1, 0.3)), ((0, 0.7), (1, 0.7))),
}

Drawn = Callable[[ByteArray, Generator], Image.Image]


class Reported(NamedTuple):
    """A kind of picture.

    lengths: how many digits it shows, one of these; none: it shows no number, and is to be refused, or unsure.
    flagged: whether about half of them are 1s with a flag.
    """

    draw: Drawn
    lengths: tuple[int, ...] = ()
    flagged: bool = False

    def picture(self, images: ByteArray, labels: ByteArray, seed: int, index: int) -> tuple[Image.Image, str]:
        """Draw one picture from labelled images; return it with its number, which is empty where there is none."""
        chance = np.random.default_rng((seed, index))
        count = self.lengths[index % len(self.lengths)] if self.lengths else MANY
        chosen = chance.integers(0, len(labels), count)
        digits, text = images[chosen].copy(), labels[chosen].copy()
        if self.flagged:
            for place in {int(chance.integers(count)), *np.flatnonzero(chance.random(count) < 0.3).tolist()}:
                digits[place], text[place] = draw_digits(1, int(chance.integers(1 << 30)), FLAGGED)[0][0], 1
        return self.draw(digits, chance), "".join(map(str, text)) if self.lengths else ""


def number(digits: ByteArray, height: float, chance: Generator, gaps: tuple[float, float] = (0.15, 0.5)) -> Image.Image:
    """Write digits side by side, each about so many pixels high: mode L, bright, cropped; gaps: of the height."""
    pen = int(chance.integers(-1, 4))
    written = [enlarged(digit, height * chance.uniform(0.85, 1.1), pen) for digit in digits]
    spaces = [max(2, round(height * chance.uniform(*gaps))) for _ in written]
    page = Image.new("L", (sum(each.width for each in written) + sum(spaces), round(1.4 * height)))
    x = 0
    for ink, space in zip(written, spaces, strict=True):
        page.paste(ink, (x, round(page.height - ink.height - height * chance.uniform(0, 0.12))))
        x += ink.width + space
    return page.crop(page.getbbox())


def _on_page(ink: Image.Image, margins: Sequence[int] | IntArray) -> Image.Image:
    return ImageOps.expand(ink, tuple(map(int, margins)))


def edge_lines(digits: ByteArray, chance: Generator) -> Image.Image:
    """Draw one or two straight lines along the edges, or a few pixels inside, whole or in part, of any grey."""
    if len(digits) == 1 and chance.random() < 0.4:
        page = Image.fromarray(digits[0])
    else:
        ink = number(digits, chance.uniform(20, 100), chance)
        margins = chance.uniform(0.25, 0.6, 4) * min(ink.height, 60) + 3
        page = _on_page(ink, margins.round().astype(int))
    dark = chance.random() < 0.5
    grey = np.array(on_paper(page, 0, FULL) if dark else on_paper(page, FULL, 0))
    left, top, right, bottom = page.getbbox() or (0, 0, *page.size)
    spaces = [top, grey.shape[1] - right, grey.shape[0] - bottom, left]  # beside each edge, in the order of rot90
    first = int(chance.integers(4))
    for turn in (first,) if chance.random() < 0.6 else (first, (first + 1) % 4):
        space = spaces[turn]
        if space < 3:
            continue
        turned = np.rot90(grey, turn)  # a view: the edge is on top
        width = int(chance.integers(1, max(2, min(10, space // 2, min(grey.shape) // 8) + 1)))
        inside = int(chance.integers(0, space - width)) if chance.random() < 0.4 else 0
        length = turned.shape[1]
        start, stop = 0, length
        if chance.random() < 0.4 and not inside:
            start = int(chance.uniform(0, 0.5) * length) * int(chance.integers(2))
            stop = start + int(chance.uniform(0.4, 1) * (length - start))
        level = chance.uniform(0, 170)
        turned[inside : inside + width, start:stop] = level if dark else FULL - level
    return as_picture(grey)


def table_cells(digits: ByteArray, chance: Generator) -> Image.Image:
    """Cut a cell out of a photographed table, with its rules on one to four sides."""
    height = chance.uniform(28, 60)
    ink = number(digits, height, chance, (0.1, 0.35))
    margins = chance.uniform(0.15, 0.6, 4) * height + 4
    page = _on_page(ink, margins.round().astype(int))
    lines = Image.new("L", page.size)
    draw = ImageDraw.Draw(lines)
    for side in chance.permutation(4)[: int(chance.integers(1, 5))].tolist():
        place = chance.uniform(0, 0.5) * margins[side] - 1
        lean, pen = chance.uniform(-2, 2), int(chance.integers(1, 6))
        is_upright = side % 2 == 0
        at = place if side < 2 else (page.width if is_upright else page.height) - 1 - place
        ends = (at, -3, at + lean, page.height + 3) if is_upright else (-3, at, page.width + 3, at + lean)
        draw.line(ends, FULL, pen)
    paper, rule = chance.uniform(170, 225), chance.uniform(30, 140)
    return photographed(
        np.minimum(on_paper(page, chance.uniform(40, 100), paper), on_paper(lines, rule, paper)), chance
    )


def on_rules(digits: ByteArray, chance: Generator) -> Image.Image:
    """Let a digit stand or lie on a rule across the page: lighter, as dark, or of another colour."""
    height = chance.uniform(35, 120)
    ink = number(digits, height, chance)
    margins = chance.uniform(0.3, 0.8, 4) * height
    page = _on_page(ink, margins.round().astype(int))
    bottom = (page.getbbox() or (0, 0, *page.size))[3]
    line = Image.new("L", page.size)
    y = bottom - 1 - (chance.uniform(0, 0.1) if chance.random() < 0.7 else chance.uniform(0.3, 0.7)) * height
    pen = max(1, round(height * chance.uniform(0.01, 0.05)))
    for place in (y, y - height * 1.6, y + height * 1.6):
        ImageDraw.Draw(line).line((-1, place, page.width, place + chance.uniform(-2, 2)), FULL, pen)
    pen_colour, paper = np.array(chance.uniform(10, 60, 3)), np.array(3 * [chance.uniform(215, 250)])
    rule = [pen_colour, np.array(3 * [chance.uniform(140, 190)]), np.array([100, 140, 215.0])][int(chance.integers(3))]
    shares = [np.asarray(each, np.float64)[..., np.newaxis] / FULL for each in (line, page)]
    picture = paper + (rule - paper) * shares[0]
    picture = picture + (pen_colour - picture) * shares[1]
    if chance.random() < 0.5:
        picture = picture + chance.normal(0, 2.5, picture.shape)
    return as_picture(picture)


def full_bitmaps(digits: ByteArray, chance: Generator) -> Image.Image:
    """Fill the picture, 12 to 60 pixels high, with 1 bit or in greys, thin to bold."""
    side = int(chance.integers(12, 61))
    ink = enlarged(digits[0], side, pen=int(chance.integers(-3, 8)))
    if chance.random() < 0.5:
        ink = ink.resize((side, side)) if min(ink.size) > side / 2 else ink
    margins = chance.integers(0, 4, 4) * (chance.random(4) < 0.4)
    page = np.asarray(_on_page(ink, margins), np.float64)
    if chance.random() < 0.5:
        page = np.where(page > FULL / 2, float(FULL), 0.0)
    return as_picture(FULL - page if chance.random() < 0.6 else page)


def squares(digits: ByteArray, chance: Generator) -> Image.Image:
    """Put MNIST's black square on a white page, or its negative on a black one."""
    side = SIDE * int(chance.integers(1, 9))
    way = Image.Resampling.NEAREST if chance.random() < 0.5 else Image.Resampling.BICUBIC
    square = np.asarray(Image.fromarray(digits[0]).resize((side, side), way), np.float64)
    margins = (chance.uniform(0.1, 0.8, 4) * side).round().astype(int)
    page = np.pad(square, ((margins[0], margins[1]), (margins[2], margins[3])), constant_values=FULL)
    return as_picture(page if chance.random() < 0.6 else FULL - page)


def form_boxes(digits: ByteArray, chance: Generator) -> Image.Image:
    """Write into the boxes of a form side by side, scanned with 1 bit, their frames broken."""
    side = int(chance.integers(36, 80))
    high, pen = round(side * chance.uniform(1, 1.3)), int(chance.integers(1, 4))
    page = Image.new("L", (side * len(digits) + 20, high + 20))
    draw = ImageDraw.Draw(page)
    for place in range(len(digits)):
        draw.rectangle((10 + place * side, 10, 10 + (place + 1) * side, 10 + high), outline=FULL, width=pen)
    for _ in range(int(chance.integers(0, 8))):
        x, y = chance.uniform(0, page.width), chance.choice([10, 10 + high])
        draw.rectangle((x, y - 3, x + chance.uniform(2, 8), y + 3), fill=0)
    for place, digit in enumerate(digits):
        ink = enlarged(digit, side * chance.uniform(0.5, 0.7), pen=int(chance.integers(-1, 3)))
        spare = side - ink.width - 8, high - ink.height - 8
        corner = [max(0, round(each * chance.uniform(0.3, 0.7))) + 4 for each in spare]
        page.paste(FULL, (10 + place * side + corner[0], 10 + corner[1]), ink)
    return as_picture(np.where(np.asarray(page) > FULL / 2, 0.0, FULL))


def _shown(page: Image.Image, chance: Generator, share: float) -> Image.Image:
    """Return bright ink black on white, or photographed, as that share of the pictures is."""
    return photographed(on_paper(page), chance) if chance.random() < share else as_picture(on_paper(page, 0, FULL))


def spaced(digits: ByteArray, chance: Generator) -> Image.Image:
    """Write a number with wide or uneven spaces."""
    height = chance.uniform(24, 90)
    widest = chance.uniform(0.8, 2.5)
    ink = number(digits, height, chance, (widest, widest) if chance.random() < 0.5 else (0.15, widest))
    page = _on_page(ink, (round(height), round(0.6 * height), round(height), round(0.6 * height)))
    return _shown(page, chance, 0.4)


def small_and_large(digits: ByteArray, chance: Generator) -> Image.Image:
    """Write a number, at small sizes too."""
    height = chance.uniform(14, 60)
    page = _on_page(number(digits, height, chance, (0.2, 0.5)), 4 * (round(0.5 * height),))
    return as_picture(on_paper(page, 0, FULL))


def touching(digits: ByteArray, chance: Generator) -> Image.Image:
    """Write a number whose neighbours hardly part, touch, or run into each other."""
    height, pen = chance.uniform(24, 90), int(chance.integers(-1, 4))
    page, x = np.zeros((round(2 * height), round(1.2 * height * (len(digits) + 1))), np.uint8), round(0.5 * height)
    for digit in digits:
        ink = np.asarray(enlarged(digit, height * chance.uniform(0.85, 1.1), pen))
        top = round(1.6 * height) - len(ink)
        here = page[top : top + len(ink), x : x + ink.shape[1]]
        np.maximum(here, ink, out=here)
        x += ink.shape[1] + round(height * chance.uniform(-0.05, 0.05))
    return _shown(Image.fromarray(page[:, : x + round(0.5 * height)]), chance, 0.4)


def sign(_digits: ByteArray, chance: Generator) -> Image.Image:
    """Draw one sign, as a hand would."""
    height = chance.uniform(30, 120)
    page = Image.new("L", (round(2.4 * height), round(2.4 * height)))
    draw, pen = ImageDraw.Draw(page), max(2, round(height * chance.uniform(0.05, 0.14)))
    width = chance.uniform(0.6, 1.1)
    for stroke in SIGNS[str(chance.choice(list(SIGNS)))]:
        shaken = [
            (height * (0.7 + width * x + chance.normal(0, 0.03)), height * (0.7 + y + chance.normal(0, 0.02)))
            for x, y in stroke
        ]
        draw.line(shaken, FULL, pen)
        for x, y in shaken:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), FULL)
    return _shown(page, chance, 0.3)


def two_rows(digits: ByteArray, chance: Generator) -> Image.Image:
    """Write two or three numbers below each other."""
    height = chance.uniform(24, 60)
    rows = [number(digits[2 * row : 2 * row + 2], height, chance) for row in range(int(chance.integers(2, 4)))]
    page = Image.new("L", (max(each.width for each in rows) + 60, sum(each.height + 20 for each in rows) + 40))
    y = 30
    for each in rows:
        page.paste(each, (int(chance.integers(20, page.width - each.width)), y))
        y += each.height + int(chance.integers(8, 20))
    return _shown(page, chance, 0.5)


def tables(digits: ByteArray, chance: Generator) -> Image.Image:
    """Show a table, or a sudoku, with a digit in many of its cells."""
    cells, side = int(chance.choice([2, 3, 9])), int(chance.integers(30, 50))
    page = Image.new("L", (cells * side + 20, cells * side + 20))
    draw = ImageDraw.Draw(page)
    for place in range(cells + 1):
        at, pen = 10 + place * side, 3 if place % 3 == 0 else 1
        draw.line((10, at, 10 + cells * side, at), FULL, pen)
        draw.line((at, 10, at, 10 + cells * side), FULL, pen)
    for place in range(cells * cells):
        if place in (0, 1, cells) or chance.random() < 0.5:
            ink = enlarged(digits[int(chance.integers(len(digits)))], side * 0.6)
            x, y = 10 + place % cells * side, 10 + place // cells * side
            page.paste(FULL, (x + (side - ink.width) // 2, y + (side - ink.height) // 2), ink)
    return _shown(page, chance, 0.5)


REPORTED: dict[str, Reported] = {
    "lines along the edges": Reported(edge_lines, (1, 1, 2, 3)),
    "cells of photographed tables": Reported(table_cells, (1, 2, 3)),
    "on a rule": Reported(on_rules, (1, 1, 2, 3)),
    "fills the picture, 12 to 60 pixels": Reported(full_bitmaps, (1,)),
    "MNIST's square on a page": Reported(squares, (1,)),
    "boxes of forms": Reported(form_boxes, (3, 4, 5)),
    "wide spaces": Reported(spaced, (2, 3, 4, 5)),
    "digits that touch": Reported(touching, (2, 3, 4, 5, 6)),
    "numbers, 14 to 60 pixels": Reported(small_and_large, (2, 3, 4, 5, 6)),
    "1 with a flag in numbers": Reported(small_and_large, (2, 3, 4), flagged=True),
    "signs": Reported(sign),
    "two rows": Reported(two_rows),
    "tables, sudokus": Reported(tables),
}
