"""The ink in a picture, told from the paper that it is on, and the digit told from all other ink.

A photograph needs more than a scan: its colours become one grey, its light is evened out, and the digit is told from
ruled lines, frames, page edges and specks.

    picture ─ find_ink ─> Ink of all that is written on the page ─ choose_digit ─> float32, the digit alone
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, FloatArray, IntArray
from mnistnet.pictures.filters import Pieces, grow_mask, label, median, opening, otsu, quantile, running_mean
from mnistnet.pictures.paper import OVERVIEW, Page, along_border, find_page, shrink, without_rulings

MIN_CONTRAST = 8.0  # grey levels; what stands out less from its ground is paper, not ink
LEAST_SHARE = 0.5  # of all that stands out; a digit is nearly all of it, a speck of noise or of a wall is one of many
SMALLEST_DIGIT = 4  # pixels from end to end
CLOSE_ENOUGH = 0.6  # of a picture's longer side; a digit that fills less of it is looked at again, closer
FEWEST_RULINGS = 2  # a single line across the whole picture may be a stroke; beside others it is not
FAINT = 0.35  # of a digit's full ink


class Box(NamedTuple):
    """A rectangle of pixels; right and bottom are one past the end."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Ink:
    """What is written on a page, or on a part of it, before anything is decided of what it says.

    The lines of the paper are not ink any more, and what lies around the paper isn't in it.

    Attributes:
        contrast: float32 (height, width), 0 to 255, how much each pixel stands out from its ground.
        threshold: the contrast above which there is ink, with its soft edges.
        pieces: the connected pieces of what is above the threshold.
        left: where the left edge of `contrast` lies in the picture, in the picture's pixels.
        top: the same for its upper edge.
        factor: how many of the picture's pixels lie along a side of one pixel of `contrast`.
        page: the paper in the picture's own pixels, and where it lies.
        is_dark: whether the ink is darker than the paper.
        is_ruled: whether there were lines of ruled paper.
    """

    contrast: FloatArray
    threshold: float
    pieces: Pieces
    left: int
    top: int
    factor: int
    page: Page
    is_dark: bool
    is_ruled: bool

    def in_picture(self, box: Box) -> Box:
        """Return a box of pixels of `contrast` in the picture's own pixels, cut off where the page ends."""
        picture, left, top = self.page
        return Box(
            max(left, self.left + box.left * self.factor),
            max(top, self.top + box.top * self.factor),
            min(left + picture.width, self.left + box.right * self.factor),
            min(top + picture.height, self.top + box.bottom * self.factor),
        )

    def above(self, threshold: float) -> Ink:
        """Return the same with another threshold."""
        return replace(self, threshold=threshold, pieces=label(self.contrast > threshold))


def find_ink(picture: Image.Image, invert: str, longest: int = OVERVIEW) -> Ink:
    """Find all that is written in a picture.

    Args:
        picture: of mode L or RGB and of any size.
        invert: `yes` for dark ink on light ground, `no` for the opposite, `auto` finds out.
        longest: the most pixels on the longer side of the overview in which the ink is found.

    Returns:
        The ink of the whole page, shrunk to the overview.

    Raises:
        PictureError: nothing stands out from the ground.
    """
    page = find_page(picture)
    whole = Box(page.left, page.top, page.left + page.picture.width, page.top + page.picture.height)
    return _ink_of(page, whole, invert, FEWEST_RULINGS, longest)


def look_closer(ink: Ink, box: Box, longest: int = OVERVIEW) -> Ink:
    """Find the ink in a part of the page again, with more pixels if the picture has them.

    Args:
        ink: where the part was found.
        box: the part, in pixels of `ink.contrast`; a margin is put around it.
        longest: as in find_ink.

    Returns:
        The ink of that part alone.

    Raises:
        PictureError: nothing stands out from the ground.
    """
    part = ink.in_picture(_with_margin(box))
    return _ink_of(ink.page, part, "yes" if ink.is_dark else "no", 1 if ink.is_ruled else FEWEST_RULINGS, longest)


def _ink_of(page: Page, part: Box, invert: str, rulings: int, longest: int) -> Ink:
    """Find the ink in a part of the page, given in the picture's own pixels; the rest as in find_ink."""
    left, top, right, bottom = part
    factor, small = shrink(
        page.picture.crop((left - page.left, top - page.top, right - page.left, bottom - page.top)), longest
    )
    grey = _best_grey(small)
    is_dark = _ink_is_dark(grey) if invert == "auto" else invert == "yes"
    contrast = _contrast_with_ground(255 - grey if is_dark else grey)
    threshold = _ink_threshold(contrast, _noise(grey))
    unruled = without_rulings(contrast, threshold, rulings)
    if unruled.max() <= threshold:
        raise PictureError("no digit in it (nothing but the lines of the paper)")
    pieces = label(unruled > threshold)
    return Ink(unruled, threshold, pieces, left, top, factor, page, is_dark, not np.array_equal(unruled, contrast))


def _with_margin(box: Box) -> Box:
    margin = 3 + max(box.right - box.left, box.bottom - box.top) // 3
    return Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)


def choose_digit(ink: Ink) -> FloatArray:
    """Return the one digit in a picture: float32 (height, width) of any size, 0 to 1, cropped to the digit.

    The digit is found in an overview; when it is a small part of a large picture, that part is looked at again,
    closer.

    Raises:
        PictureError: no digit stands out, or several do.
    """
    digit, box, least_share = _digit_in(ink)
    for _ in range(2):
        closer = ink.in_picture(_with_margin(box))
        extent = max(closer.right - closer.left, closer.bottom - closer.top)
        if ink.factor == 1 or extent > CLOSE_ENOUGH * max(ink.contrast.shape) * ink.factor:
            break
        ink = look_closer(ink, box)
        digit, box, share = _digit_in(ink)
        least_share = min(least_share, share)
    left, top, right, bottom = box
    if least_share < LEAST_SHARE or max(right - left, bottom - top) - 2 < SMALLEST_DIGIT:
        raise PictureError("no digit in it that stands out (specks, several digits?); crop to one, or draw it larger")
    return digit[top:bottom, left:right]


