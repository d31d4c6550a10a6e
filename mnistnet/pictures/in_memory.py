"""Pictures in memory, as files that can be read: each is then checked and bounded like a file."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

import numpy as np
from PIL import Image

from mnistnet.errors import PictureError, one_line
from mnistnet.images import ByteArray

PNG_MODES = ("1", "L", "LA", "I", "I;16", "P", "RGB", "RGBA")


def as_file(
    picture: str | os.PathLike[str] | BinaryIO | bytes | ByteArray | Image.Image,
) -> str | os.PathLike[str] | BinaryIO:
    """Return a path or a stream as it is, and other pictures as a stream.

    Raises:
        PictureError: a Pillow image can't be loaded.
        ValueError: the picture is of another type, or an array of another dtype or shape.
    """
    if isinstance(picture, bytes | bytearray):
        return io.BytesIO(picture)
    if isinstance(picture, np.ndarray):
        channels = picture.shape[2:]
        if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or channels not in ((), (3,), (4,)):
            raise ValueError(
                f"picture is an array of {picture.dtype} {picture.shape}, "
                "expected uint8 (height, width), (height, width, 3) or (height, width, 4)"
            )
        if picture.size == 0:
            raise ValueError(f"picture is an array of shape {picture.shape}, expected at least one pixel")
        return _png(Image.fromarray(picture))
    if isinstance(picture, Image.Image):
        return _png(picture)
    if isinstance(picture, str | os.PathLike) or hasattr(picture, "read"):
        return picture
    raise ValueError(
        f"picture is of type {type(picture).__name__}, "
        "expected a path, a binary stream, bytes, a Pillow image or a uint8 array"
    )


def _png(image: Image.Image) -> BinaryIO:
    stream = io.BytesIO()
    try:
        supported = image if image.mode in PNG_MODES else image.convert("RGB")
        supported.save(stream, "PNG", compress_level=1, exif=image.getexif())  # with its orientation
    except (OSError, SyntaxError) as error:  # an image that Pillow opened, but can't load
        raise PictureError(f"the picture can't be loaded ({one_line(str(error))})") from error
    stream.seek(0)
    return stream
