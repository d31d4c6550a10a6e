"""The row of digits in a picture, told from all else that is written in it.

From a file to what is read in it:

    file ─ read_row ─> Row: all that may be digits, each as MNIST would hold it ─ network ─ best_reading ─> Reading
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from PIL import Image

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, ByteArray, IntArray
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.cuts import MIN_TALL
from mnistnet.pictures.digit import MIN_DIGIT, choose_digit, is_stroke, pens
from mnistnet.pictures.files import decode, naming
from mnistnet.pictures.filters import Box, Pieces, median
from mnistnet.pictures.ink import WIDE, Ink, find_ink, look_closer
from mnistnet.pictures.outlines import filled
from mnistnet.pictures.paper import OVERVIEW
from mnistnet.pictures.parting import Candidate, Row, part
from mnistnet.pictures.preparation import draw_like_mnist, prepared_digit

# Lengths without a unit are in heights of the row's digits.
MAX_STRIP = 480  # pixels of width, of a picture that is much wider than high; the whole of it is looked at closely
CLOSE_ENOUGH = 40  # pixels of a digit's height in which strokes can be told apart
CLOSE = 96  # pixels of height of digits that are looked at closer
MAX_LONGEST = 2500  # pixels, of a row that is looked at closer
MIN_SHARE = 0.5  # of all ink; a row of digits is nearly all of it, a line of text or of noise one of many
MAX_SPACE = 2.5  # between two digits
MIN_LEVEL = 0.4  # of the lower one's height, that two neighbours must share
MAX_OFFSET = 0.3  # from a digit to a loose part of it


def read_row(source: str | os.PathLike[str] | BinaryIO, invert: str = "auto", count: int | None = None) -> Row:
    """Read what may be the digits in one picture file.

    Args:
        source: the file.
        invert: as in `read_picture`.
        count: how many digits there are. A picture of one, and one that is as MNIST has it already, makes one
            candidate, whose box is the whole picture; two where only an outline is drawn.

    Raises:
        PictureError: the file can't be opened or read, is too large, or shows no digit.
        ValueError: no number has so many digits.
    """
    if count is not None and count not in range(1, MAX_DIGITS + 1):
        raise ValueError(f"digits is {count}, expected 1 to {MAX_DIGITS}")
    with naming(source):
        picture = decode(source)
        width, height = picture.info["own_size"]
        digit = prepared_digit(picture, invert)
        if digit is None and count == 1:
            ink = choose_digit(find_ink(picture, invert))
            return _one_digit([draw_like_mnist(each) for each in (ink, filled(ink)) if each is not None], width, height)
        if digit is not None:
            return _one_digit([digit], width, height)
        row = row_in(picture, invert)
    if picture.size == (width, height):
        return row
    x, y = width / picture.width, height / picture.height
    return replace(row, candidates=tuple(replace(each, box=_scaled(each.box, x, y)) for each in row.candidates))


def _one_digit(images: list[ByteArray], width: int, height: int) -> Row:
    """The row of one digit, which may look like any of these images, in a picture of that size."""
    return Row(tuple(Candidate(image, Box(0, 0, width, height), 0, 1) for image in images))


def _scaled(box: Box, x: float, y: float) -> Box:
    return Box(round(box.left * x), round(box.top * y), round(box.right * x), round(box.bottom * y))


def row_in(picture: Image.Image, invert: str = "auto") -> Row:
    """Find all that may be digits of a number in a picture of mode L or RGB, as `read_row` does in a file."""
    is_strip = WIDE * picture.height < picture.width <= MAX_STRIP
    ink = find_ink(picture, invert, MAX_STRIP if is_strip else OVERVIEW)
    chosen, is_alone, share = _choose_row(ink)
    for _ in range(2):
        height, box = _height(ink.pieces, chosen), ink.pieces.box(chosen)
        if ink.factor == 1 or height >= CLOSE_ENOUGH:
            break
        reduced = max(1, round(height * ink.factor / CLOSE))
        longest = 2 * box.longest * ink.factor // reduced  # twice: there is a margin around the box
        try:
            ink = look_closer(ink, box, min(max(OVERVIEW, longest), MAX_LONGEST))
        except PictureError:  # what surrounds it misleads: then the row is read as it was found
            break
        chosen, still_alone, share = _choose_row(ink)
        is_alone &= still_alone
    if share < MIN_SHARE:
        raise PictureError("no digit in it, nor one row of digits, that stands out (specks, text?); crop to one number")
    if _height(ink.pieces, chosen) < MIN_DIGIT:
        raise PictureError("no digit in it that stands out (specks?); crop to the number, or draw it larger")
    return replace(_parted(ink, chosen), is_alone=is_alone)


# Which ink is the row


def _choose_row(ink: Ink) -> tuple[BoolArray, bool, float]:
    """Return which pieces make the row, whether nothing else is written, and their share of all ink."""
    pieces = ink.pieces
    tall = pieces.height
    main = int((tall * pieces.strength(ink.contrast)).argmax())
    big = np.flatnonzero(tall >= MIN_TALL * tall[main])
    chosen = np.zeros(len(tall), np.bool_)
    chosen[big[_chain(pieces, big, main)]] = True
    height = median(tall[chosen])
    pen = float(pens(pieces)[chosen].min())  # the finest, whose strokes are the smallest
    offset = _offsets(pieces, chosen) / height
    small = tall < MIN_TALL * tall[main]
    parts = small & (offset < MAX_OFFSET) & is_stroke(pieces, offset, pen)
    share = pieces.area[chosen | parts].sum() / pieces.area.sum()
    is_alone = not (is_stroke(pieces, 0, pen) & ~chosen & ~parts).any()  # no point, no minus, no other number
    return chosen | parts, is_alone, float(share)


def _chain(pieces: Pieces, big: IntArray, main: int) -> BoolArray:
    """Tell which of the big pieces stand in a row with the main one, each level with its neighbour."""
    tall = pieces.height[big]
    left, top, right, bottom = (side[big] for side in (pieces.left, pieces.top, pieces.right, pieces.bottom))
    space = np.maximum.outer(left, left) - np.minimum.outer(right, right)
    shared = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    near = (space < MAX_SPACE * np.maximum.outer(tall, tall)) & (shared > MIN_LEVEL * np.minimum.outer(tall, tall))
    in_row: BoolArray = big == main
    while True:
        joined: BoolArray = np.any(near[in_row], axis=0)
        if np.array_equal(joined, in_row):
            return in_row
        in_row = joined


def _offsets(pieces: Pieces, chosen: BoolArray) -> IntArray:
    """How many pixels lie between each piece's box and the nearest of the chosen ones' boxes."""
    across = np.maximum.outer(pieces.left, pieces.left[chosen]) - np.minimum.outer(pieces.right, pieces.right[chosen])
    down = np.maximum.outer(pieces.top, pieces.top[chosen]) - np.minimum.outer(pieces.bottom, pieces.bottom[chosen])
    offsets: IntArray = np.asarray(np.maximum(across, down).clip(min=0).min(axis=1))
    return offsets


def _height(pieces: Pieces, chosen: BoolArray) -> float:
    """The height of the row's digits: the median of the pieces that are not much lower than the tallest."""
    tall = pieces.height[chosen]
    return median(tall[tall >= MIN_TALL * tall.max()])


def _parted(ink: Ink, chosen: BoolArray) -> Row:
    """Part the row, in one light: its ink is scaled from 0 to 1 as a whole."""
    row = part(ink.scaled(chosen), ink.pieces, chosen, _height(ink.pieces, chosen))
    return replace(row, candidates=tuple(replace(each, box=ink.in_picture(each.box)) for each in row.candidates))
