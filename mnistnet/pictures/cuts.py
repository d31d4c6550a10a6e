"""Cut paths between digits that touch: minimum-cost paths from top to bottom, which cross little ink."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mnistnet.images import FloatArray, IntArray
from mnistnet.pictures.components import rank_filter
from mnistnet.pictures.lines import MIN_TALL

# Chosen on numbers that people wrote; lengths without a unit are in heights of the row's digits.
SIDESTEP = 0.12  # cost of a step sideways, in pixels of full ink; without it a path goes around whole digits
MIN_SEGMENT = 0.13  # minimum width of the segment on either side of a cut, halfway down
MAX_CROSSED = 2.0  # ink that a cut crosses, in stroke widths; more belongs to one digit
MIN_TOUCHING = 0.7  # minimum width of two digits that touch; narrower ink isn't cut


def find_cuts(ink: FloatArray, height: float, stroke: float) -> list[tuple[IntArray, float]]:
    """Return the cuts through a component, ordered from left to right.

    Args:
        ink: float32 (rows, columns), 0 to 1, of the component alone.
        height: of the row's digits, in pixels.
        stroke: width of its strokes, in pixels.

    Returns:
        For each cut its path, int (rows,), the first column on the right of it, and its cost in stroke widths: the ink
        that it crosses, and its steps sideways.
    """
    rows, columns = ink.shape
    least = max(2, round(MIN_SEGMENT * height))
    if columns <= MIN_TOUCHING * height or rows <= MIN_TALL * height:
        return []
    middle = rows // 2
    down, up = cheapest_paths(ink[: middle + 1]), cheapest_paths(ink[middle:][::-1])
    costs = down[-1] + up[-1] - ink[middle]
    lowest = rank_filter(costs[np.newaxis], least - 1, (1,), np.minimum)[0]
    cuts: list[tuple[IntArray, float]] = []
    last = 0
    for x in np.flatnonzero((costs == lowest) & (costs <= MAX_CROSSED * stroke)).tolist():
        if last + least <= x < columns - least:
            last, path = x, np.array(_trace(down, x)[::-1] + _trace(up, x)[1:])
            cuts.append((path, float(costs[x]) / stroke))
    return cuts


def cheapest_paths(ink: FloatArray) -> FloatArray:
    """Return the cost of the cheapest path from the first row to each pixel, float32 (rows, columns).

    A path runs straight down or in steps of one to the side; ink: float32 (rows, columns), 0 to 1.
    """
    costs = ink.copy()
    for above, row in pairwise(costs):
        cheapest = above.copy()
        np.minimum(cheapest[1:], above[:-1] + SIDESTEP, out=cheapest[1:])
        np.minimum(cheapest[:-1], above[1:] + SIDESTEP, out=cheapest[:-1])
        row += cheapest  # in `costs`, of which it is a view
    return costs


def _trace(costs: FloatArray, x: int) -> list[int]:
    """Return the columns of the cheapest path from a pixel of the last row back to the first."""
    columns = [x]
    for row in costs[-2::-1]:
        cost = row[x]
        for side in (columns[-1] - 1, columns[-1] + 1):
            if 0 <= side < len(row) and row[side] + SIDESTEP < cost:
                cost, x = row[side] + SIDESTEP, side
        columns.append(x)
    return columns
