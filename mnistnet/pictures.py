"""From any picture of a digit to the 28×28 that MNIST would hold.

MNIST's own preparation is the goal: bright ink on black, shrunk into 20×20 by area, centre of mass in the middle.
On the way there a photograph needs more than a scan: its colours become one grey, its light is evened out, the
digit is told from ruled lines, frames and specks, and a hairline or a brush is brought towards MNIST's pen.

    file ─ _decode ─> grey or RGB ─ _find_ink ─> ink of the digit alone ─ _draw_like_mnist ─> uint8 (28, 28)
"""

import io
import logging
import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from mnistnet.errors import PictureError, one_line

Pixels: TypeAlias = NDArray[np.uint8]
Grey: TypeAlias = NDArray[np.float32]
AnyArray = TypeVar("AnyArray", Grey, NDArray[np.bool_])

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
MIDDLE = 14  # and the pixel, counted from 0, that its centre of mass is nearest to

OVERVIEW = 192  # longest side, in pixels, of the picture in which the digit is looked for
FINE = 4  # the pen is adjusted in 80×80, so that a step of one pixel there is a quarter of one of MNIST's


def read_picture(source: str | os.PathLike[str] | BinaryIO, invert: str = "auto") -> Pixels:
    """The digit in one picture file, as MNIST would hold it: uint8 (28, 28), ink bright on black.

    invert: "auto" finds out per picture whether the ink is dark or bright; "yes" says that the picture is dark ink
    on light ground, so that it is inverted; "no" says that its ink is bright already.
    A picture that is prepared like MNIST's already comes back bit for bit.
    Raises PictureError when the file can't be opened or read, is too large, or shows no digit.
    """
    name = _name_of(source)
    picture = _decode(source, name)
    try:
        return digit_in(picture, invert)
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error


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
    return _draw_like_mnist(_find_ink(picture, invert))


# Files


def _name_of(source: str | os.PathLike[str] | BinaryIO) -> str:
    """What a message calls the picture, in one line whatever the file is called."""
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    return one_line(name) if isinstance(name, str) and name != "<stdin>" else "standard input"


def _decode(source: str | os.PathLike[str] | BinaryIO, name: str) -> Image.Image:
    """Read the first frame of a picture file, upright, as mode L or RGB with no side above MAX_SIDE."""
    try:
        if isinstance(source, (str, os.PathLike)):
            with Path(source).open("rb") as file:
                return _decode_stream(file if file.seekable() else io.BytesIO(file.read(MAX_BYTES)), name)
        return _decode_stream(io.BytesIO(source.read(MAX_BYTES)), name)
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte in it
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(f"{name}: can't be opened ({one_line(reason)}); check the path") from error


def _decode_stream(file: BinaryIO, name: str) -> Image.Image:
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
        raise _unreadable(name, reason) from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"{name}: far more than {MAX_PIXELS:,} pixels; save it smaller") from error
    except Exception as error:  # decoders meet damaged bytes with nearly every exception there is
        raise _unreadable(name, f"damaged {kind}: {one_line(str(error)) or type(error).__name__}") from error
    raise PictureError(f"{name}: {width} x {height} pixels, at most {MAX_PIXELS:,} are read; save it smaller")


def _open(file: BinaryIO) -> Image.Image:
    """Image.open, which imports the readers of six formats whatever it finds; most pictures are PNGs."""
    head = file.read(len(PNG_HEAD))
    file.seek(0)
    return PngImagePlugin.PngImageFile(file) if head == PNG_HEAD else Image.open(file, formats=FORMATS)


