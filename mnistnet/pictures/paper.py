"""The paper in a picture: cut out of what lies around it, and told from its own printed lines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.pictures.filters import Box, Pieces, closing, grow_mask, label, median, opening, otsu
from mnistnet.pictures.outlines import filled

# Chosen on pictures that people drew and photographed, and on the simulated ones of `make kinds`.
OVERVIEW = 192  # longest side, in pixels, of the picture in which the digit is looked for
MIN_SCENE = 24  # pixels; smaller pictures show no paper and desk
MIN_SHEET = 0.06  # of a picture, less its rim; a smaller one is seldom photographed, and a stroke is no larger
MIN_PAPER = 0.7  # of a sheet is paper; inside the outline of a thick frame, less is frame
MAX_CORNERS = 6  # of a sheet of which two are cut off
MIN_WRITTEN = 0.001  # of a sheet; nothing is written on what is itself a stroke
MIN_WRITTEN_STEP = 0.25  # of the step from sheet to desk; the light on a sheet varies less
MAX_UNEVEN = 0.04  # of a sheet, that lies outside of its straight edges; of a round stroke, more does
MAX_ACROSS = 0.02  # of a sheet's edge, that ink crosses; a stroke across a shadow takes more of it
EDGE = (2, 4)  # pixels, on either side of a sheet's edge, from which to which brightness is compared
MIN_SHARPNESS = 0.8  # of the step from sheet to desk lies in the edge; a slope of light has none so sharp
RIM = 0.02  # of a picture, along a sheet's edge, which may be bent, blurred, or in shadow
MIN_EDGE_STEP = 0.1  # of all contrast, from a frame along the border to what is inside of it
MIN_GROUND = 0.9  # of each side inside of such a frame is ground; not around a bold digit that fills the picture
FAINT = 0.6  # of the threshold of ink: lines and frames are fainter than the pen, and would be found in parts
SMALLEST_RING = 5  # pixels, around one that does not touch it
MIN_INSIDE = 0.36  # of a frame's shorter side, that what is in it measures; the dot that some put in a 0 is smaller
MIN_PART_INSIDE = 0.24  # the same of each part, where a digit in it is broken; what is left of squares is smaller
MIN_OFF_MIDDLE = 0.08  # of a frame: so far from its middle is what is in the outline of a 4, 6 or 9
MIN_BESIDE = 0.08  # of the weight of the heaviest piece, that a digit beside a frame has at least
MIN_FLAT = 4  # heights of a line under the writing: how wide it is
MIN_UNDER = 0.7  # of the width of what is written: the same
MAX_BELOW = 0.5  # of the height of that, between the two
MIN_RUN = 0.4  # of the picture's width, of which a line's parts are at least; hardly a stroke runs level so far


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
    whole = Box(0, 0, *picture.size)
    factor, small = shrink(picture, whole)
    grey = np.asarray(small.convert("L"), np.float32)  # how bright every pixel looks, 0 to 255
    if min(grey.shape) < MIN_SCENE:
        return Page(picture, 0, 0)
    is_bright = grey > otsu(grey)
    for side in (is_bright, ~is_bright):
        sheet = _sheet(side, grey)
        if sheet is not None:
            mask = Image.fromarray(sheet).resize((small.width * factor, small.height * factor)).crop(whole)
            paper = _paper(np.asarray(small), side & sheet).clip(0, 255).round().astype(np.uint8)
            painted = Image.composite(picture, Image.fromarray(paper).resize(picture.size), mask)
            box = Box(*(mask.getbbox() or whole))
            return Page(painted.crop(box), box.left, box.top)
    return Page(picture, 0, 0)


def _paper(pixels: ByteArray | FloatArray, where: BoolArray) -> FloatArray:
    """The paper everywhere, without what is on it, as its light changes evenly across: float64, as large as pixels.

    where: bool (height, width), where there is nothing but paper.
    """
    height, width = where.shape
    y, x = np.mgrid[:height, :width]
    plane = np.stack([np.ones(where.shape), x, y], axis=-1)
    coefficients = np.linalg.lstsq(plane[where], pixels[where].astype(np.float64), rcond=None)[0]
    return np.asarray(plane @ coefficients)


def _sheet(side: BoolArray, grey: FloatArray) -> BoolArray | None:
    """Where a sheet with something on it is, less its rim: bool (height, width); None if there is no sheet.

    side: bool (height, width), what is on the sheet's side of the picture's brightness.
    """
    pieces = label(side)
    if side.sum() < MIN_SHEET * side.size:
        return None
    paper = pieces.labels == pieces.area.argmax()
    rows = np.flatnonzero(paper.any(axis=1))
    left, right = paper[rows].argmax(axis=1), paper.shape[1] - 1 - paper[rows, ::-1].argmax(axis=1)
    sheet = _inside(_corners(np.stack([np.append(left, right), np.append(rows, rows)], axis=1)), side.shape)
    if (paper & ~sheet).sum() > MAX_UNEVEN * sheet.sum():
        return None
    if sheet[:: sheet.shape[0] - 1, :: sheet.shape[1] - 1].all() or side[~sheet].mean() > 0.5:
        return None  # a desk covers a corner of the picture, and is of another brightness
    if side[sheet].mean() < MIN_PAPER:
        return None
    rim = _rim(grey.shape)
    middle = ~grow_mask(~sheet, rim)
    within = middle & grow_mask(~sheet, 2 * rim)
    beyond = grow_mask(sheet, 2 * rim) & ~grow_mask(sheet, rim)
    across = (within & ~paper).sum() + (beyond & paper).sum()
    if middle.mean() < MIN_SHEET or across > MAX_ACROSS * within.sum():  # the hard edge of a shadow, and ink across it
        return None
    step = abs(median(grey[middle]) - median(grey[~sheet]))
    # the soft edge of a shadow; where there is hardly any desk, no edge can be seen
    inside, outside = (grow_mask(each, EDGE[1]) & ~grow_mask(each, EDGE[0]) for each in (~sheet, sheet))
    if not outside.any() or abs(median(grey[inside]) - median(grey[outside])) < MIN_SHARPNESS * step:
        return None
    written = np.abs(grey - _paper(grey, middle & paper)) > MIN_WRITTEN_STEP * step
    return middle if written[middle].mean() > MIN_WRITTEN else None


def _corners(points: IntArray) -> FloatArray:
    """The corners of a sheet among the points, (n, 2): four, or up to six where it runs out of the picture.

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


