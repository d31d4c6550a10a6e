import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin

from mnistnet.errors import PictureError
from mnistnet.pictures import PICTURE_SUFFIXES, digit_in, read_picture, write_picture

Pixels = NDArray[np.uint8]

SEVEN = [[(0.1, 0.1), (0.9, 0.1), (0.4, 0.95)]]
FOUR = [[(0.5, 0.0), (0.1, 0.6), (0.9, 0.6)], [(0.7, 0.3), (0.7, 1.0)]]
FIVE_WITH_A_BAR_APART = [[(0.3, 0.05), (0.95, 0.05)], [(0.22, 0.16), (0.2, 0.5), (0.75, 0.55), (0.8, 0.8), (0.2, 0.95)]]


def drawn(
    strokes: list[list[tuple[float, float]]] = SEVEN,
    size: tuple[int, int] = (200, 200),
    box: tuple[int, int, int, int] = (50, 40, 140, 160),
    pen: int = 14,
    ink: int | tuple[int, int, int] = 0,
    ground: int | tuple[int, int, int] = 255,
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


def as_file(picture: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, format=kind, **options)
    file.seek(0)
    return file


def mnist_like() -> Pixels:
    """A seven that has been prepared as MNIST's makers did."""
    return digit_in(drawn())


def likeness(one: Pixels, other: Pixels) -> float:
    """The correlation of two digits, 1 for equal ones, over shifts of up to a pixel."""
    a = one.astype(np.float64).ravel()
    shifts = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return max(float(np.corrcoef(a, shifted.astype(np.float64).ravel())[0, 1]) for shifted in shifts)


def assert_is_the_seven(image: Pixels, at_least: float = 0.85) -> None:
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert likeness(mnist_like(), image) > at_least


def ink_box(image: Pixels) -> tuple[int, int]:
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


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


def test_invert_says_which_polarity_a_picture_has() -> None:
    dark, bright = drawn(), drawn(ink=255, ground=0)
    assert_is_the_seven(digit_in(dark, "yes"))
    assert_is_the_seven(digit_in(bright, "no"))
    with pytest.raises(ValueError, match="'maybe', expected"):
        digit_in(dark, "maybe")


# Kinds of files


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "I", "F", "CMYK", "YCbCr"])
def test_every_mode_is_read(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(drawn()).astype(np.uint16) * 257)
    elif mode == "I":
        picture = drawn().convert("I").point(lambda value: value * 257)
    else:
        picture = drawn().convert(mode)
    assert_is_the_seven(read_picture(as_file(picture, "TIFF")))


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


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (120, 160), (90, 40)])
def test_both_polarities_and_low_contrasts_are_read(ink: int, ground: int) -> None:
    assert_is_the_seven(digit_in(drawn(ink=ink, ground=ground)))


