"""Where digits that touch may be parted: minimum-cost paths from top to bottom, which cross little ink."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mnistnet.images import BoolArray, FloatArray, IntArray
from mnistnet.pictures.lines import MIN_TALL

# Chosen on numbers that people wrote; lengths are in heights of the row's digits.
SIDESTEP = 0.12  # cost of a step sideways, in full ink; else a path wanders around whole digits
MIN_PART = 0.12  # width of what a cut leaves on either side
MAX_CROSSED = 2.6  # ink on a cut, in stroke widths; what is written across so much is one digit
MIN_WIDE = 0.75  # width of what may be two digits
MAX_CUTS = 6  # in a component as wide as the row is high, or less; in a wider one, more in proportion


class Cut(NamedTuple):
    """A path through a component from its top to its bottom.

    Attributes:
        path: int (height,), the first column on the right of it for each of the component's rows.
        crossed: how much ink it crosses, in stroke widths.
    """

    path: IntArray
    crossed: float


def find_cuts(ink: FloatArray, height: float, stroke: float) -> list[Cut]:
    """Return the cuts through a component from left to right.

    Args:
        ink: float32 (rows, columns), 0 to 1, of the component alone.
        height: of the row's digits, in pixels.
        stroke: width of its strokes, in pixels.
    """
    rows, columns = ink.shape
    least = max(2, round(MIN_PART * height))
    if columns <= max(2 * least, MIN_WIDE * height) or rows <= MIN_TALL * height:
        return []
    middle = rows // 2
    down, up = cheapest_paths(ink[: middle + 1]), cheapest_paths(ink[middle:][::-1])
    price = down[0][-1] + up[0][-1] - ink[middle]
    found: dict[int, Cut] = {}
    for x in np.argsort(price, kind="stable").tolist():
        if len(found) >= MAX_CUTS * max(1.0, columns / height) or price[x] > (MAX_CROSSED + 1) * stroke:
            break
        is_valley = price[x] <= price[max(0, x - 2) : x + 3].min()
        if not is_valley or not least <= x < columns - least or any(abs(x - other) < least for other in found):
            continue
        (above, crossed_above), (below, crossed_below) = _trace(*down, x), _trace(*up, x)
        path, along = np.array(above[::-1] + below[1:]), np.array(crossed_above[::-1] + crossed_below[1:])
        crossed = float(along.sum()) / stroke
        right = np.arange(columns) >= path[:, np.newaxis]
        lower = min(_tall((ink > 0) & right), _tall((ink > 0) & ~right))
        if crossed <= MAX_CROSSED and lower > MIN_TALL * height:
            found[x] = Cut(path, crossed)
    return [found[x] for x in sorted(found)]


def cheapest_paths(ink: FloatArray) -> tuple[FloatArray, IntArray]:
    """Find the cheapest paths from the first row to each pixel.

    A path runs straight or in steps of one to the side; between two pixels that touch at their corners it crosses ink.

    Args:
        ink: float32 (rows, columns), 0 to 1.

    Returns:
        Their costs, float32 (rows, columns), and the last step of each, to the right: -1, 0 or 1, (rows, columns).
    """
    costs, steps = ink.copy(), np.zeros(ink.shape, np.intp)
    falling, rising = (ink[:-1, :-1], ink[1:, 1:]), (ink[:-1, 1:], ink[1:, :-1])  # neighbours at corners
    right = np.float32(SIDESTEP) + (np.minimum(*rising) - np.maximum(*falling)).clip(min=0)
    left = np.float32(SIDESTEP) + (np.minimum(*falling) - np.maximum(*rising)).clip(min=0)
    ways = np.full((3, ink.shape[1]), np.inf, np.float32)  # straight, to the right, to the left
    for row in range(1, len(ink)):
        ways[0] = costs[row - 1]
        np.add(costs[row - 1, :-1], right[row - 1], out=ways[1, 1:])
        np.add(costs[row - 1, 1:], left[row - 1], out=ways[2, :-1])
        steps[row] = ways.argmin(axis=0)
        costs[row] += ways.min(axis=0)
    return costs, np.array([0, 1, -1])[steps]


def _trace(costs: FloatArray, steps: IntArray, x: int) -> tuple[list[int], list[float]]:
    """The columns of the cheapest path from a pixel of the last row back to the first, and the ink on each."""
    columns, along = [], []
    for row in range(len(costs) - 1, -1, -1):
        step = int(steps[row, x])
        before = float(costs[row - 1, x - step]) + SIDESTEP * abs(step) if row else 0.0
        columns.append(x)
        along.append(float(costs[row, x]) - before)
        x -= step
    return columns, along


def _tall(mask: BoolArray) -> int:
    """From the first to the last row with anything in it."""
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0
