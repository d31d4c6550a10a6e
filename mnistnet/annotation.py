"""Write copies of pictures, annotated with the digits that were read."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mnistnet.errors import PictureError
from mnistnet.pictures.files import decode
from mnistnet.prediction import Answer
from mnistnet.saving import MAX_NAME, writing

MIN_SIDE = 400  # pixels of the longer side; smaller pictures are enlarged, so that the digits can be read
SURE_COLOUR, UNSURE_COLOUR = "#007a33", "#d14900"
LINE = 2  # width of a line, pixels
DASH = 8  # length of a dash and of a gap, pixels
MIN_FONT = 16  # height of the font, pixels


def write_annotated(directory: Path, answer: Answer) -> None:
    """Write a PNG of a picture with a box around each digit: green, or orange and dashed if it is unsure.

    The file is named like the picture, and numbered if there is one of that name.

    Raises:
        PictureError: the picture can't be read any more, or isn't a regular file; it doesn't name it.
        MnistnetError: the copy can't be written.
    """
    name = os.fsdecode(os.fsencode(Path(answer.path).stem)[:MAX_NAME])
    paths = (directory / f"{name}{'' if number == 1 else f'-{number}'}.png" for number in count(1))
    path = next(path for path in paths if not path.exists())
    copy = _annotated(answer)
    with writing(path):
        copy.save(path)


def _annotated(answer: Answer) -> Image.Image:
    if not Path(answer.path).is_file():  # a pipe is empty now: reading it again would block
        raise PictureError("removed, or not a regular file; --annotate reads it twice")
    picture = decode(answer.path, "RGB")
    scale = max(1, -(-MIN_SIDE // max(picture.size)))
    copy = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
    width, height = picture.info["own_size"]
    draw = ImageDraw.Draw(copy)
    for digit in answer.digits:
        left, right = (round(x * copy.width / width) for x in digit.box[::2])
        top, bottom = (round(y * copy.height / height) for y in digit.box[1::2])
        is_unsure = digit.unsure or bool(answer.doubts)
        colour = UNSURE_COLOUR if is_unsure else SURE_COLOUR
        if is_unsure:
            _draw_dashed(draw, (left, top, right, bottom), colour)
        else:
            draw.rectangle((left, top, right, bottom), outline=colour, width=LINE)
        size = max(MIN_FONT, (bottom - top) // 4)
        font = ImageFont.load_default(size)
        text = str(digit.digit)
        position = min(left, copy.width - font.getlength(text)), max(top, size)  # above the box, but in the picture
        draw.text(position, text, colour, font, "lb", stroke_width=LINE, stroke_fill="white")
    return copy


def _draw_dashed(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: str) -> None:
    """Draw a dashed rectangle."""
    left, top, right, bottom = box
    for x in range(left, right, 2 * DASH):
        for y in (top, bottom):
            draw.line((x, y, min(x + DASH, right), y), colour, LINE)
    for y in range(top, bottom, 2 * DASH):
        for x in (left, right):
            draw.line((x, y, x, min(y + DASH, bottom)), colour, LINE)
