"""Line removal: ruled lines, underlines, the cells of tables, frames, slivers at the picture's edges.

A line is straight and longer than the digits are high, or cut off by the picture's border; a frame surrounds the rest.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, FloatArray
from mnistnet.pictures.binarization import Ink
from mnistnet.pictures.components import (
    Box,
    Components,
    closing,
    dilate,
    find_components,
    full_ink,
    median,
    opening,
    stroke_width,
)
from mnistnet.pictures.outlines import outline

# Chosen on cells of photographed tables, crops with a line along an edge, ruled paper, and the boxes of forms.
FAINT = 0.6  # minimum contrast of a line / threshold of ink; at the threshold itself, faint lines break into pieces
MIN_LINE = 0.35  # length of a line / extent of all ink in its direction
MAX_THICK = 0.25  # thickness of a line / its length; a line may slant by half of that
LONG = 1.3  # length of a line / height of the digits
MARGIN = 0.16  # distance of a line from the border that it runs along / side of the picture
NEAR = 2  # distance from the border, pixels; nearer ink counts as cut off by it
PALE = 0.75  # contrast of a ruled line / contrast of the pen; strokes along a paler one have more than it
MIN_STEM = 0.6  # thickness of a 1 at the border / stroke width of the other digits; a thinner one may be a line
MIN_DIGIT = 4  # minimum height of a digit, pixels
MIN_TALL = 0.4  # size of a digit / size of the tallest, or of what is around it; less is a part of one, or a speck
MAX_COMPONENTS = 2000  # more are a page of text, or noise
MIN_STRAIGHT = 0.8  # share of the pixels of a frame that are straight lines
MIN_OFF_MIDDLE = 0.08  # minimum distance of the hole in a 4, 6 or 9 from the middle of its outline / the outline's side


class _Line(NamedTuple):
    """A straight run of ink; its length and thickness are in pixels."""

    mask: BoolArray  # (height, width), its pixels and those beside them
    box: Box  # around its pixels
    is_horizontal: bool  # it runs from left to right; else from top to bottom
    length: int
    thickness: float
    spans: bool  # it runs from border to border of the picture
    is_on_border: bool  # it lies along the border


def remove_lines(ink: Ink) -> tuple[Ink, Components]:
    """Return the ink without lines and frames, unless nothing else is left, and its connected components.

    Raises PictureError when they are too many.
    """
    mask = ink.contrast > FAINT * ink.threshold
    bridged = dilate(mask)  # closes the gaps of a faint line, and the steps of a sloping one
    runs = [run for is_horizontal in (True, False) for run in _straight_runs(mask, bridged, is_horizontal)]
    ink = _without(ink, mask, runs) if runs else ink
    components = find_components(ink.contrast > ink.threshold)
    if len(components) > MAX_COMPONENTS:
        raise PictureError("no digit in it (a page of text, or noise?); crop to one number")
    frames = _frames(components)
    frames |= _underlines(components, ink.contrast, ~frames)
    if frames.all() or not frames.any():
        return ink, components
    contrast = np.where(dilate(components.mask(frames)) & ~components.mask(~frames), 0, ink.contrast)
    return replace(ink, contrast=contrast), find_components(contrast > ink.threshold)


def _straight_runs(mask: BoolArray, bridged: BoolArray, is_horizontal: bool) -> list[_Line]:
    """Return the long straight lines of a mask near a border or across the picture; bridged is the mask dilated."""
    axis = 1 if is_horizontal else 0
    places = np.flatnonzero(mask.any(axis=1 - axis))
    shortest = MIN_LINE * (places[-1] - places[0] + 1)
    radius = max(1, int(shortest / 2))
    end, side = mask.shape[axis] - NEAR, mask.shape[1 - axis]
    lengths, band = bridged.sum(axis=axis), math.ceil(MARGIN * side)
    if places[0] >= NEAR or places[-1] < end:  # no run spans the picture: it must lie near a border
        lengths[band:-band] = 0
    if lengths.max() <= 2 * radius:  # as in most pictures: nothing is so long
        return []
    runs = find_components(opening(bridged, radius, axes=(axis,)))
    lines = []
    for number in range(len(runs)):
        left, top, right, bottom = runs.box(number)
        box = Box(left + 1, top + 1, right - 1, bottom - 1)  # without what `bridged` adds
        (start, stop), (near, far) = (box[::2], box[1::2]) if is_horizontal else (box[1::2], box[::2])
        length, spans = stop - start, start < NEAR and stop > end
        thickness = max(1.0, float(runs.area[number]) / (length + 2) - 2)
        is_at_border = far <= MARGIN * side or near >= (1 - MARGIN) * side
        slant = far - near - thickness
        is_straight = max(thickness, 2 * slant) <= MAX_THICK * length
        if length >= shortest and is_straight and (spans or is_at_border):
            is_on_border = near < NEAR or far > side - NEAR
            lines.append(_Line(runs.labels == number, box, is_horizontal, length, thickness, spans, is_on_border))
    return lines


def _without(ink: Ink, mask: BoolArray, runs: list[_Line]) -> Ink:
    """Return the ink without the runs that are too long for a digit, or on the border; mask: of all ink and lines."""
    whole = find_components(mask)
    rest = find_components(mask & ~np.any([run.mask for run in runs], axis=0))
    tallest = rest.height.max(initial=0)
    if tallest < MIN_DIGIT:  # a lone 1, or nothing but lines
        return ink
    digits = rest.height >= MIN_TALL * tallest
    strokes = rest.mask(digits)
    pen, width = full_ink(ink.contrast[strokes]), stroke_width(strokes.astype(np.float32))
    is_squared = sum(run.spans and not run.is_horizontal for run in runs) > 1  # one alone may be the stem of a 9
    contrast, doubt = ink.contrast, False
    for run in runs:
        own = run.mask & mask
        near = dilate(run.mask) & (rest.labels >= 0) & np.isin(whole.labels, whole.labels[own])
        touched = np.unique(rest.labels[near])
        crossed = touched[digits[touched]]
        is_long = run.length > LONG * tallest
        if len(crossed) == 0 and (is_long or run.spans or run.is_on_border):
            doubt |= not is_long
            contrast = np.where(run.mask, 0, contrast)
        elif len(crossed) == 0:
            doubt |= run.thickness < MIN_STEM * width
        elif is_long and run.spans and (run.is_horizontal or is_squared):
            level = median(ink.contrast[own])
            is_base = run.is_horizontal and bool((rest.bottom[crossed] <= run.box.bottom).all())
            doubt |= is_base and level > PALE * pen
            contrast = _erased(contrast, run, (level + pen) / 2 if level <= PALE * pen else np.inf)
    return replace(ink, contrast=contrast, doubt=doubt) if contrast.max() > ink.threshold else ink


def _erased(contrast: FloatArray, run: _Line, least: float) -> FloatArray:
    """Return the contrast without a line that strokes touch.

    Ink that crosses the line stays, as does ink along it that is thicker, or has at least the contrast `least`.
    """
    axes = (0,) if run.is_horizontal else (1,)
    reach = math.ceil(run.thickness / 2) + 1
    around = run.box.slices(reach)
    on_line, nearby = run.mask[around], contrast[around]
    on_line = on_line & ~opening(on_line, reach, axes) & (nearby < least)
    result = contrast.copy()
    result[around] = np.where(on_line, closing(np.where(on_line, 0, nearby), reach, axes), nearby)
    return result


def _frames(components: Components) -> BoolArray:
    """Return which components are frames, bool (n,): boxes, parts of boxes, or circles around what may be digits."""
    frames, framed = np.zeros((2, len(components)), np.bool_)
    longest = np.maximum(components.width, components.height)
    for number in range(len(components)):
        box = components.box(number)
        inside = (components.left > box.left) & (components.top > box.top) & (components.right < box.right)
        inside &= (components.bottom < box.bottom) & (longest >= MIN_TALL * min(box.width, box.height))
        if inside.any():
            hole = components.box(inside)
            is_circle = _is_around(components, number, hole) and not _is_outline(components, box, hole)
            frames[number] = is_circle or _is_straight(components.labels[box.slices()] == number)
            framed |= inside & frames[number]
    if frames.any():  # and the other parts of broken boxes
        frames |= components.height > LONG * components.height[framed & ~frames].max(initial=0)
        frames |= components.height < MAX_THICK * components.width
    return frames


def _is_straight(mask: BoolArray) -> bool:
    """Return whether a component is nothing but vertical and horizontal lines."""
    lines = [opening(mask, max(2, int(MIN_LINE / 2 * side)), axes=(axis,)) for axis, side in enumerate(mask.shape)]
    return bool((lines[0] | lines[1]).sum() > MIN_STRAIGHT * mask.sum())


def _is_around(components: Components, number: int, hole: Box) -> bool:
    """Return whether a component lies on all four sides of a box, except where the picture's border cuts it off."""
    own, frame = components.labels == number, components.box(number)
    across, down = own[hole.top : hole.bottom], own[:, hole.left : hole.right]
    sides = across[:, : hole.left], across[:, hole.right :], down[: hole.top], down[hole.bottom :]
    met = [bool(side.any()) for side in sides]
    cut_off = [frame.left == 0, frame.right == own.shape[1], frame.top == 0, frame.bottom == own.shape[0]]
    return all(np.logical_or(met, cut_off))


def _is_outline(components: Components, box: Box, hole: Box) -> bool:
    """Return whether a box holds the outline of a digit other than 0: one whose hole isn't in the middle."""
    x, y = hole.left + hole.right - box.left - box.right, hole.top + hole.bottom - box.top - box.bottom
    is_middle = max(abs(x) / box.width, abs(y) / box.height) < 2 * MIN_OFF_MIDDLE
    ink = (components.labels[box.slices()] >= 0).astype(np.float32)
    return not is_middle and outline(ink, stroke_width(ink)) is not None


def _underlines(components: Components, contrast: FloatArray, among: BoolArray) -> BoolArray:
    """Return which components are lines under the main one, the tallest and strongest: bool (n,)."""
    main = int(np.where(among, components.height * components.strength(contrast), 0).argmax())
    is_under = components.top >= components.bottom[main] - 1  # one that slopes begins beside it
    is_under &= (components.left < components.right[main]) & (components.right > components.left[main])
    is_line = components.height < MAX_THICK * components.width
    return np.asarray(is_under & is_line)
