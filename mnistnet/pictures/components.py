"""Filters, thresholds and connected components of grey pictures of a few hundred pixels a side.

They are named as in scipy.ndimage, whose import takes longer than all of mnistnet's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray

OVERVIEW = 128  # longest side, in pixels, of the reduced picture in which the page and the background are found
FULL = 0.8  # quantile of the ink that counts as full
AnyArray = TypeVar("AnyArray", FloatArray, BoolArray, ByteArray)


def padded(values: AnyArray, margin: int) -> AnyArray:
    """Return values, (height, width), with a margin of zeros on all sides; np.pad takes several times as long."""
    height, width = values.shape
    result = np.zeros((height + 2 * margin, width + 2 * margin), values.dtype)
    result[margin : margin + height, margin : margin + width] = values
    return result


def rank_filter(values: AnyArray, radius: int, axes: tuple[int, ...], extreme: np.ufunc) -> AnyArray:
    """Return the smallest or largest of the 2·radius + 1 neighbours along each of the axes, in log2(radius) steps."""
    for axis in axes:
        values = values.swapaxes(0, axis)
        width, span = 2 * radius + 1, 1
        window = np.concatenate([values[:1].repeat(radius, axis=0), values, values[-1:].repeat(radius, axis=0)])
        while span < width:
            step = min(span, width - span)
            window = extreme(window[:-step], window[step:])
            span += step
        values = window.swapaxes(0, axis)
    return values


def opening(values: AnyArray, radius: int, axes: tuple[int, ...]) -> AnyArray:
    """Return the morphological opening: it removes what is bright and at most 2·radius wide along any of the axes."""
    return rank_filter(rank_filter(values, radius, axes, np.minimum), radius, axes, np.maximum)


def closing(values: AnyArray, radius: int, axes: tuple[int, ...]) -> AnyArray:
    """Return the morphological closing: it fills what is dark and at most 2·radius wide along any of the axes."""
    return rank_filter(rank_filter(values, radius, axes, np.maximum), radius, axes, np.minimum)


def dilate(mask: BoolArray, radius: int = 1) -> BoolArray:
    """Return the mask, dilated by a square of 2·radius + 1 pixels a side."""
    return rank_filter(mask, radius, (0, 1), np.maximum)


class Box(NamedTuple):
    """A rectangle of pixels; right and bottom are one past the end."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """The width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """The height in pixels."""
        return self.bottom - self.top

    def slices(self, margin: int = 0) -> tuple[slice, slice]:
        """Return the slices that crop an array to it, with a margin as far as the array extends."""
        return np.s_[max(0, self.top - margin) : self.bottom + margin, max(0, self.left - margin) : self.right + margin]


@dataclass(frozen=True)
class Components:
    """The n connected components of a mask, one entry each: where they are and how many pixels they have."""

    labels: IntArray  # (height, width): the component of every pixel, or -1
    left: IntArray
    top: IntArray
    right: IntArray  # one past the end, as is bottom
    bottom: IntArray
    area: IntArray

    def __len__(self) -> int:
        return len(self.area)

    @property
    def width(self) -> IntArray:
        """The width of each component in pixels."""
        return self.right - self.left

    @property
    def height(self) -> IntArray:
        """The height of each component in pixels."""
        return self.bottom - self.top

    def box(self, chosen: BoolArray | int) -> Box:
        """Return the box around the chosen components, at least one, or around the one of that index."""
        left, top = self.left[chosen].min(), self.top[chosen].min()
        return Box(int(left), int(top), int(self.right[chosen].max()), int(self.bottom[chosen].max()))

    def strength(self, contrast: FloatArray) -> FloatArray:
        """Return the mean contrast of each component: float64 (n,)."""
        labelled = self.labels >= 0
        return np.asarray(np.bincount(self.labels[labelled], weights=contrast[labelled]) / self.area)

    def mask(self, chosen: BoolArray) -> BoolArray:
        """Return the pixels of the chosen components, bool (height, width)."""
        return np.asarray(np.append(chosen, False)[self.labels])


def find_components(mask: BoolArray, corners: bool = True) -> Components:
    """Find the components of a mask, connected by their pixels' sides and corners, or by sides alone.

    The runs of all rows are found at once. Label propagation with pointer jumping then joins those that touch.
    """
    height, width = mask.shape
    stride = width + 1  # one empty column before each row, so that no run goes on into the next
    flat = np.zeros(height * stride + 1, np.bool_)
    flat[:-1].reshape(height, stride)[:, 1:] = mask
    starts, stops = np.flatnonzero(flat[1:] != flat[:-1]).reshape(-1, 2).T
    first = np.searchsorted(stops, starts + stride, "left" if corners else "right")
    counts = np.searchsorted(starts, stops + stride, "right" if corners else "left") - first
    upper = np.repeat(np.arange(len(starts)), counts)
    lower = np.arange(len(upper)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    number = _join(len(starts), upper, lower)
    is_first = number == np.arange(len(starts))
    component = (np.cumsum(is_first) - 1)[number]
    count = int(is_first.sum())

    def per_component(extreme: np.ufunc, values: IntArray, initial: int) -> IntArray:
        result = np.full(count, initial, np.intp)
        extreme.at(result, component, values)
        return result

    rows, lengths = starts // stride, stops - starts
    labels = np.full(mask.shape, -1, np.intp)
    labels[mask] = np.repeat(component, lengths)
    return Components(
        labels=labels,
        left=per_component(np.minimum, starts % stride, width),
        top=per_component(np.minimum, rows, height),
        right=per_component(np.maximum, (stops - 1) % stride, 0) + 1,
        bottom=per_component(np.maximum, rows, 0) + 1,
        area=per_component(np.add, lengths, 0),
    )


def _join(count: int, one: IntArray, other: IntArray) -> IntArray:
    """Return the smallest node connected to each of `count` nodes, with an edge between each one[i] and other[i]."""
    number = np.arange(count)
    while True:
        first, second = number[one], number[other]
        if np.array_equal(first, second):
            return number
        np.minimum.at(number, np.maximum(first, second), np.minimum(first, second))
        number = number[number[number]]  # two jumps save rounds


def otsu(values: FloatArray) -> float:
    """Return the threshold of values, 0 to 255, with the greatest between-class variance. Source: Otsu 1979."""
    histogram = np.bincount(values.astype(np.intp).ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(histogram)
    sum_below = np.cumsum(histogram * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sum_below / below - (sum_below[-1] - sum_below) / above) ** 2
    return float(np.nanargmax(np.where(above > 0, between, -1)))


def quantile(values: npt.NDArray[Any], share: float) -> float:
    """Return the value at a rank, `share` from 0 to 1; np.quantile would take 8 ms to import masked arrays first."""
    rank = round(share * (values.size - 1))
    return float(np.partition(values, rank, axis=None)[rank])


def full_ink(contrast: FloatArray) -> float:
    """Return the contrast of full ink, given that of all ink: at the edges of strokes it is lower."""
    return quantile(contrast, FULL)


def median(values: npt.NDArray[Any]) -> float:
    """Return the median."""
    return quantile(values, 0.5)


def stroke_width(ink: FloatArray) -> float:
    """Return the mean width of the strokes in pixels: twice their area over the length of their outline.

    The outline's length is the sum of the gradient's magnitude, which needs no threshold; ink: (height, width), 0 to 1.
    """
    framed = padded(ink, 1)
    down, right = framed[1:, :-1] - framed[:-1, :-1], framed[:-1, 1:] - framed[:-1, :-1]
    return float(2 * framed.sum() / np.sqrt(down**2 + right**2).sum())
