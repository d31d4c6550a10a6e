"""The digit's ink in a picture, told from the paper and from all else that is on it.

A photograph needs more than a scan: its colours become one grey, its light is evened out, and the digit is told from
ruled lines, frames, page edges and specks.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnistnet.errors import PictureError
from mnistnet.pictures.filters import (
    Grey,
    Pieces,
    closing,
    grow_mask,
    label,
    median,
    opening,
    otsu,
    quantile,
    running_mean,
)

Scalar = TypeVar("Scalar", bound=np.generic)

OVERVIEW = 192  # longest side, in pixels, of the picture in which the digit is looked for
MIN_CONTRAST = 8.0  # grey levels; what stands out less from its ground is paper, not ink
LEAST_SHARE = 0.5  # of all that stands out; a digit is nearly all of it, a speck of noise or of a wall is one of many
SMALLEST_DIGIT = 4  # pixels from end to end
SMALLEST_SHEET = 0.08  # of a picture
MOST_CORNERS = 6  # of a sheet of which two are cut off
LEAST_CONTACT = 0.12  # of a picture's border, that a desk touches; few strokes do


def find_ink(picture: Image.Image, invert: str) -> Grey:
    """The digit's ink alone: float32 (height, width) of any size, 0 to 1, cropped to the digit.

    The digit is found in an overview; when it is a small part of a large picture, that part is looked at again,
    closer. Raises PictureError when nothing stands out.
    """
    picture = _without_bars(_cut_out_sheet(picture))
    rulings = 2  # a single line across the whole picture may be a stroke; beside others it is not
    least_share = 1.0
    for _ in range(3):
        factor, overview = _overview(picture)
        grey = _on_one_ground(_best_grey(overview))
        dark = _ink_is_dark(grey) if invert == "auto" else invert == "yes"
        contrast = _contrast_with_ground(255 - grey if dark else grey)
        threshold = _ink_threshold(contrast, _noise(grey))
        unruled = _without_rulings(contrast, threshold, rulings)
        ink, box, share = _choose_digit(unruled, threshold)
        least_share = min(least_share, share)
        closer = _enlarge(box, picture.size, factor)
        if factor == 1 or max(closer[2] - closer[0], closer[3] - closer[1]) > 0.6 * max(picture.size):
            break
        picture = picture.crop(closer)
        invert = "yes" if dark else "no"
        rulings = 2 if np.array_equal(unruled, contrast) else 1
    left, top, right, bottom = box
    if least_share < LEAST_SHARE or max(right - left, bottom - top) - 2 < SMALLEST_DIGIT:
        raise PictureError("no digit in it that stands out (specks, several digits?); crop to one, or draw it larger")
    return ink[top:bottom, left:right]


Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom; the last two are one past the end


def _overview(picture: Image.Image) -> tuple[int, Image.Image]:
    """By how much a picture is shrunk to look at the whole of it, and the picture then."""
    factor = -(-max(picture.size) // OVERVIEW)
    return factor, picture.reduce(factor) if factor > 1 else picture


def _brightness(picture: Image.Image) -> Grey:
    """How bright every pixel looks: float32 (height, width), 0 to 255."""
    return np.asarray(picture.convert("L"), np.float32)


def _cut_out_sheet(picture: Image.Image) -> Image.Image:
    """A sheet of paper alone where it lies before a ground of another brightness, else the picture as it is.

    Without that the whole sheet might be taken for ink, and what is written on it for the hole of a 0. What is left of
    the ground in the corners is painted over with paper.
    """
    factor, overview = _overview(picture)
    grey = _brightness(overview)
    threshold = otsu(grey)
    for side in (grey > threshold, grey <= threshold):
        corners = _corners_of_sheet(side, grey)
        if corners is not None:
            paper = _paper(np.asarray(overview), side & _inside(corners, side.shape))
            mask = Image.fromarray(_inside(corners * factor, picture.size[::-1]))
            return Image.composite(picture, Image.fromarray(paper).resize(picture.size), mask).crop(mask.getbbox())
    return picture


def _paper(pixels: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The paper everywhere, without what is on it, as its light changes evenly across: uint8, in the shape of pixels.

    where: bool (height, width), where there is nothing but paper.
    """
    height, width = where.shape
    y, x = np.mgrid[:height, :width]
    plane = np.stack([np.ones(where.shape), x, y], axis=-1)
    coefficients = np.linalg.lstsq(plane[where], pixels[where].astype(np.float64), rcond=None)[0]
    return np.asarray((plane @ coefficients).clip(0, 255).round(), np.uint8)