@contextmanager
def _libtiff_silenced(kind: str) -> Iterator[None]:
    """Keep libtiff from telling standard error, past Python, what a PictureError says already."""
    if kind != "TIFF":
        yield
        return
    kept = os.dup(STANDARD_ERROR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


def _unreadable(name: str, reason: str) -> PictureError:
    return PictureError(f"{name}: not a picture that can be read ({reason}); save it again as PNG or JPEG")


def _flatten(image: Image.Image) -> Image.Image:
    """Load an opened picture of any mode: mode L or RGB, upright, nothing transparent."""
    image.draft(None, (MAX_SIDE // 4, MAX_SIDE // 4))  # JPEG only: decodes at half size or less for nearly nothing
    image.load()
    upright = _UPRIGHT.get(int(image.getexif().get(_ORIENTATION, 1))) if image.info else None
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
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
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
    grey = int(_median(opaque)) if is_card else 255 if opaque.mean() < 128 else 0
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
    return abs(_centre(by_row) - MIDDLE) < 0.53 and abs(_centre(by_column) - MIDDLE) < 0.53


def _sums(ink: NDArray[np.generic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much ink there is in every row and in every column."""
    return ink.sum(axis=1, dtype=np.float64), ink.sum(axis=0, dtype=np.float64)


def _centre(sums: NDArray[np.float64]) -> float:
    """The centre of mass along one axis, in pixels from the middle of the first; not all sums are 0."""
    return float(sums @ np.arange(len(sums), dtype=np.float64) / sums.sum())


# Finding the ink


MIN_CONTRAST = 8.0  # grey levels; what stands out less from its ground is paper, not ink
LEAST_SHARE = 0.5  # of all that stands out; a digit is nearly all of it, a speck of noise or of a wall is one of many
SMALLEST_DIGIT = 4  # pixels from end to end


def _find_ink(picture: Image.Image, invert: str) -> Grey:
    """The digit's ink alone: float32 (height, width) of any size, 0 to 1, cropped to the digit.

    The digit is found in an overview; when it is a small part of a large picture, that part is looked at again,
    closer. Raises PictureError when nothing stands out.
    """
    picture = _without_bars(picture)
    rulings = 2  # a single line across the whole picture may be a stroke; beside others it is not
    for _ in range(3):
        factor = -(-max(picture.size) // OVERVIEW)
        grey = _best_grey(picture.reduce(factor) if factor > 1 else picture)
        dark = _ink_is_dark(grey) if invert == "auto" else invert == "yes"
        contrast = _contrast_with_ground(255 - grey if dark else grey)
        threshold = _ink_threshold(contrast, _noise(grey))
        unruled = _without_rulings(contrast, threshold, rulings)
        ink, box, share = _choose_digit(unruled, threshold)
        closer = _enlarge(box, picture.size, factor)
        if factor == 1 or max(closer[2] - closer[0], closer[3] - closer[1]) > 0.6 * max(picture.size):
            break
        picture = picture.crop(closer)
        invert = "yes" if dark else "no"
        rulings = 2 if np.array_equal(unruled, contrast) else 1
    left, top, right, bottom = box
    if share < LEAST_SHARE or max(right - left, bottom - top) - 2 < SMALLEST_DIGIT:
        raise PictureError("no digit in it (only specks or a pattern); crop it to the digit, or draw it larger")
    return ink[top:bottom, left:right]


Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom; the last two are one past the end


def _without_bars(picture: Image.Image) -> Image.Image:
    """The picture without bars along its sides: letterboxes, frames, the lid of a scanner beside the page."""
    factor = -(-max(picture.size) // OVERVIEW)
    grey = np.asarray((picture.reduce(factor) if factor > 1 else picture).convert("L"), np.float32)
    span = float(np.ptp(grey))
    other = np.abs(grey - _median(grey)) > 0.3 * span
    height, width = grey.shape
    top, bottom = _bar(other), height - _bar(other[::-1])
    left, right = _bar(other[top:bottom].T), width - _bar(other[top:bottom, ::-1].T)
    if np.ptp(grey[top:bottom, left:right]) < 0.1 * span:  # the bars were the picture: a thick 1, cropped tightly
        return picture
    box = (left * factor, top * factor, min(picture.width, right * factor), min(picture.height, bottom * factor))
    return picture if box == (0, 0, *picture.size) else picture.crop(box)


def _bar(other: NDArray[np.bool_]) -> int:
    """How many rows at the top are a bar: all of them full from end to end, with a sharp edge below.

    other: bool (height, width), where a picture has not the grey of most of it. The bar of a 7 or a 5 that touches the
    border is not as full, even when a picture is cropped to it: its ends are round and its edge is not straight.
    """
    share = other.mean(axis=1)
    thickness = int((share < 0.97).argmax())
    blurred = 1 + len(other) // 100
    is_bar = 0 < thickness < len(other) // 4 and share[thickness + blurred] < 0.5
    return thickness + blurred if is_bar else 0


def _enlarge(box: Box, size: tuple[int, int], factor: int) -> Box:
    """The box, found in an overview `factor` times smaller, in a picture's own pixels, with a margin around it."""
    left, top, right, bottom = box
    margin = 3 + max(right - left, bottom - top) // 3
    return (
        max(0, (left - margin) * factor),
        max(0, (top - margin) * factor),
        min(size[0], (right + margin) * factor),
        min(size[1], (bottom + margin) * factor),
    )


def _best_grey(picture: Image.Image) -> Grey:
    """The mix of red, green and blue in which the strokes stand out most: float32 (height, width), 0 to 255.

    It is the first principal component of what differs from the neighbourhood: blue on red of the same brightness
    stands out in it, and the slow fall of the light across a page does not count.
    """
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    if (pixels == pixels[:, :, :1]).all():
        return pixels[:, :, 0].astype(np.float32)
    colours = pixels.astype(np.float32)
    local = colours - _neighbourhood(colours)
    differences = local.reshape(-1, 3)
    weights = np.linalg.eigh(differences.T @ differences)[1][:, -1]
    weights *= np.sign(weights @ _LUMA) or 1.0
    weights /= np.abs(weights).sum()
    offset = -255 * weights[weights < 0].sum()
    return np.asarray(colours @ weights + offset, np.float32)


_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R 601: how bright red, green and blue look


def _neighbourhood(values: Grey) -> Grey:
    """The mean of the square around every pixel, a quarter of the picture wide: (height, width, ...)."""
    for axis in (0, 1):
        radius = max(3, values.shape[axis] // 8)
        values = _running_mean(values, radius, axis)
    return values


def _running_mean(values: Grey, radius: int, axis: int) -> Grey:
    """The mean of the 2·radius + 1 neighbours along an axis, fewer at the ends."""
    length = values.shape[axis]
    sums = np.cumsum(values, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis)
    start = np.maximum(np.arange(length) - radius, 0)
    stop = np.minimum(np.arange(length) + radius + 1, length)
    shape = [1] * values.ndim
    shape[axis] = length
    means = (sums.take(stop, axis) - sums.take(start, axis)) / (stop - start).reshape(shape)
    return np.asarray(means, np.float32)


def _ring(grey: Grey) -> Grey:
    """The pixels along the picture's border, in a row."""
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _has_even_ground(grey: Grey) -> bool:
    """Whether most of the border has one grey, as on a screen or in a scan."""
    if min(grey.shape) >= 64 and _noise(grey) > 0.7:  # a photograph: the light may change inside the border
        return False
    low, high = (_quantile(_ring(grey), share) for share in (0.2, 0.8))
    return bool(high - low <= 0.1 * np.ptp(grey))


def _ink_is_dark(grey: Grey) -> bool:
    """Whether the ink is darker than its ground; grey: float32 (height, width), 0 to 255.

    The border shows the ground where it is even. In a photograph the light changes along it; there the ink is the
    rarer side, with the longer tail, of what differs from the neighbourhood.
    """
    if _has_even_ground(grey):
        difference = grey - _median(_ring(grey))
        return bool((np.sign(difference) * difference**2).sum() < 0)
    return bool(((grey - _neighbourhood(grey)) ** 3).sum() < 0)


def _contrast_with_ground(grey: Grey) -> Grey:
    """How much brighter than the ground around it every pixel is: float32 (height, width), 0 to 255.

    grey: bright ink. An even ground is taken off as it is; an uneven one is first estimated everywhere.
    """
    if _has_even_ground(grey):
        return (grey - _median(_ring(grey))).clip(min=0)
    ground = _ground(grey)
    contrast = (grey - ground) * (255 / np.maximum(255 - ground, 64))  # ink in shadow is as black as in the light
    return np.maximum(contrast - _median(contrast), 0)


def _ground(grey: Grey) -> Grey:
    """The paper without its bright ink: a morphological opening, wider than any stroke, smoothed."""
    radius = min(max(3, max(grey.shape) // 8), min(grey.shape) - 1)
    # beyond the border the light goes on as it falls up to there: mirrored in both place and value
    ground = np.pad(grey, radius, mode="reflect", reflect_type="odd") if radius > 0 else grey
    for axis in (0, 1):
        ground = _running_mean(ground, 1, axis)
    for extreme in (np.minimum, np.maximum):
        for axis in (0, 1):
            ground = _running_extreme(ground, radius, axis, extreme)
    for axis in (0, 1):
        ground = _running_mean(ground, max(1, radius // 4), axis)
    return ground[radius : radius + grey.shape[0], radius : radius + grey.shape[1]]


def _running_extreme(values: AnyArray, radius: int, axis: int, extreme: np.ufunc) -> AnyArray:
    """The smallest or largest of the 2·radius + 1 neighbours along an axis, in log2(radius) steps."""
    width, span = 2 * radius + 1, 1
    padding = [(0, 0), (0, 0)]
    padding[axis] = (radius, radius)
    padded = np.pad(values, padding, mode="edge").swapaxes(0, axis)
    while span < width:
        step = min(span, width - span)
        padded = extreme(padded[:-step], padded[step:])
        span += step
    return padded.swapaxes(0, axis)


# Telling the digit from what else stands out


@dataclass(frozen=True)
class _Pieces:
    """The connected pieces of a mask, one entry each: where they are and how much of them there is."""

    labels: NDArray[np.intp]  # (height, width): the piece of every pixel, or -1
    left: NDArray[np.intp]
    top: NDArray[np.intp]
    right: NDArray[np.intp]  # one past the end, as is bottom
    bottom: NDArray[np.intp]
    area: NDArray[np.intp]


def _ink_threshold(contrast: Grey, noise: float) -> float:
    """The contrast, 0 to 255, that parts ink, with its soft edges, from paper.

    Raises PictureError when nothing stands out from the noise.
    """
    floor = max(MIN_CONTRAST, 4 * noise)
    candidates = contrast[contrast > floor]
    if candidates.size == 0:
        raise PictureError("no digit in it (nothing stands out from the ground); draw it darker or larger")
    return max(floor, 0.5 * _otsu(candidates))


def _choose_digit(contrast: Grey, low: float) -> tuple[Grey, Box, float]:
    """The ink of the digit, 0 to 1, all else 0, its box, and its share of all ink; contrast: 0 to 255.

    low: the contrast above which there is ink. Raises PictureError when there is none.
    """
    if contrast.max() <= low:
        raise PictureError("no digit in it (nothing but the lines of the paper)")
    pieces, chosen, full = _pieces_above(contrast, low)
    if 0.35 * full > 1.3 * low:  # what is faint beside this digit's own ink is something else
        low = 0.35 * full
        pieces, chosen, full = _pieces_above(contrast, low)
    mask = np.append(chosen, False)[pieces.labels]
    soft = _grow_mask(mask)
    ink = np.where(soft, ((contrast - 0.5 * low) / (full - 0.5 * low)).clip(0, 1), 0).astype(np.float32)
    box = (
        max(0, int(pieces.left[chosen].min()) - 1),
        max(0, int(pieces.top[chosen].min()) - 1),
        min(contrast.shape[1], int(pieces.right[chosen].max()) + 1),
        min(contrast.shape[0], int(pieces.bottom[chosen].max()) + 1),
    )
    counted = chosen | (_looks(pieces) > JUNK)  # a frame is no rival
    return ink, box, float(pieces.area[chosen].sum() / pieces.area[counted].sum())


def _pieces_above(contrast: Grey, threshold: float) -> tuple[_Pieces, NDArray[np.bool_], float]:
    """The pieces above a threshold, which of them are the digit, and the contrast of its full ink."""
    pieces = _label(contrast > threshold)
    chosen = _digit_pieces(pieces, contrast)
    return pieces, chosen, _quantile(contrast[np.append(chosen, False)[pieces.labels]], 0.8)


def _without_rulings(contrast: Grey, threshold: float, at_least: int) -> Grey:
    """The contrast without the lines of ruled or squared paper, where at least so many cross the whole picture."""
    if min(contrast.shape) < 64:  # too small a picture to tell a line of the paper from one of the digit
        return contrast
    contrast = _without_level_lines(contrast, threshold, at_least)
    return _without_level_lines(contrast.T, threshold, at_least).T


def _without_level_lines(contrast: Grey, threshold: float, at_least: int) -> Grey:
    """The contrast without lines that run from the left to the right, to a slope of 1 in 40.

    Where a stroke crosses a line its ink stays: there is ink both above and below.
    """
    mask = contrast > threshold
    if mask.mean(axis=1).max() < 0.3:
        return contrast
    radius = mask.shape[1] // 5
    lines = _grow_mask(mask)  # bridges the gaps of a faint line, and the steps of a sloping one
    for extreme in (np.minimum, np.maximum):
        lines = _running_extreme(lines, radius, 1, extreme)
    pieces = _label(lines)
    tall = pieces.bottom - pieces.top
    crossing = (pieces.right - pieces.left == mask.shape[1]) & (tall < mask.shape[0] // 5)
    if crossing.sum() < at_least:
        return contrast
    on_line = np.append(crossing, False)[pieces.labels]
    thickness = int(_median(on_line.sum(axis=0)) / crossing.sum()) + 2
    thick = on_line
    for extreme in (np.minimum, np.maximum):
        thick = _running_extreme(thick, thickness // 2 + 1, 0, extreme)
    on_line &= ~thick  # a stroke that lies along a line
    reach = thickness // 2 + 1
    closed = np.where(on_line, 0, contrast)
    for extreme in (np.maximum, np.minimum):
        closed = _running_extreme(closed, reach, 0, extreme)
    return np.where(on_line, closed, contrast)


def _noise(grey: Grey) -> float:
    """The standard deviation of the noise from pixel to pixel: 0 on a screen, 1 to 10 grey levels in photographs.

    Most neighbours lie on the same side of a stroke, so that the median of what they differ by leaves the ink out.
    """
    return _median(np.abs(np.diff(grey, axis=1))) / 0.954 if grey.shape[1] > 1 else 0.0


def _median(values: NDArray[Any]) -> float:
    return _quantile(values, 0.5)


def _quantile(values: NDArray[Any], share: float) -> float:
    """What that share of the values lie below: as np.quantile, which takes 8 ms to import masked arrays first."""
    place = share * (values.size - 1)
    below, above = math.floor(place), math.ceil(place)
    part = np.partition(values, (below, above), axis=None)
    return float(part[below]) + (float(part[above]) - float(part[below])) * (place - below)


def _otsu(values: Grey) -> float:
    """The threshold that parts values, 0 to 255, into the two groups that differ most. Source: Otsu 1979."""
    histogram = np.bincount(values.astype(np.intp), minlength=256).astype(np.float64)
    below = np.cumsum(histogram)
    sum_below = np.cumsum(histogram * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sum_below / below - (sum_below[-1] - sum_below) / above) ** 2
    return float(np.nanargmax(np.where(above > 0, between, -1)))


def _grow_mask(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask and the eight neighbours of each of its pixels."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide


def _label(mask: NDArray[np.bool_]) -> _Pieces:
    """The 8-connected pieces of a mask, found by joining the runs of its rows.

    A row's runs are found for all rows at once; runs that touch in neighbouring rows are then joined by giving both
    the smaller number, again and again, through the numbers' own numbers, until nothing changes.
    """
    height, width = mask.shape
    stride = width + 1  # one empty column, so that no run goes on into the next row
    padded = np.zeros(height * stride + 2, np.int8)
    padded[1:-1].reshape(height, stride)[:, :width] = mask
    starts, stops = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    first = np.searchsorted(stops, starts + stride, "left")
    counts = np.searchsorted(starts, stops + stride, "right") - first
    upper = np.repeat(np.arange(len(starts)), counts)
    lower = np.arange(len(upper)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    number = _join(len(starts), upper, lower)
    names, piece = np.unique(number, return_inverse=True)

    def per_piece(extreme: np.ufunc, values: NDArray[np.intp], initial: int) -> NDArray[np.intp]:
        result = np.full(len(names), initial, np.intp)
        extreme.at(result, piece, values)
        return result

    rows, lengths = starts // stride, stops - starts
    labels = np.full(height * stride, -1, np.intp)
    labels[_positions(starts, lengths)] = np.repeat(piece, lengths)
    return _Pieces(
        labels=labels.reshape(height, stride)[:, :width],
        left=per_piece(np.minimum, starts % stride, width),
        top=per_piece(np.minimum, rows, height),
        right=per_piece(np.maximum, (stops - 1) % stride, 0) + 1,
        bottom=per_piece(np.maximum, rows, 0) + 1,
        area=per_piece(np.add, lengths, 0),
    )


def _positions(starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[np.intp]:
    """Every position in the runs that begin at starts and have these lengths."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def _join(count: int, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.intp]:
    """The smallest number in the group of each of `count` things, of which one[i] and other[i] are joined."""
    number = np.arange(count)
    while True:
        smaller = np.minimum(number[one], number[other])
        before = number.copy()
        np.minimum.at(number, before[one], smaller)
        np.minimum.at(number, before[other], smaller)
        number = number[number]
        if np.array_equal(number, before):
            return number


def _digit_pieces(pieces: _Pieces, contrast: Grey) -> NDArray[np.bool_]:
    """Which pieces are the digit: the one that looks most like it, and what belongs to that."""
    tall, wide = pieces.bottom - pieces.top, pieces.right - pieces.left
    extent = np.hypot(tall, wide)
    looks = _looks(pieces)
    labelled = pieces.labels >= 0
    strength = np.bincount(pieces.labels[labelled], weights=contrast[labelled]) / pieces.area
    main = int((extent * looks * strength).argmax())
    pen = pieces.area[main] / (1.5 * extent[main])
    chosen = np.zeros(len(extent), np.bool_)
    chosen[main] = True
    while True:
        gap = _gaps(pieces, chosen) / extent[main]
        joined = chosen | ((gap < 0.3) & (pieces.area > (0.7 + 8 * gap) * pen**2) & (looks > 0.5))
        if np.array_equal(joined, chosen):
            return chosen
        chosen = joined


def _gaps(pieces: _Pieces, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many pixels lie between each piece's box and the box around the chosen pieces."""
    gap_x = np.maximum(pieces.left - pieces.right[chosen].max(), pieces.left[chosen].min() - pieces.right)
    gap_y = np.maximum(pieces.top - pieces.bottom[chosen].max(), pieces.top[chosen].min() - pieces.bottom)
    return np.asarray(np.maximum(gap_x, gap_y).clip(min=0))


JUNK = 0.05  # how much the looks of a frame or an edge speak for a piece; others have at least 0.6


def _looks(pieces: _Pieces) -> Grey:
    """How much the place of each piece speaks for it, 0 to 1: least for what lies along the border, or is a frame."""
    labels = pieces.labels
    height, width = labels.shape
    ring = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contact = np.bincount(ring[ring >= 0], minlength=len(pieces.area))
    tall, wide = pieces.bottom - pieces.top, pieces.right - pieces.left
    off_x = np.abs(pieces.left + pieces.right - width) / width
    off_y = np.abs(pieces.top + pieces.bottom - height) / height
    is_high, is_broad = tall > 0.7 * height, wide > 0.7 * width
    junk = contact > 0.5 * (tall + wide)
    junk |= is_high & (wide < 0.1 * width) & (off_x > 0.6)  # one side of a frame, or an edge of the page
    junk |= is_broad & (tall < 0.1 * height) & (off_y > 0.6)
    for number in np.flatnonzero(is_high & is_broad):
        junk[number] |= _is_frame(pieces, int(number))
    return np.asarray(np.where(junk, JUNK, 1.0) * (1 - 0.4 * np.maximum(off_x, off_y)), np.float32)


def _is_frame(pieces: _Pieces, number: int) -> bool:
    """Whether nearly all of a piece lies along the sides of its own box, which no 0 does."""
    box = pieces.labels[pieces.top[number] : pieces.bottom[number], pieces.left[number] : pieces.right[number]]
    margin_y, margin_x = (max(1, side // 12) for side in box.shape)
    inner = np.count_nonzero(box[margin_y:-margin_y, margin_x:-margin_x] == number)
    return bool(inner < 0.1 * pieces.area[number])


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
    top = min(max(round(MIDDLE - y), 0), SIDE - height)
    left = min(max(round(MIDDLE - x), 0), SIDE - width)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = (small * (255 / small.max())).round()
    return image
