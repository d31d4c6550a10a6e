"""Bounds on a decoder's time, memory and reading, because a small file can demand any amount of work."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from PIL import ExifTags, Image, ImageFile

from mnistnet.errors import PictureError

MAX_PIXELS = 50_000_000  # a header can promise more than fits in memory; a phone's HEIC has 48 million
MAX_SECONDS = 5  # to decode; a photograph takes 0.1, 50 million pixels take 1, or 4 on a busy machine
MAX_HEADER = 1 << 22  # bytes before the pixels; a colour profile can have one million
BLOCK = 1 << 12  # bytes between checks of the time; in a JPEG, or a PPM's comments, each can cost a millisecond
ROW = 12  # minimum memory of a row, bytes; a picture can be one pixel wide


class BoundedFile(io.BytesIO):
    """A file in memory that raises PictureError when its decoder takes too long, or reads more than `left` bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.left = MAX_HEADER
        self._end = 0.0  # by the clock, which starts at the first read

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to `size` bytes, or all, as from any file."""
        self._end = self._end or monotonic() + MAX_SECONDS
        content = super().read(BLOCK if size == ImageFile.SAFEBLOCK else size)
        if size is not None and size >= 0:  # not where a decoder reads all at once, and finds the header in C
            self.left -= len(content)
        if self.left < 0 or monotonic() > self._end:
            raise unreadable("decoding it takes too long")
        return content


def check_pixels(image: Image.Image) -> None:
    """Raise PictureError if a picture has no pixel, or more than MAX_PIXELS."""
    tags = getattr(image, "tag_v2", {})
    tile = tags.get(ExifTags.Base.TileWidth, 0) * tags.get(ExifTags.Base.TileLength, 0)  # can exceed the picture
    if 0 in image.size or max(tile, max(image.width, ROW) * image.height) > MAX_PIXELS:
        raise PictureError(f"{image.width} x {image.height} pixels, but 1 to {MAX_PIXELS:,} are read; resize it")


@contextmanager
def reporting_memory() -> Iterator[None]:
    """Raise PictureError for want of memory, so that the other pictures are read."""
    try:
        yield
    except MemoryError as error:
        raise PictureError("not enough memory to read it; save it smaller") from error


def unreadable(reason: str) -> PictureError:
    """Return the error that says why a file isn't a picture that can be read."""
    return PictureError(f"not a picture that can be read ({reason}); save it again as PNG or JPEG")
