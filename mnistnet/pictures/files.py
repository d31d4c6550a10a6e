"""Pictures, as files or in memory: read as grey or RGB, upright and opaque; written as grey PNGs."""

from __future__ import annotations

import io
import logging
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps

from mnistnet.errors import PictureError, one_line
from mnistnet.images import SIDE, ByteArray
from mnistnet.pictures.bounds import BLOCK, BoundedFile, check_pixels, reporting_memory, unreadable

Source: TypeAlias = str | os.PathLike[str] | BinaryIO | bytes | ByteArray | Image.Image
FORMAT_NAMES = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF", "AVIF", "HEIC")  # each format adds attack surface
PICTURE_SUFFIXES = {f".{name.lower()}" for name in (*FORMAT_NAMES, "jpg", "pbm", "pgm", "pnm", "tif", "heif")}
PLUGINS = {b"\x89P": "Png", b"\xff\xd8": "Jpeg", b"BM": "Bmp", b"GI": "Gif", b"RI": "WebP"}  # by a file's first bytes
PLUGINS |= {b"II": "Tiff", b"MM": "Tiff"} | {b"P%d" % kind: "Ppm" for kind in range(1, 7)}
MAX_BYTES = 110_000_000  # an uncompressed A4 scan in colours at 600 dots an inch; a HEIC of this size takes 8 seconds
MAX_SIDE = 1024  # larger pictures are shrunk at once: no digit needs more
MIN_BITMAP = 8  # longer side of an enlarged bitmap, in its own pixels; fewer are a drawing of a few straight lines
MAX_EXIF = 1 << 16  # bytes, a JPEG's limit; each of thousands of tags can refer to the whole block
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its errors are also printed


