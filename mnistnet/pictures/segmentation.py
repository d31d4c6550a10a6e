"""Segmentation: every way to divide the ink of a row into digits, as a lattice.

Over-segmentation (Casey and Lecolinet 1996): the ink is divided into segments that no two digits share, its connected
components and what lies on either side of a cut where digits may touch. Neighbouring segments make candidates, each
with a cost: how much its shape speaks against it. Costs are natural logarithms of probabilities, lengths without a unit
are in heights of the row's digits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.pictures.binarization import Ink
from mnistnet.pictures.components import Box, Components, dilate, median, quantile, stroke_width
from mnistnet.pictures.cuts import find_cuts
from mnistnet.pictures.lines import MIN_TALL
from mnistnet.pictures.normalization import VISIBLE, normalize
from mnistnet.pictures.outlines import outline
from mnistnet.pictures.rows import choose_row

MIN_DIGIT = 4  # pixels of height
FULL = 0.8  # quantile of the ink that counts as full; the edge of a stroke is fainter

# Segments and candidates
MAX_SEGMENTS = 100  # twenty digits, each in five parts; more is noise, or text
MAX_PARTS = 5  # segments of one digit, unless they are one component, or all there is
MAX_GAP = 0.35  # between two parts of one digit
MAX_WIDE, MAX_WIDEST = 1.5, 2.2  # width of what is put together, and of what is one component

# The costs, chosen on numbers that people wrote
MAX_COST = 2.5  # of what is put together; more has hardly a chance
CUT = 0.55  # of each stroke width that a cut crosses
JOIN = 1.2  # of joining what stands side by side all the way down
WIDE, MAX_WIDTH = 1.2, 0.75  # of being wider than most digits are
SHORT, MIN_HEIGHT = 3.3, 0.78  # of being lower than the others


@dataclass(frozen=True, eq=False)
class Candidate:
    """Ink that may be one digit.

    Attributes:
        image: uint8 (28, 28), as MNIST would hold it.
        box: where it is.
        start: its first segment.
        stop: one past its last segment.
        cost: how much its shape speaks against it.
        is_broken: whether it is more than one connected component.
    """

    image: ByteArray
    box: Box
    start: int
    stop: int
    cost: float = 0.0
    is_broken: bool = False


@dataclass(frozen=True, eq=False)
class Lattice:
    """All that may be the digits of one number.

    Attributes:
        candidates: by their first segments.
        splits: for each segment, how much speaks against a digit beginning with it.
        extents: for each segment, how large it is.
        reasons: why no path through it is sure, as in `decoding.Path`.
    """

    candidates: tuple[Candidate, ...]
    splits: tuple[float, ...] = (0.0,)
    extents: tuple[float, ...] = (1.0,)
    reasons: frozenset[str] = frozenset()

    def whole(self) -> ByteArray:
        """Return the image, uint8 (28, 28), of the candidate that covers the whole row.

        Raises PictureError when what is in the picture can't be one digit.
        """
        for candidate in self.candidates:
            if candidate.stop - candidate.start == len(self.splits):
                return candidate.image
        raise PictureError("no digit in it that stands out (specks, several digits?); crop to one digit")


@dataclass(frozen=True, eq=False)
class _Segment:
    """Ink that no two digits share.

    Attributes:
        own: bool (height, width), where in its box it is.
        box: where that is.
        component: the component that it is of.
        whole: the box of that component.
        crossed: how much ink the cut on its left crosses, in stroke widths; 0 at the left end of the component.
    """

    own: BoolArray
    box: Box
    component: int
    whole: Box
    crossed: float


def segment(ink: Ink, components: Components) -> Lattice:
    """Find the row of digits in a picture, and divide its ink in every way.

    Args:
        ink: of the picture, without lines.
        components: of that ink, at least one.

    Returns:
        All that may be its digits; their boxes are in pixels of the ink.

    Raises:
        PictureError: it shows no row of digits.
    """
    row, is_alone = choose_row(ink, components)
    grey = _scaled(ink, components.mask(row))
    tall = components.height[row]
    height = median(tall[tall >= MIN_TALL * tall.max()])
    if height < MIN_DIGIT:
        raise PictureError("no digit in it that stands out (specks?); crop to the number, or draw it larger")
    width = max(1.0, stroke_width(grey))  # one pen for the whole row
    segments = [
        each for number in np.flatnonzero(row) for each in _segments_of(grey, components, int(number), height, width)
    ]
    if len(segments) > MAX_SEGMENTS:
        raise PictureError("too much in a row to be a number; crop to one number")
    segments.sort(key=lambda each: each.box.left + each.box.right)
    candidates = tuple(_candidates(grey, segments, height, width))
    if not candidates:
        raise PictureError("no digit in it that stands out; crop to one number, or draw it larger")
    return Lattice(
        candidates=candidates,
        splits=(0.0, *(_split_cost(segments, place) for place in range(1, len(segments)))),
        extents=tuple(math.hypot(*each.own.shape) / height for each in segments),
        reasons=frozenset(({"segmentation"} if ink.doubt else set()) | (set() if is_alone else {"other-ink"})),
    )


def _scaled(ink: Ink, mask: BoolArray) -> FloatArray:
    """The ink of a mask with its soft edges, all in one light: float32 (height, width), 0 to 1."""
    low, full = 0.5 * ink.threshold, quantile(ink.contrast[mask], FULL)
    return np.where(dilate(mask), ((ink.contrast - low) / (full - low)).clip(0, 1), 0).astype(np.float32)


# Segments and candidates


def _segments_of(
    grey: FloatArray, components: Components, number: int, height: float, width: float
) -> Iterator[_Segment]:
    """Yield the parts of a component between its cuts, from left to right."""
    left, top, right, bottom = whole = components.box(number)
    mask = components.labels[top:bottom, left:right] == number
    cuts = find_cuts(np.where(mask, grey[top:bottom, left:right], 0), height, width)
    before = [np.arange(whole.width) < cut.path[:, np.newaxis] for cut in cuts]
    crossed = [0.0, *(cut.crossed for cut in cuts)]
    for cost, begins, ends in zip(crossed, [~mask & False, *before], [*before, mask | True], strict=True):
        own = mask & ends & ~begins
        rows, columns = np.flatnonzero(own.any(axis=1)).tolist(), np.flatnonzero(own.any(axis=0)).tolist()
        if rows:
            box = Box(left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)
            yield _Segment(own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], box, number, whole, cost)


def _candidates(grey: FloatArray, segments: list[_Segment], height: float, width: float) -> Iterator[Candidate]:
    """Yield what may be a digit, by their first segments."""
    labels = np.full(grey.shape, -1, np.intp)
    segments_of = Counter(each.component for each in segments)
    for place, each in enumerate(segments):
        labels[each.box.top : each.box.bottom, each.box.left : each.box.right][each.own] = place
    for start in range(len(segments)):
        cost, box = 0.0, segments[start].box
        for stop in range(start + 1, len(segments) + 1):
            parts = segments[start:stop]
            components = {each.component for each in parts}
            is_all = len(parts) == len(segments)
            if len(parts) > 1:
                if parts[-1].box.left - box.right > MAX_GAP * height:
                    break
                box = _around(box, parts[-1].box)
                cost += _join_cost(parts[-2], parts[-1], height)
                if box.width > (MAX_WIDEST if len(components) == 1 else MAX_WIDE) * max(height, box.height):
                    continue
                if len(parts) > MAX_PARTS and len(components) > 1 and not is_all:
                    continue
            total = cost + _shape_cost(box, height)
            if box.height > MIN_TALL * height and (total < MAX_COST or len(parts) == 1 or is_all):
                ink = _ink_of(grey, labels, box, start, stop)
                if 255 * ink.max() >= VISIBLE:
                    yield Candidate(normalize(ink, width), box, start, stop, total, len(components) > 1)
                    are_whole = sum(segments_of[number] for number in components) == len(parts)
                    if are_whole and (full := outline(ink)) is not None:  # what is cut is no closed line
                        image = normalize(full, stroke_width(full))
                        yield Candidate(image, box, start, stop, total, len(components) > 1)


def _around(one: Box, other: Box) -> Box:
    left, top = min(one.left, other.left), min(one.top, other.top)
    return Box(left, top, max(one.right, other.right), max(one.bottom, other.bottom))


def _ink_of(grey: FloatArray, labels: IntArray, box: Box, start: int, stop: int) -> FloatArray:
    """The ink of some segments with its soft edges, cropped to it."""
    around = np.s_[max(0, box.top - 1) : box.bottom + 1, max(0, box.left - 1) : box.right + 1]
    inside = labels[around]
    own = (inside >= start) & (inside < stop)
    return np.where(own | (dilate(own) & (inside < 0)), grey[around], 0)


# The costs of shapes


def _shape_cost(box: Box, height: float) -> float:
    return SHORT * max(0.0, MIN_HEIGHT - box.height / height) + WIDE * max(0.0, box.width / height - MAX_WIDTH)


def _split_cost(segments: list[_Segment], place: int) -> float:
    """How much speaks against two digits, of which one ends before that segment and the other begins with it."""
    before = {each.component for each in segments[:place]}
    parted = {each.component: each.crossed for each in reversed(segments[place:]) if each.component in before}
    return CUT * sum(parted.values())  # of the first cut of each


def _join_cost(one: _Segment, other: _Segment, height: float) -> float:
    """How much speaks against one digit that both are parts of: that they stand side by side."""
    if one.component == other.component:
        return 0.0
    across = min(one.whole.right, other.whole.right) - max(one.whole.left, other.whole.left)
    down = min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)
    apart = 1 - max(0, across) / min(one.whole.width, other.whole.width)
    return JOIN * apart * min(1.0, max(0, down) / height)
