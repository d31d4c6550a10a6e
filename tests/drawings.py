"""Draw digits with Pillow, compare images of digits, and return the error messages of bad files."""

from __future__ import annotations

import io
import math
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from mnistnet import read
from mnistnet.errors import PictureError
from mnistnet.pictures.files import Source, decode
from mnistnet.pictures.reading import read_lattice

Pixels = NDArray[np.uint8]
Rgb = tuple[int, int, int]
Strokes = list[list[tuple[float, float]]]
ONE: Strokes = [[(0.5, 0.0), (0.5, 1.0)]]
SEVEN = [[(0.1, 0.1), (0.9, 0.1), (0.4, 0.95)]]
FOUR = [[(0.5, 0.0), (0.1, 0.6), (0.9, 0.6)], [(0.7, 0.3), (0.7, 1.0)]]
TWO = [[(0.1, 0.2), (0.5, 0.0), (0.9, 0.25), (0.1, 1.0), (0.95, 1.0)]]
ZERO = [[(0.5 + 0.4 * math.sin(turn / 12 * math.pi), 0.5 - 0.5 * math.cos(turn / 12 * math.pi)) for turn in range(25)]]
DIGITS = (SEVEN, FOUR, TWO, ZERO)
FIVE_WITH_A_BAR_APART = [[(0.3, 0.05), (0.95, 0.05)], [(0.22, 0.16), (0.2, 0.5), (0.75, 0.55), (0.8, 0.8), (0.2, 0.95)]]


def drawn(
    strokes: Strokes = SEVEN,
    size: tuple[int, int] = (200, 200),
    box: tuple[int, int, int, int] = (50, 40, 140, 160),
    pen: int = 14,
    ink: int | Rgb = 0,
    ground: int | Rgb = 255,
) -> Image.Image:
    """A digit drawn with a round pen into box (left, top, right, bottom)."""
    picture = Image.new("L" if isinstance(ink, int) else "RGB", size, ground)
    pencil = ImageDraw.Draw(picture)
    left, top, right, bottom = box
    for stroke in strokes:
        points = [(left + x * (right - left), top + y * (bottom - top)) for x, y in stroke]
        pencil.line(points, fill=ink, width=pen, joint="curve")
        if pen > 2:
            for x, y in points:
                pencil.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=ink)
    return picture


def digit_in(picture: Image.Image, invert: str = "auto") -> Pixels:
    """The one digit in a picture, as MNIST would hold it."""
    return read_lattice(picture, invert).whole()


def read_picture(source: Source) -> Pixels:
    """The one digit in a file, as MNIST would hold it."""
    return digit_in(decode(source))


def mnist_like() -> Pixels:
    """A seven that has been prepared as MNIST's makers did."""
    return prepared()[0].copy()


def likeness(one: Pixels, other: Pixels) -> float:
    """The correlation of two digits, 1 for equal ones, over shifts of up to a pixel."""
    a = one.astype(np.float64).ravel()
    shifts = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(float(np.corrcoef(a, shifted.astype(np.float64).ravel())[0, 1]) for shifted in shifts)


def assert_is(strokes: Strokes, image: Pixels, at_least: float = 0.85) -> None:
    """Assert that the image shows these strokes, and resembles no other digit more."""
    assert (image.shape, str(image.dtype), image.max()) == ((28, 28), "uint8", 255)
    likenesses = [likeness(reference, image) for reference in prepared()]
    best = max(likenesses)
    assert DIGITS[likenesses.index(best)] is strokes
    assert best > at_least


def assert_is_the_seven(image: Pixels, at_least: float = 0.85) -> None:
    assert_is(SEVEN, image, at_least)


@cache
def prepared() -> list[Pixels]:
    """The digits that tests draw, as MNIST would hold them."""
    return [digit_in(drawn(strokes)) for strokes in DIGITS]


def as_file(picture: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, format=kind, **options)
    file.seek(0)
    return file


def message_of(source: str | Path | BinaryIO) -> str:
    with pytest.raises(PictureError) as caught:
        read(source)
    text = str(caught.value)
    assert text.isprintable()
    return text


def refusal(file: BinaryIO) -> str | None:
    """None when the picture gives a digit, else which of the one-line refusals it gets."""
    try:
        assert read_picture(file).shape == (28, 28)
    except PictureError as error:
        text = str(error)
        assert text.isprintable()
        kinds = "no digit in it", "several digits", "too much in a row", "not a picture", "pixels"
        return next(known for known in kinds if known in text)
    return None


def photographed(picture: Image.Image, light: float = 0.15) -> Image.Image:
    """The picture in light that falls off to the right, blurred, with a little noise."""
    grey = np.asarray(picture.filter(ImageFilter.GaussianBlur(1))) * np.linspace(1, 1 - light, picture.width)
    return Image.fromarray((grey + np.random.default_rng(0).normal(0, 2, grey.shape)).clip(0, 255).astype(np.uint8))


def png_chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
