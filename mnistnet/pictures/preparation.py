"""From any picture of a digit to the 28×28 that MNIST would hold.

MNIST's own preparation is the goal: bright ink on black, shrunk into 20×20 by area, centre of mass in the middle.
On the way there a hairline or a brush is brought towards MNIST's pen.

    file ─ _decode ─> grey or RGB ─ find_ink ─> ink of the digit alone ─ _draw_like_mnist ─> uint8 (28, 28)
"""

import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from mnistnet.errors import PictureError, one_line
from mnistnet.pictures.filters import Grey, median
from mnistnet.pictures.ink import MIN_CONTRAST, find_ink

Pixels: TypeAlias = NDArray[np.uint8]

PICTURE_SUFFIXES: frozenset[str] = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"}
)
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF")  # what people send; each more is more to attack
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
MAX_PIXELS = 50_000_000  # a header can promise more than fits in memory
MAX_BYTES = 256 * 1024 * 1024  # a stream can be endless; 50 million RGBA pixels are 200 MB
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else it tells standard error what it raises, too
STANDARD_ERROR = 2  # its file descriptor
MAX_SIDE = 4096  # larger pictures are shrunk at once: no digit needs more

SIDE = 28  # MNIST: the picture,
BOX = 20  # the square that its ink fits into,
CENTRE = 14  # and the pixel, counted from 0, that its centre of mass is nearest to

FINE = 4  # the pen is adjusted in 80×80, so that a step of one pixel there is a quarter of one of MNIST's


def read_picture(source: str | os.PathLike[str] | BinaryIO, invert: str = "auto") -> Pixels:
    """The digit in one picture file, as MNIST would hold it: uint8 (28, 28), ink bright on black.

    invert: "auto" finds out per picture whether the ink is dark or bright; "yes" says that the picture is dark ink
    on light ground, so that it is inverted; "no" says that its ink is bright already.
    A picture that is prepared like MNIST's already comes back bit for bit.
    Raises PictureError when the file can't be opened or read, is too large, or shows no digit.
    """
    name = _name_of(source)
    try:
        return digit_in(_decode(source), invert)
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error
    except MemoryError as error:
        raise PictureError(f"{name}: not enough memory to read it; save it smaller") from error


def write_picture(path: str | os.PathLike[str], image: Pixels) -> None:
    """Write image, uint8 (28, 28), as a grey PNG. Raises OSError when the file can't be written."""
    Image.fromarray(image).save(path, format="PNG")


def digit_in(picture: Image.Image, invert: str = "auto") -> Pixels:
    """The digit in a picture of mode L or RGB and of any size: uint8 (28, 28); invert as in read_picture.

    Raises PictureError (without the name of a file) when there is no digit in it.
    """
    if invert not in ("auto", "yes", "no"):
        raise ValueError(f"invert is {invert!r}, expected 'auto', 'yes' or 'no'")
    prepared = _already_prepared(picture, invert)
    if prepared is not None:
        return prepared
    return _draw_like_mnist(find_ink(picture, invert))


# Files


def _name_of(source: str | os.PathLike[str] | BinaryIO) -> str:
    """What a message calls the picture, in one line whatever the file is called."""
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    return one_line(name) or "''" if isinstance(name, str) and name != "<stdin>" else "standard input"


def _decode(source: str | os.PathLike[str] | BinaryIO) -> Image.Image:
    """Read the first frame of a picture file, upright, as mode L or RGB with no side above MAX_SIDE."""
    try:
        if isinstance(source, (str, os.PathLike)):
            with Path(source).open("rb") as file:
                return _decode_stream(file if file.seekable() else io.BytesIO(file.read(MAX_BYTES)))
        return _decode_stream(io.BytesIO(source.read(MAX_BYTES)))
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(f"can't be opened ({one_line(reason)}); check the path") from error


def _decode_stream(file: BinaryIO) -> Image.Image:
    """As _decode, from a seekable file."""
    kind = "picture"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which no user can act upon
            with _open(file) as image:
                kind = image.format or kind
                width, height = image.size
                if width * height <= MAX_PIXELS:
                    with _libtiff_silenced(kind):
                        return _flatten(image)
    except UnidentifiedImageError as error:
        reason = "empty file" if file.seek(0, io.SEEK_END) == 0 else f"none of {', '.join(FORMATS)}"
        raise _unreadable(reason) from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"far more than {MAX_PIXELS:,} pixels; save it smaller") from error
    except MemoryError:
        raise  # it says nothing of the picture's bytes
    except Exception as error:  # decoders meet damaged bytes with nearly every exception there is
        raise _unreadable(f"damaged {kind}: {one_line(str(error)) or type(error).__name__}") from error
    raise PictureError(f"{width} x {height} pixels, at most {MAX_PIXELS:,} are read; save it smaller")


