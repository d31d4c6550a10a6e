"""Draw every skeleton as several hands would, in a row each, for somebody to look at: skeletons.py SHEET.png."""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageDraw

from mnistnet.datasets.skeletons import SKELETONS
from mnistnet.datasets.strokes import draw_digits
from mnistnet.images import NO_DIGIT, SIDE
from no_digits import LETTERS

HANDS = 12  # of each skeleton
SCALE = 2  # screen pixels to one of the picture
COLUMNS = 3  # a sheet of them all is then about as wide as high
CAPTION = 190  # pixels to the left of a row


def main() -> None:
    """Draw the sheet."""
    if len(sys.argv) != 2:
        sys.exit("usage: skeletons.py SHEET.png")
    side = SIDE * SCALE
    skeletons = SKELETONS + LETTERS
    rows = -(-len(skeletons) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * (CAPTION + HANDS * side), rows * side))
    caption = ImageDraw.Draw(sheet)
    for number, skeleton in enumerate(skeletons):
        left, top = number // rows * (CAPTION + HANDS * side), number % rows * side
        digit = "no digit:" if skeleton.digit == NO_DIGIT else skeleton.digit
        caption.text((left + 8, top + side // 2), f"{digit} {skeleton.style} ({skeleton.weight:g})", fill=255)
        images, _ = draw_digits(HANDS, number, (skeleton,))
        row = np.concatenate(list(images), axis=1)
        picture = Image.fromarray(row).resize((HANDS * side, side), Image.Resampling.BICUBIC)
        sheet.paste(picture, (left + CAPTION, top))
    sheet.save(sys.argv[1])


if __name__ == "__main__":
    main()
