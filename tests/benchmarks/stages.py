"""Draw every stage of the way through pictures on a contact sheet, a row for each: stages.py DIR IMAGE...

From left to right: the file, the page, the contrast, its components, what is left without lines, and the digits on the
best path. What the network says of every candidate is printed.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from mnistnet.errors import PictureError
from mnistnet.images import BoolArray
from mnistnet.model import load
from mnistnet.pictures.binarization import binarize
from mnistnet.pictures.decoding import best_path
from mnistnet.pictures.files import decode
from mnistnet.pictures.lines import remove_lines
from mnistnet.pictures.page import find_page
from mnistnet.pictures.reading import MAX_AREA
from mnistnet.pictures.segmentation import segment
from scenes import contact_sheet

TILE = 200  # pixels of a side


def stages(path: str) -> list[Image.Image]:
    """Return a picture of each stage, as far as the way leads."""
    picture = decode(path)
    picture = picture.reduce(math.ceil(math.sqrt(picture.width * picture.height / MAX_AREA)))  # as read_lattice does
    page = find_page(picture)
    drawn = [picture, page.picture]
    try:
        ink = binarize(page.picture, "auto")
        drawn += [Image.fromarray((255 - ink.contrast).astype(np.uint8)), _black(ink.contrast > ink.threshold)]
        ink, components = remove_lines(ink)
        drawn.append(_black(components.labels >= 0))
        lattice = segment(ink, components)
        outputs = load().outputs(np.stack([each.image for each in lattice.candidates]))
        for each, output in zip(lattice.candidates, outputs, strict=True):
            digit = int(output.argmax())
            print(f"  segments {each.start} to {each.stop}, cost {each.cost:.2f}: {digit} ({output[digit]:.2f})")
        best = best_path(lattice, outputs)
        print(f"  {best.digits}, cost {best.cost:.2f}, unsure: {', '.join(best.reasons) or 'no'}")
        drawn.append(Image.fromarray(np.concatenate([lattice.candidates[at].image for at in best.chosen], axis=1)))
    except PictureError as error:
        print(f"  {error}")
    return drawn


def _black(ink: BoolArray) -> Image.Image:
    return Image.fromarray(~ink)


def main() -> None:
    """Write the contact sheet DIR/stages.png."""
    if len(sys.argv) < 3:
        sys.exit("usage: stages.py DIR IMAGE...")
    folder, paths = Path(sys.argv[1]), sys.argv[2:]
    rows = []
    for path in paths:
        print(path)
        rows.append(stages(path))
    folder.mkdir(parents=True, exist_ok=True)
    contact_sheet(rows, TILE).save(folder / "stages.png")


if __name__ == "__main__":
    main()
