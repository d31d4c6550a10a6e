"""Copies of pictures with boxes and texts drawn on them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from mnistnet.pictures.files import decode

MIN_SIDE = 400  # pixels of the longer side; smaller pictures are enlarged, so that the text can be read
MAX_SIDE = 4096
SOLID_COLOUR, DASHED_COLOUR = "#007a33", "#d14900"
DASH = 8  # pixels
MIN_FONT = 16  # pixels


class Mark(NamedTuple):
    """A box (left, top, right and bottom, in the pixels of the picture), its text, and whether it is dashed."""

    box: tuple[int, int, int, int]
    text: str
    is_dashed: bool


def write_marked(path: str | os.PathLike[str], source: str | BinaryIO, marks: Sequence[Mark]) -> None:
    """Write a PNG of a picture with a box and a text for each mark, green, or dashed and orange.

    Raises:
        OSError: the file can't be written.
        PictureError: the picture can't be read any more.
    """
    picture = decode(source)
    width, height = picture.info["own_size"]
    longer = max(width, height)
    scale = min(max(1, -(-MIN_SIDE // longer)), MAX_SIDE / longer)
    copy = picture.convert("RGB").resize(
        (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.NEAREST
    )
    draw = ImageDraw.Draw(copy)
    for mark in marks:
        left, top, right, bottom = (round(side * scale) for side in mark.box)
        colour = DASHED_COLOUR if mark.is_dashed else SOLID_COLOUR
        for line in _sides(left, top, right, bottom, is_dashed=mark.is_dashed):
            draw.line(line, fill=colour, width=2)
        size = max(MIN_FONT, (bottom - top) // 4)
        below = bottom if bottom + size < copy.height else top  # or in the box
        draw.text(
            (left, top if top > size else below),
            mark.text,
            fill=colour,
            font=ImageFont.load_default(size),
            anchor="lb" if top > size else "lt",
            stroke_width=2,
            stroke_fill="white",
        )
    copy.save(path, "PNG")


def _sides(left: int, top: int, right: int, bottom: int, *, is_dashed: bool) -> Iterator[tuple[int, int, int, int]]:
    for y in (top, bottom):
        for start, stop in _dashes(left, right, is_dashed):
            yield start, y, stop, y
    for x in (left, right):
        for start, stop in _dashes(top, bottom, is_dashed):
            yield x, start, x, stop


def _dashes(start: int, stop: int, is_dashed: bool) -> Iterator[tuple[int, int]]:
    step = DASH if is_dashed else max(1, stop - start)
    return ((at, min(at + step, stop)) for at in range(start, stop, 2 * step))