def _rim(shape: tuple[int, ...]) -> int:
    """How many pixels wide the rim of a sheet is, in a picture of (height, width)."""
    return max(2, round(RIM * max(shape)))


def without_edge(grey: FloatArray) -> FloatArray:
    """Paint over a frame along the border of the picture itself, whose grey would be taken for the ground's."""
    if min(grey.shape) < MIN_SCENE:
        return grey
    rim = min(_rim(grey.shape) + 1, min(grey.shape) // 4)  # a strip can be low
    inner = grey[rim:-rim, rim:-rim]
    ground = median(inner)
    for outer, within in zip(sides(grey), sides(inner), strict=True):
        edge = median(outer)
        is_ground = np.abs(within - ground) < abs(edge - ground) / 2
        if abs(edge - median(within)) <= MIN_EDGE_STEP * np.ptp(grey) or is_ground.mean() <= MIN_GROUND:
            return grey
    return np.pad(inner, rim, mode="edge")


def sides(values: FloatArray) -> tuple[FloatArray, ...]:
    """Return what lies along each of the four sides of (height, width)."""
    return values[0], values[-1], values[:, 0], values[:, -1]


def without_rulings(contrast: FloatArray, threshold: float, at_least: int) -> FloatArray:
    """Return the contrast without the lines of ruled or squared paper, where so many, or more, cross the picture."""
    contrast = without_level_lines(contrast, threshold, at_least)
    return without_level_lines(contrast.T, threshold, at_least).T


def without_level_lines(contrast: FloatArray, threshold: float, at_least: int) -> FloatArray:
    """Return the contrast without lines that run from the left to the right, level or with a gentle slope.

    Where a stroke crosses a line its ink stays: there is ink both above and below.
    """
    mask = contrast > FAINT * threshold
    radius = int(MIN_RUN / 2 * mask.shape[1])
    bridged = grow_mask(mask)  # over the gaps of a faint line, and the steps of a sloping one
    if bridged.sum(axis=1).max() <= 2 * radius:  # told fast, as in most pictures: nothing is so long
        return contrast
    pieces = label(opening(bridged, radius, axes=(1,)))
    crossing = pieces.width == mask.shape[1]
    if crossing.sum() < at_least:
        return contrast
    on_line = pieces.mask(crossing)
    thickness = int(median(on_line.sum(axis=0)) / crossing.sum()) + 2
    reach = thickness // 2 + 1
    on_line &= ~opening(on_line, reach, axes=(0,))  # less the strokes that lie along a line
    return np.where(on_line, closing(np.where(on_line, 0, contrast), reach, axes=(0,)), contrast)


def underlines(pieces: Pieces, contrast: FloatArray) -> BoolArray:
    """Return which pieces are lines under what stands out most: bool (n,)."""
    main = int((pieces.height * pieces.strength(contrast)).argmax())
    below = pieces.top - pieces.bottom[main]
    is_under = (below >= -1) & (below < MAX_BELOW * pieces.height[main])  # one that is not level begins beside it
    is_under &= (pieces.left < pieces.right[main]) & (pieces.right > pieces.left[main])
    is_line = pieces.width > np.maximum(MIN_FLAT * pieces.height, MIN_UNDER * pieces.width[main])
    # so near, and no wider than what is written, it is the foot of a 2 that is written apart, or what is written itself
    is_foot = (below < pieces.height) & ((pieces.left >= pieces.left[main]) | (pieces.right <= pieces.right[main]))
    return np.asarray(is_under & is_line & ~is_foot)


def shrink(picture: Image.Image, part: Box, longest: int = OVERVIEW) -> tuple[int, Image.Image]:
    """Return by how much a part of a picture is shrunk to look at the whole of that, and the part then."""
    factor = -(-part.longest // longest)
    return factor, picture.reduce(factor, part)


def find_frames(contrast: FloatArray, threshold: float) -> BoolArray:
    """Return where frames and rings are, bool (height, width): nowhere in a picture that shows little else."""
    pieces = label(contrast > FAINT * threshold)
    found = np.minimum(pieces.width, pieces.height) >= SMALLEST_RING
    for number in np.flatnonzero(found).tolist():
        found[number] = _is_around_another(pieces, number) and not _is_outline(pieces, number, contrast)
    weight = pieces.extent * pieces.strength(contrast)
    frames, rest = pieces.mask(found), pieces.mask(~found & (weight >= MIN_BESIDE * weight.max()))
    return frames if contrast[rest].max(initial=0) > threshold else np.zeros_like(frames)


def _is_around_another(pieces: Pieces, number: int) -> bool:
    """Whether a piece surrounds others that together have some size, but for the sides where the picture cuts it off.

    A ring in a corner is cut off at two; at more, it is a digit that fills the picture.
    """
    left, top, right, bottom = pieces.box(number)
    shorter = min(right - left, bottom - top)
    height, width = pieces.labels.shape
    cut_off = (left == 0) + (top == 0) + (right == width) + (bottom == height)
    least = 4 - cut_off if cut_off <= 2 else 4
    inside = (pieces.left > left) & (pieces.top > top) & (pieces.right < right) & (pieces.bottom < bottom)
    inside &= np.maximum(pieces.width, pieces.height) >= MIN_PART_INSIDE * shorter
    for other in np.flatnonzero(inside).tolist():
        inside[other] = _is_around(pieces.labels, number, pieces.box(other), least)
    return bool(inside.any()) and pieces.box(inside).longest >= MIN_INSIDE * shorter


def _is_around(labels: IntArray, number: int, box: Box, least: int) -> bool:
    """Whether a piece lies on at least so many of the four sides of a box, and not in it."""
    left, top, right, bottom = box
    x, y = (left + right) // 2, (top + bottom) // 2
    sides = (labels[y, :left], labels[y, right:], labels[:top, x], labels[bottom:, x])
    is_met = sum(bool((side == number).any()) for side in sides) >= least
    return is_met and bool((labels[top:bottom, left:right] != number).all())


def _is_outline(pieces: Pieces, number: int, contrast: FloatArray) -> bool:
    """Whether a piece and what it surrounds are the outline of a digit.

    In the middle of a frame there is a digit; so there is in the outline of a 0, which needn't be told from it.
    """
    left, top, right, bottom = pieces.box(number)
    labels, contrast = pieces.labels[top:bottom, left:right], contrast[top:bottom, left:right]
    inside = (labels >= 0) & (labels != number)
    off = max(abs((float(np.nonzero(each)[0].mean()) + 0.5) / len(each) - 0.5) for each in (inside, inside.T))
    is_digit = off < MIN_OFF_MIDDLE and len(np.unique(labels[inside])) == 1
    return not is_digit and filled(contrast / contrast.max()) is not None