def _best_grey(picture: Image.Image) -> FloatArray:
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


def _neighbourhood(values: FloatArray) -> FloatArray:
    """The mean of the square around every pixel, a quarter of the picture wide: (height, width, ...)."""
    for axis in (0, 1):
        radius = max(3, values.shape[axis] // 8)
        values = running_mean(values, radius, axis)
    return values


def _has_even_border(grey: FloatArray) -> bool:
    """Whether most of the border has one grey."""
    low, high = (quantile(along_border(grey), share) for share in (0.2, 0.8))
    return bool(high - low <= 0.1 * np.ptp(grey))


def _has_even_ground(grey: FloatArray) -> bool:
    """Whether the ground has one grey everywhere, as on a screen or in a scan."""
    is_photograph = min(grey.shape) >= 64 and _noise(grey) > 0.7  # the light may change inside the border
    return not is_photograph and _has_even_border(grey)


def _ink_is_dark(grey: FloatArray) -> bool:
    """Whether the ink is darker than its ground; grey: float32 (height, width), 0 to 255.

    The border shows the ground where it is even. In a photograph the light changes along it; there the ink is the
    rarer side, with the longer tail, of what differs from the neighbourhood.
    """
    if _has_even_border(grey):
        difference = grey - median(along_border(grey))
        return bool((np.sign(difference) * difference**2).sum() < 0)
    return bool(((grey - _neighbourhood(grey)) ** 3).sum() < 0)


def _contrast_with_ground(grey: FloatArray) -> FloatArray:
    """How much brighter than the ground around it every pixel is: float32 (height, width), 0 to 255.

    grey: bright ink. An even ground is taken off as it is; an uneven one is first estimated everywhere.
    """
    if _has_even_ground(grey):
        return (grey - median(along_border(grey))).clip(0, 255)
    ground = _ground(grey)
    contrast = (grey - ground) * (255 / np.maximum(255 - ground, 64))  # ink in shadow is as black as in the light
    return (contrast - median(contrast)).clip(0, 255)


def _ground(grey: FloatArray) -> FloatArray:
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


def _ink_threshold(contrast: FloatArray, noise: float) -> float:
    """The contrast, 0 to 255, that parts ink, with its soft edges, from paper.

    Raises PictureError when nothing stands out from the noise.
    """
    floor = max(MIN_CONTRAST, 4 * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the ground); draw it darker or larger")
    return max(floor, 0.5 * otsu(candidates))


def _digit_in(ink: Ink) -> tuple[FloatArray, Box, float]:
    """Return the ink of the digit, 0 to 1, all else 0, its box, and its share of all ink."""
    chosen, full = _digit_pieces(ink)
    if FAINT * full > 1.3 * ink.threshold:  # what is faint beside this digit's own ink is something else
        ink = ink.above(FAINT * full)
        chosen, full = _digit_pieces(ink)
    pieces, low = ink.pieces, 0.5 * ink.threshold
    soft = grow_mask(np.append(chosen, False)[pieces.labels])
    digit = np.where(soft, ((ink.contrast - low) / (full - low)).clip(0, 1), 0).astype(np.float32)
    box = Box(
        max(0, int(pieces.left[chosen].min()) - 1),
        max(0, int(pieces.top[chosen].min()) - 1),
        min(digit.shape[1], int(pieces.right[chosen].max()) + 1),
        min(digit.shape[0], int(pieces.bottom[chosen].max()) + 1),
    )
    counted = chosen | (_looks(pieces) > JUNK)  # a frame is no rival
    return digit, box, float(pieces.area[chosen].sum() / pieces.area[counted].sum())


def _noise(grey: FloatArray) -> float:
    """The standard deviation of the noise from pixel to pixel: 0 on a screen, 1 to 10 grey levels in photographs.

    Most neighbours lie on the same side of a stroke, so that the median of what they differ by leaves the ink out.
    """
    return median(np.abs(np.diff(grey, axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0


def _digit_pieces(ink: Ink) -> tuple[BoolArray, float]:
    """Return which pieces are the digit, the one that looks most like it and what belongs to it; and its full ink."""
    pieces, contrast = ink.pieces, ink.contrast
    extent = np.hypot(pieces.bottom - pieces.top, pieces.right - pieces.left)
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
            return chosen, quantile(contrast[np.append(chosen, False)[pieces.labels]], 0.8)
        chosen = joined


def _gaps(pieces: Pieces, chosen: BoolArray) -> IntArray:
    """How many pixels lie between each piece's box and the box around the chosen pieces."""
    gap_x = np.maximum(pieces.left - pieces.right[chosen].max(), pieces.left[chosen].min() - pieces.right)
    gap_y = np.maximum(pieces.top - pieces.bottom[chosen].max(), pieces.top[chosen].min() - pieces.bottom)
    return np.asarray(np.maximum(gap_x, gap_y).clip(min=0))


JUNK = 0.05  # how much the looks of a frame or an edge speak for a piece; others have at least 0.6


def _looks(pieces: Pieces) -> FloatArray:
    """How much the place of each piece speaks for it, 0 to 1: least for what lies along the border, or is a frame."""
    labels = pieces.labels
    height, width = labels.shape
    ring = along_border(labels)
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
