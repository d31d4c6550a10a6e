"""Normalization: ink as MNIST's makers drew it, in 28×28.

Bright ink on black, shrunk into 20×20 by area, centre of mass in the middle. On the way there a hairline or a brush is
brought towards MNIST's stroke width. Source: facebookresearch/qmnist and xnist.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from mnistnet.images import BOX, CENTRE, SIDE, ByteArray, FloatArray
from mnistnet.pictures.components import padded, rank_filter

FINE = 4  # the stroke width is changed in 80×80, so that a step of one pixel there is a quarter of one of MNIST's
STROKE = (9.0, 12.0)  # stroke width in the 80×80 box: MNIST's median, and what 12 in 100 of its digits exceed
VISIBLE = 64  # minimum ink inside the bounding box, a quarter of full ink; less is a blurred edge
MIN_FULL = 254  # the strongest ink of each of MNIST's 70,000 images
MAX_OFF_CENTRE = 0.53  # pixels from the middle to the centre of mass: what rounding to whole pixels leaves


def normalized_already(picture: Image.Image, invert: str) -> ByteArray | None:
    """Return the pixels themselves, or their negative, if they are normalized as in MNIST; else None.

    Raises ValueError when invert is not "auto", "yes" or "no".
    """
    if invert not in ("auto", "yes", "no"):
        raise ValueError(f"invert is {invert!r}, expected 'auto', 'yes' or 'no'")
    if picture.size != (SIDE, SIDE):
        return None
    pixels = np.array(picture)
    for image, excluded in ((pixels, "yes"), (~pixels, "no")):
        if invert != excluded and _is_like_mnist(image):
            return image
    return None


def _is_like_mnist(image: ByteArray) -> bool:
    """Return whether uint8 (28, 28) has MNIST's full ink, extent of 20 pixels (19 in 16 images) and centre of mass."""
    return (
        image.max() >= MIN_FULL
        and max(np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1)) in (BOX - 1, BOX)
        and all(abs(_centre(each) - CENTRE) < MAX_OFF_CENTRE for each in _sums(image))
    )


def _sums(ink: npt.NDArray[np.generic]) -> tuple[FloatArray, FloatArray]:
    """Return the sums of the ink in every row and in every column."""
    return ink.sum(axis=1, dtype=np.float64), ink.sum(axis=0, dtype=np.float64)


def _centre(sums: FloatArray) -> float:
    """Return the centre of mass along one axis, in pixels from the middle of the first; not all sums are 0."""
    return float(sums @ np.arange(len(sums), dtype=np.float64) / sums.sum())


def normalize(ink: FloatArray, width: float) -> ByteArray:
    """Draw a digit as MNIST's makers did: fit into 20×20 by area, strongest ink to 255, centre of mass to the middle.

    Args:
        ink: (height, width), 0 to 1, at least 0.25 somewhere.
        width: of its strokes, in pixels.

    Returns:
        uint8 (28, 28).
    """
    fine = BOX * FINE
    digit = _cropped((ink * 255).round().astype(np.uint8))
    scaled = width * fine / max(digit.shape)
    growth = round((min(max(scaled, STROKE[0]), STROKE[1]) - scaled) / 2)
    drawn = _fit(digit, fine - 2 * growth)
    if growth:
        drawn = _change_width(drawn, growth)
    if drawn.max() < VISIBLE:  # its strokes are finer than `width`, and thinning left nothing
        drawn = _fit(digit, fine)
    return _centred(_fit(_cropped(drawn), fine))


def _cropped(ink: ByteArray) -> ByteArray:
    down, across = ink.max(axis=1), ink.max(axis=0)
    visible = min(VISIBLE, down.max())  # shrinking fades specks below VISIBLE
    rows, columns = np.flatnonzero(down >= visible), np.flatnonzero(across >= visible)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fit(ink: ByteArray, longest: int) -> ByteArray:
    """Resize ink so that its longer side has `longest` pixels, and keep the aspect ratio."""
    scale = longest / max(ink.shape)
    if scale == 1:
        return ink
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    method = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(ink).resize((width, height), method))


def _change_width(ink: ByteArray, growth: int) -> ByteArray:
    """Make strokes wider by `growth` pixels on either side, or narrower where growth is negative.

    Half of that by squares and half by crosses: together an octagon, close to a round pen.
    """
    extreme = np.maximum if growth > 0 else np.minimum
    squares = abs(growth) // 2
    ink = rank_filter(padded(ink, max(growth, 1)), squares, (0, 1), extreme)
    for _ in range(abs(growth) - squares):
        ink = extreme(rank_filter(ink, 1, (0,), extreme), rank_filter(ink, 1, (1,), extreme))
    return ink


def _centred(fine: ByteArray) -> ByteArray:
    """Draw fine ink, uint8 (80, ≤ 80) or (≤ 80, 80), by area into 20×20 and that into the middle of uint8 (28, 28)."""
    height, width = (-(-side // FINE) for side in fine.shape)
    even = np.zeros((height * FINE, width * FINE), np.float32)
    top, left = (-side % FINE // 2 for side in fine.shape)
    even[top : top + fine.shape[0], left : left + fine.shape[1]] = fine
    small = even.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    y, x = (_centre(sums) for sums in _sums(small))
    top = min(max(round(CENTRE - y), 0), SIDE - height)
    left = min(max(round(CENTRE - x), 0), SIDE - width)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = (small * (255 / max(1.0, small.max()))).round()
    return image
