"""Picture files: read as grey or RGB, upright and opaque, whatever their format; written as grey PNGs."""

from __future__ import annotations

import io
import logging
import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from mnistnet.errors import PictureError, one_line
from mnistnet.images import SIDE, ByteArray, FloatArray
from mnistnet.pictures.bounds import check_file, check_image, unreadable
from mnistnet.pictures.components import median

PICTURE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF")  # what people send; each more is more to attack
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm")
HEIF_SUFFIXES = (".heic", ".heif") if find_spec("pillow_heif") else ()  # the extra mnistnet[heic]
AVIF_SUFFIXES = (".avif",) if find_spec("PIL._avif") else ()  # Pillow from 11.3 on, if it is built with it
AVIF_BRANDS = (b"avif", b"avis")  # behind HEIF_HEAD
FORMAT_NAMES = (*PICTURE_FORMATS, *(["AVIF"] if AVIF_SUFFIXES else []), *(["HEIC"] if HEIF_SUFFIXES else []))
PICTURE_SUFFIXES: frozenset[str] = frozenset(SUFFIXES + AVIF_SUFFIXES + HEIF_SUFFIXES)
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
JPEG_HEAD = b"\xff\xd8\xff"
HEIF_HEAD = b"ftyp"  # behind four bytes of length
MAX_PIXELS = 50_000_000  # a header can promise more than fits in memory
MAX_PIXELS_OF = {  # where it is not that many
    "JPEG": 200_000_000,  # decoded at an eighth of its size
    "WEBP": 25_000_000,  # its decoder holds four copies in RGBA: 400 MB
    "AVIF": 25_000_000,
}
MAX_BYTES = 256 * 1024 * 1024  # a file can be endless; 50 million RGBA pixels are 200 MB
MAX_SIDE = 1024  # larger pictures are shrunk at once: no digit needs more
MAX_JPEG_SIDE = 512  # what a JPEG is at least decoded to: an eighth of its size costs nearly nothing
MAX_MEMORY = 16 * MAX_PIXELS_OF["WEBP"]  # bytes that a decoder takes
STRIP = 1 << 20  # pixels that are converted at once
CHUNK = 1 << 20  # bytes
MIN_BITMAP = 8  # pixels of its longer side; what is coarser is not a bitmap, but a drawing of a few straight lines
ROWS = 64  # of a picture that are looked at together; the middle shows soonest that nothing was enlarged
MIN_CARD, MIN_CARD_SPREAD = 0.6, 8.0  # of a transparent picture's box is opaque, and its greys spread, if it is a scan
FULL_SCALES = (1.0, 255.0, 4095.0, 65535.0)  # of deep pictures: the smallest that holds the brightest pixel is meant
OPAQUE = 128  # of 255
MAX_EXIF = 1 << 16  # bytes, as in a JPEG; in a larger block, thousands of tags can each claim the whole of it
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else it tells standard error what it raises, too


def name_of(source: str | os.PathLike[str] | BinaryIO) -> str:
    """Return what a message calls the picture, in one line whatever the file is called."""
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    if name in ("<stdin>", 0):  # 0 is its file descriptor
        return "standard input"
    return one_line(name) or "''" if isinstance(name, str) else "the picture"


@contextmanager
def naming(source: str | os.PathLike[str] | BinaryIO) -> Iterator[None]:
    """Put the picture's name before what a PictureError says of it."""
    try:
        yield
    except PictureError as error:
        raise PictureError(f"{name_of(source)}: {error}") from error
    except MemoryError as error:
        raise PictureError(f"{name_of(source)}: not enough memory to read it; save it smaller") from error


