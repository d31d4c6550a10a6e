"""Pictures in every format, damaged in every way: a digit or a PictureError, in bounded time and memory."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import peak_memory, rounds
from drawings import read_picture
from mnistnet.datasets.strokes import draw_digits
from mnistnet.errors import PictureError

MEMORY = 600_000_000  # bytes; a picture of 50 million pixels is allowed, in colours and with transparency


def pictures() -> list[bytes]:
    """Small pictures of a digit, in all formats and modes that are read."""
    images, _ = draw_digits(3, seed=5)
    grey = Image.fromarray(255 - images[1]).resize((60, 48))
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        *(("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("JPEG", mode, {}) for mode in ("L", "RGB", "CMYK")),
        ("JPEG", "L", {"progressive": True}),
        ("GIF", "P", {}),
        *(("BMP", mode, {}) for mode in ("1", "L", "RGB")),
        *(("PPM", mode, {}) for mode in ("1", "L", "RGB")),
        *(("WEBP", "RGB", {"lossless": lossless}) for lossless in (True, False)),
        *(("TIFF", "L", {"compression": way}) for way in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")),
        ("TIFF", "F", {}),
        ("TIFF", "1", {"compression": "group4"}),
    ]
    made = []
    for form, mode, options in kinds:
        stream = io.BytesIO()
        grey.convert(mode if mode != "I;16" else "I").convert(mode).save(stream, form, **options)
        made.append(stream.getvalue())
    return made


def damaged(content: bytes, chance: np.random.Generator) -> bytes:
    """The content with some bytes changed, lost, repeated or put in; more often near its beginning."""
    for _ in range(int(chance.integers(1, 8))):
        if not content:
            break
        place = int(chance.integers(min(len(content), 80) if chance.integers(2) else len(content)))
        length = int(chance.integers(1, 9))
        head, part, tail = content[:place], content[place : place + length], content[place + length :]
        flipped = bytes([*part[:-1], part[-1] ^ 1 << int(chance.integers(8))])
        news = (flipped, chance.bytes(len(part)), b"\0" * len(part), b"\xff" * len(part), b"", part * length)
        way = int(chance.integers(len(news) + 1))
        content = head + news[way] + tail if way < len(news) else head + part
    return content


def fuzz(seed: int, count: int) -> Iterator[str]:
    """What came of reading damaged pictures; anything but a digit or a PictureError in a line comes through."""
    chance = np.random.default_rng(seed)
    whole = pictures()
    for number in range(count):
        content = damaged(whole[number % len(whole)], chance)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                digit = read_picture(io.BytesIO(content))
        except PictureError as error:
            yield "refused" if str(error).isprintable() else f"{error!r} for {content.hex()}"
        except BaseException as error:
            raise AssertionError(f"{error!r} for {content.hex()}") from error
        else:
            yield "read" if digit.shape == (28, 28) and digit.dtype == np.uint8 else f"{digit!r} for {content.hex()}"


def test_whole_pictures_are_read() -> None:
    for content in pictures():
        assert read_picture(io.BytesIO(content)).max() == 255


@pytest.mark.parametrize("seed", range(8))
def test_damaged_pictures_give_a_digit_or_a_refusal_and_take_bounded_memory(seed: int) -> None:
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    statements = (
        # libtiff tells standard error of damage, past Python
        "import os\nos.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n"
        f"import sys\nsys.path[:0] = {paths}\nfrom pictures import fuzz\nprint(set(fuzz({seed}, {rounds(1200)})))"
    )
    said, memory = peak_memory(statements)
    assert said in ("{'read', 'refused'}\n", "{'refused', 'read'}\n")
    assert memory < MEMORY
