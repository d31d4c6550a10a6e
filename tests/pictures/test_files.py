from __future__ import annotations

import io
import os
import struct
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, features

from conftest import peak_memory
from drawings import (
    as_file,
    assert_is_the_seven,
    drawn,
    message_of,
    refusal,
)
from mnistnet.pictures import files
from mnistnet.pictures.files import PICTURE_SUFFIXES, decode
from mnistnet.pictures.reading import read_picture


def test_a_file_that_cannot_be_opened_is_named_with_the_reason(tmp_path: Path) -> None:
    assert "No such file" in message_of(tmp_path / "missing.png")
    assert "directory" in message_of(tmp_path)
    assert "can't be opened" in message_of("a\0b.png")


def test_a_strange_file_name_keeps_the_message_on_one_line(tmp_path: Path) -> None:
    assert "new\\nline\\x1b[31m.png: " in message_of(tmp_path / "new\nline\x1b[31m.png")


def test_a_stream_without_a_name_is_called_the_picture() -> None:
    assert message_of(io.BytesIO(b"")).startswith("the picture: not a picture that can be read (empty file)")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF"])
def test_a_truncated_file_is_refused_or_read_at_every_length(kind: str) -> None:
    whole = as_file(drawn(size=(60, 60), box=(15, 10, 45, 50), pen=5).convert("RGB"), kind).getvalue()
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        assert refusal(io.BytesIO(whole[:length])) in (None, "no digit in it", "not a picture")


def test_random_bytes_behind_a_right_beginning_are_refused() -> None:
    generator = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF"):
        whole = as_file(drawn(size=(60, 60), box=(15, 10, 45, 50), pen=5).convert("RGB"), kind).getvalue()
        for _ in range(30):
            damaged = bytearray(whole)
            for place in generator.integers(0, len(damaged), 20):
                damaged[place] = generator.integers(256)
            assert refusal(io.BytesIO(damaged)) in (None, "no digit in it", "not a picture", "pixels")


def test_other_files_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    contents: dict[str, Callable[[], bytes]] = {
        "text.png": lambda: b"not a picture\n" * 50,
        "page.jpg": lambda: b"<!doctype html><title>404</title>",
        "zeros.bmp": lambda: bytes(1000),
        "random.gif": lambda: np.random.default_rng(1).bytes(5000),
        "empty.tif": lambda: b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content())
        assert f"{name}: not a picture that can be read" in message_of(tmp_path / name)


