"""What simulated pictures share: ink on paper, the light that falls on it, and what a camera makes of that."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter, ImageOps

from mnistnet.images import SIDE, ByteArray, FloatArray

FULL = 255
FINER = 8  # a digit of MNIST is enlarged by so much before anything is done with it: an outline, not pixels


def enlarged(digit: ByteArray, longest: float, pen: int = 0, angle: float = 0) -> Image.Image:
    """Draw a digit of MNIST with a smooth outline.

    Args:
        digit: uint8 (28, 28), bright ink.
        longest: pixels of its longer side.
        pen: how much wider the pen is on either side, in eighths of MNIST's pixels.
        angle: degrees, against the clock.

    Returns:
        Its ink, mode L, bright, cropped.
    """
    fine = Image.fromarray(digit).resize((SIDE * FINER, SIDE * FINER), Image.Resampling.BICUBIC)
    fine = fine.filter(ImageFilter.GaussianBlur(FINER / 3)).point(lambda ink: min(FULL, max(0, 4 * ink - 382)))
    if pen:
        size = 2 * abs(pen) + 1
        fine = fine.filter(ImageFilter.MaxFilter(size) if pen > 0 else ImageFilter.MinFilter(size))
    if angle:
        fine = fine.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    cropped = fine.crop(fine.getbbox())
    scale = longest / max(cropped.size)
    return cropped.resize([max(1, round(side * scale)) for side in cropped.size], Image.Resampling.LANCZOS)


def placed(ink: Image.Image, width: int, height: int, chance: Generator) -> Image.Image:
    """Put ink somewhere near the middle of an empty page: mode L, bright."""
    page = Image.new("L", (width, height))
    x, y = chance.uniform(0.3, 0.7, 2)
    page.paste(ink, (round((width - ink.width) * x), round((height - ink.height) * y)))
    return page


def written(digit: ByteArray, chance: Generator, side: int = 240, share: float = 0.45) -> Image.Image:
    """Put a digit that takes about that share of it on a square page: mode L, bright."""
    return placed(enlarged(digit, side * share * chance.uniform(0.8, 1.2)), side, side, chance)


def on_paper(ink: Image.Image, grey: float = 30, paper: float = 235) -> FloatArray:
    """Return bright ink as ink of that grey on paper of that grey: float64 (height, width), 0 to 255."""
    return paper + (grey - paper) * (np.asarray(ink) / FULL)


def on_screen(ink: Image.Image, chance: Generator) -> Image.Image:
    """Return bright ink as a drawing program saves it, mostly black on white, or white on black."""
    return as_picture(on_paper(ink, 0, FULL) if chance.random() < 0.7 else on_paper(ink, FULL, 0))


def shown(ink: Image.Image, chance: Generator) -> Image.Image:
    """Return bright ink as it is on a screen, or photographed on paper."""
    return on_screen(ink, chance) if chance.random() < 0.5 else photographed(on_paper(ink), chance)


def slope(shape: tuple[int, ...], chance: Generator) -> FloatArray:
    """Return what rises evenly from 0 to 1 across a picture, in any direction."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    angle = chance.uniform(0, 2 * math.pi)
    plane = math.cos(angle) * x + math.sin(angle) * y
    return np.asarray((plane - plane.min()) / np.ptp(plane))


def photographed(scene: FloatArray, chance: Generator, dimming: float = 0.2) -> Image.Image:
    """Return what a camera makes of a scene, 0 to 255, in uneven light: darker on one side, blurred, noisy, a JPEG."""
    lit = as_picture(scene * (1 - dimming * slope(scene.shape, chance))).filter(ImageFilter.GaussianBlur(0.8))
    return in_jpeg(as_picture(np.asarray(lit) + chance.normal(0, 2.5, scene.shape)), 85)


def in_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Return a picture as a JPEG of that quality leaves it."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def as_picture(grey: FloatArray) -> Image.Image:
    """Return (height, width), 0 to 255, as mode L, or (height, width, 3) as RGB."""
    return Image.fromarray(grey.clip(0, FULL).round().astype(np.uint8))


def contact_sheet(rows: Sequence[Sequence[Image.Image]], side: int) -> Image.Image:
    """Return rows of pictures on one, each in a square of so many pixels."""
    sheet = Image.new("RGB", (side * max(map(len, rows)), side * len(rows)), "grey")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            tile = ImageOps.contain(picture.convert("RGB"), (side - 4, side - 4), Image.Resampling.NEAREST)
            sheet.paste(tile, (x * side, y * side))
    return sheet
