"""Small files that would take a decoder minutes are refused at once."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from drawings import as_file, drawn, message_of
from mnistnet.pictures.bounds import MAX_CHUNKS, MAX_IN_PYTHON, MAX_SCANS, MAX_STRIPS, SOS
from mnistnet.pictures.reading import read_picture


def test_a_progressive_jpeg_of_many_scans_is_refused() -> None:
    content = as_file(drawn(), "JPEG", progressive=True).getvalue()
    scan = content[content.rindex(SOS) : -2]
    assert read_picture(io.BytesIO(content)).any()
    assert "scans" in message_of(io.BytesIO(content[:-2] + scan * MAX_SCANS + content[-2:]))


def test_a_png_of_many_chunks_is_refused() -> None:
    content = as_file(drawn()).getvalue()
    empty = struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))
    at = content.index(b"IDAT") - 4
    assert read_picture(io.BytesIO(content[:at] + empty * 100 + content[at:])).any()
    assert "chunks" in message_of(io.BytesIO(content[:at] + empty * MAX_CHUNKS + content[at:]))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_many_strips_or_values_or_of_large_tiles_is_refused(order: str) -> None:
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    for tags, word in (
        ([(273, 4, MAX_STRIPS + 1, 0)], "strips"),
        ([(700 + i, 1, 1 << 20, 8) for i in range(20)], "values"),
        ([(322, 4, 1, 40_000), (323, 3, 1, 48_000 << (16 if order == ">" else 0))], "tiles"),
    ):
        entries = b"".join(struct.pack(order + "HHII", *tag) for tag in tags)
        assert word in message_of(io.BytesIO(head + struct.pack(order + "H", len(tags)) + entries + bytes(100)))


@pytest.mark.parametrize("maxval", [255, 100])
def test_large_pictures_that_are_decoded_in_python_are_refused(maxval: int) -> None:
    side = int(MAX_IN_PYTHON**0.5) + 20
    pixels = (np.asarray(drawn(size=(side, side), box=(300, 200, 700, 900), pen=60)) > 128) * np.uint8(maxval)
    file = io.BytesIO(b"P5 %d %d %d\n" % (side, side, maxval) + pixels.tobytes())
    if maxval == 255:
        assert read_picture(file).any()
    else:
        assert "rare kind" in message_of(file)


def test_a_small_picture_that_is_decoded_in_python_is_read() -> None:
    text = " ".join(map(str, np.asarray(drawn()).ravel().tolist()))
    assert read_picture(io.BytesIO(b"P2 200 200 255\n" + text.encode())).any()
    assert isinstance(Image.open(io.BytesIO(b"P2 200 200 255\n" + text.encode())), Image.Image)
