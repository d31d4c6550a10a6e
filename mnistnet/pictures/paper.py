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
SMALLEST_SCENE = 96  # pixels; what is smaller is no photograph of paper and desk
SMALLEST_SHEET = 0.08  # of a picture
SMALLEST_DESK = 0.01  # of a picture
MOST_CORNERS = 6  # of a sheet of which two are cut off
MOST_WRITTEN = 0.2  # of a sheet
LEAST_WRITTEN = 0.001  # of a sheet
MOST_UNEVEN = 0.04  # of a sheet, that lies outside of its straight edges
MOST_ACROSS = 0.02  # of a sheet's edge, that ink may reach
RIM = 4  # pixels along a sheet's edge, which may be bent, blurred, or in shadow


class Page(NamedTuple):
    """The paper alone, and where its left and top are in the picture."""

    picture: Image.Image
    left: int
    top: int


def find_page(picture: Image.Image) -> Page:
    """Return the paper alone where a desk or a bar of another brightness lies beside it or around it.

    Without that the whole sheet might be taken for ink, and what is written on it for the hole of a 0. What is left of
    the desk in the corners is painted over with paper.

    Args:
        picture: of mode L or RGB and of any size.

    Returns:
        The picture as it is where there is no desk.
    """
    factor, small = shrink(picture)
    grey = _brightness(small)
    if min(grey.shape) < SMALLEST_SCENE:
        return Page(picture, 0, 0)
    is_bright = grey > otsu(grey)
    for side in (is_bright, ~is_bright):
        sheet = _sheet(side, grey)
        if sheet is not None:
            paper = Image.fromarray(_paper(np.asarray(small), side & sheet)).resize(picture.size)
            mask = (
                Image.fromarray(sheet).resize((small.width * factor, small.height * factor)).crop((0, 0, *picture.size))
            )
            box = mask.getbbox() or (0, 0, *picture.size)
            return Page(Image.composite(picture, paper, mask).crop(box), box[0], box[1])
    return Page(picture, 0, 0)


def _paper(pixels: ByteArray, where: BoolArray) -> ByteArray:
    """The paper everywhere, without what is on it, as its light changes evenly across: uint8, in the shape of pixels.

    where: bool (height, width), where there is nothing but paper.
    """
    height, width = where.shape
    y, x = np.mgrid[:height, :width]
    plane = np.stack([np.ones(where.shape), x, y], axis=-1)
    coefficients = np.linalg.lstsq(plane[where], pixels[where].astype(np.float64), rcond=None)[0]
    return np.asarray((plane @ coefficients).clip(0, 255).round(), np.uint8)


def _sheet(side: BoolArray, grey: FloatArray) -> BoolArray | None:
    """Where a sheet with something on it is, less its rim: bool (height, width); None if there is no sheet.

    side: bool (height, width), what is on the sheet's side of the picture's brightness.
    """
    pieces = label(side)
    if side.sum() < SMALLEST_SHEET * side.size:
        return None
    paper = pieces.labels == pieces.area.argmax()
    rows = np.flatnonzero(paper.any(axis=1))
    left, right = paper[rows].argmax(axis=1), paper.shape[1] - 1 - paper[rows, ::-1].argmax(axis=1)
    sheet = _inside(_corners(np.stack([np.append(left, right), np.append(rows, rows)], axis=1)), side.shape)
    outside, written = (paper & ~sheet).sum(), (sheet & ~paper).sum()
    if sheet.mean() < SMALLEST_SHEET or outside > MOST_UNEVEN * sheet.sum() or written > MOST_WRITTEN * sheet.sum():
        return None
    if sheet[:: sheet.shape[0] - 1, :: sheet.shape[1] - 1].all() or sheet.mean() > 1 - SMALLEST_DESK:
        return None  # a desk covers a corner of the picture
    middle = ~grow_mask(~sheet, RIM)
    near_edge = middle & grow_mask(~sheet, 2 * RIM)
    if (near_edge & ~paper).sum() > MOST_ACROSS * near_edge.sum():  # the hard edge of a shadow, and ink across it
        return None
    level, desk_level = median(grey[middle]), median(grey[~sheet])
    step = abs(level - desk_level)
    if abs(_step_at_edge(grey, sheet, 2)) < 0.8 * step:  # the soft edge of a shadow
        return None
    return middle if (np.abs(grey[middle] - level) > 0.25 * step).mean() > LEAST_WRITTEN else None


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