@reporting_memory()
def decode(source: Source, mode: Literal["L", "RGB"] = "L") -> Image.Image:
    """Read a picture; of a file, the first frame.

    Args:
        source: a path, a stream of bytes, which is read to its end, the bytes of a file, a Pillow image, or an array:
            uint8 (height, width), (height, width, 3) or (height, width, 4). Images and arrays aren't changed.
        mode: `L`, or `RGB` to keep its colours.

    Returns:
        The picture upright, of that mode, with no side above MAX_SIDE, nearest-neighbour enlargement undone. Its
        `info["own_size"]` is its upright (width, height) before these changes of size.

    Raises:
        PictureError: the file can't be opened, isn't a picture, or is too large.
        ValueError: the source is of another type, an array of another dtype or shape, or a stream of text.
    """
    if isinstance(source, np.ndarray):
        source = _from_array(source)
    if isinstance(source, Image.Image):
        with _reporting_damage("picture"):
            check_pixels(source)
            return _flatten(source, source.size, mode)
    file = _content(source)
    plugin = _plugin(file.getvalue()[:12])
    with _reporting_damage(str(plugin.format)), plugin(file) as image:
        check_pixels(image)
        file.left = sys.maxsize  # no limit for the pixels
        own_size = image.size
        image.draft(mode, (MAX_SIDE // 2, MAX_SIDE // 2))  # a JPEG, at less than twice the size that is needed
        image.decodermaxblock = BLOCK
        return _flatten(image, own_size, mode)


def _from_array(array: ByteArray) -> Image.Image:
    is_image = array.ndim in (2, 3) and array.shape[2:] in ((), (3,), (4,))
    if array.dtype != np.uint8 or not is_image or array.size == 0:
        raise ValueError(
            f"picture is an array of {array.dtype} {array.shape}, "
            "expected uint8 (height, width), (height, width, 3) or (height, width, 4), with at least one pixel"
        )
    return Image.fromarray(array)


def _content(source: str | os.PathLike[str] | BinaryIO | bytes) -> BoundedFile:
    """Read a file or a stream to its end; an unbuffered one may return fewer bytes than are requested."""
    if isinstance(source, (str, os.PathLike)):
        try:
            with Path(source).open("rb") as opened:
                return _content(opened)
        except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
            reason = getattr(error, "strerror", None) or str(error)
            raise PictureError(f"can't be opened ({one_line(reason)}); check the path") from error
    stream = io.BytesIO(source) if isinstance(source, bytes | bytearray) else source
    if not hasattr(stream, "read"):
        expected = "a path, a binary stream, bytes, a Pillow image or a uint8 array"
        raise ValueError(f"picture is of type {type(source).__name__}, expected {expected}")
    file = BoundedFile()
    try:
        while content := stream.read(BLOCK):  # a file object takes as much memory as is requested
            if not isinstance(content, bytes):
                raise ValueError("picture is a stream of text, expected one of bytes")
            file.write(content)
            if file.tell() > MAX_BYTES:
                raise PictureError(f"more than {MAX_BYTES:,} bytes; save it smaller")
    except OSError as error:
        raise PictureError(f"can't be read ({error.strerror or type(error).__name__})") from error
    file.seek(0)
    return file


def _plugin(head: bytes) -> type[ImageFile.ImageFile]:
    """Return Pillow's plugin for a file.

    Image.open would import those of all formats, warn of large pictures, and read all pictures that a JPEG holds.
    """
    name = PLUGINS.get(head[:2])
    if head[4:8] == b"ftyp":
        name = "Avif" if head[8:] in (b"avif", b"avis") else "Heif"
    if name is None:
        raise unreadable(f"none of {', '.join(FORMAT_NAMES)}" if head else "empty file")
    try:
        module = import_module("pillow_heif" if name == "Heif" else f"PIL.{name}ImagePlugin")
    except ImportError as error:
        text = "a HEIC picture; install mnistnet[heic]" if name == "Heif" else "an AVIF picture; install a later Pillow"
        raise PictureError(f"{text}, or save it as JPEG") from error
    plugin: type[ImageFile.ImageFile] = getattr(module, f"{name}ImageFile")
    return plugin


@contextmanager
def _reporting_damage(kind: str) -> Iterator[None]:
    try:
        yield
    except (PictureError, MemoryError):
        raise  # neither means that the picture is damaged
    except Exception as error:  # damaged bytes make decoders raise nearly every exception there is
        raise unreadable(f"damaged {kind}: {one_line(str(error)) or type(error).__name__}") from error


def _flatten(image: Image.Image, own_size: tuple[int, int], mode: str) -> Image.Image:
    """Return a picture in mode L or RGB, upright, nothing transparent."""
    image.load()
    turn = _orientation(image)
    flat = _eight_bits(image, mode)
    if turn != 1:
        flat.getexif()[ExifTags.Base.Orientation] = turn
        ImageOps.exif_transpose(flat, in_place=True)
    flat = _without_steps(flat)
    flat.info = {"own_size": own_size[::-1] if turn in range(5, 9) else own_size}
    return flat


def _orientation(image: Image.Image) -> object:
    """Return the EXIF orientation: 1 for upright, to 8."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1) if len(image.info.get("exif", b"")) <= MAX_EXIF else 1
    except Exception:  # noqa: BLE001 -- a block of metadata can be damaged in as many ways as a picture is
        return 1


def _eight_bits(image: Image.Image, mode: str) -> Image.Image:
    """Return a picture in mode L or RGB, no side above MAX_SIDE, nothing transparent."""
    factor = -(-max(image.size) // MAX_SIDE)
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits, or floats, on an unknown scale
        values = np.asarray(image.convert("F").reduce(factor))
        values = np.where(np.isfinite(values), values, 0).clip(0)
        return Image.fromarray((values / (values.max() or 1) * 255).round().astype(np.uint8)).convert(mode)
    if image.has_transparency_data:
        return _over_backdrop(image if image.mode == "RGBA" else image.convert("RGBA"), mode).reduce(factor)
    image = image.convert("RGB") if image.mode == "LAB" else image  # Pillow can't convert LAB to grey
    return (image if image.mode == mode else image.convert(mode)).reduce(factor)


def _over_backdrop(image: Image.Image, mode: str) -> Image.Image:
    """Return an RGBA picture in mode L or RGB, on white if it is mostly dark, on black if it is mostly bright."""
    alpha, flat = image.getchannel("A"), image.convert(mode)
    if alpha.getextrema() == (255, 255):
        return flat
    opaque = np.asarray(flat.convert("L"))[np.asarray(alpha) > 0]
    backdrop = Image.new(mode, image.size, "white" if opaque.sum() < 128 * opaque.size else "black")
    backdrop.paste(flat, mask=alpha)
    return backdrop


def _without_steps(image: Image.Image) -> Image.Image:
    """Undo nearest-neighbour enlargement by a whole factor; return any other picture as it is."""
    side = math.gcd(*image.size) if max(image.size) > SIDE else 1
    if side > 1:
        grey = np.asarray(image.convert("L"))
        below = np.flatnonzero((grey[1:] != grey[:-1]).any(axis=1)) + 1
        beside = np.flatnonzero((grey[:, 1:] != grey[:, :-1]).any(axis=0)) + 1
        side = math.gcd(side, *below.tolist(), *beside.tolist())
    return image.reduce(side) if 1 < side <= max(image.size) / MIN_BITMAP else image


def write_picture(path: str | os.PathLike[str], image: ByteArray) -> None:
    """Write a grey PNG of uint8 (height, width); raises OSError when that can't be written."""
    Image.fromarray(image).save(path, format="PNG")
