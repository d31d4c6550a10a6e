"""Binarization: the contrast of each pixel with its background, and the threshold between ink and paper.

What is drawn on a screen or scanned has one background; in a photograph the light changes, and it is estimated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from mnistnet.errors import PictureError
from mnistnet.images import ByteArray, FloatArray
from mnistnet.pictures.components import ICON, OVERVIEW, median, opening, otsu

# Chosen on pictures that people drew and photographed.
MIN_CONTRAST = 8.0  # minimum contrast of ink, grey levels
MIN_NOISES = 4  # minimum contrast of ink / standard deviation of the noise
BAND = 0.15  # width of the border / shorter side of the picture: wider than lines along the edges
MIN_EVEN = 0.5  # share of the border that has the background's grey; strokes and lines cover the rest
MAX_SPAN = 0.1  # span of the greys of an even background / all contrast
MAX_SCREEN_NOISE = 0.7  # grey levels from pixel to pixel; in a photograph there is more
MIN_PHOTOGRAPH = 96  # pixels of the longer side; in smaller pictures the steps between enlarged pixels look like noise
BACKGROUND = 10  # longer side of the picture / radius of the opening: wider than any stroke


@dataclass(frozen=True)
class Ink:
    """The contrast of each pixel of a picture with its background.

    Attributes:
        contrast: float32 (height, width), 0 to 255.
        threshold: the contrast above which there is ink, with its soft edges.
        doubt: whether a line that was removed, or kept, may as well be the reverse: part of a digit.
    """

    contrast: FloatArray
    threshold: float
    doubt: bool = False


def binarize(picture: Image.Image, invert: str) -> Ink:
    """Part the ink in a picture from its background.

    Args:
        picture: of mode L and of any size.
        invert: `yes` for dark ink on a light background, `no` for the opposite, `auto` finds out.

    Raises:
        PictureError: nothing stands out from the background.
    """
    grey = np.asarray(picture)
    border, is_even = _border_grey(grey)
    noise = _noise(grey) if max(grey.shape) > ICON else 0.0
    is_photograph = max(grey.shape) >= MIN_PHOTOGRAPH and noise > MAX_SCREEN_NOISE
    is_plain = is_even and not is_photograph  # drawn on a screen, or scanned
    around = border if is_plain else picture.filter(ImageFilter.BoxBlur(max(3, min(picture.size) // 8)))
    # the ink is the rarer side, with the longer tail, of what differs from the background, or from what is around it
    is_dark = invert == "yes" or (invert == "auto" and ((grey - np.asarray(around, np.float32)) ** 3).sum() < 0)
    if is_dark:
        picture, border = ImageChops.invert(picture), 255 - border
    contrast: FloatArray = np.asarray(picture, np.float32)
    if is_plain:
        contrast = (contrast - np.float32(border)).clip(0, 255)
    else:
        background = _background(picture)
        contrast = (contrast - background) * (255 / np.maximum(255 - background, 64))  # as if all lay in full light
        contrast = (contrast - median(contrast)).clip(0, 255)
    return Ink(contrast, _threshold(contrast, noise))


def _border_grey(grey: ByteArray) -> tuple[float, bool]:
    """Return the most common grey along the border, and whether the background is even: half of the border has it."""
    band = math.ceil(BAND * min(grey.shape))
    counts = np.bincount(grey.ravel(), minlength=256)
    counts -= np.bincount(grey[band:-band, band:-band].ravel(), minlength=256)
    span = max(1, round(MAX_SPAN * (float(grey.max()) - float(grey.min()))))
    alike = np.convolve(counts, np.ones(span), "valid")
    lowest = int(alike.argmax())
    level = np.average(np.arange(lowest, lowest + span), weights=counts[lowest : lowest + span])
    return float(level), bool(alike[lowest] >= MIN_EVEN * counts.sum())


def _background(bright: Image.Image) -> FloatArray:
    """The paper without its bright ink: a morphological opening, wider than any stroke, smoothed: (height, width)."""
    factor = -(-max(bright.size) // OVERVIEW)
    coarse = np.asarray(bright.reduce(factor))
    radius = max(3, max(coarse.shape) // BACKGROUND)
    # beyond the border the light stays as it is there, so that no dark corner of an empty sheet is taken for ink
    opened = opening(np.pad(coarse, radius, mode="edge"), radius, axes=(0, 1))[radius:-radius, radius:-radius]
    smooth = Image.fromarray(opened).filter(ImageFilter.BoxBlur(max(1, radius // 4)))
    box = (0, 0, bright.width / factor, bright.height / factor)
    return np.asarray(smooth.resize(bright.size, Image.Resampling.BILINEAR, box), np.float32)


def _threshold(contrast: FloatArray, noise: float) -> float:
    """The contrast, 0 to 255, that parts ink, with its soft edges, from paper.

    Raises PictureError when nothing stands out from the noise.
    """
    floor = max(MIN_CONTRAST, MIN_NOISES * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the background); draw it darker or larger")
    return max(floor, 0.5 * otsu(candidates))


def _noise(grey: ByteArray) -> float:
    """The standard deviation of the noise from pixel to pixel: 0 on a screen, 1 to 10 grey levels in photographs.

    Most neighbours lie on the same side of a stroke, so that the median of what they differ by leaves the ink out; of
    two normal values it is 0.954 deviations.
    """
    return median(np.abs(np.diff(grey.astype(np.int16), axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0
