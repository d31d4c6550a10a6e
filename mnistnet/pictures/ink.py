"""The ink in a picture, told from the paper that it is on.

A photograph needs more than a scan: its colours become one grey, its light is evened out, and the ink is told from
ruled lines and frames. What it says is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray, FloatArray
from mnistnet.pictures.filters import Box, Pieces, grow_mask, label, median, opening, otsu, quantile, running_mean
from mnistnet.pictures.paper import (
    OVERVIEW,
    Page,
    find_frames,
    find_page,
    shrink,
    sides,
    underlines,
    without_edge,
    without_level_lines,
    without_rulings,
)

# Chosen on pictures that people drew and photographed, and on the simulated ones of `make kinds`.
MIN_CONTRAST = 8.0  # grey levels; what stands out less from its ground is paper, not ink
FULL = 0.8  # of the ink is fainter than what is called full: the brim of a stroke is
MIN_NOISES = 4  # times the noise; so much, or more, it hardly ever is by chance
MIN_RULINGS = 2  # a single line across the whole picture may be a stroke; beside others it is not
WIDE = 1.25  # of a picture's height; a line from end to end of one as wide is no stroke, but the line written on
MIN_BORDER = 0.6  # of the border of an even ground has one grey; strokes may cross the rest
MAX_SPAN = 0.1  # of all contrast, that the greys of an even ground span
MAX_SCREEN_NOISE = 0.7  # grey levels from pixel to pixel; in a photograph there is more
MIN_PHOTOGRAPH = 96  # pixels of its longer side; in smaller pictures, steps between enlarged pixels seem to be noise
SOFT = (0.25, 0.75)  # of full ink; what lies between is half ink
# Half ink for full ink, times the spread of the ground, or of the border, in full ink: noise and walls have at least
# 0.15 and 0.24, pictures of digits out of focus up to 0.19 and 0.17, small ones enlarged 0.14 and 0.6.
MAX_BLUR, MAX_BLUR_OF_BORDER = 0.15, 0.2
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R 601: how bright red, green and blue look
ICON = 20  # pixels, of a picture that shows a digit and no more, and of the margin that it is given


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
        frames: bool (height, width), where frames were, which are not ink any more.
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

    def scaled(self, chosen: BoolArray) -> FloatArray:
        """Return the ink of the chosen pieces with its soft edges, all in one light: float32, 0 to 1."""
        mask = self.pieces.mask(chosen)
        low, full = 0.5 * self.threshold, quantile(self.contrast[mask], FULL)
        soft = grow_mask(mask)
        return np.where(soft, ((self.contrast - low) / (full - low)).clip(0, 1), 0).astype(np.float32)


def find_ink(picture: Image.Image, invert: str, longest: int = OVERVIEW) -> Ink:
    """Find all that is written in a picture.

    Args:
        picture: of mode L or RGB and of any size.
        invert: `yes` for dark ink on light ground, `no` for the opposite, `auto` finds out.
        longest: the most pixels on the longer side of the overview in which the ink is found.

    Returns:
        The ink of the whole page, shrunk to the overview.

    Raises:
        PictureError: nothing stands out from the ground, or nothing but noise.
    """
    page = find_page(picture)
    whole = Box(page.left, page.top, page.left + page.picture.width, page.top + page.picture.height)
    ink = _ink_of(page, whole, invert, MIN_RULINGS, longest)
    if _is_blotchy(ink):
        raise PictureError("no digit in it (nothing but noise or blotches); draw it darker, on plainer paper")
    return ink


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
    part = ink.in_picture(with_margin(box))
    closer = _ink_of(ink.page, part, "yes" if ink.is_dark else "no", 1 if ink.is_ruled else MIN_RULINGS, longest)
    rows, columns = (np.arange(side) * closer.factor for side in closer.contrast.shape)
    rows, columns = (rows + closer.top - ink.top) // ink.factor, (columns + closer.left - ink.left) // ink.factor
    # clip: the margin of a small part may lie beyond them
    frames = ink.frames.take(rows, axis=0, mode="clip").take(columns, axis=1, mode="clip")
    contrast = np.where(frames, 0, closer.contrast)
    if contrast.max() <= closer.threshold:
        return closer
    pieces = label(contrast > closer.threshold)
    return replace(closer, contrast=contrast, pieces=pieces, frames=closer.frames | frames)


def _ink_of(page: Page, part: Box, invert: str, rulings: int, longest: int) -> Ink:
    """Find the ink in a part of the page, given in the picture's own pixels; the rest as in find_ink."""
    left, top, right, bottom = part
    within = Box(left - page.left, top - page.top, right - page.left, bottom - page.top)
    factor, small = shrink(page.picture, within, longest)
    grey = _best_grey(small)
    if max(grey.shape) <= ICON:  # too small to show what is ground
        grey = np.pad(grey, ICON, constant_values=_border_level(grey)[0])
        left, top = left - ICON, top - ICON
    else:
        grey = without_edge(grey)
    is_dark = _ink_is_dark(grey) if invert == "auto" else invert == "yes"
    contrast = _contrast_with_ground(255 - grey if is_dark else grey)
    threshold = _ink_threshold(contrast, _noise(grey))
    unruled = without_rulings(contrast, threshold, rulings)
    if contrast.shape[1] > WIDE * contrast.shape[0]:
        unruled = without_level_lines(unruled, threshold, 1)
    if unruled.max() <= threshold:
        raise PictureError("no digit in it (nothing but the lines of the paper)")
    frames = find_frames(unruled, threshold)
    free = np.where(frames, 0, unruled)
    pieces = label(free > threshold)
    if (lines := underlines(pieces, free)).any():
        free = np.where(grow_mask(pieces.mask(lines)) & ~pieces.mask(~lines), 0, free)
        pieces = label(free > threshold)
    is_ruled = not np.array_equal(unruled, contrast)
    return Ink(free, threshold, pieces, left, top, factor, page, is_dark, is_ruled, frames)


