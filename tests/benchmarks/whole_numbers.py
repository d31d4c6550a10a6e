"""Read simulated pictures of whole numbers, and print how many of each kind are read.

Run by `make kinds`, as is kinds.py. The numbers are put together from MNIST's test images, two to six digits each, at
four distances, on a screen and on paper; or printed. Needs MNIST where MNISTNET_DATA points, or in the cache.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from mnistnet.datasets import Dataset, load_split
from mnistnet.errors import PictureError
from mnistnet.images import SIDE, ByteArray
from mnistnet.model import PRETRAINED, Model, load
from mnistnet.prediction import read_number
from prints import fonts
from real_mnist import real_mnist
from scenes import FULL, as_picture, in_jpeg, on_paper, on_screen, photographed

COUNT = 100  # pictures of a kind
SEED = 16
DISTANCES = {"apart": 8, "at writing distance": 4, "nearly touching": 1, "touching": 0}  # MNIST's pixels of space
VISIBLE = 96  # of 255: the edge of a stroke
ENLARGED = 3  # times; MNIST's digits are 20 pixels high
MARGIN = 8  # MNIST's pixels
PRINTED_FONTS = 5

Dressed = Callable[[Image.Image, Generator], Image.Image]


class Row(NamedTuple):
    """How many numbers of one kind were read, and how."""

    right: int
    right_count: int  # as many digits as there are
    sure: int
    sure_and_wrong: int


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


def on_white_paper(ink: Image.Image, chance: Generator) -> Image.Image:
    """Photograph a number on paper."""
    return photographed(on_paper(ink), chance)


def on_a_line(ink: Image.Image, chance: Generator) -> Image.Image:
    """Photograph a number on ruled paper."""
    lines = Image.new("L", ink.size)
    lean = chance.uniform(-3, 3)
    for y in np.arange(chance.uniform(10, 30), ink.height, chance.uniform(30, 50)).tolist():
        ImageDraw.Draw(lines).line((0, y, ink.width, y + lean), fill=FULL, width=int(chance.integers(1, 3)))
    return photographed(np.minimum(on_paper(ink, 40), on_paper(lines, chance.uniform(150, 190))), chance)


def in_a_box(ink: Image.Image, chance: Generator) -> Image.Image:
    """Photograph a number in the box of a form."""
    page = ink.copy()
    box = (5, 5, page.width - 6, page.height - 6)
    ImageDraw.Draw(page).rectangle(box, outline=int(chance.integers(120, 256)), width=int(chance.integers(1, 4)))
    return photographed(on_paper(page), chance)


def in_low_quality(ink: Image.Image, chance: Generator) -> Image.Image:
    """Save a number as a JPEG of low quality."""
    return in_jpeg(as_picture(on_paper(ink)), int(chance.integers(10, 30)))


ON_PAPER: dict[str, Dressed] = {
    "photographed": on_white_paper,
    "on ruled paper": on_a_line,
    "in a box": in_a_box,
    "JPEG of low quality": in_low_quality,
}


def handwritten(test: Dataset, space: int, dress: Dressed, number: int) -> tuple[Image.Image, str]:
    """Return the picture of a number written by several hands, and the number."""
    chance = np.random.default_rng((SEED, number))
    chosen = chance.integers(0, len(test.labels), 2 + number % 5)
    ink = put_together(test.images[chosen], space)
    return dress(ink, chance), "".join(map(str, test.labels[chosen]))


def printed(font: str, number: int) -> tuple[Image.Image, str]:
    """Return the picture of a printed number, and the number."""
    chance = np.random.default_rng((SEED, number))
    text = "".join(map(str, chance.integers(0, 10, 2 + number % 5)))
    face = ImageFont.truetype(font, int(chance.integers(30, 90)))
    left, top, right, bottom = (int(side) for side in face.getbbox(text))
    page = Image.new("L", (right - left + 60, bottom - top + 60))
    ImageDraw.Draw(page).text((30 - left, 30 - top), text, FULL, face)
    return on_screen(page, chance), text


def measure(model: Model, pictures: Sequence[tuple[Image.Image, str]]) -> Row:
    """Read pictures of numbers; return how many were read how."""
    rights, counts, sures = [], [], []
    for picture, number in pictures:
        file = io.BytesIO()
        picture.save(file, "PNG")
        file.seek(0)
        try:
            answer = read_number(model, file)
        except PictureError:
            continue
        rights.append(answer.number == number)
        counts.append(len(answer.number) == len(number))
        sures.append(not answer.unsure)
    wrong_and_sure = sum(sure and not right for sure, right in zip(sures, rights, strict=True))
    return Row(sum(rights), sum(counts), sum(sures), wrong_and_sure)


def main() -> None:
    """Print the table."""
    test = load_split(real_mnist(), "test", None)
    model = load(os.environ.get("MNISTNET_MODEL") or PRETRAINED)
    print(
        f"| numbers of 2 to 6 digits, {COUNT} pictures each | right | right count of digits | sure | sure and wrong |"
    )
    print("|---|---|---|---|---|")
    kinds = {name: [handwritten(test, space, on_screen, i) for i in range(COUNT)] for name, space in DISTANCES.items()}
    space = DISTANCES["at writing distance"]
    kinds |= {name: [handwritten(test, space, dress, i) for i in range(COUNT)] for name, dress in ON_PAPER.items()}
    kinds |= {font.removesuffix(".ttf"): [printed(font, i) for i in range(COUNT)] for font in fonts()[:PRINTED_FONTS]}
    for name, pictures in kinds.items():
        row = measure(model, pictures)
        print(f"| {name} | " + " | ".join(f"{100 * count / COUNT:.0f} %" for count in row) + " |", flush=True)


if __name__ == "__main__":
    main()
