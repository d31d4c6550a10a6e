"""Digits of which only the outline is drawn: detection and filling."""

from __future__ import annotations

import math

import numpy as np

from mnistnet.images import FloatArray
from mnistnet.pictures.components import dilate, find_components, padded

MAX_OUTLINE = 0.06  # width of an outline / longer side of the digit; few pens are finer
MIN_SEPARATING = 0.9  # share of an outline that separates inside from outside; the tail of a 6 doesn't


def outline(ink: FloatArray, width: float) -> FloatArray | None:
    """Return a digit's outline, filled in, (height, width), 0 to 1; None if the ink isn't an outline.

    ink: of the same shape and range, cropped to the digit; width: of its strokes, in pixels. A pixel is inside if an
    odd number of closed lines surround it.
    """
    if width > MAX_OUTLINE * max(ink.shape) or ink.max() <= 0.5:
        return None
    line = padded(ink > 0.5, 1)
    if ((line[:, 1:] & ~line[:, :-1]).sum(axis=1) % 2).mean() > 0.5:
        return None  # it isn't closed: most rows cross a closed line an even number of times
    lines = find_components(line)
    inside = np.zeros(line.shape, np.bool_)
    for number in range(len(lines)):
        spaces = find_components(lines.labels != number, corners=False)
        inside ^= spaces.labels != spaces.labels[0, 0]  # what the line encloses, and the line
    inside &= ~line
    reach = math.ceil(width) + 1
    separating = line & dilate(inside, reach) & dilate(~line & ~inside, reach)
    full = np.where(inside[1:-1, 1:-1], 1, ink).astype(np.float32)
    return full if separating.sum() >= MIN_SEPARATING * line.sum() else None