def decode(source: str | os.PathLike[str] | BinaryIO) -> Image.Image:
    """Read the first frame of a picture file.

    Args:
        source: a path, or a stream of bytes, which is read to its end.

    Returns:
        The picture upright, of mode L or RGB, with no side above MAX_SIDE; a bitmap that was enlarged in steps comes
        in its own size. Its `info["own_size"]` is the width and the height that the file had, upright.

    Raises:
        PictureError: the file can't be opened, or is no picture, or is too large.
        MemoryError: there is not enough memory.
        ValueError: the source is neither a path nor a stream of bytes.
    """
    if not isinstance(source, (str, os.PathLike)):
        return _decode_stream(io.BytesIO(_content(source)))
    try:
        with Path(source).open("rb") as file:
            kind = os.fstat(file.fileno())
            if stat.S_ISREG(kind.st_mode):
                if kind.st_size > MAX_BYTES:
                    raise _too_many_bytes()
                return _decode_stream(file)
            if stat.S_ISFIFO(kind.st_mode):
                return _decode_stream(io.BytesIO(_content(file)))
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(f"can't be opened ({one_line(reason)}); check the path") from error
    raise PictureError("not a regular file; check the path")


def _content(stream: BinaryIO) -> bytearray:
    """Read a stream to its end: an unbuffered one gives less at a time than it is asked for."""
    content = bytearray()
    while True:
        part = stream.read(CHUNK) if hasattr(stream, "read") else None
        if not isinstance(part, bytes):
            raise ValueError("source is neither a path nor a stream of bytes (io.BytesIO makes one of bytes)")
        if not part:
            return content
        content += part
        if len(content) > MAX_BYTES:
            raise _too_many_bytes()


def _too_many_bytes() -> PictureError:
    return PictureError(f"more than {MAX_BYTES:,} bytes; save it smaller")


def _decode_stream(file: BinaryIO) -> Image.Image:
    """Decode a seekable file as `decode` does."""
    kind = "picture"
    try:
        with _open(file) as image:
            kind = image.format or kind
            is_progressive = kind == "JPEG" and "progressive" in image.info  # kept whole while it is decoded
            most = MAX_PIXELS if is_progressive else MAX_PIXELS_OF.get(kind, MAX_PIXELS)
            width, height = image.size
            if width * height <= most:
                check_image(image, file)
                return _flatten(image)
    except UnidentifiedImageError as error:
        reason = "empty file" if file.seek(0, io.SEEK_END) == 0 else f"none of {', '.join(FORMAT_NAMES)}"
        raise unreadable(reason) from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"far more than {MAX_PIXELS:,} pixels; save it smaller") from error
    except (PictureError, MemoryError):
        raise  # neither says that the picture is damaged
    except Exception as error:  # decoders meet damaged bytes with nearly every exception there is
        np.empty(MAX_MEMORY, np.uint8)  # a MemoryError: two decoders call it damage when they get no more memory
        raise unreadable(f"damaged {kind}: {one_line(str(error)) or type(error).__name__}") from error
    raise PictureError(f"{width} x {height} pixels, at most {most:,} are read; save it smaller")


def _open(file: BinaryIO) -> Image.Image:
    """Open a picture as Image.open does, which imports the readers of all formats, and refuses large ones.

    Most pictures are PNGs, and of JPEGs large ones are read, too: only the first of those that hold several.
    """
    head = file.read(12)
    check_file(file, head)
    if head.startswith(PNG_HEAD):
        return PngImagePlugin.PngImageFile(file)
    if head.startswith(JPEG_HEAD):
        from PIL.JpegImagePlugin import JpegImageFile  # late: slow to import

        return JpegImageFile(file)
    if head[4:8] != HEIF_HEAD:
        return Image.open(file, formats=PICTURE_FORMATS)
    if head[8:] in AVIF_BRANDS:
        if not AVIF_SUFFIXES:
            raise PictureError("an AVIF picture; install Pillow 11.3 or later, or save it as JPEG")
        return Image.open(file, formats=("AVIF",))
    if not HEIF_SUFFIXES:
        raise PictureError("a HEIC picture; install mnistnet[heic], or save it as JPEG")
    from pillow_heif import register_heif_opener  # late: an extra, and slow to import

    register_heif_opener()
    return Image.open(file, formats=("HEIF",))


def _flatten(image: Image.Image) -> Image.Image:
    """Load an opened picture of any mode: mode L or RGB, upright, nothing transparent."""
    own_size = image.size
    image.draft(None, (MAX_JPEG_SIDE, MAX_JPEG_SIDE))  # JPEG only
    image.load()
    upright = _upright(image)
    flat = _shrunk(image)
    if flat.mode == "RGBA":
        flat = _over_backdrop(flat)
    if upright is not None:
        flat = flat.transpose(upright)
        own_size = own_size if upright in _KEEPS_SIDES else own_size[::-1]
    flat = _without_steps(flat)
    flat.info["own_size"] = own_size
    return flat


