"""Images that look like a digit but show none: the built-in model learns to answer them with ten low outputs.

Letters and signs, drawn from strokes as digits are; two digits in one image, whole or cut off, as a wrong segmentation
leaves them; mirrored digits and digits on their side; blots. All are normalized as MNIST's images are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from mnistnet.datasets import Dataset
from mnistnet.datasets.skeletons import Skeleton
from mnistnet.datasets.strokes import draw_digits
from mnistnet.images import NO_DIGIT, SIDE, ByteArray, FloatArray
from mnistnet.pictures.components import stroke_width
from mnistnet.pictures.normalization import normalize

# None of them is a digit in any hand, as B, C, D, G, I, J, L, O, Q, S, U, V, Y, Z, b, g, l, q, s, u, y, z and ? may be.
STROKES = {
    "A": "8,100 50,0! 92,100 / 24,62 76,62",
    "A, round": "8,100 14,40 50,0 86,40 92,100 / 10,60 90,60",
    "E": "85,0 12,0! 12,100! 88,100 / 12,50 74,50",
    "E, round": "84,10 40,0 14,22 44,46 / 44,46 6,70 30,98 88,88",
    "F": "85,0 12,0! 12,100 / 12,48 70,48",
    "H": "12,0 12,100 / 88,0 88,100 / 12,52 88,52",
    "K": "14,0 14,100 / 86,0 16,54! 88,100",
    "M": "6,100 14,0! 50,66! 86,0! 94,100",
    "M, round": "4,100 4,10 26,2 48,30 50,96 / 50,40 70,2 94,16 96,100",
    "N": "10,100 10,0! 90,100! 90,0",
    "P": "14,100 14,0! 60,0 88,24 60,50 14,50",
    "R": "14,100 14,0! 60,0 86,24 60,48 14,50! 90,100",
    "T": "2,0 98,0 / 50,0 50,100",
    "W": "2,0 26,100! 50,30! 74,100! 98,0",
    "W, round": "4,0 10,80 28,98 46,70 50,20 54,70 72,98 92,80 96,0",
    "X": "6,0 94,100 / 94,0 6,100",
    "a": "78,14 40,2 10,44 32,92 74,66 80,8! 82,80 98,96",
    "a, printed": "18,14 50,2 80,22 80,98 / 80,44 30,50 14,78 44,98 80,80",
    "a, printed wide": "12,24 24,5 50,0 76,8 82,28 82,82 98,98 / 82,40 36,50 8,74 26,98 58,94 82,72",
    "d": "80,0 80,100 / 80,60 46,40 16,70 44,98 80,84",
    "e": "14,52 84,50 76,16 44,4 14,34 16,74 48,98 88,80",
    "e, swung": "2,70 60,50 78,16 50,0 22,24 20,72 50,98 98,70",
    "f": "86,10 62,0 44,20 44,120 / 14,44 76,44",
    "h": "16,0 16,100 / 16,60 46,38 78,50 80,100",
    "k": "16,0 16,100 / 76,36 18,68! 82,100",
    "m": "4,30 6,100 / 6,50 26,32 48,46 50,100 / 50,50 72,32 94,46 96,100",
    "n": "10,20 12,100 / 12,46 50,18 84,40 88,100",
    "p": "14,10 14,130 / 14,30 50,2 86,34 52,70 14,58",
    "r": "24,10 26,100 / 26,50 54,14 88,18",
    "t": "46,0 46,84 64,98 84,88 / 14,30 82,30",
    "t, narrow": "42,0 42,86 52,99 70,96 / 16,26 68,26",
    "w": "2,10 24,98! 50,30! 76,98! 98,10",
    "x": "8,4 92,96 / 90,0 10,100",
    "#": "34,0 24,100 / 76,0 66,100 / 6,34 98,34 / 2,68 94,68",
    "%": "90,0 10,100 / 26,2 8,18 26,36 42,20 26,2 / 76,62 58,80 76,98 92,80 76,62",
    "&": "96,100 30,36 34,6 60,4 62,26 18,60 14,90 50,98 92,60",
    "*": "50,0 50,100 / 4,26 96,76 / 96,26 4,76",
    "+": "50,0 50,100 / 0,50 100,50",
    "=": "0,20 100,20 / 0,80 100,80",
    "@": "66,66 36,64 38,34 66,34 66,70 90,66 96,30 60,0 16,12 2,54 24,94 76,98",
}
LETTERS = tuple(Skeleton(NO_DIGIT, name, 1, strokes) for name, strokes in STROKES.items())

VISIBLE = 40  # of 255: fainter ink does not count for how large a digit is
FAR = 4  # pixels: how far two digits may be apart, and how far one may stand above the other
OVERLAP = 5  # pixels: how far they may run into each other; a thin digit would vanish in its neighbour
THIN = 8  # pixels
MIRRORED = (3, 4, 6, 7, 9)  # no digits in a mirror, nor any other digit there: not 0, 1, 8, and not 2 and 5
ON_THEIR_SIDE = (2, 3, 4)  # the others are digits too when they lie
FULL = 255


def no_digits(digits: Dataset, count: int, seed: int) -> ByteArray:
    """Draw what is no digit, partly from images of digits: uint8 (count, 28, 28), as MNIST would hold it."""
    images, labels = digits.images, digits.labels
    mirrored, lying = images[np.isin(labels, MIRRORED)], images[np.isin(labels, ON_THEIR_SIDE)]
    shares: dict[Callable[[Generator], ByteArray], float] = {
        partial(_two, images): 0.26,
        partial(_one_and_a_part, images): 0.16,
        lambda chance: _any(mirrored, chance)[:, ::-1]: 0.1,
        lambda chance: np.rot90(_any(lying, chance), chance.choice([1, 3])): 0.06,
        _blot: 0.15,
    }
    chance = np.random.default_rng((seed, NO_DIGIT))
    drawn = [np.stack([draw(chance) for _ in range(int(share * count))]) for draw, share in shares.items()]
    letters, _ = draw_digits(count - sum(map(len, drawn)), (seed, NO_DIGIT), LETTERS)
    return np.concatenate([letters, *drawn])


def _two(images: ByteArray, chance: Generator) -> ByteArray:
    left, right = (_cropped(_any(images, chance)) for _ in range(2))
    least = 0 if min(left.shape[1], right.shape[1]) < THIN else -OVERLAP
    return _side_by_side(left, right, int(chance.integers(least, FAR)), chance)


def _one_and_a_part(images: ByteArray, chance: Generator) -> ByteArray:
    whole, other = (_cropped(_any(images, chance)) for _ in range(2))
    while other.shape[1] < THIN:
        other = _cropped(_any(images, chance))
    width = int(other.shape[1] * chance.uniform(0.35, 0.7))
    pair = (whole, _cropped(other[:, :width])) if chance.random() < 0.5 else (_cropped(other[:, -width:]), whole)
    return _side_by_side(*pair, int(chance.integers(-1, FAR)), chance)


def _side_by_side(left: ByteArray, right: ByteArray, gap: int, chance: Generator) -> ByteArray:
    """Two digits in one box; a negative gap lets them overlap."""
    above = int(chance.integers(-FAR, FAR)) + FAR
    start = left.shape[1] + gap
    both = np.zeros((SIDE + 2 * FAR, start + right.shape[1]), np.uint8)
    both[FAR : FAR + len(left), : left.shape[1]] = left[:, : both.shape[1]]
    place = both[above : above + len(right), start:]
    np.maximum(place, right, out=place)
    return _normalized(both / np.float32(FULL))


def _blot(chance: Generator) -> ByteArray:
    """One to three filled shapes that may overlap."""
    page = Image.new("L", (4 * SIDE, 4 * SIDE))
    for _ in range(int(chance.integers(1, 4))):
        (x, y), height = chance.uniform(20, 90, 2), chance.uniform(8, 40)
        width = height * chance.uniform(0.6, 1.6)  # a slim one would be a 1
        shape = ImageDraw.Draw(page).rectangle if chance.random() < 0.3 else ImageDraw.Draw(page).ellipse
        shape((x - width, y - height, x + width, y + height), fill=FULL)
    return _normalized(np.asarray(page) / np.float32(FULL))


def _any(images: ByteArray, chance: Generator) -> ByteArray:
    image: ByteArray = images[chance.integers(len(images))]
    return image


def _cropped(image: ByteArray) -> ByteArray:
    rows, columns = (np.flatnonzero((image > VISIBLE).any(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else image


def _normalized(ink: FloatArray) -> ByteArray:
    image: ByteArray = normalize(ink, stroke_width(ink))
    return image
