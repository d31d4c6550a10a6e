"""Small files that would take a decoder minutes, or gigabytes, are refused."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from drawings import as_file, assert_is_the_seven, drawn, message_of, png_chunk, read_picture
from mnistnet.errors import PictureError
from mnistnet.pictures import bounds
from mnistnet.pictures.files import decode

SOS = b"\xff\xda"  # the beginning of a scan of a JPEG
HEADER = 1 << 16  # bytes before the pixels that these tests allow


def with_inserted(kind: str, before: bytes, part: bytes) -> bytes:
    """A small picture in which something comes before its pixels, or behind them."""
    content = as_file(drawn(), kind).getvalue()
    at = content.rindex(before)
    return content[:at] + part + content[at:]


def tiff(*tags: tuple[int, int, int, int], order: str = "<") -> bytes:
    """A TIFF of tags: number, type, count and value, or its place."""
    entries = b"".join(struct.pack(order + "HHII", *tag) for tag in tags)
    head = b"II" if order == "<" else b"MM"
    return head + struct.pack(order + "HIH", 42, 8, len(tags)) + entries + bytes(2 * HEADER)


def jpeg_of_many_scans() -> bytes:
    content = as_file(Image.new("L", (2000, 2000), 255), "JPEG", progressive=True).getvalue()
    return content[:-2] + content[content.rindex(SOS) : -2] * 400 + content[-2:]


def bmp_of_runs() -> bytes:
    head = bytearray(as_file(Image.new("P", (4000, 1000)), "BMP").getvalue()[: 54 + 4 * 256])
    head[30] = 1  # its compression
    return bytes(head) + (b"\1\7" * 4000 + b"\0\0") * 1000


SLOW: dict[str, Callable[[], bytes]] = {
    "chunks": lambda: with_inserted("PNG", b"\0\0\0\0IEND", png_chunk(b"IDAT") * 200_000),
    "profiles": lambda: with_inserted(
        "PNG", b"\0\0\0\0IEND", png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000))) * 1000
    ),
    "scans": jpeg_of_many_scans,
    "shades": lambda: b"P5 1000 1000 100\n" + bytes(1_000_000),
    "runs": bmp_of_runs,
}
LONG: dict[str, Callable[[], bytes]] = {
    "comments in a header": lambda: b"P5 " + b"#\n" * (HEADER // 2) + b"9 9 255\n" + bytes(81),
    "comments of a GIF": lambda: with_inserted("GIF", b",\0\0\0\0", b"!\xfe" + b"\1a" * (HEADER // 2) + b"\0"),
    "comments of a JPEG": lambda: with_inserted("JPEG", b"\xff\xdb", b"\xff\xfe\0\2" * (HEADER // 4)),
    "tags at one place": lambda: tiff(*((number, 1, HEADER // 2, 8) for number in range(300, 304))),
    "strips": lambda: tiff((273, 4, HEADER // 4 + 1, 8)),
    "strips, big-endian": lambda: tiff((273, 4, HEADER // 4 + 1, 8), order=">"),
}


@pytest.mark.parametrize("make", SLOW.values(), ids=SLOW)
def test_what_takes_long_to_decode_is_refused(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_SECONDS", 0.02)
    assert "decoding it takes too long" in message_of(io.BytesIO(make()))


def test_a_stream_may_take_longer_to_arrive_than_to_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.6)
            return super().read(size)

    monkeypatch.setattr(bounds, "MAX_SECONDS", 0.5)
    assert_is_the_seven(read_picture(Slow(as_file(drawn()).getvalue())))


@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_a_long_header_is_refused(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_HEADER", HEADER)
    assert "decoding it takes too long" in message_of(io.BytesIO(make()))


def test_a_decoder_in_c_may_read_a_file_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_HEADER", 40)
    assert_is_the_seven(read_picture(as_file(drawn(), "WEBP")))


def test_a_file_and_a_picture_in_memory_are_bounded_in_pixels() -> None:
    jpeg = as_file(Image.new("L", (7100, 7100), 255), "JPEG")
    assert "7100 x 7100 pixels, but 1 to 50,000,000 are read; resize it" in message_of(jpeg)
    for width, height in ((7100, 7100), (0, 0), (0, 10), (10, 0)):
        with pytest.raises(PictureError, match=f"{width} x {height} pixels, but 1 to 50,000,000"):
            decode(Image.new("L", (width, height)))


def test_a_tile_or_rows_that_take_more_memory_than_the_picture_are_refused() -> None:
    size = [(256, 4, 1, 100), (257, 4, 1, 100), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1)]
    for tall in (
        tiff(*size, (322, 4, 1, 40_000), (323, 4, 1, 48_000), (324, 4, 1, 8), (325, 4, 1, 8)),
        b"P5 1 5000000 255\n" + bytes(5_000_000),
    ):
        assert "1 to 50,000,000 are read" in message_of(io.BytesIO(tall))


@pytest.mark.parametrize("kind", [b"P2 200 200 255\n", b"P2 200 200 100\n"])
def test_a_small_picture_that_is_decoded_in_python_is_read(kind: bytes) -> None:
    text = " ".join(map(str, (np.asarray(drawn()) // 3).ravel().tolist()))
    assert read_picture(io.BytesIO(kind + text.encode())).any()