def test_a_block_of_metadata_that_is_longer_than_any_camera_writes_is_left_alone() -> None:
    """In Pillow before 13, each of its tags may claim the whole of it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, "x" * files.MAX_EXIF
    assert_is_the_seven(read_picture(as_file(drawn(), exif=exif)))


def test_a_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    drawn().save(tmp_path / "seven.jpg", format="PNG")
    assert_is_the_seven(read_picture(tmp_path / "seven.jpg"))


def test_an_odd_orientation_tag_is_left_alone() -> None:
    text_tag = struct.pack("<HHI4s", 0x0112, 2, 4, b"six\0")
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + text_tag + bytes(4)
    assert_is_the_seven(read_picture(as_file(drawn(), "JPEG", exif=exif)))


@pytest.mark.parametrize("greedy", ["PIL.PngImagePlugin.PngImageFile.load", "mnistnet.pictures.reading.binarize"])
def test_a_picture_that_takes_too_much_memory_is_an_error_of_that_picture(
    greedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(greedy, fail)
    assert message_of(as_file(drawn())) == "the picture: not enough memory to read it; save it smaller"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


@pytest.mark.parametrize(("width", "height"), [(10_000, 5_001), (12_000, 12_000), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_huge_picture_is_refused_by_its_header_alone(width: int, height: int) -> None:
    file = io.BytesIO(png_header(width, height) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    assert "pixels" in message_of(file)


def test_text_and_profile_bombs_are_refused_or_left_alone() -> None:
    bomb = zlib.compress(bytes(100_000_000), 9)
    body = as_file(drawn()).getvalue()[33:]
    for content in (chunk(b"zTXt", b"a\0\0" + bomb), chunk(b"iCCP", b"a\0\0" + bomb)):
        assert refusal(io.BytesIO(png_header(200, 200) + content + body)) in (None, "not a picture")


def test_many_text_chunks_do_not_matter() -> None:
    info = PngImagePlugin.PngInfo()
    for number in range(500):
        info.add_text(f"key {number}", "value " * 20)
    assert_is_the_seven(read_picture(as_file(drawn(), pnginfo=info)))


def test_suffixes_are_lower_case_endings() -> None:
    assert {".png", ".jpg", ".jpeg"} <= PICTURE_SUFFIXES
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in PICTURE_SUFFIXES)


# Files as strangers send them


def broken_exif(picture: Image.Image, kind: str) -> io.BytesIO:
    return as_file(picture, kind, exif=b"Exif\0\0II*\0" + b"\xff" * 30)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_a_broken_block_of_metadata_does_not_damage_the_picture(kind: str) -> None:
    assert_is_the_seven(read_picture(broken_exif(drawn(), kind)))


def test_a_stream_of_text_is_a_wrong_value() -> None:
    text: Any = io.StringIO("text")
    with pytest.raises(ValueError, match="a stream of text, expected one of bytes"):
        read_picture(text)


class Trickle(io.RawIOBase):
    """A stream that gives 100 bytes at a time, as a pipe may; without end if it repeats."""

    def __init__(self, content: bytes, repeats: bool = False) -> None:
        self.content, self.repeats, self.given, self.place = content, repeats, 0, 0

    def read(self, size: int = -1) -> bytes:
        part = self.content[self.place : self.place + (size if self.repeats else 100)]
        self.place = 0 if self.repeats else self.place + len(part)
        self.given += len(part)
        return part


def test_an_unbuffered_pipe_is_read_to_its_end() -> None:
    assert_is_the_seven(read_picture(Trickle(as_file(drawn()).getvalue())))  # type: ignore[arg-type]


def test_an_endless_stream_and_a_file_of_too_many_bytes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 3_000_000)
    endless = Trickle(bytes(1_000_000), repeats=True)
    assert message_of(endless) == "the picture: more than 3,000,000 bytes; save it smaller"  # type: ignore[arg-type]
    assert endless.given < 5_000_000
    assert message_of("/dev/zero") == "/dev/zero: more than 3,000,000 bytes; save it smaller"
    (tmp_path / "long.png").write_bytes(as_file(drawn()).getvalue() + bytes(3_000_000))
    assert "long.png: more than 3,000,000 bytes" in message_of(tmp_path / "long.png")


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(as_file(drawn()).getvalue()))
    writer.start()
    assert_is_the_seven(read_picture(tmp_path / "pipe"))
    writer.join()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("side", [2, 5, 9])
def test_a_picture_enlarged_in_steps_is_read_as_it_was(mode: str, side: int) -> None:
    small = drawn().resize((31, 43), Image.Resampling.BICUBIC).convert(mode)
    large = small.resize((31 * side, 43 * side), Image.Resampling.NEAREST)
    found = decode(as_file(large))
    assert np.array_equal(np.asarray(found), np.asarray(decode(as_file(small))))
    assert found.info["own_size"] == large.size


@pytest.mark.parametrize("place", [(0, 0), (150, 200), (278, 386)])
def test_a_picture_with_one_pixel_that_is_no_square_is_left_as_it_is(place: tuple[int, int]) -> None:
    large = drawn().resize((31, 43), Image.Resampling.BICUBIC).resize((279, 387), Image.Resampling.NEAREST)
    large.putpixel(place, 128)
    assert decode(as_file(large)).size == large.size


@pytest.mark.parametrize(("edge", "size"), [(63, (3, 14)), (64, (27, 126)), (65, (27, 126))])
def test_an_edge_counts_wherever_it_is(edge: int, size: tuple[int, int]) -> None:
    picture = Image.new("L", (27, 126), 255)
    picture.paste(0, (0, edge, 27, 126))
    assert decode(as_file(picture)).size == size


def test_a_picture_of_mnists_size_and_a_drawing_of_a_few_straight_lines_are_no_enlarged_bitmaps() -> None:
    squares = Image.new("L", (28, 28), 255)
    squares.paste(0, (8, 4, 20, 22))
    bar = Image.new("L", (200, 200), 255)
    bar.paste(0, (80, 40, 120, 160))
    for picture in (squares, bar):
        assert decode(as_file(picture)).size == picture.size


@pytest.mark.parametrize(("kind", "side"), [("JPEG", 9_000), ("PNG", 7_000), ("WEBP", 4_900)])
def test_large_pictures_take_bounded_memory(tmp_path: Path, kind: str, side: int) -> None:
    drawn(size=(side, side), box=(1000, 1000, 3000, 4000), pen=400).convert("RGB").save(tmp_path / "large", kind)
    said, memory = peak_memory(
        "import sys\nfrom mnistnet.pictures.reading import read_picture\nprint(read_picture(sys.argv[1]).shape)",
        tmp_path / "large",
    )
    assert said == "(28, 28)\n"
    assert memory < 500_000_000


def test_a_heic_picture_is_read_where_the_plug_in_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra mnistnet[heic] is not installed")
    heif.register_heif_opener()
    drawn().convert("RGB").save(tmp_path / "seven.heic", "HEIF")
    assert_is_the_seven(read_picture(tmp_path / "seven.heic"))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert "a HEIC picture; install mnistnet[heic], or save it as JPEG" in message_of(tmp_path / "seven.heic")


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow can't read AVIF")
def test_an_avif_picture_is_read_where_pillow_can(monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_file(drawn(pen=16).convert("RGB"), "AVIF")
    assert_is_the_seven(read_picture(content))
    monkeypatch.setitem(sys.modules, "PIL.AvifImagePlugin", None)
    content.seek(0)
    assert "an AVIF picture; install a later Pillow, or save it as JPEG" in message_of(content)