def with_margin(box: Box) -> Box:
    """Return the box with a third of its size more on all sides."""
    return box.grown(3 + box.longest // 3)


def _is_blotchy(ink: Ink) -> bool:
    """Whether there are all shades between ground and ink, as in noise and on walls, and not two groups of them.

    So there may be around a digit that is out of focus, but then the border of the picture is even.
    """
    is_ink = ink.contrast > ink.threshold
    full = quantile(ink.contrast[is_ink], FULL)
    low, high = (share * full for share in SOFT)
    half = ((ink.contrast > low) & (ink.contrast < high)).sum()
    blur = half / (ink.contrast >= high).sum() / full
    ground, border = ink.contrast[~is_ink], np.concatenate(sides(ink.contrast))
    return bool(blur * ground.std() > MAX_BLUR and blur * border.std() > MAX_BLUR_OF_BORDER)


def _best_grey(picture: Image.Image) -> FloatArray:
    """The mix of red, green and blue in which the strokes stand out most: float32 (height, width), 0 to 255.

    It is the first principal component of what differs from the neighbourhood: blue on red of the same brightness
    stands out in it, and the slow fall of the light across a page does not count.
    """
    colours = np.atleast_3d(np.asarray(picture, np.float32))
    if (colours == colours[:, :, :1]).all():
        return colours[:, :, 0].copy()
    differences = (colours - _neighbourhood(colours)).reshape(-1, 3)
    weights = np.linalg.eigh(differences.T @ differences)[1][:, -1]
    weights *= np.sign(weights @ LUMA) or 1.0
    weights /= np.abs(weights).sum()
    offset = -255 * weights[weights < 0].sum()
    return np.asarray(colours @ weights + offset, np.float32)


def _neighbourhood(values: FloatArray) -> FloatArray:
    """The mean of the square around every pixel, a quarter of the picture wide: (height, width, ...)."""
    return running_mean(values, [max(3, side // 8) for side in values.shape[:2]])


def _border_level(grey: FloatArray) -> tuple[float, bool]:
    """Return the grey of most of the border, and whether that is one grey; else the light changes along it."""
    levels = np.sort(np.concatenate(sides(grey)))
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
    radius = max(3, max(grey.shape) // 8)
    # beyond the border the light stays as it is there, so that the border itself is smoothed like the rest
    ground = opening(np.pad(grey, radius, mode="edge"), radius, axes=(0, 1))
    return running_mean(ground, 2 * [max(1, radius // 4)])[radius:-radius, radius:-radius]


def _ink_threshold(contrast: FloatArray, noise: float) -> float:
    """The contrast, 0 to 255, that parts ink, with its soft edges, from paper.

    Raises PictureError when nothing stands out from the noise.
    """
    floor = max(MIN_CONTRAST, MIN_NOISES * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the ground); draw it darker or larger")
    return max(floor, 0.5 * otsu(candidates))


def _noise(grey: FloatArray) -> float:
    """The standard deviation of the noise from pixel to pixel: 0 on a screen, 1 to 10 grey levels in photographs.

    Most neighbours lie on the same side of a stroke, so that the median of what they differ by leaves the ink out.
    """
    return median(np.abs(np.diff(grey, axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0
