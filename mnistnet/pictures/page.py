"""Page detection: the sheet of paper, or the board, cut out of what lies around it.

Without that the whole sheet might be taken for ink, and what is written on it for the hole of a 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from mnistnet.images import BoolArray, FloatArray, IntArray
from mnistnet.pictures.components import dilate, find_components, median, otsu

# Chosen on people's pictures: photographs of sheets, plots that show MNIST's black square on a white page.
OVERVIEW = 128  # longest side, in pixels, of the picture in which a page is looked for
MIN_SCENE = 24  # pixels of the shorter side; smaller pictures show no background
MIN_PAGE = 0.06  # area of a page / area of the picture; a stroke has less
MIN_SIDE = 0.3  # shorter side of a page / its longer side; the stem of a 1 is narrower
MAX_PAGE = 0.88  # the same; beside a larger one is a line along an edge, or the stem of a 1
MIN_PAPER = 0.55  # share of a page's pixels that are paper
MAX_CORNERS = 6  # of a page of which two are cut off by the picture's border
MAX_UNEVEN = 0.04  # area outside of the page's straight edges / area of the page; a round stroke has more
MAX_ACROSS = 0.02  # share of a page's edge that ink crosses; the edge of a shadow has more
MIN_WRITTEN = 0.001  # share of a page's pixels that are ink; nothing is written on what is itself a stroke
MIN_WRITTEN_STEP = 0.25  # contrast of ink / contrast of page and background; the light on a page varies less
EDGE = (1, 3)  # pixels, on either side of a page's edge, from which to which brightness is compared
MIN_SHARPNESS = 0.8  # step of brightness there / step from page to background; a slope of light is never so sharp
RIM = 0.015  # width of a page's edge / longer side of the picture: it may be bent, blurred, or in shadow


class Page(NamedTuple):
    """The page alone, and where its left and top are in the picture, in pixels."""

    picture: Image.Image
    left: int
    top: int


def find_page(picture: Image.Image) -> Page:
    """Return the page alone, where another brightness lies beside it or around it; else the picture as it is.

    The background that is left in its corners is painted over with paper.

    Args:
        picture: of mode L or RGB and of any size.
    """
    factor = -(-max(picture.size) // OVERVIEW)
    small = picture.reduce(factor)
    grey = np.asarray(small.convert("L"), np.float32)
    if min(grey.shape) < MIN_SCENE:
        return Page(picture, 0, 0)
    is_bright = grey > otsu(grey)
    for side in (is_bright, ~is_bright):
        page = _page(side, grey)
        if page is not None:
            mask = Image.fromarray(page).resize((small.width * factor, small.height * factor))
            mask = mask.crop((0, 0, *picture.size))
            paper = _plane(np.asarray(small, np.float64), side & page).clip(0, 255).round().astype(np.uint8)
            painted = Image.composite(picture, Image.fromarray(paper).resize(picture.size), mask)
            left, top, right, bottom = mask.getbbox() or (0, 0, *picture.size)
            return Page(painted.crop((left, top, right, bottom)), left, top)
    return Page(picture, 0, 0)


def _page(side: BoolArray, grey: FloatArray) -> BoolArray | None:
    """Where a page with something on it is, less its rim: bool (height, width); None if there is no page.

    side: bool (height, width), what is on the page's side of the picture's brightness.
    """
    if side[:: len(side) - 1, :: side.shape[1] - 1].all() or side.sum() < MIN_PAGE * side.size:
        return None  # the background covers a corner of the picture
    components = find_components(side)
    largest = int(components.area.argmax())
    shorter, longer = sorted((components.width[largest], components.height[largest]))
    if components.area[largest] < MIN_PAGE * side.size or shorter < MIN_SIDE * longer:
        return None
    paper = components.labels == largest
    rows = np.flatnonzero(paper.any(axis=1))
    left, right = paper[rows].argmax(axis=1), paper.shape[1] - 1 - paper[rows, ::-1].argmax(axis=1)
    page = _inside(_corners(np.stack([np.append(left, right), np.append(rows, rows)], axis=1)), side.shape)
    if (paper & ~dilate(page)).sum() > MAX_UNEVEN * page.sum() or side[page].mean() < MIN_PAPER:
        return None
    if page.mean() > MAX_PAGE or side[~page].mean() > 0.5:
        return None
    rim = max(1, round(RIM * max(grey.shape)))
    middle = ~dilate(~page, rim)
    within = middle & dilate(~page, rim + 1)
    beyond = dilate(page, rim + 1) & ~dilate(page, rim)
    across = (within & ~paper).sum() + (beyond & paper).sum()
    if middle.mean() < MIN_PAGE or across > MAX_ACROSS * within.sum():
        return None
    step = abs(median(grey[middle]) - median(grey[~page]))
    # the soft edge of a shadow is none
    inside, outside = (dilate(each, EDGE[1]) & ~dilate(each, EDGE[0]) for each in (~page, page))
    if not outside.any() or abs(median(grey[inside]) - median(grey[outside])) < MIN_SHARPNESS * step:
        return None
    written = np.abs(grey - _plane(grey, middle & paper)) > MIN_WRITTEN_STEP * step
    return middle if written[middle].mean() > MIN_WRITTEN else None


def _plane(pixels: FloatArray, where: BoolArray) -> FloatArray:
    """The paper everywhere, without what is on it, as its light changes evenly across: float64, as large as pixels.

    where: bool (height, width), where there is nothing but paper.
    """
    height, width = where.shape
    y, x = np.mgrid[:height, :width]
    plane = np.stack([np.ones(where.shape), x, y], axis=-1)
    coefficients = np.linalg.lstsq(plane[where], pixels[where].astype(np.float64), rcond=None)[0]
    return np.asarray(plane @ coefficients)


def _corners(points: IntArray) -> FloatArray:
    """The corners of a page among the points, (n, 2): four, or up to six where it runs out of the picture.

    They are the two points farthest from each other, and then again and again the one farthest outside.
    """
    distances = np.hypot(*(points[:, np.newaxis] - points).transpose(2, 0, 1))
    corners = points[list(np.unravel_index(distances.argmax(), distances.shape))].astype(np.float64)
    while len(corners) < MAX_CORNERS:
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