def _open(file: BinaryIO) -> Image.Image:
    """Image.open, which imports the readers of six formats whatever it finds; most pictures are PNGs."""
    head = file.read(len(PNG_HEAD))
    file.seek(0)
    return PngImagePlugin.PngImageFile(file) if head == PNG_HEAD else Image.open(file, formats=FORMATS)


@contextmanager
def _libtiff_silenced(kind: str) -> Iterator[None]:
    """Keep libtiff from telling standard error, past Python, what a PictureError says already."""
    if kind != "TIFF" or sys.stderr is None:  # None: there was no standard error to begin with
        yield
        return
    with _standard_error_lock, Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(STANDARD_ERROR)
        try:
            os.dup2(nowhere.fileno(), STANDARD_ERROR)
            yield
        finally:
            os.dup2(kept, STANDARD_ERROR)
            os.close(kept)


_standard_error_lock = threading.Lock()  # it is the whole process's: two threads would put back each other's


def _unreadable(reason: str) -> PictureError:
    return PictureError(f"not a picture that can be read ({reason}); save it again as PNG or JPEG")


def _flatten(image: Image.Image) -> Image.Image:
    """Load an opened picture of any mode: mode L or RGB, upright, nothing transparent."""
    image.draft(None, (MAX_SIDE // 4, MAX_SIDE // 4))  # JPEG only: decodes at half size or less for nearly nothing
    image.load()
    upright = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1)) if image.info else None
    flat = _to_eight_bits(image)
    factor = -(-max(flat.size) // MAX_SIDE)
    if factor > 1:
        flat = flat.reduce(factor)
    if flat.mode == "RGBA":
        flat = _over_backdrop(flat)
    return flat if upright is None else flat.transpose(upright)


_ORIENTATION = 0x0112  # the EXIF tag, and what makes each of its values upright
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """The picture in mode L, RGB or RGBA; the last only if some of it is transparent."""
    if image.mode.startswith(("I", "F")):
        return _deep_to_eight_bits(image)
    if image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        return image.convert("RGB") if image.getchannel("A").getextrema() == (255, 255) else image
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _deep_to_eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits or of floats, on the smallest usual scale that holds its brightest pixel."""
    values = np.nan_to_num(np.asarray(image.convert("F")), nan=0.0, posinf=0.0, neginf=0.0)
    brightest = values.max()
    full_scale = next((scale for scale in (1.0, 255.0, 4095.0, 65535.0) if brightest <= scale), brightest)
    return Image.fromarray((values.clip(0, full_scale) * (255 / full_scale)).round().astype(np.uint8))


def _over_backdrop(image: Image.Image) -> Image.Image:
    """An RGBA picture as RGB, its transparent parts filled so that the ink stands out.

    Mostly the strokes are what is opaque: white goes behind dark ones and black behind bright ones. Where what is
    opaque is itself a drawing with its ground (a scan with cut corners), the ground's own grey goes behind it.
    """
    alpha = np.asarray(image.getchannel("A"))
    opaque = np.asarray(image.convert("L"))[alpha >= 128]
    if opaque.size == 0:
        return image.getchannel("A").convert("RGB")
    left, top, right, bottom = image.getchannel("A").getbbox() or (0, 0, *image.size)
    is_card = opaque.size > 0.6 * (right - left) * (bottom - top) and opaque.std() > MIN_CONTRAST
    grey = int(median(opaque)) if is_card else 255 if opaque.mean() < 128 else 0
    backdrop = Image.new("RGBA", image.size, (grey, grey, grey, 255))
    backdrop.alpha_composite(image)
    return backdrop.convert("RGB")


# Pictures that need nothing done


def _already_prepared(picture: Image.Image, invert: str) -> Pixels | None:
    """The pixels themselves, or their negative, if they are as MNIST has them; None if not."""
    if picture.size != (SIDE, SIDE):
        return None
    pixels = np.array(picture)
    if pixels.ndim == 3:
        if (pixels != pixels[:, :, :1]).any():
            return None
        pixels = np.ascontiguousarray(pixels[:, :, 0])
    if invert != "yes" and _is_like_mnist(pixels):
        return pixels
    negative = ~pixels
    return negative if invert != "no" and _is_like_mnist(negative) else None


def _is_like_mnist(image: Pixels) -> bool:
    """Whether uint8 (28, 28) has MNIST's black ground, full ink, 20 pixels' extent and centre of mass.

    All 70,000 images of MNIST do: their strongest ink is 254 or 255, their longer side 20 pixels (19 in 16 of
    them), and both coordinates of the centre of mass lie in 13.48 to 14.5, as rounding to whole pixels leaves them.
    """
    by_row, by_column = _sums(image)
    (rows,), (columns,) = by_row.nonzero(), by_column.nonzero()
    if len(rows) == 0 or image.max() < 254:
        return False
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    if not BOX - 1 <= max(height, width) <= BOX:
        return False
    return abs(_centre(by_row) - CENTRE) < 0.53 and abs(_centre(by_column) - CENTRE) < 0.53


def _sums(ink: NDArray[np.generic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much ink there is in every row and in every column."""
    return ink.sum(axis=1, dtype=np.float64), ink.sum(axis=0, dtype=np.float64)


def _centre(sums: NDArray[np.float64]) -> float:
    """The centre of mass along one axis, in pixels from the middle of the first; not all sums are 0."""
    return float(sums @ np.arange(len(sums), dtype=np.float64) / sums.sum())


# Drawing it as MNIST has it


VISIBLE = 64  # a quarter of full ink counts for the bounding box: less is a blurred edge
PEN = (9.0, 12.0)  # width of a stroke in the 80×80 box: MNIST's median, and what 12 in 100 of its pens exceed


def _draw_like_mnist(ink: Grey) -> Pixels:
    """The digit in 28×28, uint8; ink: float32 (height, width), 0 to 1, cropped to the digit.

    Source: facebookresearch/qmnist and xnist, for what MNIST's makers did: fit into 20×20 by area, strongest ink to
    255, centre of mass to the middle.
    """
    fine = BOX * FINE
    pixels = Image.fromarray((ink * 255).round().astype(np.uint8))
    drawn = _fit(pixels, fine)
    width = _pen_width(drawn)
    growth = round((min(max(width, PEN[0]), PEN[1]) - width) / 2)
    if growth:
        drawn = _fit(pixels, fine - 2 * growth)
        drawn = _change_pen(np.pad(drawn, max(growth, 0)), growth)
        drawn = _fit(Image.fromarray(drawn), fine)
    return _centred(drawn)


def _fit(ink: Image.Image, longest: int) -> Pixels:
    """The ink's bounding box in a picture whose longer side is `longest`: uint8 (height, width), aspect kept."""
    visible = np.asarray(ink) >= VISIBLE
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    ink = ink.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    scale = longest / max(ink.size)
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    return np.asarray(ink.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC))


