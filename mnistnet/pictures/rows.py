"""The row of digits: which components stand beside each other, told from all else that is written."""

from __future__ import annotations

import numpy as np

from mnistnet.images import BoolArray, IntArray
from mnistnet.pictures.binarization import Ink
from mnistnet.pictures.components import Components, median, stroke_width
from mnistnet.pictures.lines import MIN_TALL

# Chosen on numbers that people wrote; lengths without a unit are in heights of the row's digits.
MAX_SPACE = 2.5  # between two digits
MAX_OFFSET = 0.3  # from a digit to a loose part of it
MIN_AREA = 0.7  # area of a part / square of the stroke width; less is a speck


def choose_row(ink: Ink, components: Components) -> tuple[BoolArray, bool]:
    """Return which components make the row, bool (n,), and whether nothing else is written."""
    tall = components.height
    main = int((tall * components.strength(ink.contrast)).argmax())
    is_level = (components.top < components.bottom[main]) & (components.bottom > components.top[main])
    big = np.flatnonzero((tall >= MIN_TALL * tall[main]) & is_level)
    big = big[components.left[big].argsort()]
    spaces = components.left[big[1:]] - np.maximum.accumulate(components.right[big])[:-1]
    groups = np.append(0, np.cumsum(spaces > MAX_SPACE * tall[main]))
    row = np.zeros(len(tall), np.bool_)
    row[big[groups == groups[big == main]]] = True
    is_stroke = components.area > MIN_AREA * stroke_width(components.mask(row).astype(np.float32)) ** 2
    parts = is_stroke & (tall < MIN_TALL * tall[main]) & (_offsets(components, row) < MAX_OFFSET * median(tall[row]))
    return row | parts, not (is_stroke & ~row & ~parts).any()


def _offsets(components: Components, chosen: BoolArray) -> IntArray:
    """How many pixels lie between each component's box and the nearest of the chosen ones' boxes."""
    left, top, right, bottom = (
        (side, side[chosen]) for side in (components.left, components.top, components.right, components.bottom)
    )
    across = np.maximum.outer(*left) - np.minimum.outer(*right)
    down = np.maximum.outer(*top) - np.minimum.outer(*bottom)
    return np.asarray(np.maximum(across, down).clip(min=0).min(axis=1))