def _upright(image: Image.Image) -> Image.Transpose | None:
    """Return what makes a picture upright that was taken with a turned camera."""
    try:
        if not image.info or len(image.info.get("exif", b"")) > MAX_EXIF:
            return None
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 -- a block of metadata can be damaged in as many ways as a picture is
        return None


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


def _shrunk(image: Image.Image) -> Image.Image:
    """Return the picture in mode L, RGB or RGBA, no side above MAX_SIDE, by strips: it is never in memory twice."""
    factor = -(-max(image.size) // MAX_SIDE)
    if factor == 1 and image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    rows = max(1, STRIP // image.width // factor) * factor
    boxes = [(0, top, image.width, min(top + rows, image.height)) for top in range(0, image.height, rows)]
    is_deep = image.mode.startswith(("I", "F"))
    brightest = max(float(_values(image.crop(box)).max()) for box in boxes) if is_deep else 0.0
    full = next((scale for scale in FULL_SCALES if brightest <= scale), brightest)
    mode = _to_eight_bits(image.crop((0, 0, 1, 1)), full).mode
    whole = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    for box in boxes:
        whole.paste(_to_eight_bits(image.crop(box), full).reduce(factor), (0, box[1] // factor))
    return whole


def _to_eight_bits(image: Image.Image, full: float) -> Image.Image:
    """Return the picture in mode L, RGB or RGBA; full: the value of white where pixels have more than eight bits."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray((_values(image).clip(0, full) * (255 / full)).round().astype(np.uint8))
    if image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _values(image: Image.Image) -> FloatArray:
    """Return the pixels of a picture of 16 or 32 bits or of floats; what is not a number, or infinite, is 0."""
    values = np.asarray(image.convert("F"))
    return np.where(np.isfinite(values), values, 0)


def _without_steps(image: Image.Image) -> Image.Image:
    """Return a bitmap as it was, if this is one whose pixels were each enlarged to a square.

    A picture of MNIST's size or less is small enough.
    """
    side = math.gcd(*image.size) if max(image.size) > SIDE else 1
    for top in sorted(range(0, image.height, ROWS), key=lambda top: abs(2 * top + ROWS - image.height)):
        if side == 1:
            return image
        rows = np.asarray(image.crop((0, top, image.width, min(top + ROWS + 1, image.height))))
        rows = rows.reshape(*rows.shape[:2], -1)
        below = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=(1, 2))) + top + 1
        beside = np.flatnonzero((rows[:, 1:] != rows[:, :-1]).any(axis=(0, 2))) + 1
        side = math.gcd(side, *below.tolist(), *beside.tolist())
    return image.reduce(side) if max(image.size) >= MIN_BITMAP * side else image


def _over_backdrop(image: Image.Image) -> Image.Image:
    """Return an RGBA picture as RGB, its transparent parts filled so that the ink stands out.

    Mostly the strokes are what is opaque: white goes behind dark ones and black behind bright ones. Where what is
    opaque is itself a drawing with its ground (a scan with cut corners), the ground's own grey goes behind it.
    """
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB")
    opaque = np.asarray(image.convert("L"))[np.asarray(alpha) >= OPAQUE]
    if opaque.size == 0:
        return alpha.convert("RGB")
    left, top, right, bottom = alpha.getbbox() or (0, 0, *image.size)
    is_card = opaque.size > MIN_CARD * (right - left) * (bottom - top) and opaque.std() > MIN_CARD_SPREAD
    grey = int(median(opaque)) if is_card else 255 if opaque.mean() < 128 else 0
    backdrop = Image.new("RGB", image.size, (grey, grey, grey))
    backdrop.paste(image, mask=alpha)
    return backdrop


def write_picture(path: str | os.PathLike[str], image: ByteArray) -> None:
    """Write a grey PNG of uint8 (height, width); raises OSError when that can't be written."""
    Image.fromarray(image).save(path, format="PNG")
