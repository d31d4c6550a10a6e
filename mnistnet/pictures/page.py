"""Page detection: a sheet or a board, cropped from its surroundings in a photograph.

Without it the whole page might be taken for ink, and the writing on it for the hole of a 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from mnistnet.images import SIDE, BoolArray, ByteArray
from mnistnet.pictures.components import OVERVIEW, dilate, find_components, median, otsu

# Chosen on people's pictures: photographs of sheets, plots that show MNIST's black square on a white page.
MIN_PAGE, MAX_PAGE = 0.1, 0.88  # share of the picture's area; strokes take less, a picture with a line at its edge more
MIN_SIDE = 0.3  # shorter side of a page / its longer side; the stem of a 1 is narrower
MIN_PAPER = 0.7  # share of a page's pixels with the paper's brightness
MAX_ACROSS = 0.04  # share of a page's edge that ink crosses; the edge of a shadow has more
MIN_WRITTEN = 0.25  # contrast of ink / contrast of page and surroundings
MIN_SHARPNESS = 0.8  # contrast across the page's edge / contrast of page and surroundings; light fades slowly


class Page(NamedTuple):
    """The page alone, and where its left and top are in the picture, in pixels."""

    picture: Image.Image
    left: int
    top: int


def find_page(picture: Image.Image) -> Page:
    """Return the page alone, if it has surroundings of another brightness; else the picture as it is.

    Surroundings that are left in its corners are painted over with the paper's brightness.

    Args:
        picture: of mode L and of any size.
    """
    factor = -(-max(picture.size) // OVERVIEW)
    small = picture.reduce(factor)
    grey = np.asarray(small)
    if min(grey.shape) <= SIDE:  # an icon or a strip, too coarse to show a page
        return Page(picture, 0, 0)
    is_bright = grey > otsu(grey)
    for side in (is_bright, ~is_bright):
        page = _page(side, grey)
        if page is not None:
            mask = Image.fromarray(page).resize((small.width * factor, small.height * factor))
            mask = mask.crop((0, 0, *picture.size))
            paper = Image.new("L", picture.size, round(median(grey[side & page])))
            painted = Image.composite(picture, paper, mask)
            left, top, right, bottom = mask.getbbox() or (0, 0, *picture.size)
            return Page(painted.crop((left, top, right, bottom)), left, top)
    return Page(picture, 0, 0)


def _page(side: BoolArray, grey: ByteArray) -> BoolArray | None:
    """Return the pixels of a page with something on it, without its rim: bool (height, width); None without a page.

    side: bool (height, width), the pixels brighter, or not brighter, than the threshold.
    """
    if side[:: len(side) - 1, :: side.shape[1] - 1].all() or side.sum() < MIN_PAGE * side.size:
        return None  # it has all four corners, but a page leaves some to its surroundings
    components = find_components(side)
    largest = int(components.area.argmax())
    shorter, longer = sorted((components.width[largest], components.height[largest]))
    if shorter < MIN_SIDE * longer:
        return None
    paper = components.labels == largest
    page = _polygon(paper)
    middle, around = ~dilate(~page), dilate(page)  # the edge between the two may be blurred or bent
    within, beyond = middle & dilate(~middle), dilate(around) & ~around
    across = (within & ~paper).sum() + (beyond & paper).sum()
    is_page = MIN_PAGE <= page.mean() <= MAX_PAGE and paper[page].mean() >= MIN_PAPER
    if not is_page or across > MAX_ACROSS * within.sum() or not beyond.any():
        return None
    step = abs(median(grey[within]) - median(grey[beyond]))
    written = np.abs(grey[middle] - median(grey[middle])) > MIN_WRITTEN * step
    is_sharp = step >= MIN_SHARPNESS * abs(median(grey[middle]) - median(grey[~page]))
    return middle if is_sharp and written.any() else None


def _polygon(mask: BoolArray) -> BoolArray:
    """Return the polygon of the pixels of a mask that lie farthest out in eight directions: bool (height, width)."""
    y, x = np.nonzero(mask)
    directions = (x, x + y, y, y - x, -x, -x - y, -y, x - y)
    corners = [(int(x[farthest]), int(y[farthest])) for farthest in (way.argmax() for way in directions)]
    inside = Image.new("1", (mask.shape[1], mask.shape[0]))
    ImageDraw.Draw(inside).polygon(corners, fill=1, outline=1)
    return np.asarray(inside)
