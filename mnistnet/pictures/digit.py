"""Which of the ink in a picture is the one digit in it.

The digit is what stands out most, with the strokes that belong to it; specks do not, and blots and text are refused.
"""

from __future__ import annotations

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, FloatArray, IntArray
from mnistnet.pictures.filters import Pieces, pen_width
from mnistnet.pictures.ink import Ink, look_closer, with_margin

# Chosen on pictures that people drew and photographed, and on the simulated ones of `make kinds`.
MIN_OTHER = 0.5  # of a digit's size, from end to end; what is that large beside it is another digit, or noise
MIN_OTHER_PEN = 0.5  # of the digit's pen; what is left of a line of the paper is finer
MAX_PIECES = 40  # of a digit; those of printers that print dots have up to 35, pages of text from 50 on
MIN_DIGIT = 4  # pixels from end to end
MIN_CLOSE = 0.6  # of a picture's longer side; a digit that fills less of it is looked at again, closer
MAX_PEN = 0.3  # of a digit's longer side; the broadest brushes are at 0.26, discs at 0.33 and more
MAX_GAP = 0.3  # of a digit's extent, between it and a stroke that stands apart
OFF_CENTRE = 0.4  # how much less a piece at the border counts than one in the middle


def choose_digit(ink: Ink) -> FloatArray:
    """Return the one digit in a picture: float32 (height, width) of any size, 0 to 1, cropped to the digit.

    The digit is found in an overview; when it is a small part of a large picture, that part is looked at again,
    closer.

    Raises:
        PictureError: no digit stands out, or several do.
    """
    chosen = _digit_in(ink)
    for _ in range(2):
        box = ink.pieces.box(chosen)
        closer = ink.in_picture(with_margin(box))
        if ink.factor == 1 or closer.longest > MIN_CLOSE * max(ink.contrast.shape) * ink.factor:
            break
        ink = look_closer(ink, box)
        chosen = _digit_in(ink)
    box = ink.pieces.box(chosen)
    if box.longest < MIN_DIGIT:
        raise PictureError("no digit in it that stands out (specks?); crop to one, or draw it larger")
    left, top, right, bottom = box.grown(1)
    digit = ink.scaled(chosen)[max(0, top) : bottom, max(0, left) : right]
    if is_blot(digit):
        raise PictureError("no digit in it (a blot, without strokes); draw it with a thinner pen")
    return digit


def is_blot(ink: FloatArray) -> bool:
    """Tell whether ink, (height, width), 0 to 1, cropped to it, has no strokes."""
    return bool(pen_width(ink) > MAX_PEN * max(ink.shape))


def _digit_in(ink: Ink) -> BoolArray:
    """Return which pieces are the digit, if it is the only one."""
    pieces, chosen = ink.pieces, _digit_pieces(ink)
    if chosen.sum() > MAX_PIECES:
        raise PictureError("no digit in it (a page of text?); crop to one digit")
    pen = float(pens(pieces)[np.where(chosen, pieces.area, 0).argmax()])
    size = pieces.box(chosen).grown(1).longest  # with its soft edges
    if (_others(pieces, size, pen) & ~chosen).any():
        raise PictureError("no digit in it that stands out (specks, several digits?); crop to one digit")
    return chosen


def pens(pieces: Pieces) -> FloatArray:
    """Return how wide each piece's stroke is, in pixels, if it is half as long again as the piece, as a digit's is."""
    return np.asarray(pieces.area / (1.5 * pieces.extent))


def is_stroke(pieces: Pieces, gap: FloatArray | float, pen: float) -> BoolArray:
    """Tell which pieces are no specks, bool (n,): a piece has to be the larger the farther off it is.

    gap: float (n,), from each piece to the digit, as a part of the digit; 0: wherever it is.
    """
    return np.asarray(pieces.area > (0.7 + 8 * gap) * pen**2)


def _others(pieces: Pieces, size: float, pen: float) -> BoolArray:
    """Tell which pieces are so large that each may be another digit beside one of that size: bool (n,)."""
    return np.asarray((pieces.extent > MIN_OTHER * size) & (pens(pieces) > MIN_OTHER_PEN * pen))


def _digit_pieces(ink: Ink) -> BoolArray:
    """Return which pieces are the digit: the one that looks most like it, and what belongs to it."""
    pieces, extent = ink.pieces, ink.pieces.extent
    height, width = ink.contrast.shape
    off_x, off_y = abs(pieces.left + pieces.right - width) / width, abs(pieces.top + pieces.bottom - height) / height
    in_middle = 1 - OFF_CENTRE * np.maximum(off_x, off_y)
    main = int((extent * pieces.strength(ink.contrast) * in_middle).argmax())
    pen = float(pens(pieces)[main])
    chosen: BoolArray = np.arange(len(extent)) == main
    while True:
        gap = _gaps(pieces, chosen) / extent[main]
        joined = chosen | ((gap < MAX_GAP) & is_stroke(pieces, gap, pen))
        if np.array_equal(joined, chosen):
            return chosen
        chosen = joined


def _gaps(pieces: Pieces, chosen: BoolArray) -> IntArray:
    """How many pixels lie between each piece's box and the box around the chosen pieces."""
    box = pieces.box(chosen)
    gap_x = np.maximum(pieces.left - box.right, box.left - pieces.right)
    gap_y = np.maximum(pieces.top - box.bottom, box.top - pieces.bottom)
    return np.asarray(np.maximum(gap_x, gap_y).clip(min=0))
