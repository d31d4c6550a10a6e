"""The picture stage: from a picture to the lattice of all that may be its digits.

files.decode ─ find_page ─ binarize ─ remove_lines ─ segment ─> Lattice ─ (network) ─ decoding.best_path ─> digits
"""

from __future__ import annotations

import math
from dataclasses import replace

from PIL import Image

from mnistnet.pictures.binarization import binarize
from mnistnet.pictures.bounds import reporting_memory
from mnistnet.pictures.components import Box
from mnistnet.pictures.lines import remove_lines
from mnistnet.pictures.normalization import normalized_already
from mnistnet.pictures.page import find_page
from mnistnet.pictures.segmentation import Candidate, Lattice, segment

MAX_AREA = 100_000  # pixels after shrinking; digits of 1/30 of a photograph's height are still 11 pixels high


@reporting_memory()
def read_lattice(picture: Image.Image, invert: str = "auto") -> Lattice:
    """Find all that may be the digits in a picture.

    Args:
        picture: of mode L, as `files.decode` returns it by default.
        invert: `yes` for dark ink on a light background, `no` for the opposite, `auto` detects it.

    Returns:
        The lattice, its boxes in the file's own pixels; of a picture that is normalized already, that picture alone.

    Raises:
        PictureError: the picture shows no digit.
        ValueError: invert isn't one of the three.
    """
    own_size = picture.info.get("own_size", picture.size)  # before it was shrunk
    digit = normalized_already(picture, invert)
    if digit is not None:
        return Lattice((Candidate(digit, Box(0, 0, *picture.size), 0, 1),))
    small = picture.reduce(math.ceil(math.sqrt(picture.width * picture.height / MAX_AREA)))
    page = find_page(small)
    lattice = segment(*remove_lines(binarize(page.picture, invert)))

    x, y = own_size[0] / small.width, own_size[1] / small.height

    def in_file(box: Box) -> Box:
        left, right = (round((page.left + at) * x) for at in (box.left, box.right))
        top, bottom = (round((page.top + at) * y) for at in (box.top, box.bottom))
        return Box(left, top, right, bottom)

    return replace(lattice, candidates=tuple(replace(each, box=in_file(each.box)) for each in lattice.candidates))
