"""Picture files: read as grey or RGB, upright and opaque, whatever their format; written as grey PNGs."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from mnistnet.errors import PictureError, one_line
from mnistnet.images import ByteArray
from mnistnet.pictures.filters import median
from mnistnet.pictures.ink import MIN_CONTRAST

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


def name_of(source: str | os.PathLike[str] | BinaryIO) -> str:
    """What a message calls the picture, in one line whatever the file is called."""
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    return one_line(name) or "''" if isinstance(name, str) and name != "<stdin>" else "standard input"


def decode(source: str | os.PathLike[str] | BinaryIO) -> Image.Image:
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
    own_size = image.size
    image.draft(None, (MAX_SIDE // 4, MAX_SIDE // 4))  # JPEG only: decodes at half size or less for nearly nothing
    image.load()
    upright = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1)) if image.info else None
    flat = _to_eight_bits(image)
    factor = -(-max(flat.size) // MAX_SIDE)
    if factor > 1:
        flat = flat.reduce(factor)
    if flat.mode == "RGBA":
        flat = _over_backdrop(flat)
    if upright is not None:
        flat = flat.transpose(upright)
        own_size = own_size if upright in _KEEPS_SIDES else own_size[::-1]
    flat.info["own_size"] = own_size  # width, height, upright, before it was made smaller
    return flat


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
_KEEPS_SIDES = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)


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


def write_picture(path: str | os.PathLike[str], image: ByteArray) -> None:
    """Write image, uint8 (28, 28), as a grey PNG. Raises OSError when the file can't be written."""
    Image.fromarray(image).save(path, format="PNG")
