"""Where digits that touch may be parted: paths from top to bottom that cross little ink."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mnistnet.images import BoolArray, FloatArray, IntArray
from mnistnet.pictures.filters import Box

SIDESTEP = 0.12  # of full ink, for each step that a path takes sideways; else it wanders around whole digits
MIN_PART = 0.12  # of the row's height: how wide at least is what a cut leaves on either side
MIN_TALL = 0.4  # of the row's height: how tall at least
MAX_CROSSED = 2.6  # pens' widths; what is written across so much ink is one digit
MAX_NARROW = 0.75  # of the row's height: pieces that are no wider may be two digits only if a single stroke joins them
MAX_CUTS = 6  # in a piece as wide as the row is high, or less; in a wider one, more in proportion


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

    A path costs the ink on it and its sidesteps; where it slips between two pixels that touch at their corners, it
    crosses the fainter of them. Two sweeps, from the top and from the bottom, tell for every pixel the cheapest path
    through it. They are made when the first piece is wide enough to be cut.
    """

    def __init__(self, grey: FloatArray, height: float, pen: float) -> None:
        """Take the row's ink, float32 (rows, columns), 0 to 1, the height of its digits and the width of its pen."""
        self.grey, self.pen, self.height = grey, pen, height
        self._swept: tuple[FloatArray, FloatArray] | None = None

    def cuts(self, box: Box, mask: BoolArray) -> list[Cut]:
        """Return the cuts through a piece from left to right; mask: bool, which pixels in the box are its ink."""
        least = max(2, round(MIN_PART * self.height))
        if box.width <= 2 * least or box.height <= MIN_TALL * self.height:
            return []
        middle = (box.top + box.bottom) // 2
        price = self.prices(middle)[box.left : box.right]
        found: dict[int, Cut] = {}
        most = MAX_CUTS * max(1.0, box.width / self.height)
        for x in np.argsort(price, kind="stable").tolist():
            if len(found) >= most or price[x] > (MAX_CROSSED + 1) * self.pen:
                break
            is_valley = price[x] <= price[max(0, x - 2) : x + 3].min()
            if not is_valley or not least <= x < len(price) - least or any(abs(x - other) < least for other in found):
                continue
            cut = self._cut(box.left + x, middle, box)
            right = np.arange(box.left, box.right) >= cut.path[:, np.newaxis]
            is_plain = cut.strokes == 1 or box.width > MAX_NARROW * self.height
            if (
                is_plain
                and cut.crossed <= MAX_CROSSED
                and min(_tall(mask & right), _tall(mask & ~right)) > MIN_TALL * self.height
            ):
                found[x] = cut
        return [found[x] for x in sorted(found)]

    def prices(self, row: int) -> FloatArray:
        """Return what the cheapest path through each pixel of a row costs: float32 (columns,)."""
        from_top, from_bottom = self._sweeps()[0]
        return np.asarray((from_top[row] + from_bottom[-1 - row])[1:-1] - self.grey[row])

    def _sweeps(self) -> tuple[FloatArray, FloatArray]:
        """What paths cost, from the top, and upside down from the bottom.

        Returns:
            Of the cheapest path to each pixel, float32 (2, rows, columns + 2), infinite beyond the sides; and of a
            step to each from the row above, from the left and from the right, float32 (2, 2, rows, columns).
        """
        if self._swept is None:
            costs = np.pad(np.stack([self.grey, self.grey[::-1]]), ((0, 0), (0, 0), (1, 1)))
            above = np.pad(costs, ((0, 0), (1, 0), (0, 0)))[:, :-1]
            sides = np.s_[:, :, :-2], np.s_[:, :, 2:]
            between = np.stack([np.minimum(above[:, :, 1:-1], costs[side]) for side in sides])
            ends = np.stack([np.maximum(above[side], costs[:, :, 1:-1]) for side in sides])
            asides = np.float32(SIDESTEP) + np.maximum(between - ends, 0)
            costs[:, :, [0, -1]] = np.inf
            for row in range(1, len(self.grey)):
                before = costs[:, row - 1]
                aside = np.minimum(before[:, :-2] + asides[0, :, row], before[:, 2:] + asides[1, :, row])
                costs[:, row, 1:-1] += np.minimum(before[:, 1:-1], aside)
            self._swept = costs, asides
        return self._swept

    def _cut(self, x: int, middle: int, box: Box) -> Cut:
        """The cheapest path through one pixel, as far as it runs through the box."""
        upwards = self._trace(0, middle, x)
        downwards = self._trace(1, len(self.grey) - 1 - middle, x)
        path = np.array(upwards[::-1] + downwards[1:])[box.top : box.bottom]
        rows = np.arange(box.top, box.bottom)
        along = self.grey[rows, path]
        between = np.minimum(self.grey[rows[:-1], path[1:]], self.grey[rows[1:], path[:-1]])
        along[1:] += np.maximum(between - np.maximum(along[:-1], along[1:]), 0)
        along = along[(path >= box.left) & (path < box.right)]
        strokes = np.count_nonzero(np.diff(np.append(0, along > 0.5)) == 1)
        return Cut(path, float(along.sum()) / self.pen, int(strokes))

    def _trace(self, sweep: int, row: int, x: int) -> list[int]:
        """The columns of the cheapest path from a pixel back to the first row."""
        costs, asides = self._sweeps()
        path = [x]
        for place in range(row, 0, -1):
            left, straight, right = costs[sweep, place - 1, x : x + 3].tolist()
            from_left, from_right = asides[:, sweep, place, x].tolist()
            left, right = left + from_left, right + from_right
            if straight > min(left, right):
                x += -1 if left < right else 1
            path.append(x)
        return path


def _tall(mask: BoolArray) -> int:
    """From the first to the last row with anything in it."""
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[-1] - rows[0] + 1) if len(rows) else 0
