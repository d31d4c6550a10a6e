"""Numbers of two to six digits at four distances from each other, on a screen and in photographs."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.random import Generator
from PIL import Image

from mnistnet.images import SIDE, ByteArray
from reported import Reported
from scenes import as_picture, in_jpeg, on_paper, on_screen, photographed

LENGTHS = (2, 3, 4, 5, 6)
VISIBLE = 96  # of 255: the edge of a stroke
ENLARGED = 3  # times; MNIST's digits are 20 pixels high
MARGIN = 8  # MNIST's pixels


def put_together(digits: ByteArray, space: int) -> Image.Image:
    """Put digits side by side, so that the inks of neighbours are so many columns apart where they come nearest.

    Args:
        digits: uint8 (n, 28, 28).
        space: columns between any row of one digit and the same or the next row of those on its left.

    Returns:
        Their ink, mode L, bright, with a margin, enlarged.
    """
    page = np.zeros((SIDE, (SIDE + space) * len(digits) + 2 * SIDE), np.uint8)
    right = np.full(SIDE, -SIDE)  # how far the ink in each row reaches
    x = 0
    for digit in digits:
        ink = digit >= VISIBLE
        inked = ink.any(axis=1)
        near = np.max([np.roll(right, step) for step in (-1, 0, 1)], axis=0)
        x = max(x, int((near + space - ink.argmax(axis=1))[inked].max()))
        page[:, x : x + SIDE] = np.maximum(page[:, x : x + SIDE], digit)
        ends = x + SIDE - ink[:, ::-1].argmax(axis=1)
        right = np.where(inked, np.maximum(right, ends), right)
    columns = np.flatnonzero(page.any(axis=0))
    cropped = Image.fromarray(np.pad(page[:, columns[0] : columns[-1] + 1], MARGIN))
    return cropped.resize((cropped.width * ENLARGED, cropped.height * ENLARGED), Image.Resampling.BICUBIC)


def _on_screen(digits: ByteArray, chance: Generator, space: int) -> Image.Image:
    return on_screen(put_together(digits, space), chance)


def _photographed(digits: ByteArray, chance: Generator) -> Image.Image:
    return photographed(on_paper(put_together(digits, 4)), chance)


def _compressed(digits: ByteArray, chance: Generator) -> Image.Image:
    return in_jpeg(as_picture(on_paper(put_together(digits, 4))), int(chance.integers(10, 30)))


NUMBERS: dict[str, Reported] = {
    "numbers, apart": Reported(partial(_on_screen, space=8), LENGTHS),
    "numbers, at writing distance": Reported(partial(_on_screen, space=4), LENGTHS),
    "numbers, nearly touching": Reported(partial(_on_screen, space=1), LENGTHS),
    "numbers, touching": Reported(partial(_on_screen, space=0), LENGTHS),
    "numbers, photographed": Reported(_photographed, LENGTHS),
    "numbers, JPEG of low quality": Reported(_compressed, LENGTHS),
}
