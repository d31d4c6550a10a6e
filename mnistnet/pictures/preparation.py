"""From any picture of a digit to the 28×28 that MNIST would hold.

MNIST's own preparation is the goal: bright ink on black, shrunk into 20×20 by area, centre of mass in the middle.
On the way there a hairline or a brush is brought towards MNIST's pen.

    file ─ decode ─> grey or RGB ─ find_ink ─> ink of the digit alone ─ draw_like_mnist ─> uint8 (28, 28)
"""

from __future__ import annotations

import os
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from mnistnet.images import BOX, CENTRE, SIDE, ByteArray, FloatArray
from mnistnet.pictures.digit import choose_digit
from mnistnet.pictures.files import decode, naming
from mnistnet.pictures.filters import pen_width
from mnistnet.pictures.ink import find_ink

FINE = 4  # the pen is adjusted in 80×80, so that a step of one pixel there is a quarter of one of MNIST's
PEN = (9.0, 12.0)  # width of a stroke in the 80×80 box: MNIST's median, and what 12 in 100 of its pens exceed
VISIBLE = 64  # a quarter of full ink counts for the bounding box: less is a blurred edge
MIN_FULL = 254  # the strongest ink of each of MNIST's 70,000 images
MAX_OFF_CENTRE = 0.53  # pixels, of their centres of mass, as rounding to whole pixels leaves them


def read_picture(source: str | os.PathLike[str] | BinaryIO, invert: str = "auto") -> ByteArray:
    """Read the digit in one picture file as MNIST would hold it.

    A picture that is prepared like MNIST's already comes back bit for bit. A digit of which only the outline is drawn
    is not filled in; `read_number` tries that.

    Args:
        source: a path, or a stream of bytes.
        invert: `yes` for dark ink on light ground, `no` for the opposite, `auto` finds out.

    Returns:
        uint8 (28, 28), ink bright on black.

    Raises:
        PictureError: the file can't be opened or read, is too large, or shows no digit.
        ValueError: invert is none of the three.
    """
    with naming(source):
        return digit_in(decode(source), invert)


def digit_in(picture: Image.Image, invert: str = "auto") -> ByteArray:
    """Return the digit in a picture of mode L or RGB and of any size: uint8 (28, 28); invert as in read_picture.

    Raises PictureError (without the name of a file) when there is no digit in it.
    """
    prepared = prepared_digit(picture, invert)
    return draw_like_mnist(choose_digit(find_ink(picture, invert))) if prepared is None else prepared


def prepared_digit(picture: Image.Image, invert: str) -> ByteArray | None:
    """Return the pixels themselves, or their negative, if they are as MNIST has them; None if not.

    Raises ValueError when invert is not "auto", "yes" or "no".
    """
    if invert not in ("auto", "yes", "no"):
        raise ValueError(f"invert is {invert!r}, expected 'auto', 'yes' or 'no'")
    if picture.size != (SIDE, SIDE):
        return None
    pixels = np.atleast_3d(np.asarray(picture))
    if (pixels != pixels[:, :, :1]).any():
        return None
    pixels = pixels[:, :, 0].copy()
    if invert != "yes" and _is_like_mnist(pixels):
        return pixels
    negative = ~pixels
    return negative if invert != "no" and _is_like_mnist(negative) else None


def _is_like_mnist(image: ByteArray) -> bool:
    """Whether uint8 (28, 28) has MNIST's full ink, 20 pixels' extent (19 in 16 of its images) and centre of mass."""
    if image.max() < MIN_FULL:
        return False
    sums = _sums(image)
    longest = max(np.ptp(np.flatnonzero(each)) + 1 for each in sums)
    is_centred = all(abs(_centre(each) - CENTRE) < MAX_OFF_CENTRE for each in sums)
    return bool(is_centred and BOX - 1 <= longest <= BOX)


def _sums(ink: npt.NDArray[np.generic]) -> tuple[FloatArray, FloatArray]:
    """How much ink there is in every row and in every column."""
    return ink.sum(axis=1, dtype=np.float64), ink.sum(axis=0, dtype=np.float64)


def _centre(sums: FloatArray) -> float:
    """The centre of mass along one axis, in pixels from the middle of the first; not all sums are 0."""
    return float(sums @ np.arange(len(sums), dtype=np.float64) / sums.sum())


def draw_like_mnist(ink: FloatArray, pen: float | None = None) -> ByteArray:
    """Draw a digit as MNIST's makers did: fit into 20×20 by area, strongest ink to 255, centre of mass to the middle.

    Source: facebookresearch/qmnist and xnist.

    Args:
        ink: float32 (height, width), 0 to 1, cropped to the digit.
        pen: how wide the strokes are, in pixels of `ink`, where that is known better than from this digit alone: the
            digits of one number were written with one pen.

    Returns:
        uint8 (28, 28).
    """
    fine = BOX * FINE
    pixels = Image.fromarray((ink * 255).round().astype(np.uint8))
    drawn, scale = _fit(pixels, fine)
    width = pen_width(drawn / np.float32(255)) if pen is None else pen * scale
    growth = round((min(max(width, PEN[0]), PEN[1]) - width) / 2)
    if growth:
        resized, _ = _fit(pixels, fine - 2 * growth)
        changed = _change_pen(np.pad(resized, max(growth, 0)), growth)
        if changed.max() >= VISIBLE:  # a pen that is given may be wider than this digit's strokes
            drawn, _ = _fit(Image.fromarray(changed), fine)
    return _centred(drawn)


def _fit(ink: Image.Image, longest: int) -> tuple[ByteArray, float]:
    """Return the ink's bounding box with its longer side of so many pixels, aspect kept, and by how much it grew."""
    ink = ink.crop(Image.fromarray(np.asarray(ink) >= VISIBLE).getbbox())
    scale = longest / max(ink.size)
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    return np.asarray(ink.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC)), scale


def _change_pen(ink: ByteArray, growth: int) -> ByteArray:
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


def _centred(fine: ByteArray) -> ByteArray:
    """Fine ink, uint8 (80, ≤ 80) or (≤ 80, 80), by area into its 20×20 and with that into the middle of 28×28."""
    spare = [-side % FINE for side in fine.shape]
    even = np.pad(fine, [(each // 2, each - each // 2) for each in spare])
    height, width = (side // FINE for side in even.shape)
    small = even.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    y, x = (_centre(sums) for sums in _sums(small))
    top = min(max(round(CENTRE - y), 0), SIDE - height)
    left = min(max(round(CENTRE - x), 0), SIDE - width)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = (small * (255 / small.max())).round()
    return image