def _corners_of_sheet(side: NDArray[np.bool_], grey: Grey) -> NDArray[np.float64] | None:
    """The corners of a sheet, (n, 2), x and y, a little inside of it; None if there is no sheet with something on it.

    side: bool (height, width), what is on the sheet's side of the picture's brightness.
    """
    if min(side.shape) < 64 or side.mean() < SMALLEST_SHEET or _ring(side).mean() > 0.35:
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
    if _ring(sheet).mean() >= sheet.mean():  # all of the picture, or a desk beside the paper
        return None
    corners += 0.05 * (corners.mean(axis=0) - corners)  # the rim may be bent or in shadow
    levels = grey[~grow_mask(~_inside(corners, side.shape), 2)]  # or blurred
    paper_level, ground_level = median(levels), median(grey[~sheet])
    step = abs(paper_level - ground_level)
    if abs(_step_at_edge(grey, sheet, 2)) < 0.8 * step:  # the soft edge of a shadow
        return None
    return corners if (np.abs(levels - paper_level) > 0.25 * step).mean() > 0.001 else None


def _corners(points: NDArray[np.intp]) -> NDArray[np.float64]:
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


def _inside(corners: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """What a polygon covers: bool (height, width)."""
    mask = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(mask).polygon([(x, y) for x, y in corners.tolist()], fill=1, outline=1)
    return np.asarray(mask)


def _without_bars(picture: Image.Image) -> Image.Image:
    """The picture without bars along its sides: letterboxes, frames, the lid of a scanner beside the page."""
    factor, overview = _overview(picture)
    grey = _brightness(overview)
    span = float(np.ptp(grey))
    other = np.abs(grey - median(grey)) > 0.3 * span
    height, width = grey.shape
    top, bottom = _bar(other), height - _bar(other[::-1])
    left, right = _bar(other[top:bottom].T), width - _bar(other[top:bottom, ::-1].T)
    if np.ptp(grey[top:bottom, left:right]) < 0.1 * span:  # the bars were the picture: a thick 1, cropped tightly
        return picture
    box = (left * factor, top * factor, min(picture.width, right * factor), min(picture.height, bottom * factor))
    return picture if box == (0, 0, *picture.size) else picture.crop(box)


def _bar(other: NDArray[np.bool_]) -> int:
    """How many rows at the top are a bar: all of them full from end to end, with a sharp edge below.

    other: bool (height, width), where a picture has not the grey of most of it. The bar of a 7 or a 5 that touches the
    border is not as full, even when a picture is cropped to it: its ends are round and its edge is not straight.
    """
    share = other.mean(axis=1)
    thickness = int((share < 0.97).argmax())
    blurred = 1 + len(other) // 100
    is_bar = 0 < thickness < len(other) // 4 and share[thickness + blurred] < 0.5
    return thickness + blurred if is_bar else 0


def _enlarge(box: Box, size: tuple[int, int], factor: int) -> Box:
    """The box, found in an overview `factor` times smaller, in a picture's own pixels, with a margin around it."""
    left, top, right, bottom = box
    margin = 3 + max(right - left, bottom - top) // 3
    return (
        max(0, (left - margin) * factor),
        max(0, (top - margin) * factor),
        min(size[0], (right + margin) * factor),
        min(size[1], (bottom + margin) * factor),
    )


def _best_grey(picture: Image.Image) -> Grey:
    """The mix of red, green and blue in which the strokes stand out most: float32 (height, width), 0 to 255.

    It is the first principal component of what differs from the neighbourhood: blue on red of the same brightness
    stands out in it, and the slow fall of the light across a page does not count.
    """
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    if (pixels == pixels[:, :, :1]).all():
        return pixels[:, :, 0].astype(np.float32)
    colours = pixels.astype(np.float32)
    local = colours - _neighbourhood(colours)
    differences = local.reshape(-1, 3)
    weights = np.linalg.eigh(differences.T @ differences)[1][:, -1]
    weights *= np.sign(weights @ _LUMA) or 1.0
    weights /= np.abs(weights).sum()
    offset = -255 * weights[weights < 0].sum()
    return np.asarray(colours @ weights + offset, np.float32)


_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R 601: how bright red, green and blue look


def _neighbourhood(values: Grey) -> Grey:
    """The mean of the square around every pixel, a quarter of the picture wide: (height, width, ...)."""
    for axis in (0, 1):
        radius = max(3, values.shape[axis] // 8)
        values = running_mean(values, radius, axis)
    return values


def _on_one_ground(grey: Grey) -> Grey:
    """The same, where a desk beside the paper is brought to the grey of the paper, and the edge between painted over.

    A desk touches much of the border, and nothing is drawn on it or across its edge.
    """
    if min(grey.shape) < 64:
        return grey
    dark = grey <= otsu(grey)
    side = min(dark, ~dark, key=lambda half: int(_ring(half).sum()))
    if _ring(side).mean() < LEAST_CONTACT:
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


def _desks(side: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The wide pieces of a mask that touch much of the border, each with what is drawn on it."""
    radius = max(side.shape) // 48
    pieces = label(opening(side, radius, axes=(0, 1)))
    ring = _ring(pieces.labels)
    contact = np.bincount(ring[ring >= 0], minlength=len(pieces.area))
    numbers = np.flatnonzero(contact > LEAST_CONTACT * len(ring))
    return [closing(pieces.labels == number, 3 * radius, axes=(0, 1)) for number in numbers]


def _step_at_edge(grey: Grey, mask: NDArray[np.bool_], distance: int) -> float:
    """How much brighter it is that many pixels inside the edge of a mask than outside; 0 for a mask without an edge."""
    inside, outside = (grow_mask(side, distance + 2) & ~grow_mask(side, distance) for side in (~mask, mask))
    return median(grey[inside]) - median(grey[outside]) if inside.any() and outside.any() else 0.0


def _ring(values: NDArray[Scalar]) -> NDArray[Scalar]:
    """What lies along the border of (height, width), in a row."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _has_even_border(grey: Grey) -> bool:
    """Whether most of the border has one grey."""
    low, high = (quantile(_ring(grey), share) for share in (0.2, 0.8))
    return bool(high - low <= 0.1 * np.ptp(grey))


def _has_even_ground(grey: Grey) -> bool:
    """Whether the ground has one grey everywhere, as on a screen or in a scan."""
    is_photograph = min(grey.shape) >= 64 and _noise(grey) > 0.7  # the light may change inside the border
    return not is_photograph and _has_even_border(grey)


def _ink_is_dark(grey: Grey) -> bool:
    """Whether the ink is darker than its ground; grey: float32 (height, width), 0 to 255.

    The border shows the ground where it is even. In a photograph the light changes along it; there the ink is the
    rarer side, with the longer tail, of what differs from the neighbourhood.
    """
    if _has_even_border(grey):
        difference = grey - median(_ring(grey))
        return bool((np.sign(difference) * difference**2).sum() < 0)
    return bool(((grey - _neighbourhood(grey)) ** 3).sum() < 0)


def _contrast_with_ground(grey: Grey) -> Grey:
    """How much brighter than the ground around it every pixel is: float32 (height, width), 0 to 255.

    grey: bright ink. An even ground is taken off as it is; an uneven one is first estimated everywhere.
    """
    if _has_even_ground(grey):
        return (grey - median(_ring(grey))).clip(0, 255)
    ground = _ground(grey)
    contrast = (grey - ground) * (255 / np.maximum(255 - ground, 64))  # ink in shadow is as black as in the light
    return (contrast - median(contrast)).clip(0, 255)


def _ground(grey: Grey) -> Grey:
    """The paper without its bright ink: a morphological opening, wider than any stroke, smoothed."""
    radius = min(max(3, max(grey.shape) // 8), min(grey.shape) - 1)
    # beyond the border the light goes on as it falls up to there: mirrored in both place and value
    ground = np.pad(grey, radius, mode="reflect", reflect_type="odd") if radius > 0 else grey
    for axis in (0, 1):
        ground = running_mean(ground, 1, axis)
    ground = opening(ground, radius, axes=(0, 1))
    for axis in (0, 1):
        ground = running_mean(ground, max(1, radius // 4), axis)
    return ground[radius : radius + grey.shape[0], radius : radius + grey.shape[1]]


# Telling the digit from what else stands out


def _ink_threshold(contrast: Grey, noise: float) -> float:
    """The contrast, 0 to 255, that parts ink, with its soft edges, from paper.

    Raises PictureError when nothing stands out from the noise.
    """
    floor = max(MIN_CONTRAST, 4 * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the ground); draw it darker or larger")
    return max(floor, 0.5 * otsu(candidates))


def _choose_digit(contrast: Grey, low: float) -> tuple[Grey, Box, float]:
    """The ink of the digit, 0 to 1, all else 0, its box, and its share of all ink; contrast: 0 to 255.

    low: the contrast above which there is ink. Raises PictureError when there is none.
    """
    if contrast.max() <= low:
        raise PictureError("no digit in it (nothing but the lines of the paper)")
    pieces, chosen, full = _pieces_above(contrast, low)
    if 0.35 * full > 1.3 * low:  # what is faint beside this digit's own ink is something else
        low = 0.35 * full
        pieces, chosen, full = _pieces_above(contrast, low)
    mask = np.append(chosen, False)[pieces.labels]
    soft = grow_mask(mask)
    ink = np.where(soft, ((contrast - 0.5 * low) / (full - 0.5 * low)).clip(0, 1), 0).astype(np.float32)
    box = (
        max(0, int(pieces.left[chosen].min()) - 1),
        max(0, int(pieces.top[chosen].min()) - 1),
        min(contrast.shape[1], int(pieces.right[chosen].max()) + 1),
        min(contrast.shape[0], int(pieces.bottom[chosen].max()) + 1),
    )
    counted = chosen | (_looks(pieces) > JUNK)  # a frame is no rival
    return ink, box, float(pieces.area[chosen].sum() / pieces.area[counted].sum())


def _pieces_above(contrast: Grey, threshold: float) -> tuple[Pieces, NDArray[np.bool_], float]:
    """The pieces above a threshold, which of them are the digit, and the contrast of its full ink."""
    pieces = label(contrast > threshold)
    chosen = _digit_pieces(pieces, contrast)
    return pieces, chosen, quantile(contrast[np.append(chosen, False)[pieces.labels]], 0.8)


def _without_rulings(contrast: Grey, threshold: float, at_least: int) -> Grey:
    """The contrast without the lines of ruled or squared paper, where at least so many cross the whole picture."""
    if min(contrast.shape) < 64:  # too small a picture to tell a line of the paper from one of the digit
        return contrast
    contrast = _without_level_lines(contrast, threshold, at_least)
    return _without_level_lines(contrast.T, threshold, at_least).T


def _without_level_lines(contrast: Grey, threshold: float, at_least: int) -> Grey:
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
    on_line: NDArray[np.bool_] = np.append(crossing, False)[pieces.labels]
    thickness = int(median(on_line.sum(axis=0)) / crossing.sum()) + 2
    reach = thickness // 2 + 1
    on_line &= ~opening(on_line, reach, axes=(0,))  # less the strokes that lie along a line
    return np.where(on_line, closing(np.where(on_line, 0, contrast), reach, axes=(0,)), contrast)


def _noise(grey: Grey) -> float:
    """The standard deviation of the noise from pixel to pixel: 0 on a screen, 1 to 10 grey levels in photographs.

    Most neighbours lie on the same side of a stroke, so that the median of what they differ by leaves the ink out.
    """
    return median(np.abs(np.diff(grey, axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0


def _digit_pieces(pieces: Pieces, contrast: Grey) -> NDArray[np.bool_]:
    """Which pieces are the digit: the one that looks most like it, and what belongs to that."""
    tall, wide = pieces.bottom - pieces.top, pieces.right - pieces.left
    extent = np.hypot(tall, wide)
    looks = _looks(pieces)
    labelled = pieces.labels >= 0
    strength = np.bincount(pieces.labels[labelled], weights=contrast[labelled]) / pieces.area
    main = int((extent * looks * strength).argmax())
    pen = pieces.area[main] / (1.5 * extent[main])
    chosen = np.zeros(len(extent), np.bool_)
    chosen[main] = True
    while True:
        gap = _gaps(pieces, chosen) / extent[main]
        joined = chosen | ((gap < 0.3) & (pieces.area > (0.7 + 8 * gap) * pen**2) & (looks > 0.5))
        if np.array_equal(joined, chosen):
            return chosen
        chosen = joined


def _gaps(pieces: Pieces, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many pixels lie between each piece's box and the box around the chosen pieces."""
    gap_x = np.maximum(pieces.left - pieces.right[chosen].max(), pieces.left[chosen].min() - pieces.right)
    gap_y = np.maximum(pieces.top - pieces.bottom[chosen].max(), pieces.top[chosen].min() - pieces.bottom)
    return np.asarray(np.maximum(gap_x, gap_y).clip(min=0))


JUNK = 0.05  # how much the looks of a frame or an edge speak for a piece; others have at least 0.6


def _looks(pieces: Pieces) -> Grey:
    """How much the place of each piece speaks for it, 0 to 1: least for what lies along the border, or is a frame."""
    labels = pieces.labels
    height, width = labels.shape
    ring = _ring(labels)
    contact = np.bincount(ring[ring >= 0], minlength=len(pieces.area))
    tall, wide = pieces.bottom - pieces.top, pieces.right - pieces.left
    off_x = np.abs(pieces.left + pieces.right - width) / width
    off_y = np.abs(pieces.top + pieces.bottom - height) / height
    is_high, is_broad = tall > 0.7 * height, wide > 0.7 * width
    junk = contact > 0.5 * (tall + wide)
    junk |= is_high & (wide < 0.1 * width) & (off_x > 0.6)  # one side of a frame, or an edge of the page
    junk |= is_broad & (tall < 0.1 * height) & (off_y > 0.6)
    for number in np.flatnonzero(is_high & is_broad):
        junk[number] |= _is_frame(pieces, int(number))
    return np.asarray(np.where(junk, JUNK, 1.0) * (1 - 0.4 * np.maximum(off_x, off_y)), np.float32)


def _is_frame(pieces: Pieces, number: int) -> bool:
    """Whether nearly all of a piece lies along the sides of its own box, which no 0 does."""
    box = pieces.labels[pieces.top[number] : pieces.bottom[number], pieces.left[number] : pieces.right[number]]
    margin_y, margin_x = (max(1, side // 12) for side in box.shape)
    inner = np.count_nonzero(box[margin_y:-margin_y, margin_x:-margin_x] == number)
    return bool(inner < 0.1 * pieces.area[number])
