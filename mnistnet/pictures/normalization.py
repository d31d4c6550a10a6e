"""Normalization: ink as MNIST's makers drew it, in 28×28.

Bright ink on black, shrunk into 20×20 by area, centre of mass in the middle. On the way there a hairline or a brush is
brought towards MNIST's stroke width. Source: facebookresearch/qmnist and xnist.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from mnistnet.images import BOX, CENTRE, SIDE, ByteArray, FloatArray, IntArray

FINE = 4  # the stroke width is changed in 80×80, so that a step of one pixel there is a quarter of one of MNIST's
STROKE = (9.0, 12.0)  # stroke width in the 80×80 box: MNIST's median, and what 12 in 100 of its digits exceed
VISIBLE = 64  # a quarter of full ink counts for the bounding box: less is a blurred edge
MIN_FULL = 254  # the strongest ink of each of MNIST's 70,000 images
MAX_OFF_CENTRE = 0.53  # pixels, of their centres of mass, as rounding to whole pixels leaves them


def normalized_already(picture: Image.Image, invert: str) -> ByteArray | None:
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


def normalize(inks: Sequence[FloatArray], widths: Sequence[float]) -> ByteArray:
    """Draw digits as MNIST's makers did: fit into 20×20 by area, strongest ink to 255, centre of mass to the middle.

    Args:
        inks: n times (height, width), 0 to 1, each at least in one place a quarter.
        widths: of their strokes, in pixels.

    Returns:
        uint8 (n, 28, 28).
    """
    fine = BOX * FINE
    pictures = [_cropped((ink * 255).round().astype(np.uint8)) for ink in inks]
    scaled = np.array([width * fine / max(each.size) for each, width in zip(pictures, widths, strict=True)])
    growth = np.rint((scaled.clip(*STROKE) - scaled) / 2).astype(np.intp)
    margin = 1 + int(growth.max(initial=0).clip(min=0))
    canvas = np.zeros((len(inks), *2 * (fine - 2 * int(growth.min(initial=0)) + 2 * margin,)), np.uint8)
    for each, picture, grown in zip(canvas, pictures, growth.tolist(), strict=True):
        drawn = np.asarray(_fit(picture, fine - 2 * grown))
        each[margin : margin + drawn.shape[0], margin : margin + drawn.shape[1]] = drawn
    _change_width(canvas, growth)
    images = np.zeros((len(inks), SIDE, SIDE), np.uint8)
    for image, each, picture in zip(images, canvas, pictures, strict=True):
        # where the strokes are finer than those beside it, nothing may be left
        changed = each if each.max() >= VISIBLE else np.asarray(_fit(picture, fine))
        _centre_in(image, np.asarray(_fit(_cropped(changed), fine)))
    return images


def _cropped(ink: ByteArray) -> Image.Image:
    visible = ink >= VISIBLE
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    return Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _fit(ink: Image.Image, longest: int) -> Image.Image:
    """Return ink with its longer side of so many pixels, aspect kept."""
    scale = longest / max(ink.size)
    if scale == 1:
        return ink
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    return ink.resize(size, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC)


def _change_width(inks: ByteArray, growth: IntArray) -> None:
    """Make strokes wider by `growth` pixels on either side, or narrower where growth is negative, in place.

    Steps with four and with eight neighbours in turn: their octagon is near enough to a round pen.
    """
    for extreme, steps in ((np.maximum, growth), (np.minimum, -growth)):
        for step in range(steps.max(initial=0)):
            chosen = np.flatnonzero(steps > step)
            p = inks[chosen]
            grown = p.copy()
            inner = grown[:, 1:-1, 1:-1]
            for one in (p[:, :-2, 1:-1], p[:, 2:, 1:-1], p[:, 1:-1, :-2], p[:, 1:-1, 2:]):
                extreme(inner, one, out=inner)
            if step % 2:
                for one in (p[:, :-2, :-2], p[:, 2:, 2:], p[:, :-2, 2:], p[:, 2:, :-2]):
                    extreme(inner, one, out=inner)
            inks[chosen] = grown


def _centre_in(image: ByteArray, fine: ByteArray) -> None:
    """Draw fine ink, uint8 (80, ≤ 80) or (≤ 80, 80), by area into 20×20 and that into the middle of uint8 (28, 28)."""
    height, width = (-(-side // FINE) for side in fine.shape)
    even = np.zeros((height * FINE, width * FINE), np.float32)
    top, left = (-side % FINE // 2 for side in fine.shape)
    even[top : top + fine.shape[0], left : left + fine.shape[1]] = fine
    small = even.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    y, x = (_centre(sums) for sums in _sums(small))
    top = min(max(round(CENTRE - y), 0), SIDE - height)
    left = min(max(round(CENTRE - x), 0), SIDE - width)
    image[top : top + height, left : left + width] = (small * (255 / small.max())).round()
