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
from mnistnet.pictures.filters import Pieces, grow_mask, label, median, opening, otsu, pen_width, quantile, running_mean
from mnistnet.pictures.paper import (
    OVERVIEW,
    Page,
    along_border,
    find_frames,
    find_page,
    shrink,
    strength,
    without_rulings,
)

# Chosen on pictures that people drew and photographed, and on the simulated ones of `make kinds`.
MIN_CONTRAST = 8.0  # grey levels; what stands out less from its ground is paper, not ink
MIN_NOISES = 4  # times the noise; so much, or more, it hardly ever is by chance
MIN_SHARE = 0.5  # of all ink; a digit is nearly all of it, a speck of noise is one of many
MIN_DIGIT = 4  # pixels from end to end
MIN_CLOSE = 0.6  # of a picture's longer side; a digit that fills less of it is looked at again, closer
MIN_RULINGS = 2  # a single line across the whole picture may be a stroke; beside others it is not
MIN_BORDER = 0.6  # of the border of an even ground has one grey; strokes may cross the rest
MAX_SPAN = 0.1  # of all contrast, that the greys of an even ground span
MAX_SCREEN_NOISE = 0.7  # grey levels from pixel to pixel; in a photograph there is more
MIN_PHOTOGRAPH = 96  # pixels of its longer side; in smaller pictures, steps between enlarged pixels seem to be noise
ICON = 20  # pixels, of a picture that shows a digit and no more, and of the margin that it is given
MAX_PEN = 0.3  # of a digit's longer side; the broadest brushes are at 0.26, discs at 0.37
MAX_BLUR = 0.17  # half ink for full ink, times the spread of the ground; digits have up to 0.15, walls mostly above 0.2
SOFT = (0.25, 0.75)  # of full ink; what lies between is half ink
FULL = 0.8  # of a digit's ink is fainter than what is called full
MIN_FAINT = 0.35  # of a digit's full ink; what is fainter beside it is something else, if that is
MIN_STEP = 1.3  # times as much as the threshold
MAX_GAP = 0.3  # of a digit's extent, between it and a stroke that stands apart
OFF_CENTRE = 0.4  # how much less a piece at the border counts than one in the middle


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
        frames: bool (height, width), where frames and edges were, which are not ink any more.
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
    frames: BoolArray

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
    return _ink_of(page, whole, invert, MIN_RULINGS, longest)


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
    closer = _ink_of(ink.page, part, "yes" if ink.is_dark else "no", 1 if ink.is_ruled else MIN_RULINGS, longest)
    rows, columns = (np.arange(side) * closer.factor for side in closer.contrast.shape)
    rows, columns = (rows + closer.top - ink.top) // ink.factor, (columns + closer.left - ink.left) // ink.factor
    frames = ink.frames[np.ix_(rows, columns)]
    contrast = np.where(frames, 0, closer.contrast)
    if contrast.max() <= closer.threshold:
        return closer
    return replace(closer, contrast=contrast, frames=closer.frames | frames).above(closer.threshold)


def _ink_of(page: Page, part: Box, invert: str, rulings: int, longest: int) -> Ink:
    """Find the ink in a part of the page, given in the picture's own pixels; the rest as in find_ink."""
    left, top, right, bottom = part
    factor, small = shrink(
        page.picture.crop((left - page.left, top - page.top, right - page.left, bottom - page.top)), longest
    )
    grey = _best_grey(small)
    if max(grey.shape) <= ICON:  # too small to show what is ground
        grey = np.pad(grey, ICON, constant_values=_border_level(grey)[0])
        left, top = left - ICON, top - ICON
    is_dark = _ink_is_dark(grey) if invert == "auto" else invert == "yes"
    contrast = _contrast_with_ground(255 - grey if is_dark else grey)
    threshold = _ink_threshold(contrast, _noise(grey))
    unruled = without_rulings(contrast, threshold, rulings)
    if unruled.max() <= threshold:
        raise PictureError("no digit in it (nothing but the lines of the paper)")
    frames = find_frames(unruled, threshold)
    free = np.where(frames, 0, unruled)
    pieces = label(free > threshold)
    is_ruled = not np.array_equal(unruled, contrast)
    return Ink(free, threshold, pieces, left, top, factor, page, is_dark, is_ruled, frames)


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
    if _is_blotchy(ink):
        raise PictureError("no digit in it (nothing but noise or blotches); draw it darker, on plainer paper")
    digit, box, least_share = _digit_in(ink)
    for _ in range(2):
        closer = ink.in_picture(_with_margin(box))
        extent = max(closer.right - closer.left, closer.bottom - closer.top)
        if ink.factor == 1 or extent > MIN_CLOSE * max(ink.contrast.shape) * ink.factor:
            break
        ink = look_closer(ink, box)
        digit, box, share = _digit_in(ink)
        least_share = min(least_share, share)
    left, top, right, bottom = box
    if least_share < MIN_SHARE or max(right - left, bottom - top) - 2 < MIN_DIGIT:
        raise PictureError("no digit in it that stands out (specks, several digits?); crop to one, or draw it larger")
    digit = digit[top:bottom, left:right]
    if pen_width(digit) > MAX_PEN * max(digit.shape):
        raise PictureError("no digit in it (a blot, without strokes); draw it with a thinner pen")
    return digit


