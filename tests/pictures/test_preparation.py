import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin

from drawings import (
    FOUR,
    SEVEN,
    assert_is_the_seven,
    drawn,
    ink_box,
    mnist_like,
)
from mnistnet.errors import PictureError
from mnistnet.pictures import PICTURE_SUFFIXES, digit_in, read_picture, write_picture


def as_file(picture: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, format=kind, **options)
    file.seek(0)
    return file


def message_of(source: str | Path | BinaryIO) -> str:
    with pytest.raises(PictureError) as caught:
        read_picture(source)
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
        return next(known for known in ("no digit in it", "not a picture", "pixels") if known in text)
    return None


# As MNIST has it


def test_a_digit_fills_twenty_pixels_with_its_centre_of_mass_in_the_middle() -> None:
    for strokes in (SEVEN, FOUR):
        image = digit_in(drawn(strokes)).astype(np.float64)
        assert max(ink_box(image.astype(np.uint8))) == 20
        assert abs(image.sum(axis=1) @ np.arange(28) / image.sum() - 14) <= 0.5
        assert abs(image.sum(axis=0) @ np.arange(28) / image.sum() - 14) <= 0.5


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_a_picture_prepared_like_mnist_passes_unchanged(mode: str) -> None:
    image = mnist_like()
    assert np.array_equal(read_picture(as_file(Image.fromarray(image).convert(mode))), image)


def test_the_negative_of_a_prepared_picture_comes_back_as_the_original() -> None:
    image = mnist_like()
    assert np.array_equal(read_picture(as_file(Image.fromarray(255 - image))), image)


def test_a_written_picture_reads_back_bit_for_bit(tmp_path: Path) -> None:
    image = mnist_like()
    write_picture(tmp_path / "seven.png", image)
    assert np.array_equal(read_picture(tmp_path / "seven.png"), image)
    assert np.array_equal(read_picture(str(tmp_path / "seven.png")), image)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F", "CMYK", "YCbCr"])
def test_every_mode_is_read(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(drawn()).astype(np.uint16) * 257)
    elif mode == "I":
        picture = drawn().convert("I").point(lambda value: value * 257)
    else:
        picture = drawn().convert(mode)
    assert_is_the_seven(read_picture(as_file(picture, "TIFF")))


@pytest.mark.parametrize(("full", "mode"), [(4095, np.uint16), (65535, np.uint16), (1, np.float32), (255, np.float32)])
def test_deep_pictures_are_read_on_their_own_scale(full: int, mode: type[np.generic]) -> None:
    shades = np.asarray(drawn(pen=8).filter(ImageFilter.GaussianBlur(2))) / 255
    deep = read_picture(as_file(Image.fromarray((shades * full).astype(mode)), "TIFF"))
    plain = read_picture(as_file(Image.fromarray((shades * 255).round().astype(np.uint8)), "TIFF"))
    assert np.abs(deep.astype(int) - plain.astype(int)).max() <= 4


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF"])
def test_every_format_is_read(kind: str) -> None:
    assert_is_the_seven(read_picture(as_file(drawn().convert("RGB"), kind)))


def test_the_first_frame_of_an_animation_is_read() -> None:
    file = as_file(drawn(), "GIF", save_all=True, append_images=[drawn(FOUR), Image.new("L", (200, 200))])
    assert_is_the_seven(read_picture(file))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(orientation: int) -> None:
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    picture = drawn() if stored is None else drawn().transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_is_the_seven(read_picture(as_file(picture, "JPEG", exif=exif)))


@pytest.mark.parametrize("ink", [0, 255])
def test_strokes_on_a_transparent_ground_are_read_whatever_is_under_the_transparency(ink: int) -> None:
    strokes = drawn(ink=255, ground=0)
    for hidden in (0, 255):
        grey = Image.composite(Image.new("L", strokes.size, ink), Image.new("L", strokes.size, hidden), strokes)
        assert_is_the_seven(read_picture(as_file(Image.merge("LA", (grey, strokes)))))


