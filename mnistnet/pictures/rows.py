"""The row of digits: which components stand beside each other, told from all else that is written."""

from __future__ import annotations

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, IntArray
from mnistnet.pictures.binarization import Ink
from mnistnet.pictures.components import Components, median
from mnistnet.pictures.lines import MIN_TALL

# Chosen on numbers that people wrote; lengths without a unit are in heights of the row's digits.
MAX_SPACE = 2.5  # between two digits
MIN_LEVEL = 0.4  # rows that two neighbours share / height of the lower one
MAX_OFFSET = 0.3  # from a digit to a loose part of it
MIN_SHARE = 0.5  # ink of the row / all ink; a line of text or of noise is one of many


def choose_row(ink: Ink, components: Components) -> tuple[BoolArray, bool]:
    """Return which components make the row, bool (n,), and whether nothing else is written.

    Raises PictureError when most of the ink is elsewhere.
    """
    tall = components.height
    main = int((tall * components.strength(ink.contrast)).argmax())
    big = np.flatnonzero(tall >= MIN_TALL * tall[main])
    chosen = np.zeros(len(tall), np.bool_)
    chosen[big[_neighbours(components, big, main)]] = True
    if len(tall) == 1:
        return chosen, True
    # how wide a component's stroke is, if it is half as long again as the component; the finest makes the finest dots
    width = float((components.area[chosen] / (1.5 * components.extent[chosen])).min())
    offset = _offsets(components, chosen) / median(tall[chosen])
    is_stroke = components.area > 0.7 * width**2
    parts = (tall < MIN_TALL * tall[main]) & (offset < MAX_OFFSET) & (components.area > (0.7 + 8 * offset) * width**2)
    if components.area[chosen | parts].sum() < MIN_SHARE * components.area.sum():
        raise PictureError("no digit in it, nor one row of digits, that stands out (specks, text?); crop to one number")
    return chosen | parts, not (is_stroke & ~chosen & ~parts).any()


def _neighbours(components: Components, big: IntArray, main: int) -> BoolArray:
    """Tell which of the big components stand in a row with the main one, each level with its neighbour."""
    tall = components.height[big]
    left, top, right, bottom = (
        side[big] for side in (components.left, components.top, components.right, components.bottom)
    )
    space = np.maximum.outer(left, left) - np.minimum.outer(right, right)
    shared = np.minimum.outer(bottom, bottom) - np.maximum.outer(top, top)
    near = (space < MAX_SPACE * np.maximum.outer(tall, tall)) & (shared > MIN_LEVEL * np.minimum.outer(tall, tall))
    in_row: BoolArray = big == main
    while True:
        joined: BoolArray = np.any(near[in_row], axis=0)
        if np.array_equal(joined, in_row):
            return in_row
        in_row = joined


def _offsets(components: Components, chosen: BoolArray) -> IntArray:
    """How many pixels lie between each component's box and the nearest of the chosen ones' boxes."""
    left, top, right, bottom = (
        (side, side[chosen]) for side in (components.left, components.top, components.right, components.bottom)
    )
    across = np.maximum.outer(*left) - np.minimum.outer(*right)
    down = np.maximum.outer(*top) - np.minimum.outer(*bottom)
    return np.asarray(np.maximum(across, down).clip(min=0).min(axis=1))
