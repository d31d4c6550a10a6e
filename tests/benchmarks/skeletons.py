"""Draw every skeleton as several hands would, in a row each, for somebody to look at: skeletons.py SHEET.png."""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageDraw

from mnistnet.datasets import strokes
from mnistnet.datasets.skeletons import SKELETONS
from mnistnet.images import SIDE

HANDS = 12  # of each skeleton
SCALE = 2  # screen pixels to one of the picture
COLUMNS = 3  # a sheet of them all is then about as wide as high
CAPTION = 190  # pixels to the left of a row


def main() -> None:
    """Draw the sheet."""
    if len(sys.argv) != 2:
        sys.exit("usage: skeletons.py SHEET.png")
    side = SIDE * SCALE
    rows = -(-len(SKELETONS) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * (CAPTION + HANDS * side), rows * side))
    caption = ImageDraw.Draw(sheet)
    rng = np.random.default_rng(0)
    for number, skeleton in enumerate(SKELETONS):
        left, top = number // rows * (CAPTION + HANDS * side), number % rows * side
        caption.text((left + 8, top + side // 2), f"{skeleton.digit} {skeleton.style} ({skeleton.weight:g})", fill=255)
        row = np.concatenate(list(strokes._draw(np.full(HANDS, number), rng)), axis=1)
        picture = Image.fromarray(row).resize((HANDS * side, side), Image.Resampling.BICUBIC)
        sheet.paste(picture, (left + CAPTION, top))
    sheet.save(sys.argv[1])


if __name__ == "__main__":
    main()
