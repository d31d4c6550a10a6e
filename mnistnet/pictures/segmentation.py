"""Segmentation: every way to divide the ink of a row into digits, as a lattice.

Over-segmentation (Casey and Lecolinet 1996): the ink is divided into segments that no two digits share, its connected
components and the ink on either side of a cut where digits may touch. Neighbouring segments make candidates, each with
the cost of its shape. Costs are negative natural logarithms of probabilities; lengths without a unit are in heights of
the row's digits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.pictures.binarization import Ink
from mnistnet.pictures.components import Box, Components, dilate, full_ink, median, stroke_width
from mnistnet.pictures.cuts import find_cuts
from mnistnet.pictures.lines import MIN_DIGIT, MIN_TALL
from mnistnet.pictures.normalization import normalize
from mnistnet.pictures.outlines import outline

# Chosen on numbers that people wrote
MIN_AREA = 0.7  # area of a stroke / square of its width; less is a speck
MIN_SHARE = 0.2  # ink of the row / all ink; a line of text or of noise is one of many
MAX_SEGMENTS = 60  # three for each of twenty digits; more are noise, or text
MAX_PARTS = 5  # segments of one digit, unless they are one component, or all there is
MAX_GAP = 0.35  # distance between two segments of one digit
MAX_COST = 1.7  # of several segments' shape, unless they are all there is; digits of people cost less
MAX_WIDTH = 0.75  # maximum width of most digits
CUT = 0.55  # cost per stroke width of ink that a cut crosses
JOIN = 1.2  # cost of joining two segments that stand side by side over a digit's height
WIDE = 1.2  # cost per height that a digit is wider than MAX_WIDTH
SHORT, MIN_HEIGHT = 3.3, 0.78  # cost per height that a digit is lower than MIN_HEIGHT


@dataclass(frozen=True, eq=False)
class Candidate:
    """Ink that may be one digit."""

    image: ByteArray  # (28, 28), as MNIST would hold it
    box: Box
    start: int  # its first segment
    stop: int  # one past its last segment
    cost: float = 0.0  # of its shape
    is_broken: bool = False  # it is more than one connected component


@dataclass(frozen=True, eq=False)
class Lattice:
    """All that may be the digits of one number."""

    candidates: tuple[Candidate, ...]  # by their first segments
    cuts: tuple[float, ...] = (0.0,)  # for each segment, the cost of the cut on its left
    sizes: tuple[float, ...] = (1.0,)  # of each segment, the diagonal of its box
    reasons: frozenset[str] = frozenset()  # why no path through it is sure, as in `decoding.Path`

    def whole(self) -> ByteArray:
        """Return the image, uint8 (28, 28), of the candidate that covers the whole row; an outline isn't filled.

        Raises PictureError when there is none.
        """
        for candidate in self.candidates:
            if candidate.stop - candidate.start == len(self.cuts):
                return candidate.image
        raise PictureError("no single digit in it (specks, several digits?); crop to one digit")


class _Segment(NamedTuple):
    """Ink that no two digits share."""

    box: Box
    component: int  # the index of its connected component
    crossed: float  # ink that the cut on its left crosses, in stroke widths; 0 at the left end of the component


def segment(ink: Ink, components: Components) -> Lattice:
    """Find the row of digits in a picture, and divide its ink in every way.

    Args:
        ink: of the picture, without lines.
        components: of that ink, at least one.

    Returns:
        All that may be its digits; their boxes are in pixels of the ink.

    Raises:
        PictureError: the picture shows no row of digits.
    """
    row, is_alone = _choose_row(ink, components)
    grey = _scaled(ink, components.mask(row))
    heights = components.height[row]
    height = float(heights[heights >= MIN_TALL * heights.max()].mean())
    if height < MIN_DIGIT:
        raise PictureError("no digit in it (specks?); crop to the number, or draw it larger")
    width = max(1.0, stroke_width(grey[components.box(row).slices(1)]))  # the same for the whole row
    labels, segments = _segments(grey, components, row, height, width)
    if len(segments) > MAX_SEGMENTS:
        raise PictureError("too much in a row to be a number; crop to one number")
    return Lattice(
        candidates=tuple(_candidates(grey, labels, segments, height, width)),
        cuts=tuple(CUT * each.crossed for each in segments),
        sizes=tuple(math.hypot(each.box.width, each.box.height) / height for each in segments),
        reasons=frozenset(() if is_alone and not ink.doubt else {"other-ink"}),
    )


def _scaled(ink: Ink, mask: BoolArray) -> FloatArray:
    """Return the ink of a mask with its soft edges, scaled to full ink: float32 (height, width), 0 to 1."""
    low, full = 0.5 * ink.threshold, full_ink(ink.contrast[mask])
    return np.where(dilate(mask), ((ink.contrast - low) / (full - low)).clip(0, 1), 0).astype(np.float32)


def _choose_row(ink: Ink, components: Components) -> tuple[BoolArray, bool]:
    """Return which components make the row, bool (n,), and whether nothing else is written.

    Raises PictureError when most ink is elsewhere.
    """
    heights = components.height
    main = int((heights * components.strength(ink.contrast)).argmax())
    is_beside = (components.top < components.bottom[main]) & (components.bottom > components.top[main])
    row = (heights >= MIN_TALL * heights[main]) & is_beside
    box = components.box(row)
    is_stroke = components.area > MIN_AREA * stroke_width(components.mask(row)[box.slices()].astype(np.float32)) ** 2
    across = np.maximum(components.left - box.right, box.left - components.right)
    offset = np.maximum(across, np.maximum(components.top - box.bottom, box.top - components.bottom))
    parts = is_stroke & (heights < MIN_TALL * heights[main]) & (offset < MAX_GAP * median(heights[row]))
    if components.area[row | parts].sum() < MIN_SHARE * components.area.sum():
        raise PictureError("no digit in it, and no row of digits (specks, text?); crop to one number")
    return row | parts, not (is_stroke & ~row & ~parts).any()


def _segments(
    grey: FloatArray, components: Components, row: BoolArray, height: float, width: float
) -> tuple[IntArray, list[_Segment]]:
    """Divide the components of a row at their cuts.

    Returns:
        The segment of every pixel, or -1, int (height, width), and the segments from left to right.
    """
    labels = np.full(grey.shape, -1, np.intp)
    segments: list[_Segment] = []
    for number in np.flatnonzero(row).tolist():
        whole = components.box(number)
        own = components.labels[whole.slices()] == number
        cuts = find_cuts(np.where(own, grey[whole.slices()], 0), height, width)
        columns = np.arange(whole.width)
        cuts_left = np.sum([columns >= path[:, np.newaxis] for path, _ in cuts], axis=0)  # on the left of each pixel
        for index, crossed in enumerate([0.0, *(ink for _, ink in cuts)]):
            y, x = np.add(np.nonzero(own & (cuts_left == index)), [[whole.top], [whole.left]])
            if len(y):
                labels[y, x] = len(segments)
                box = Box(int(x.min()), int(y[0]), int(x.max()) + 1, int(y[-1]) + 1)
                segments.append(_Segment(box, number, crossed))
    order = sorted(range(len(segments)), key=lambda index: segments[index].box.left + segments[index].box.right)
    ranks = np.append(np.argsort(order), -1)
    return ranks[labels], [segments[index] for index in order]


def _candidates(
    grey: FloatArray, labels: IntArray, segments: list[_Segment], height: float, width: float
) -> Iterator[Candidate]:
    """Yield all that may be digits, by their first segments."""
    segments_of = Counter(each.component for each in segments)
    for start in range(len(segments)):
        cost, box = 0.0, segments[start].box
        for stop in range(start + 1, len(segments) + 1):
            parts = segments[start:stop]
            if len(parts) > 1:
                added = parts[-1].box
                if added.left - box.right > MAX_GAP * height:
                    break
                box = Box(*map(min, box[:2], added[:2]), *map(max, box[2:], added[2:]))
                cost += _join_cost(parts[-2], parts[-1], height)
            shape = SHORT * max(0.0, MIN_HEIGHT - box.height / height) + WIDE * max(0.0, box.width / height - MAX_WIDTH)
            components = {each.component for each in parts}
            total, is_broken = cost + shape, len(components) > 1
            may_be_digit = total <= MAX_COST and (len(parts) <= MAX_PARTS or not is_broken)
            if not may_be_digit and 1 < len(parts) < len(segments):
                continue
            ink = _ink_of(grey, labels, box, start, stop)
            yield Candidate(normalize(ink, width), box, start, stop, total, is_broken)
            are_whole = sum(segments_of[number] for number in components) == len(parts)
            if are_whole and (full := outline(ink, width)) is not None:  # a cut outline isn't closed
                yield Candidate(normalize(full, stroke_width(full)), box, start, stop, total, is_broken)


def _ink_of(grey: FloatArray, labels: IntArray, box: Box, start: int, stop: int) -> FloatArray:
    """Return the ink of some segments with its soft edges, cropped to their box."""
    around = box.slices(1)
    inside = labels[around]
    own = (inside >= start) & (inside < stop)
    return np.where(own | (dilate(own) & (inside < 0)), grey[around], 0)


def _join_cost(one: _Segment, other: _Segment, height: float) -> float:
    """Return the cost of joining two neighbouring segments into one digit: high if they stand side by side."""
    if one.component == other.component:
        return 0.0
    across = min(one.box.right, other.box.right) - max(one.box.left, other.box.left)
    down = min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)
    apart = 1 - max(0, across) / min(one.box.width, other.box.width)
    return JOIN * apart * min(1.0, max(0, down) / height) ** 2  # an open 4's strokes overlap by half its height
