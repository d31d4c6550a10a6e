"""Where digits that touch may be parted: paths from top to bottom that cross little ink."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from mnistnet.images import BoolArray, FloatArray, IntArray
from mnistnet.pictures.ink import Box

SIDESTEP = 0.12  # of full ink, for each step that a path takes sideways; else it wanders around whole digits
MIN_PART = 0.15  # of the row's height: how wide at least is what a cut leaves on either side
MIN_TALL = 0.4  # of the row's height: how tall at least
MAX_CROSSED = 2.6  # pens' widths; what is written across so much ink is one digit
MAX_CUTS = 6  # in one piece; more digits seldom hang together


_Sweep: TypeAlias = tuple[FloatArray, IntArray]  # costs and steps, as `_sweep` returns them


class Cut(NamedTuple):
    """A path through a piece of ink from its top to its bottom.

    Attributes:
        path: int (height,), the first column on the right of it for each of the piece's rows.
        crossed: how much ink it crosses, in widths of the pen.
        strokes: how often it enters ink.
    """

    path: IntArray
    crossed: float
    strokes: int


class Seams:
    """The cheapest paths from the top of a row to its bottom, which run straight down or in steps of one to the side.

    A path costs the ink on it and its sidesteps. Two sweeps, from the top and from the bottom, tell for every pixel
    the cheapest path through it. They are made when the first piece is wide enough to be cut.
    """

    def __init__(self, grey: FloatArray, height: float, pen: float) -> None:
        """Take the row's ink, float32 (rows, columns), 0 to 1, the height of its digits and the width of its pen."""
        self.grey, self.pen, self.height = grey, pen, height
        self._sweeps: tuple[_Sweep, _Sweep] | None = None

    def cuts(self, box: Box, mask: BoolArray) -> list[Cut]:
        """Return the cuts through a piece from left to right; mask: bool, which pixels in the box are its ink."""
        least = max(2, round(MIN_PART * self.height))
        if box.right - box.left <= 2 * least or box.bottom - box.top <= MIN_TALL * self.height:
            return []
        middle = (box.top + box.bottom) // 2
        price = self.prices(middle)[box.left : box.right]
        found: dict[int, Cut] = {}
        for x in np.argsort(price, kind="stable").tolist():
            if len(found) == MAX_CUTS or price[x] > (MAX_CROSSED + 1) * self.pen:
                break
            is_valley = price[x] <= price[max(0, x - 2) : x + 3].min()
            if not is_valley or not least <= x < len(price) - least or any(abs(x - other) < least for other in found):
                continue
            cut = self._cut(box.left + x, middle, box)
            right = np.arange(box.left, box.right) >= cut.path[:, np.newaxis]
            if cut.crossed <= MAX_CROSSED and min(_tall(mask & right), _tall(mask & ~right)) > MIN_TALL * self.height:
                found[x] = cut
        return [found[x] for x in sorted(found)]

    def prices(self, row: int) -> FloatArray:
        """What the cheapest path through each pixel of a row costs: float32 (columns,)."""
        (from_top, _), (from_bottom, _) = self._both_ways()
        return np.asarray(from_top[row] + from_bottom[row] - self.grey[row])

    def _both_ways(self) -> tuple[_Sweep, _Sweep]:
        """The sweeps from the top and from the bottom."""
        if self._sweeps is None:
            costs, steps = _sweep(self.grey[::-1])
            self._sweeps = _sweep(self.grey), (costs[::-1], steps[::-1])
        return self._sweeps

    def _cut(self, x: int, middle: int, box: Box) -> Cut:
        """The cheapest path through one pixel, as far as it runs through the box."""
        path = np.empty(len(self.grey), np.intp)
        for (_, steps), rows in zip(self._both_ways(), (range(middle, -1, -1), range(middle, len(path))), strict=True):
            at = x
            for row in rows:
                path[row] = at
                at += (0, -1, 1)[steps[row, at]]
        path = path[box.top : box.bottom]
        inside = (path >= box.left) & (path < box.right)
        along = self.grey[np.arange(box.top, box.bottom)[inside], path[inside]]
        strokes = np.count_nonzero(np.diff(np.append(0, along > 0.5)) == 1)
        return Cut(path, float(along.sum()) / self.pen, int(strokes))


def _sweep(grey: FloatArray) -> _Sweep:
    """What the cheapest path from the first row to each pixel costs, and its last step: 0 down, 1 and 2 aside."""
    costs, steps = grey.copy(), np.zeros(grey.shape, np.int8)
    for row in range(1, len(grey)):
        above = np.pad(costs[row - 1], 1, constant_values=np.inf)
        ways = np.stack([above[1:-1], above[:-2] + SIDESTEP, above[2:] + SIDESTEP])
        steps[row] = ways.argmin(axis=0)
        costs[row] += ways.min(axis=0)
    return costs, steps


def _tall(mask: BoolArray) -> int:
    """From the first to the last row with anything in it."""
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0