def _is_blotchy(ink: Ink) -> bool:
    """Whether there are all shades between ground and ink, as in noise and on walls, and not two groups of them."""
    is_ink = ink.contrast > ink.threshold
    full = quantile(ink.contrast[is_ink], FULL)
    low, high = (share * full for share in SOFT)
    half = int(np.count_nonzero((ink.contrast > low) & (ink.contrast < high)))
    blur = half / max(1, int(np.count_nonzero(ink.contrast >= high))) * float(ink.contrast[~is_ink].std()) / full
    return bool(blur > MAX_BLUR)


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


def _border_level(grey: FloatArray) -> tuple[float, bool]:
    """Return the grey of most of the border, and whether that is one grey; else the light changes along it."""
    levels = np.sort(along_border(grey))
    most = int(MIN_BORDER * len(levels))
    spans = levels[most:] - levels[: len(levels) - most]
    narrowest = int(spans.argmin())
    is_even = spans[narrowest] <= MAX_SPAN * np.ptp(grey)
    return float(levels[narrowest] + levels[narrowest + most]) / 2, bool(is_even)


def _ink_is_dark(grey: FloatArray) -> bool:
    """Whether the ink is darker than its ground; grey: float32 (height, width), 0 to 255.

    The border shows the ground where it is even. In a photograph the light changes along it; there the ink is the
    rarer side, with the longer tail, of what differs from the neighbourhood.
    """
    level, is_even = _border_level(grey)
    if is_even:
        difference = grey - level
        return bool((np.sign(difference) * difference**2).sum() < 0)
    return bool(((grey - _neighbourhood(grey)) ** 3).sum() < 0)


def _contrast_with_ground(grey: FloatArray) -> FloatArray:
    """How much brighter than the ground around it every pixel is: float32 (height, width), 0 to 255.

    grey: bright ink. An even ground is taken off as it is; an uneven one is first estimated everywhere.
    """
    level, is_even = _border_level(grey)
    is_photograph = max(grey.shape) >= MIN_PHOTOGRAPH and _noise(grey) > MAX_SCREEN_NOISE
    if is_even and not is_photograph:  # inside its border the light of a photograph may change
        return (grey - level).clip(0, 255)
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
    floor = max(MIN_CONTRAST, MIN_NOISES * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the ground); draw it darker or larger")
    return max(floor, 0.5 * otsu(candidates))


def _digit_in(ink: Ink) -> tuple[FloatArray, Box, float]:
    """Return the ink of the digit, 0 to 1, all else 0, its box, and its share of all ink."""
    chosen, full = _digit_pieces(ink)
    if MIN_FAINT * full > MIN_STEP * ink.threshold:  # what is faint beside this digit's own ink is something else
        ink = ink.above(MIN_FAINT * full)
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
    return digit, box, float(pieces.area[chosen].sum() / pieces.area.sum())


def _noise(grey: FloatArray) -> float:
    """The standard deviation of the noise from pixel to pixel: 0 on a screen, 1 to 10 grey levels in photographs.

    Most neighbours lie on the same side of a stroke, so that the median of what they differ by leaves the ink out.
    """
    return median(np.abs(np.diff(grey, axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0


def _digit_pieces(ink: Ink) -> tuple[BoolArray, float]:
    """Return which pieces are the digit, the one that looks most like it and what belongs to it; and its full ink."""
    pieces, contrast = ink.pieces, ink.contrast
    extent = np.hypot(pieces.bottom - pieces.top, pieces.right - pieces.left)
    off = np.maximum(
        *(
            np.abs(a + b - side) / side
            for a, b, side in (
                (pieces.left, pieces.right, contrast.shape[1]),
                (pieces.top, pieces.bottom, contrast.shape[0]),
            )
        )
    )
    main = int((extent * strength(pieces, contrast) * (1 - OFF_CENTRE * off)).argmax())
    pen = pieces.area[main] / (1.5 * extent[main])
    chosen = np.zeros(len(extent), np.bool_)
    chosen[main] = True
    while True:
        gap = _gaps(pieces, chosen) / extent[main]
        joined = chosen | ((gap < MAX_GAP) & (pieces.area > (0.7 + 8 * gap) * pen**2))
        if np.array_equal(joined, chosen):
            return chosen, quantile(contrast[np.append(chosen, False)[pieces.labels]], FULL)
        chosen = joined


def _gaps(pieces: Pieces, chosen: BoolArray) -> IntArray:
    """How many pixels lie between each piece's box and the box around the chosen pieces."""
    gap_x = np.maximum(pieces.left - pieces.right[chosen].max(), pieces.left[chosen].min() - pieces.right)
    gap_y = np.maximum(pieces.top - pieces.bottom[chosen].max(), pieces.top[chosen].min() - pieces.bottom)
    return np.asarray(np.maximum(gap_x, gap_y).clip(min=0))
