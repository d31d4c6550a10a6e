"""Bounds on what decoders are given: some run in Python, others multiply their work by what a small file says."""

from __future__ import annotations

import struct
from typing import BinaryIO

from PIL import Image

from mnistnet.errors import PictureError

MAX_CHUNKS = 100_000  # of a PNG; 50 million pixels have 25,000 chunks of 8 kB, and each takes Python a few microseconds
MAX_SCANS = 100  # of a progressive JPEG, which has about ten; each takes 0.1 s
MAX_SCANNED = 500_000_000  # pixels of all scans of a progressive JPEG together
MAX_VALUES = 1 << 24  # of the tags of a TIFF
MAX_STRIPS = 1 << 16  # of a TIFF
MAX_TILE = 50_000_000  # pixels of a tile of a TIFF, which is decoded whole
PYTHON_DECODERS = ("bmp_rle", "ppm", "ppm_plain")  # of Pillow
MAX_IN_PYTHON = 1 << 20  # pixels that they decode, and half as many bytes as they read
SOS = b"\xff\xda"  # the beginning of a scan in a JPEG
STRIPS = (273, 324)  # the TIFF tags of the offsets of strips and tiles
TILE_WIDTH, TILE_HEIGHT = 322, 323  # TIFF tags
SHORT = 3  # the TIFF type of two bytes


def check_file(file: BinaryIO, head: bytes) -> None:
    """Refuse a file that would take long to open; raises PictureError, or struct.error when it is cut off."""
    if head.startswith(b"\x89PNG"):
        _check_chunks(file)
    elif head[:2] in (b"II", b"MM"):
        _check_tags(file, "<" if head.startswith(b"II") else ">")
    file.seek(0)


def _check_chunks(file: BinaryIO) -> None:
    place = len(b"\x89PNG\r\n\x1a\n")
    for _ in range(MAX_CHUNKS):
        file.seek(place)
        header = file.read(8)
        if len(header) < 8 or header[4:] == b"IEND":
            return
        place += 12 + int.from_bytes(header[:4], "big")
    raise unreadable(f"a PNG of more than {MAX_CHUNKS:,} chunks")


def _check_tags(file: BinaryIO, order: str) -> None:
    file.seek(2)
    version, offset = struct.unpack(order + "HI", file.read(6))
    if version != 42:
        raise unreadable("a TIFF of more than 4 GB or a damaged one")
    file.seek(offset)
    (count,) = struct.unpack(order + "H", file.read(2))
    content = file.read(12 * count)
    tags = list(struct.iter_unpack(order + "HHI4s", content[: len(content) // 12 * 12]))
    if sum(values for _, _, values, _ in tags) > MAX_VALUES:
        raise unreadable(f"a TIFF of more than {MAX_VALUES:,} values in its tags")
    sides = {
        tag: struct.unpack(order + ("H2x" if kind == SHORT else "I"), value)[0]
        for tag, kind, _, value in tags
        if tag in (TILE_WIDTH, TILE_HEIGHT)
    }
    if sides.get(TILE_WIDTH, 0) * sides.get(TILE_HEIGHT, 0) > MAX_TILE:
        raise unreadable(f"a TIFF with tiles of more than {MAX_TILE:,} pixels")
    if any(tag in STRIPS and values > MAX_STRIPS for tag, _, values, _ in tags):
        raise unreadable(f"a TIFF of more than {MAX_STRIPS:,} strips")


def check_image(image: Image.Image, file: BinaryIO) -> None:
    """Refuse an opened picture whose pixels would take long to decode; raises PictureError."""
    tiles = getattr(image, "tile", None)
    if tiles and tiles[0][0] in PYTHON_DECODERS:
        place = file.tell()
        size = file.seek(0, 2)
        file.seek(place)
        if image.width * image.height > MAX_IN_PYTHON or size > 2 * MAX_IN_PYTHON:
            raise unreadable(f"more than {MAX_IN_PYTHON:,} pixels of a rare kind of {image.format}")
    if "progressive" in image.info:
        place = file.tell()
        file.seek(0)
        scans = file.read().count(SOS)
        file.seek(place)
        if scans > MAX_SCANS or scans * image.width * image.height > MAX_SCANNED:
            raise unreadable(f"a progressive JPEG of {scans:,} scans")


def unreadable(reason: str) -> PictureError:
    """Return the error that says why a file isn't a picture that can be read."""
    return PictureError(f"not a picture that can be read ({reason}); save it again as PNG or JPEG")