def test_a_scan_with_transparent_corners_is_read() -> None:
    alpha = Image.new("L", (200, 200), 0)
    ImageDraw.Draw(alpha).rounded_rectangle((4, 4, 195, 195), 30, fill=255)
    assert_is_the_seven(read_picture(as_file(Image.merge("LA", (drawn(ground=235), alpha)))))


# Kinds of pictures


@pytest.mark.parametrize("pen", [1, 2, 5, 14, 30, 38])
def test_hairlines_and_brushes_are_brought_towards_one_pen(pen: int) -> None:
    assert_is_the_seven(digit_in(drawn(pen=pen)), 0.8)


def test_odd_sizes_are_read_or_refused() -> None:
    for size in ((1, 1), (1, 500), (500, 1), (2, 2), (3, 4000)):
        picture = Image.new("L", size, 255)
        picture.putpixel((size[0] // 2, size[1] // 2), 0)
        assert refusal(as_file(picture)) in (None, "no digit in it")


# What can't be read


def test_noise_has_no_digit_in_it() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 90, 3), dtype=np.uint8)
    for picture in (Image.fromarray(noise), Image.fromarray(noise[:, :, 0] // 16)):
        assert refusal(as_file(picture)) == "no digit in it"


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_picture_has_no_digit_in_it(grey: int) -> None:
    assert "no digit in it" in message_of(as_file(Image.new("L", (100, 80), grey)))
    assert "no digit in it" in message_of(as_file(Image.new("LA", (100, 80), (grey, 0))))


def test_a_file_that_cannot_be_opened_is_named_with_the_reason(tmp_path: Path) -> None:
    assert "No such file" in message_of(tmp_path / "missing.png")
    assert "directory" in message_of(tmp_path)
    assert "can't be opened" in message_of("a\0b.png")


def test_a_strange_file_name_keeps_the_message_on_one_line(tmp_path: Path) -> None:
    assert "new\\nline\\x1b[31m.png: " in message_of(tmp_path / "new\nline\x1b[31m.png")


def test_standard_input_is_called_by_its_name() -> None:
    assert message_of(io.BytesIO(b"")).startswith("standard input: not a picture that can be read (empty file)")


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


def test_a_wrong_ending_does_not_matter(tmp_path: Path) -> None:
    drawn().save(tmp_path / "seven.jpg", format="PNG")
    assert_is_the_seven(read_picture(tmp_path / "seven.jpg"))


def test_an_odd_orientation_tag_is_left_alone() -> None:
    text_tag = struct.pack("<HHI4s", 0x0112, 2, 4, b"six\0")
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + text_tag + bytes(4)
    assert_is_the_seven(read_picture(as_file(drawn(), "JPEG", exif=exif)))


@pytest.mark.parametrize("greedy", ["PIL.PngImagePlugin.PngImageFile.load", "mnistnet.pictures.preparation.find_ink"])
def test_a_picture_that_takes_too_much_memory_is_an_error_of_that_picture(
    greedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(greedy, fail)
    assert message_of(as_file(drawn())) == "standard input: not enough memory to read it; save it smaller"


DAMAGED_TIFF = """
import os, sys, threading
from mnistnet.errors import PictureError
from mnistnet.pictures import read_picture
def read():
    for _ in range(30):
        try:
            read_picture("damaged.tif")
        except PictureError:
            pass
for action in sys.argv[1:]:
    if action == "read":
        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    else:
        os.write(2, b"heard")
print(len(os.listdir("/dev/fd")), read_picture("whole.tif").shape)
"""


def test_libtiff_is_silent_and_standard_error_works_afterwards(tmp_path: Path) -> None:
    whole = as_file(drawn(), "TIFF", compression="tiff_lzw").getvalue()
    (tmp_path / "whole.tif").write_bytes(whole)
    (tmp_path / "damaged.tif").write_bytes(whole[:100] + bytes(60) + whole[160:])

    def run(*actions: str) -> tuple[str, str]:
        command = [sys.executable, "-c", DAMAGED_TIFF, *actions]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr

    fine, _ = run()
    assert run("read", "say") == (fine, "heard")
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", DAMAGED_TIFF, "read"]
    assert "(28, 28)" in subprocess.run(closed, cwd=tmp_path, capture_output=True, text=True, check=True).stdout


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
