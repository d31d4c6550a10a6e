"""Binarization: the contrast of each pixel with its background, and the threshold above which it is ink.

A drawing or a scan has one grey as its background; in a photograph the light changes, and it is estimated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from mnistnet.errors import PictureError
from mnistnet.images import ByteArray, FloatArray
from mnistnet.pictures.components import OVERVIEW, median, opening, otsu

# Chosen on pictures that people drew and photographed.
MIN_CONTRAST = 8.0  # minimum contrast of ink, grey levels
MIN_NOISES = 4  # minimum contrast of ink / standard deviation of the noise
BAND = 0.15  # width of the border / shorter side of the picture: wider than lines along the edges
MIN_EVEN = 0.5  # share of the border that has the background's grey; strokes and lines cover the rest
MAX_SPAN = 0.1  # span of the greys of an even background / all contrast
MAX_SCREEN_NOISE = 0.7  # noise of a drawing or a scan, grey levels; photographs have more
MIN_PHOTOGRAPH = 96  # minimum longer side of a photograph, pixels; enlarged pixels look like noise in smaller pictures
BACKGROUND = 10  # longer side of the picture / radius of the opening, which is wider than any stroke


@dataclass(frozen=True)
class Ink:
    """The contrast of each pixel of a picture with its background."""

    contrast: FloatArray  # float32 (height, width), 0 to 255
    threshold: float  # the contrast above which a pixel is ink or its soft edge
    doubt: bool = False  # a line that was removed may be part of a digit, or a stroke that was kept may be a line


def binarize(picture: Image.Image, invert: str) -> Ink:
    """Separate the ink in a picture from its background.

    Args:
        picture: of mode L and of any size.
        invert: `yes` for dark ink on a light background, `no` for the opposite, `auto` detects it.

    Raises:
        PictureError: nothing stands out from the background.
    """
    grey = np.asarray(picture)
    border, is_even = _border_grey(grey)
    noise = _noise(grey) if max(grey.shape) >= MIN_PHOTOGRAPH else 0.0
    is_plain = is_even and noise <= MAX_SCREEN_NOISE  # drawn on a screen, or scanned
    around = border if is_plain else picture.filter(ImageFilter.BoxBlur(max(3, min(picture.size) // 8)))
    # Ink is rarer than background: the differences have a negative skewness if it is dark, a positive one if bright
    difference = grey - np.asarray(around, np.float32)
    is_dark = invert == "yes" or (invert == "auto" and (difference**2 * difference).sum() < 0)
    if is_dark:
        picture, border = ImageChops.invert(picture), 255 - border
    contrast: FloatArray = np.asarray(picture, np.float32)
    if is_plain:
        contrast = (contrast - np.float32(border)).clip(0, 255)
    else:
        background = _background(picture)
        contrast = (contrast - background) * (255 / np.maximum(255 - background, 64))  # relative to paper brightness
        contrast = (contrast - median(contrast)).clip(0, 255)
    return Ink(contrast, _threshold(contrast, noise))


def _border_grey(grey: ByteArray) -> tuple[float, bool]:
    """Return the most common grey along the border, and whether the background is even: half of the border has it."""
    band = math.ceil(BAND * min(grey.shape))
    counts = np.bincount(grey.ravel(), minlength=256)
    counts -= np.bincount(grey[band:-band, band:-band].ravel(), minlength=256)
    span = max(1, round(MAX_SPAN * (float(grey.max()) - float(grey.min()))))
    totals = np.convolve(counts, np.ones(span), "valid")
    lowest = int(totals.argmax())
    level = np.average(np.arange(lowest, lowest + span), weights=counts[lowest : lowest + span])
    return float(level), bool(totals[lowest] >= MIN_EVEN * counts.sum())


def _background(bright: Image.Image) -> FloatArray:
    """Return the background of bright ink, by a smoothed morphological opening: float32 (height, width)."""
    factor = -(-max(bright.size) // OVERVIEW)
    coarse = np.asarray(bright.reduce(factor))
    radius = max(3, max(coarse.shape) // BACKGROUND)
    # edge padding, so that a dark corner of an empty page isn't taken for ink
    opened = opening(np.pad(coarse, radius, mode="edge"), radius, axes=(0, 1))[radius:-radius, radius:-radius]
    smooth = Image.fromarray(opened).filter(ImageFilter.BoxBlur(max(1, radius // 4)))
    box = (0, 0, bright.width / factor, bright.height / factor)
    return np.asarray(smooth.resize(bright.size, Image.Resampling.BILINEAR, box), np.float32)


def _threshold(contrast: FloatArray, noise: float) -> float:
    """Return the threshold of `Ink`, 0 to 255; raise PictureError when no contrast is above the noise."""
    floor = max(MIN_CONTRAST, MIN_NOISES * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the background); draw it darker or larger")
    return max(floor, 0.5 * otsu(candidates))


def _noise(grey: ByteArray) -> float:
    """Return the standard deviation of the noise, in grey levels: 0 in drawings, 1 to 10 in photographs.

    Most neighbouring pixels lie on the same side of a stroke, so that the median of their differences ignores the ink;
    that of two normal values is 0.954 standard deviations.
    """
    return median(np.abs(np.diff(grey.astype(np.int16), axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0