def _pen_width(ink: Pixels) -> float:
    """The mean width of the strokes in pixels: twice their area over the length of their outline.

    The outline's length is the sum of the gradient's magnitude, which needs no threshold.
    """
    padded = np.pad(ink.astype(np.float32), 1)
    down, right = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(2 * padded.sum() / np.sqrt(down**2 + right**2).sum())


def _change_pen(ink: Pixels, growth: int) -> Pixels:
    """The ink with its strokes wider by growth pixels on either side, or narrower where growth is negative.

    Steps with four and with eight neighbours in turn: their octagon is near enough to a round pen.
    """
    extreme = np.maximum if growth > 0 else np.minimum
    for step in range(abs(growth)):
        p = np.pad(ink, 1)
        grown = extreme(extreme(p[:-2, 1:-1], p[2:, 1:-1]), extreme(p[1:-1, :-2], p[1:-1, 2:]))
        if step % 2:
            corners = extreme(extreme(p[:-2, :-2], p[2:, 2:]), extreme(p[:-2, 2:], p[2:, :-2]))
            grown = extreme(grown, corners)
        ink = extreme(grown, ink)
    return ink


def _centred(fine: Pixels) -> Pixels:
    """Fine ink, uint8 (80, ≤ 80) or (≤ 80, 80), by area into its 20×20 and with that into the middle of 28×28."""
    height, width = (-(-side // FINE) for side in fine.shape)
    spare_y, spare_x = height * FINE - fine.shape[0], width * FINE - fine.shape[1]
    even = np.pad(fine, ((spare_y // 2, spare_y - spare_y // 2), (spare_x // 2, spare_x - spare_x // 2)))
    small = even.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    y, x = (_centre(sums) for sums in _sums(small))
    top = min(max(round(CENTRE - y), 0), SIDE - height)
    left = min(max(round(CENTRE - x), 0), SIDE - width)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = (small * (255 / small.max())).round()
    return image
