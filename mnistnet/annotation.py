"""Write copies of pictures, annotated with the digits that were read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from mnistnet.pictures.files import decode
from mnistnet.prediction import Answer
from mnistnet.saving import make_empty_folder, writing

MAX_NAME = 200  # bytes of a picture's name in a file name; file systems allow 255 in all
MIN_SIDE = 400  # pixels of the longer side; smaller pictures are enlarged, so that the text can be read
SOLID_COLOUR, DASHED_COLOUR = "#007a33", "#d14900"
DASH = 8  # pixels
MIN_FONT = 16  # pixels


class Mark(NamedTuple):
    """A box (left, top, right and bottom, in the pixels of the picture), its text, and whether it is dashed."""

    box: tuple[int, int, int, int]
    text: str
    is_dashed: bool


class AnnotatedCopies:
    """A folder of annotated copies, named like the pictures, and numbered where names repeat.

    Args:
        directory: created if it is missing; else it must be empty.

    Raises:
        MnistnetError: the folder can't be made, or isn't empty.
    """

    def __init__(self, directory: Path) -> None:
        make_empty_folder(directory)
        self._directory = directory
        self._copies: Counter[str] = Counter()

    def write(self, answer: Answer) -> None:
        """Write a PNG of the picture with a box around each digit; unsure ones are dashed.

        Raises:
            MnistnetError: the copy can't be written.
        """
        name = os.fsdecode(os.fsencode(Path(answer.path).stem)[:MAX_NAME])
        path = self._directory / f"{name}.png"
        while path.exists():
            self._copies[name] += 1
            path = self._directory / f"{name}-{self._copies[name] + 1}.png"
        marks = [Mark(each.box, str(each.digit), each.unsure or bool(answer.doubts)) for each in answer.digits]
        with writing(path):
            write_marked(path, answer.path, marks)


def write_marked(path: str | os.PathLike[str], source: str | BinaryIO, marks: Sequence[Mark]) -> None:
    """Write a PNG of a picture with a box and a text for each mark, green, or dashed and orange.

    Raises:
        OSError: the file can't be written.
        PictureError: the picture can't be read any more.
    """
    picture = decode(source)
    scale = max(1, -(-MIN_SIDE // max(picture.size)))
    copy = picture.convert("RGB").resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
    width, height = picture.info["own_size"]
    draw = ImageDraw.Draw(copy)
    for mark in marks:
        left, right = (round(x * copy.width / width) for x in mark.box[::2])
        top, bottom = (round(y * copy.height / height) for y in mark.box[1::2])
        colour = DASHED_COLOUR if mark.is_dashed else SOLID_COLOUR
        dash = DASH if mark.is_dashed else max(copy.size)
        for x in range(left, right, 2 * dash):
            for y in (top, bottom):
                draw.line((x, y, min(x + dash, right), y), fill=colour, width=2)
        for y in range(top, bottom, 2 * dash):
            for x in (left, right):
                draw.line((x, y, x, min(y + dash, bottom)), fill=colour, width=2)
        size = max(MIN_FONT, (bottom - top) // 4)
        if top > size:  # above the box, or below it, or in it
            place, anchor = (left, top), "lb"
        else:
            place, anchor = (left, bottom if bottom + size < copy.height else top), "lt"
        font = ImageFont.load_default(size)
        place = (min(place[0], copy.width - round(font.getlength(mark.text))), place[1])  # at the edge, too
        draw.text(place, mark.text, colour, font, anchor, stroke_width=2, stroke_fill="white")
    copy.save(path, "PNG")