@pytest.mark.parametrize(
    ("ink", "ground"),
    [((30, 60, 200), (250, 220, 120)), ((200, 40, 40), (40, 110, 60)), ((255, 230, 0), (255, 255, 255))],
)
def test_coloured_pens_on_coloured_ground_are_read(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    assert_is_the_seven(digit_in(drawn(ink=ink, ground=ground)))


@pytest.mark.parametrize("pen", [1, 2, 5, 14, 30, 38])
def test_hairlines_and_brushes_are_brought_towards_one_pen(pen: int) -> None:
    assert_is_the_seven(digit_in(drawn(pen=pen)), 0.8)


def test_a_hairline_in_the_corner_of_a_large_canvas_is_found() -> None:
    picture = drawn(size=(3000, 2000), box=(2900, 1850, 2945, 1910), pen=2)
    assert_is_the_seven(digit_in(picture), 0.8)


def test_a_brush_that_nearly_fills_the_picture_is_read() -> None:
    assert_is_the_seven(digit_in(drawn(size=(110, 140), box=(15, 15, 95, 125), pen=26)), 0.8)
    assert_is_the_seven(digit_in(drawn(size=(110, 140), box=(15, 15, 95, 125), pen=26, ink=255, ground=0)), 0.8)


def shaded(picture: Image.Image, light: NDArray[np.float64]) -> Image.Image:
    """The picture as a photograph under a light, 0 to 1 per pixel, with a little noise."""
    noise = np.random.default_rng(0).normal(0, 2, light.shape)
    return Image.fromarray((np.asarray(picture) * light + noise).clip(0, 255).astype(np.uint8))


def test_shadows_and_vignettes_are_not_ink() -> None:
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    page = drawn(ink=60, ground=230, pen=8)
    for light in (0.7 + 0.3 * x, 0.6 - 0.3 * (x + y) / 2, 1 - 0.35 * (x**2 + y**2), np.where(x + y > 0.1, 1, 0.6)):
        assert_is_the_seven(digit_in(shaded(page, light)))


def test_specks_are_not_part_of_the_digit() -> None:
    picture = drawn()
    pencil = ImageDraw.Draw(picture)
    for x, y in ((10, 10), (190, 30), (20, 185), (175, 170)):
        pencil.ellipse((x - 3, y - 3, x + 3, y + 3), fill=0)
    assert_is_the_seven(digit_in(picture))


def test_frames_and_scan_edges_are_not_part_of_the_digit() -> None:
    frame, bars, edge = drawn(), drawn(), drawn()
    ImageDraw.Draw(frame).rectangle((6, 6, 193, 193), outline=0, width=4)
    ImageDraw.Draw(bars).rectangle((0, 0, 199, 25), fill=0)
    ImageDraw.Draw(bars).rectangle((0, 175, 199, 199), fill=0)
    ImageDraw.Draw(edge).rectangle((0, 0, 8, 199), fill=20)
    for picture in (frame, bars, edge):
        assert_is_the_seven(digit_in(picture))


def test_a_thick_1_that_is_cropped_tightly_is_not_taken_for_a_bar() -> None:
    picture = Image.new("L", (40, 140), 255)
    ImageDraw.Draw(picture).rectangle((8, 8, 31, 131), fill=0)
    height, width = ink_box(digit_in(picture))
    assert height == 20
    assert width < 6


def test_the_desk_beside_a_page_is_not_part_of_the_digit() -> None:
    desk = np.asarray(drawn(ink=40, ground=225, pen=8)).copy()
    desk[:, :20] = np.random.default_rng(0).normal(90, 8, (200, 20)).astype(np.uint8)
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    assert_is_the_seven(digit_in(shaded(Image.fromarray(desk), 0.85 + 0.1 * x - 0.05 * y)))


def on_a_desk(desk: int, angle: float, keep: tuple[int, int, int, int] = (0, 0, 400, 400)) -> Image.Image:
    """A sheet with a seven on it, photographed from above; `keep` is the part of that which the camera caught."""
    sheet = drawn(ink=50, ground=225, size=(220, 280), box=(80, 110, 150, 200), pen=9).rotate(angle, expand=True)
    shape = Image.new("L", (220, 280), 255).rotate(angle, expand=True)
    picture = Image.new("L", (400, 400), desk)
    picture.paste(sheet, ((400 - sheet.width) // 2, (400 - sheet.height) // 2), shape)
    light = np.linspace(0.8, 1, 400)[np.newaxis] * np.ones((400, 1))
    return shaded(picture, light).filter(ImageFilter.GaussianBlur(1)).crop(keep)


@pytest.mark.parametrize("angle", [-8, 4, 10])
def test_a_whole_sheet_on_a_desk_is_not_ink(angle: float) -> None:
    for desk in (20, 110):
        assert_is_the_seven(digit_in(on_a_desk(desk, angle)), 0.7)
        assert_is_the_seven(digit_in(on_a_desk(desk, angle, keep=(0, 80, 400, 400))), 0.7)
    negative = Image.fromarray(255 - np.asarray(on_a_desk(40, angle)))  # a slate on a bright table
    assert_is_the_seven(digit_in(negative), 0.7)


def test_a_thick_0_is_not_taken_for_a_sheet() -> None:
    picture = Image.new("L", (200, 200), 10)
    ImageDraw.Draw(picture).ellipse((30, 20, 170, 180), fill=240)
    ImageDraw.Draw(picture).ellipse((80, 75, 120, 125), fill=10)
    image = digit_in(picture)
    assert ink_box(image)[0] == 20
    assert image[14, 14] < 80 < image[14, 7]


def test_ruled_and_squared_paper_is_not_ink() -> None:
    for columns in ((), range(10, 200, 25)):
        picture = Image.new("L", (200, 200), 255)
        pencil = ImageDraw.Draw(picture)
        for row in range(15, 200, 25):
            pencil.line((0, row, 199, row), fill=150, width=2)
        for column in columns:
            pencil.line((column, 0, column, 199), fill=150, width=2)
        both = np.minimum(np.asarray(picture), np.asarray(drawn(ink=40)))
        assert_is_the_seven(digit_in(Image.fromarray(both)))


def test_a_stroke_that_stands_apart_belongs_to_the_digit() -> None:
    image = digit_in(drawn(FIVE_WITH_A_BAR_APART, pen=8))
    assert image[:8].max() > 200
    assert max(ink_box(image)) == 20


def test_noise_gives_an_answer_or_one_clear_line() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 90, 3), dtype=np.uint8)
    for picture in (Image.fromarray(noise), Image.fromarray(noise[:, :, 0] // 16)):
        assert refusal(as_file(picture)) in (None, "no digit in it")


def test_odd_sizes_are_read_or_refused() -> None:
    for size in ((1, 1), (1, 500), (500, 1), (2, 2), (3, 4000)):
        picture = Image.new("L", size, 255)
        picture.putpixel((size[0] // 2, size[1] // 2), 0)
        assert refusal(as_file(picture)) in (None, "no digit in it")


# What can't be read


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


def test_a_blurred_picture_is_read() -> None:
    assert_is_the_seven(digit_in(drawn().filter(ImageFilter.GaussianBlur(4))))


def test_suffixes_are_lower_case_endings() -> None:
    assert {".png", ".jpg", ".jpeg"} <= PICTURE_SUFFIXES
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in PICTURE_SUFFIXES)
