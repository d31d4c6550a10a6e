from __future__ import annotations

import io
import os
import struct
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from conftest import peak_memory
from drawings import as_file, assert_is_the_seven, drawn, message_of, png_chunk, png_header, read_picture, refusal
from mnistnet.pictures import files
from mnistnet.pictures.files import decode


def test_a_file_that_cannot_be_opened_is_named_with_the_reason(tmp_path: Path) -> None:
    assert "No such file" in message_of(tmp_path / "missing.png")
    assert "directory" in message_of(tmp_path)
    assert "can't be opened" in message_of("a\0b.png")
    assert "new\\nline\\x1b[31m.png: " in message_of(tmp_path / "new\nline\x1b[31m.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF"])
def test_a_truncated_file_is_refused_or_read_at_every_length(kind: str) -> None:
    whole = as_file(drawn(size=(60, 60), box=(15, 10, 45, 50), pen=5).convert("RGB"), kind).getvalue()
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        assert refusal(io.BytesIO(whole[:length])) in (None, "no digit in it", "not a picture")


def test_a_file_is_read_or_refused_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    for content in (b"", b"not a picture\n" * 50, bytes(1000), np.random.default_rng(1).bytes(5000)):
        (tmp_path / "page.jpg").write_bytes(content)
        assert "page.jpg: not a picture that can be read" in message_of(tmp_path / "page.jpg")
        assert message_of(io.BytesIO(content)).startswith("the picture: not a picture that can be read")
    drawn().save(tmp_path / "page.jpg", format="PNG")
    assert_is_the_seven(read_picture(tmp_path / "page.jpg"))


ORIENTATION = b"Exif\0\0II*\0" + struct.pack("<IHH", 8, 1, 0x0112)  # a block of one tag
IN_WORDS = ORIENTATION + struct.pack("<HI4s", 2, 4, b"six\0") + bytes(4)
BROKEN = ORIENTATION + b"\xff" * 30
LONG = ORIENTATION + struct.pack("<HIHH", 3, 1, 3, 0) + bytes(files.MAX_EXIF)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("exif", [IN_WORDS, BROKEN, LONG], ids=["an orientation in words", "broken", "long"])
def test_odd_metadata_is_left_alone(kind: str, exif: bytes) -> None:
    """In Pillow before 13, each tag of a long block may claim the whole of it."""
    assert_is_the_seven(read_picture(as_file(drawn(), kind, exif=exif)))
    if exif is not LONG:  # a JPEG has no room for that
        assert_is_the_seven(read_picture(as_file(drawn(), "JPEG", exif=exif)))


@pytest.mark.parametrize(
    "step",
    ["mnistnet.pictures.files.BoundedFile.write", "PIL.Image.Image.convert", "mnistnet.pictures.reading.segment"],
)
def test_a_picture_that_takes_too_much_memory_is_an_error_of_that_picture(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(step, fail)
    assert message_of(as_file(drawn())) == "the picture: not enough memory to read it; save it smaller"


def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    drawn().save(tmp_path / "small.png")
    statements = """
import mnistnet, resource, sys
mnistnet.read(sys.argv[1])  # imports what it needs
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 50_000_000, resource.RLIM_INFINITY))
print(mnistnet.read(sys.argv[1]).number)"""
    assert peak_memory(statements, tmp_path / "small.png")[0] == "7\n"


@pytest.mark.parametrize(("width", "height"), [(10_000, 5_001), (12_000, 12_000), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_huge_picture_is_refused_by_its_header_alone(width: int, height: int) -> None:
    file = io.BytesIO(png_header(width, height) + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b""))
    assert "pixels" in message_of(file)


def test_text_and_profile_bombs_are_refused_or_left_alone() -> None:
    bomb = zlib.compress(bytes(100_000_000), 9)
    body = as_file(drawn()).getvalue()[33:]
    for content in (png_chunk(b"zTXt", b"a\0\0" + bomb), png_chunk(b"iCCP", b"a\0\0" + bomb)):
        assert refusal(io.BytesIO(png_header(200, 200) + content + body)) in (None, "not a picture")


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


def test_a_picture_in_lab_colours_is_read() -> None:
    grey = Image.new("L", drawn().size, 128)
    assert_is_the_seven(read_picture(Image.merge("LAB", (drawn(), grey, grey))))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("side", [2, 5, 9])
def test_a_picture_enlarged_in_steps_is_read_as_it_was(mode: str, side: int) -> None:
    small = drawn().resize((31, 43), Image.Resampling.BICUBIC).convert(mode)
    large = small.resize((31 * side, 43 * side), Image.Resampling.NEAREST)
    found = decode(as_file(large))
    assert np.array_equal(np.asarray(found), np.asarray(decode(as_file(small))))
    assert found.info["own_size"] == large.size


BAR = Image.new("L", (200, 200), 255)
BAR.paste(0, (80, 40, 120, 160))
STEPS = drawn().resize((31, 43), Image.Resampling.BICUBIC).resize((279, 387), Image.Resampling.NEAREST)
STEPS.putpixel((150, 200), 128)


@pytest.mark.parametrize("picture", [BAR, BAR.resize((28, 28)), STEPS], ids=["few lines", "small", "another pixel"])
def test_what_is_no_enlarged_bitmap_is_left_as_it_is(picture: Image.Image) -> None:
    assert decode(as_file(picture)).size == picture.size


@pytest.mark.parametrize(("kind", "side"), [("JPEG", 7_000), ("PNG", 7_000), ("WEBP", 4_900)])
def test_large_pictures_take_bounded_memory(tmp_path: Path, kind: str, side: int) -> None:
    drawn(size=(side, side), box=(1000, 1000, 3000, 4000), pen=400).convert("RGB").save(tmp_path / "large", kind)
    said, memory = peak_memory(
        "import sys\nimport mnistnet\nprint(mnistnet.read(sys.argv[1]).number)",
        tmp_path / "large",
    )
    assert said == "7\n"
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
