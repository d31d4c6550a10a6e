"""Digits of which only the outline is drawn, and what they look like when that is filled in.

The line of an outline has no ends and no crossings: each piece of it parts two spaces, the inside of a stroke from the
outside. A ring may be an outline or a 0, so that the network is shown both, as it is and filled in.
"""

from __future__ import annotations

import math

import numpy as np

from mnistnet.images import FloatArray
from mnistnet.pictures.filters import grow_mask, label, pen_width

MAX_LINE = 0.06  # of a digit's longer side: how wide the line is; few pens are finer
MIN_PARTING = 0.9  # of a line has one space on one side and the other on the other; the tail of a 6 has not
MAX_STROKE = 0.3  # of a digit's longer side: how wide what is filled in is; a 0 would be a blot


def filled(ink: FloatArray) -> FloatArray | None:
    """Fill a digit of which only the outline is drawn.

    Args:
        ink: (height, width), 0 to 1, cropped to the digit.

    Returns:
        The ink and what it encloses; what an outline encloses inside of another, as in a 0, stays empty. None if it is
        no outline.
    """
    longest, pen = max(ink.shape), pen_width(ink)
    line = np.pad(ink > 0.5, 1)
    if pen > MAX_LINE * longest or not line.any():
        return None
    lines, spaces = label(line), label(~line, corners=False)
    regions = np.where(line, lines.labels, len(lines.area) + spaces.labels)
    beside = ((regions[1:], regions[:-1]), (regions[:, 1:], regions[:, :-1]))
    pairs = np.concatenate([np.sort(np.stack(pair)[:, pair[0] != pair[1]], axis=0) for pair in beside], axis=1)
    borders = np.unique(pairs, axis=1)  # (2, n): a line and a space that it borders on, by the lines
    if (np.bincount(borders[0]) != 2).any():
        return None
    one, other = borders[1].reshape(-1, 2).T - len(lines.area)
    depths = np.full(len(spaces.area), len(lines.area))  # how many lines lie around each space
    depths[spaces.labels[0, 0]] = 0
    while True:
        before = depths.copy()
        np.minimum.at(depths, one, depths[other] + 1)
        np.minimum.at(depths, other, depths[one] + 1)
        if np.array_equal(depths, before):
            break
    inside = ~line & (depths % 2 == 1)[spaces.labels]
    reach = math.ceil(pen) + 1
    parting = line & grow_mask(inside, reach) & grow_mask(~line & ~inside, reach)
    full = np.where(inside[1:-1, 1:-1], 1, ink).astype(np.float32)
    is_outline = parting.sum() >= MIN_PARTING * line.sum() and pen_width(full) < MAX_STROKE * longest
    return full if is_outline else None
