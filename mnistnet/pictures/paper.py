"""The paper in a picture: cut out of what lies around it, and told from its own printed lines."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.pictures.filters import closing, grow_mask, label, median, opening, otsu

Scalar = TypeVar("Scalar", bound=np.generic)

OVERVIEW = 192  # longest side, in pixels, of the picture in which the digit is looked for
SMALLEST_SHEET = 0.08  # of a picture
MOST_CORNERS = 6  # of a sheet of which two are cut off
LEAST_CONTACT = 0.12  # of a picture's border, that a desk touches; few strokes do


class Page(NamedTuple):
    """The paper alone, and where its left and top are in the picture."""

    picture: Image.Image
    left: int
    top: int


def find_page(picture: Image.Image) -> Page:
    """Return the paper in a picture of mode L or RGB without the desk and the bars around it."""
    sheet, left, top = _cut_out_sheet(picture)
    page, more_left, more_top = _without_bars(sheet)
    return Page(page, left + more_left, top + more_top)


def _cut_out_sheet(picture: Image.Image) -> tuple[Image.Image, int, int]:
    """A sheet of paper alone where it lies before a ground of another brightness, else the picture as it is.

    Without that the whole sheet might be taken for ink, and what is written on it for the hole of a 0. What is left of
    the ground in the corners is painted over with paper.
    """
    factor, small = shrink(picture)
    grey = _brightness(small)
    threshold = otsu(grey)
    for side in (grey > threshold, grey <= threshold):
        corners = _corners_of_sheet(side, grey)
        if corners is not None:
            paper = _paper(np.asarray(small), side & _inside(corners, side.shape))
            mask = Image.fromarray(_inside(corners * factor, picture.size[::-1]))
            left, top, right, bottom = mask.getbbox() or (0, 0, *picture.size)
            sheet = Image.composite(picture, Image.fromarray(paper).resize(picture.size), mask)
            return sheet.crop((left, top, right, bottom)), left, top
    return picture, 0, 0


def _paper(pixels: ByteArray, where: BoolArray) -> ByteArray:
    """The paper everywhere, without what is on it, as its light changes evenly across: uint8, in the shape of pixels.

    where: bool (height, width), where there is nothing but paper.
    """
    height, width = where.shape
    y, x = np.mgrid[:height, :width]
    plane = np.stack([np.ones(where.shape), x, y], axis=-1)
    coefficients = np.linalg.lstsq(plane[where], pixels[where].astype(np.float64), rcond=None)[0]
    return np.asarray((plane @ coefficients).clip(0, 255).round(), np.uint8)


def _corners_of_sheet(side: BoolArray, grey: FloatArray) -> FloatArray | None:
    """The corners of a sheet, (n, 2), x and y, a little inside of it; None if there is no sheet with something on it.

    side: bool (height, width), what is on the sheet's side of the picture's brightness.
    """
    if min(side.shape) < 64 or side.mean() < SMALLEST_SHEET or along_border(side).mean() > 0.35:
        return None
    pieces = label(side)
    if pieces.area.max() < 0.8 * SMALLEST_SHEET * side.size:
        return None
    paper = pieces.labels == pieces.area.argmax()
    rows = np.flatnonzero(paper.any(axis=1))
    left, right = paper[rows].argmax(axis=1), paper.shape[1] - 1 - paper[rows, ::-1].argmax(axis=1)
    corners = _corners(np.stack([np.append(left, right), np.append(rows, rows)], axis=1))
    sheet = _inside(corners, side.shape)
    outside, written = (paper & ~sheet).sum(), (sheet & ~paper).sum()
    if sheet.mean() < SMALLEST_SHEET or outside > 0.04 * sheet.sum() or written > 0.2 * sheet.sum():
        return None
    if along_border(sheet).mean() >= sheet.mean():  # all of the picture, or a desk beside the paper
        return None
    corners += 0.05 * (corners.mean(axis=0) - corners)  # the rim may be bent or in shadow
    levels = grey[~grow_mask(~_inside(corners, side.shape), 2)]  # or blurred
    paper_level, ground_level = median(levels), median(grey[~sheet])
    step = abs(paper_level - ground_level)
    if abs(_step_at_edge(grey, sheet, 2)) < 0.8 * step:  # the soft edge of a shadow
        return None
    return corners if (np.abs(levels - paper_level) > 0.25 * step).mean() > 0.001 else None


def _corners(points: IntArray) -> FloatArray:
    """The corners of a sheet among the points, (n, 2): four, or up to six where it runs out of the picture.

    They are the two points farthest from each other, and then again and again the one farthest outside.
    """
    distances = np.hypot(*(points[:, np.newaxis] - points).transpose(2, 0, 1))
    corners = points[list(np.unravel_index(distances.argmax(), distances.shape))].astype(np.float64)
    while len(corners) < MOST_CORNERS:
        dx, dy = (np.roll(corners, -1, axis=0) - corners).T[:, :, np.newaxis]  # the polygon's sides
        away = points - corners[:, np.newaxis]
        outside = (dx * away[:, :, 1] - dy * away[:, :, 0]) / np.hypot(dx, dy)  # (sides, n), pixels
        side, farthest = np.unravel_index(outside.argmax(), outside.shape)
        if outside[side, farthest] < 1:
            break
        corners = np.insert(corners, side + 1, points[farthest], axis=0)
    return corners


def _inside(corners: FloatArray, shape: tuple[int, ...]) -> BoolArray:
    """What a polygon covers: bool (height, width)."""
    mask = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(mask).polygon([(x, y) for x, y in corners.tolist()], fill=1, outline=1)
    return np.asarray(mask)


def _without_bars(picture: Image.Image) -> tuple[Image.Image, int, int]:
    """The picture without bars along its sides: letterboxes, frames, the lid of a scanner beside the page."""
    factor, small = shrink(picture)
    grey = _brightness(small)
    span = float(np.ptp(grey))
    other = np.abs(grey - median(grey)) > 0.3 * span
    height, width = grey.shape
    top, bottom = _bar(other), height - _bar(other[::-1])
    left, right = _bar(other[top:bottom].T), width - _bar(other[top:bottom, ::-1].T)
    if np.ptp(grey[top:bottom, left:right]) < 0.1 * span:  # the bars were the picture: a thick 1, cropped tightly
        return picture, 0, 0
    box = (left * factor, top * factor, min(picture.width, right * factor), min(picture.height, bottom * factor))
    return (picture, 0, 0) if box == (0, 0, *picture.size) else (picture.crop(box), box[0], box[1])


def _bar(other: BoolArray) -> int:
    """How many rows at the top are a bar: all of them full from end to end, with a sharp edge below.

    other: bool (height, width), where a picture has not the grey of most of it. The bar of a 7 or a 5 that touches the
    border is not as full, even when a picture is cropped to it: its ends are round and its edge is not straight.
    """
    share = other.mean(axis=1)
    thickness = int((share < 0.97).argmax())
    blurred = 1 + len(other) // 100
    is_bar = 0 < thickness < len(other) // 4 and share[thickness + blurred] < 0.5
    return thickness + blurred if is_bar else 0


def on_one_ground(grey: FloatArray) -> FloatArray:
    """The same, where a desk beside the paper is brought to the grey of the paper, and the edge between painted over.

    A desk touches much of the border, and nothing is drawn on it or across its edge.
    """
    if min(grey.shape) < 64:
        return grey
    dark = grey <= otsu(grey)
    side = min(dark, ~dark, key=lambda half: int(along_border(half).sum()))
    if along_border(side).mean() < LEAST_CONTACT:
        return grey
    level = grey
    for desk in _desks(side):
        on_it = ~grow_mask(~desk, 5) & ~side
        across = grow_mask(desk, 5) & ~grow_mask(desk, 2) & side
        if on_it.sum() + across.sum() < 0.002 * desk.sum():
            step = _step_at_edge(grey, desk, 2)
            edge = grow_mask(desk, 2) & grow_mask(~desk, 2)
            level = np.where(desk, level - step, level)
            level = np.where(edge, median(level[grow_mask(edge, 2) & ~edge]), level)
    return level if np.ptp(level) > 0.2 * np.ptp(grey) else grey  # else the desk was the picture: a thick stroke


def _desks(side: BoolArray) -> list[BoolArray]:
    """The wide pieces of a mask that touch much of the border, each with what is drawn on it."""
    radius = max(side.shape) // 48
    pieces = label(opening(side, radius, axes=(0, 1)))
    edge = along_border(pieces.labels)
    contact = np.bincount(edge[edge >= 0], minlength=len(pieces.area))
    numbers = np.flatnonzero(contact > LEAST_CONTACT * len(edge))
    return [closing(pieces.labels == number, 3 * radius, axes=(0, 1)) for number in numbers]


def _step_at_edge(grey: FloatArray, mask: BoolArray, distance: int) -> float:
    """How much brighter it is that many pixels inside the edge of a mask than outside; 0 for a mask without an edge."""
    inside, outside = (grow_mask(side, distance + 2) & ~grow_mask(side, distance) for side in (~mask, mask))
    return median(grey[inside]) - median(grey[outside]) if inside.any() and outside.any() else 0.0


def without_rulings(contrast: FloatArray, threshold: float, at_least: int) -> FloatArray:
    """The contrast without the lines of ruled or squared paper, where at least so many cross the whole picture."""
    if min(contrast.shape) < 64:  # too small a picture to tell a line of the paper from one of the digit
        return contrast
    contrast = _without_level_lines(contrast, threshold, at_least)
    return _without_level_lines(contrast.T, threshold, at_least).T


def _without_level_lines(contrast: FloatArray, threshold: float, at_least: int) -> FloatArray:
    """The contrast without lines that run from the left to the right, to a slope of 1 in 40.

    Where a stroke crosses a line its ink stays: there is ink both above and below.
    """
    mask = contrast > threshold
    if mask.mean(axis=1).max() < 0.3:
        return contrast
    radius = mask.shape[1] // 5
    bridged = grow_mask(mask)  # over the gaps of a faint line, and the steps of a sloping one
    pieces = label(opening(bridged, radius, axes=(1,)))
    tall = pieces.bottom - pieces.top
    crossing = (pieces.right - pieces.left == mask.shape[1]) & (tall < mask.shape[0] // 5)
    if crossing.sum() < at_least:
        return contrast
    on_line: BoolArray = np.append(crossing, False)[pieces.labels]
    thickness = int(median(on_line.sum(axis=0)) / crossing.sum()) + 2
    reach = thickness // 2 + 1
    on_line &= ~opening(on_line, reach, axes=(0,))  # less the strokes that lie along a line
    return np.where(on_line, closing(np.where(on_line, 0, contrast), reach, axes=(0,)), contrast)


def along_border(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """What lies along the border of (height, width), in a row."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _brightness(picture: Image.Image) -> FloatArray:
    """How bright every pixel looks: float32 (height, width), 0 to 255."""
    return np.asarray(picture.convert("L"), np.float32)


def shrink(picture: Image.Image, longest: int = OVERVIEW) -> tuple[int, Image.Image]:
    """By how much a picture is shrunk to look at the whole of it, and the picture then."""
    factor = -(-max(picture.size) // longest)
    return factor, picture.reduce(factor) if factor > 1 else picture
