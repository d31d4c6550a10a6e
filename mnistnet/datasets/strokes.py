"""Built-in digits, drawn from pen strokes: a data set that needs no download, in the styles of many countries.

A chain of short steps: a skeleton of a few points → the same points as one hand would set them → a smooth
path → ink → a 28×28 picture as MNIST would hold it. Every step works on a block of images at once.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]


class Skeleton(NamedTuple):
    """One way to write a digit.

    weight: how often people choose it, relative to the digit's other skeletons.
    strokes: points "x,y" that the pen passes, on a sheet 100 wide and 100 high, y downwards. The line through
        them is smooth, except at points marked "!", which are corners. At "/" the pen is lifted.
    """

    digit: int
    style: str
    weight: float
    strokes: str


SKELETONS = (
    Skeleton(0, "round", 6, "50,0 20,12 5,50 20,88 50,100 80,88 95,50 80,12 50,0"),
    Skeleton(0, "narrow", 5, "52,0 32,14 23,50 32,86 50,100 68,86 77,50 68,14 48,0"),
    Skeleton(0, "begun inside", 2, "66,14 46,2 22,18 13,55 24,90 50,100 76,86 87,45 74,10 54,1 40,6"),
    Skeleton(0, "tail", 1, "40,6 18,22 8,56 22,92 50,100 78,84 88,48 72,10 42,2 30,12 46,20"),
    Skeleton(0, "boxy", 1, "35,0 12,12 5,50 12,88 35,100 65,100 88,88 95,50 88,12 65,0 35,0"),
    Skeleton(0, "slashed inside", 1, "50,0 28,14 17,50 28,86 50,100 72,86 83,50 72,14 50,0 / 72,18 28,82"),
    Skeleton(0, "slashed across", 1, "50,0 26,14 15,50 26,86 50,100 74,86 85,50 74,14 50,0 / 92,2 8,98"),
    Skeleton(1, "plain", 8, "50,0 50,100"),
    Skeleton(1, "bent", 2, "54,0 48,50 52,100"),
    Skeleton(1, "short flag", 3, "28,32 52,0! 52,100"),
    Skeleton(1, "round flag", 1, "26,32 42,21 54,0! 52,100"),
    Skeleton(1, "long flag", 3, "12,44 52,0! 52,100"),
    Skeleton(1, "very long flag", 2, "10,62 54,0! 50,100"),
    Skeleton(1, "foot", 0.5, "50,0 50,100 / 20,100 80,100"),
    Skeleton(1, "flag and foot", 4, "24,32 50,0! 50,100 / 16,100 84,100"),
    Skeleton(1, "flag and narrow foot", 2, "28,28 50,0! 50,100 / 30,100 72,100"),
    Skeleton(1, "long flag and foot", 2, "14,40 54,0! 54,100 / 14,100 92,100"),
    Skeleton(2, "plain", 4, "10,24 24,6 50,0 76,9 80,32 62,58 36,80 8,100! 90,100"),
    Skeleton(2, "sharp foot", 3, "8,16 34,1 64,3 76,22 66,48 40,74 6,97! 50,94 94,98"),
    Skeleton(2, "like a Z", 2, "10,5 85,5! 10,95! 90,95"),
    Skeleton(2, "curved Z", 2, "8,14 36,2 66,2 80,16 64,44 38,70 10,95! 92,92"),
    Skeleton(2, "small loop", 3, "12,22 34,2 62,4 74,24 66,50 44,76 20,95 6,90 14,78 36,82 62,95 96,96"),
    Skeleton(2, "large loop", 2, "10,22 34,2 64,6 70,32 54,66 28,96 4,95 2,76 26,70 58,88 98,90"),
    Skeleton(2, "swan", 2, "14,30 20,9 46,0 72,8 78,30 60,58 34,82 10,98! 36,90 64,98 94,90"),
    Skeleton(2, "curled start", 1, "26,26 14,30 10,14 30,1 60,2 76,20 66,50 38,78 8,100! 90,98"),
    Skeleton(2, "round with loop", 3, "22,44 10,22 34,0 70,8 76,38 48,80 18,96 2,84 22,74 60,84 100,84"),
    Skeleton(2, "long foot", 2, "8,26 30,4 62,3 74,22 50,54 0,88! 54,86 118,78"),
    Skeleton(3, "round", 4, "12,14 34,1 64,3 77,22 64,40 38,47! 70,54 85,76 68,96 38,100 8,88"),
    Skeleton(3, "flat top", 2, "12,3 80,3! 42,42! 74,50 86,74 68,96 38,100 8,88"),
    Skeleton(3, "shallow waist", 2, "14,10 44,0 72,10 74,30 56,46! 78,60 80,84 54,99 10,92"),
    Skeleton(3, "waist loop", 2, "12,12 40,0 72,8 74,28 54,44 34,50 36,43 60,48 82,66 78,90 46,100 8,90"),
    Skeleton(3, "angular", 2, "12,4 78,8! 40,45! 82,68! 64,96 10,96"),
    Skeleton(3, "curled", 1, "22,24 12,14 34,0 66,4 76,22 62,41 40,46! 74,56 84,78 66,97 34,100 14,88 24,78"),
    Skeleton(4, "open", 4, "22,0 10,56! 90,56 / 68,4 64,100"),
    Skeleton(4, "open and round", 3, "20,0 12,30 18,50 44,55 82,48 / 80,0 72,100"),
    Skeleton(4, "open, tall stem", 2, "32,20 8,66! 92,64 / 66,0 60,100"),
    Skeleton(4, "open, short stem", 2, "38,0 6,62! 94,60 / 64,32 58,100"),
    Skeleton(4, "closed", 3, "64,0 6,66! 94,66 / 64,0 64,100"),
    Skeleton(4, "closed, one line", 2, "94,64 8,66! 62,0! 62,100"),
    Skeleton(4, "closed, no overhang", 1, "70,52 14,54! 66,0! 66,100"),
    Skeleton(4, "upright", 2, "14,0 12,52! 82,52 / 78,0 78,100"),
    Skeleton(4, "like a Y", 3, "10,6 22,44 44,48 78,34 / 92,0 48,100"),
    Skeleton(4, "small bowl", 2, "30,0 12,36 24,50 78,40 / 70,14 56,100"),
    Skeleton(5, "plain", 3, "24,2 18,44! 46,37 76,48 84,72 66,95 36,100 8,88 / 24,2 84,1"),
    Skeleton(5, "one line", 2, "84,2 25,3! 20,44! 50,36 79,50 82,78 58,98 10,92"),
    Skeleton(5, "apart bar", 2, "28,12 20,46! 46,40 74,52 80,76 60,97 34,100 6,90 / 40,2 92,-4"),
    Skeleton(5, "slanted", 3, "40,8 24,42! 54,46 66,66 50,90 26,100 4,94 / 40,8 96,2"),
    Skeleton(5, "like an S", 2, "84,4 56,0 30,14 28,36 56,50 76,68 66,92 38,100 8,90"),
    Skeleton(5, "angular", 1, "80,3 22,3! 20,44! 76,46! 78,94! 10,96"),
    Skeleton(5, "long bar", 3, "38,8 28,40! 54,44 60,66 42,90 4,96 / 38,10 104,0"),
    Skeleton(5, "small bowl", 2, "30,4 22,56! 48,50 66,66 60,88 36,100 8,94 / 30,4 88,2"),
    Skeleton(6, "curved stem", 3, "74,6 50,1 26,24 12,62 24,93 52,100 78,86 78,64 54,53 28,62 14,78"),
    Skeleton(6, "straight stem", 4, "66,0 40,28 18,66 24,94 50,100 74,86 72,66 50,58 26,72 20,86"),
    Skeleton(6, "upright stem", 2, "30,0 18,40 18,76 32,98 56,98 72,80 62,62 40,62 20,80"),
    Skeleton(6, "large loop", 3, "66,0 34,16 10,52 16,88 48,100 80,86 86,60 62,42 32,46 12,64"),
    Skeleton(6, "small loop", 2, "62,0 34,36 22,74 28,96 46,100 62,90 58,76 42,74 26,88"),
    Skeleton(6, "wide bowl", 3, "44,0 20,40 10,80 26,99 64,96 88,80 78,64 54,68 34,92"),
    Skeleton(6, "hooked stem", 2, "82,16 66,1 42,12 18,44 14,80 34,100 62,94 74,74 60,58 36,64 22,80"),
    Skeleton(6, "bowl apart", 2, "40,0 18,44 14,84 36,100 66,92 74,74 58,62 34,76"),
    Skeleton(7, "plain", 4, "10,4 88,4! 42,100"),
    Skeleton(7, "bent stem", 3, "8,8 48,4 86,5! 58,44 44,100"),
    Skeleton(7, "round corner", 2, "8,10 44,3 76,6 78,26 62,56 48,100"),
    Skeleton(7, "serif", 2, "10,22 12,4! 86,4! 44,100"),
    Skeleton(7, "wave", 1, "8,18 16,4 42,9 66,9 84,2! 58,48 44,100"),
    Skeleton(7, "deep serif", 2, "8,42 14,6! 84,4! 66,52 60,100"),
    Skeleton(7, "bar", 4, "10,4 86,4! 42,100 / 30,50 84,48"),
    Skeleton(7, "bent stem and bar", 2, "8,8 48,4 84,5! 60,44 46,100 / 26,52 86,48"),
    Skeleton(7, "serif and bar", 2, "10,22 12,4! 86,4! 44,100 / 32,52 84,48"),
    Skeleton(7, "wave and bar", 1, "8,18 16,4 42,9 66,9 84,2! 58,48 44,100 / 28,52 82,46"),
    Skeleton(7, "upright with bar", 2, "10,6 44,3 78,3! 60,36 52,66 50,100 / 22,48 88,46"),
    Skeleton(8, "one line", 4, "76,14 52,0 26,14 34,36 62,54 76,76 54,99 26,90 24,68 46,50 70,34 76,14"),
    Skeleton(8, "open at the top", 3, "74,10 48,2 28,18 40,40 60,58 66,82 44,100 22,86 32,62 58,42 86,4"),
    Skeleton(8, "two circles", 3, "50,46 24,34 30,3 70,3 76,34 50,46 / 50,46 16,64 26,97 74,97 84,64 50,46"),
    Skeleton(8, "from the waist", 2, "46,46 24,28 36,4 62,4 74,24 54,46 28,64 20,84 46,100 76,88 72,66 46,46"),
    Skeleton(8, "small head", 2, "68,16 52,3 36,14 42,32 66,52 80,76 54,99 22,88 24,62 48,40 64,28 68,16"),
    Skeleton(8, "straight upstroke", 4, "78,10 50,0 26,16 40,38 62,62 60,88 36,100 20,84 40,56 82,6"),
    Skeleton(8, "small foot", 2, "80,14 52,0 22,12 24,34 52,52 66,74 54,98 36,96 34,76 52,54 78,34 80,14"),
    Skeleton(9, "straight stem", 4, "76,16 50,0 22,10 16,34 38,48 64,38 78,12! 74,100"),
    Skeleton(9, "slanted stem", 3, "72,12 44,0 20,16 22,38 46,42 68,24 74,8! 62,54 46,100"),
    Skeleton(9, "bent stem", 2, "74,18 52,0 24,10 18,34 40,46 64,36 75,16 74,50 66,76 50,100"),
    Skeleton(9, "hooked", 4, "78,18 52,0 24,10 18,34 40,46 66,38 78,16 80,60 66,92 38,100 14,88"),
    Skeleton(9, "curled", 2, "80,16 54,0 24,8 16,32 40,46 70,36 80,12! 84,62 74,92 42,100 14,90 22,76"),
    Skeleton(9, "small loop", 1, "66,14 46,2 28,14 34,34 54,34 66,14! 66,100"),
    Skeleton(9, "arch", 2, "78,34 50,44 22,34 16,16 42,0 70,6 80,24 81,60 80,100"),
    Skeleton(9, "long stem", 1, "70,16 48,1 26,14 28,36 50,42 68,30 72,12 73,56 70,100"),
    Skeleton(9, "open", 2, "78,4 44,2 18,22 24,42 52,42 82,6! 66,56 52,100"),
    Skeleton(9, "angular", 2, "78,6 34,4 14,36! 46,42 78,8! 62,56 54,100"),
    Skeleton(9, "wide head", 2, "84,20 58,0 20,6 4,26 22,40 58,34 86,10 78,54 66,100"),
)

SHEET = 100  # points of a skeleton to its height
SIZE = 28  # pixels of a picture's side
BOX = 20  # MNIST fits a digit into a box of 20×20 pixels ...
MIDDLE = 14  # ... and puts its centre of mass here
MARGIN = 1  # pixels from a line's edge to the middle of the outermost pixels, which stay blank
BLOCK = 128  # images drawn at once: their arrays fit into the processor's cache
PLACES = 128  # places of the pen along a digit: half a pixel apart on the longest path
FALL_OFF = 1.5  # how fast ink ends at a line's edge; a smaller one fills the corners between crossing lines

# How much hands differ. Where a name says nothing else, a standard deviation; lengths in heights of a digit.
POINT_SHIFT = 0.05  # each point by itself: about as far as it goes before digits become hard to read
STROKE_SHIFT = 0.02  # each stroke as a whole
OVERSHOOT = 0.05  # each end of a stroke, along its direction
BEND = 0.3  # proportions of the whole digit
TREMOR, TREMOR_WAVES = 0.008, 10  # the slowest wave's height; the fastest swings 10 times along a path
TYPICAL_WIDTH, WIDTH_SPREAD = 0.85, 0.28  # of the skeleton's width; spread of its logarithm
TYPICAL_SLANT, SLANT_SPREAD, MOST_SLANT = 7, 11, 28  # degrees, to the right
TURN = 6  # degrees
TYPICAL_PEN, PEN_SPREAD = 1.2, 0.55  # radius in pixels; spread of its logarithm
FINEST_PEN, BROADEST_PEN = 0.3, 3.3  # radius in pixels
THINNING = 0.15  # of the radius
FLATNESS = 0.2  # logarithm of an oval pen's longer half-axis


class _Templates(NamedTuple):
    """All s skeletons as arrays, padded to the same k points; p places on each path."""

    digits: IntArray  # (s,)
    weights: FloatArray  # (s,) sum to 1 for each digit
    points: FloatArray  # (s, 2, k) x and y, 0 to 1
    strokes: IntArray  # (s, k) the number of the stroke that a point belongs to
    neighbours: IntArray  # (s, k) for a stroke's first and last point the next one inwards, else itself
    mixing: FloatArray  # (s, k, p) path = points @ mixing
    progress: FloatArray  # (s, p) from 0 at a stroke's beginning to 1 at its end


class _Line(NamedTuple):
    """What the pen did in each of n images, at p places."""

    places: FloatArray  # (n, 2, p) x and y in pixels
    radii: FloatArray  # (n, p) half the width of the line in pixels
    lengths: FloatArray  # (n, p) the length of the line around each place in pixels


def draw_digits(count: int, seed: int | tuple[int, ...]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Draw digits, as many of each as possible, in random order.

    Args:
        count: how many digits, at least 1.
        seed: 0 or more, or several such numbers; the same seed draws the same digits.

    Returns:
        images: uint8 (count, 28, 28), ink bright, prepared as in MNIST: about 20 pixels high or wide, the
            strongest ink 255, the centre of mass near pixel (14, 14). The outermost pixels are blank.
        labels: uint8 (count,), 0 to 9.

    Raises:
        ValueError: count is less than 1, or the seed is negative.
    """
    if count < 1:
        raise ValueError(f"count is {count}, expected at least 1")
    rng = np.random.default_rng(seed)
    labels = _balanced_labels(count, rng)
    styles = _choose_styles(labels, rng)
    images = np.empty((count, SIZE, SIZE), np.uint8)
    for start in range(0, count, BLOCK):
        images[start : start + BLOCK] = _draw(styles[start : start + BLOCK], rng)
    return images, labels


def _balanced_labels(count: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    shuffled_digits = rng.permutation(10)  # which digits get one image more is chance
    return rng.permutation(np.resize(shuffled_digits, count)).astype(np.uint8)


def _choose_styles(labels: npt.NDArray[np.uint8], rng: np.random.Generator) -> IntArray:
    """The index of a skeleton for every label."""
    templates = _templates()
    styles = np.empty(len(labels), np.intp)
    for digit in range(10):
        chosen = labels == digit
        candidates = np.flatnonzero(templates.digits == digit)
        styles[chosen] = rng.choice(candidates, chosen.sum(), p=templates.weights[candidates])
    return styles


def _draw(styles: IntArray, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    points = _set_points(styles, rng)
    places = _lean(_move_pen(points, styles, rng), rng)
    line = _press_pen(places, styles, rng)
    return _render(_place(line, rng), rng)


# --- From text to arrays ---------------------------------------------------------------------------------


@cache
def _templates() -> _Templates:
    parsed = [_parse(skeleton.strokes) for skeleton in SKELETONS]
    most_points = max(sum(len(points) for points, _ in strokes) for strokes in parsed)
    digits = np.array([skeleton.digit for skeleton in SKELETONS])
    weights = np.array([skeleton.weight for skeleton in SKELETONS])
    templates = _Templates(
        digits=digits,
        weights=weights / np.bincount(digits, weights)[digits],
        points=np.zeros((len(parsed), 2, most_points), np.float32),
        strokes=np.zeros((len(parsed), most_points), np.intp),
        neighbours=np.tile(np.arange(most_points), (len(parsed), 1)),
        mixing=np.zeros((len(parsed), most_points, PLACES), np.float32),
        progress=np.zeros((len(parsed), PLACES), np.float32),
    )
    for style, strokes in enumerate(parsed):
        _fill(templates, style, strokes)
    return templates


def _parse(text: str) -> list[tuple[FloatArray, list[int]]]:
    """The strokes of a skeleton: points (k, 2), 0 to 1, and the indices of the corners, ends included."""
    strokes: list[tuple[FloatArray, list[int]]] = []
    for stroke in text.split("/"):
        words = stroke.split()
        points = np.array([[float(number) for number in word.rstrip("!").split(",")] for word in words]) / SHEET
        corners = [index for index, word in enumerate(words) if word.endswith("!")]
        strokes.append((points, [0, *corners, len(words) - 1]))
    return strokes


def _fill(templates: _Templates, style: int, strokes: list[tuple[FloatArray, list[int]]]) -> None:
    """Write one skeleton, stroke after stroke, into the row `style` of the templates."""
    lengths = [_steps(points).sum() for points, _ in strokes]
    # Places are shared out by length; the rounded running total makes their number exact.
    place_ends = np.rint(PLACES * np.cumsum(lengths) / np.sum(lengths)).astype(int)
    point = place = 0
    for number, ((points, corners), place_end) in enumerate(zip(strokes, place_ends, strict=True)):
        point_end = point + len(points)
        templates.points[style, :, point:point_end] = points.T
        templates.strokes[style, point:point_end] = number
        templates.neighbours[style, [point, point_end - 1]] = [point + 1, point_end - 2]
        templates.mixing[style, point:point_end, place:place_end] = _mixing(points, corners, place_end - place)
        templates.progress[style, place:place_end] = np.linspace(0, 1, place_end - place)
        point, place = point_end, place_end


def _mixing(points: FloatArray, corners: list[int], count: int) -> FloatArray:
    """The matrix (k, count) that turns a stroke's k points into count places, evenly spaced along its line.

    A spline is linear in its points, so the spline of the identity matrix is that matrix.
    """
    identity = np.eye(len(points))
    smooth_parts = [slice(first, last + 1) for first, last in pairwise(corners)]
    dense = np.concatenate([_spline(identity[part], _knots(points[part])) for part in smooth_parts])
    way = np.concatenate([[0], np.cumsum(_steps(dense @ points))])
    even = np.linspace(0, way[-1], count)
    return np.stack([np.interp(even, way, column) for column in dense.T])


def _steps(points: FloatArray) -> FloatArray:
    steps = np.diff(points, axis=0)
    lengths: FloatArray = np.hypot(steps[:, 0], steps[:, 1])
    return lengths


def _knots(points: FloatArray) -> FloatArray:
    # The square root of the distance keeps a curve from looping between points that lie unevenly.
    return np.concatenate([[0], np.cumsum(np.sqrt(_steps(points)))])


def _spline(values: FloatArray, knots: FloatArray) -> FloatArray:
    """A Catmull-Rom spline through values (k, m) at knots (k,), at 200 times from first to last: (200, m)."""
    slopes = np.gradient(values, knots, axis=0, edge_order=2 if len(knots) > 2 else 1)
    times = np.linspace(knots[0], knots[-1], 200)
    left = np.clip(np.searchsorted(knots, times, side="right") - 1, 0, len(knots) - 2)
    span = (knots[left + 1] - knots[left])[:, None]
    t = (times - knots[left])[:, None] / span
    return np.asarray(
        (1 + 2 * t) * (1 - t) ** 2 * values[left]
        + t * (1 - t) ** 2 * span * slopes[left]
        + t**2 * (3 - 2 * t) * values[left + 1]
        + t**2 * (t - 1) * span * slopes[left + 1]
    )


# --- From a skeleton to the path of one hand -------------------------------------------------------------


def _normal(rng: np.random.Generator, *shape: int) -> FloatArray:
    """Random numbers, mostly between -1 and 1, never beyond ±2.5: hands differ, but digits stay readable."""
    return np.clip(rng.standard_normal(shape, np.float32), -2.5, 2.5)


def _set_points(styles: IntArray, rng: np.random.Generator) -> FloatArray:
    """Skeletons' points as a hand would set them: (n, 2, k), about 0 to 1."""
    templates = _templates()
    points = _bend(templates.points[styles], rng)
    points += POINT_SHIFT * _normal(rng, *points.shape)
    stroke_shifts = STROKE_SHIFT * _normal(rng, *points.shape)  # no digit has more strokes than points
    points += np.take_along_axis(stroke_shifts, templates.strokes[styles][:, None], axis=2)
    # The ends reach too far or not far enough, so lines that should meet leave a gap or cross.
    outwards = points - np.take_along_axis(points, templates.neighbours[styles][:, None], axis=2)
    outwards /= 0.1 + np.hypot(outwards[:, :1], outwards[:, 1:])  # nearly 1 long at an end, 0 elsewhere
    points += OVERSHOOT * _normal(rng, len(styles), 1, points.shape[2]) * outwards
    return points


def _bend(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Change a digit's proportions as a whole: (n, 2, k). Every term is 0 in the corners or in the middle."""
    waist, side, bow, hollow, spread = BEND * _normal(rng, 5, len(points), 1)
    x, y = points[:, 0], points[:, 1]
    bent_x = x + side * x * (1 - x) + bow * y * (1 - y) + spread * (x - 0.5) * (y - 0.5)
    bent_y = y + waist * y * (1 - y) + 0.7 * hollow * x * (1 - x)
    return np.stack([bent_x, bent_y], axis=1)


def _move_pen(points: FloatArray, styles: IntArray, rng: np.random.Generator) -> FloatArray:
    """The path through the points, with the tremor of a hand: (n, 2, p)."""
    places: FloatArray = points @ _templates().mixing[styles]
    tremor = TREMOR * np.exp(0.6 * _normal(rng, len(styles), 1, 1))
    places += tremor * (_normal(rng, len(styles), 2, 2 * TREMOR_WAVES) @ _waves())
    return places


@cache
def _waves() -> FloatArray:
    """Waves whose random mixtures are smooth noise: (2 × TREMOR_WAVES, p). Slow ones swing wider."""
    frequencies = np.arange(1, TREMOR_WAVES + 1)[:, None]
    angles = np.linspace(0, 2 * np.pi, PLACES) * frequencies
    return np.concatenate([np.sin(angles) / frequencies, np.cos(angles) / frequencies]).astype(np.float32)


def _lean(places: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Make the digits broader or narrower, slant them and turn them: (n, 2, p)."""
    width, slant, turn = _normal(rng, 3, len(places), 1)
    width = TYPICAL_WIDTH * np.exp(WIDTH_SPREAD * width)
    slant = np.radians(np.clip(TYPICAL_SLANT + SLANT_SPREAD * slant, -MOST_SLANT, MOST_SLANT))
    turn = np.radians(TURN * turn)
    x, y = places[:, 0] * width, places[:, 1] - 0.5
    x -= y * np.tan(slant)
    return np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=1)


# --- From a path to ink ----------------------------------------------------------------------------------


def _press_pen(places: FloatArray, styles: IntArray, rng: np.random.Generator) -> _Line:
    """Scale paths (n, 2, p) to pixels and give the line its width: one pen for a digit, thinner where fast."""
    progress = _templates().progress[styles]
    places = places * (BOX / np.ptp(places, axis=2).max(axis=1)[:, None, None])
    steps = np.diff(places, axis=2)
    pen_down = np.diff(progress, axis=1) > 0
    half_steps = np.hypot(steps[:, 0], steps[:, 1]) * pen_down / 2
    lengths = np.pad(half_steps, ((0, 0), (0, 1))) + np.pad(half_steps, ((0, 0), (1, 0)))

    pen = np.clip(TYPICAL_PEN * np.exp(PEN_SPREAD * _normal(rng, len(styles), 1)), FINEST_PEN, BROADEST_PEN)
    pen = np.minimum(pen, _broadest_pen(places, lengths))
    # A fast pen leaves a thin line in the middle of a stroke; a brush leaves thin ends (below zero).
    thinning = THINNING * _normal(rng, len(styles), 1) * (4 * progress * (1 - progress) - 0.5)
    return _Line(places, pen * (1 - thinning) * _oval(places, rng), lengths)


def _broadest_pen(places: FloatArray, lengths: FloatArray) -> FloatArray:
    """The radius (n, 1) beyond which ink would close a digit's loops: long lines in little room want thin pens."""
    offsets = places - places.mean(axis=2, keepdims=True)
    covariance = offsets @ offsets.transpose(0, 2, 1) / PLACES
    covariance += 4 * np.eye(2, dtype=np.float32)  # a single line has room on both sides
    # The area of a rectangle with this covariance; unlike a bounding box it does not grow with the slant.
    room = 12 * np.sqrt(np.linalg.det(covariance))[:, None]
    radius: FloatArray = 0.37 * room / lengths.sum(axis=1, keepdims=True)
    return radius


def _oval(places: FloatArray, rng: np.random.Generator) -> FloatArray:
    """How much wider an oval pen, held at an angle, writes in the direction of each place: (n, p), about 1."""
    flatness = np.exp(np.abs(FLATNESS * _normal(rng, len(places), 1)))
    held = np.pi * rng.random((len(places), 1), np.float32)
    direction = np.gradient(places, axis=2)
    across = np.arctan2(direction[:, 0], -direction[:, 1]) - held
    width: FloatArray = np.hypot(flatness * np.cos(across), np.sin(across) / flatness)
    return width


def _place(line: _Line, rng: np.random.Generator) -> _Line:
    """Fit the ink into MNIST's box, and move its centre of mass to the middle as far as the margin allows."""
    reach = line.radii[:, None]  # (n, 1, p)
    ink_size = (line.places + reach).max(axis=2) - (line.places - reach).min(axis=2)  # (n, 2)
    scale = (BOX / ink_size.max(axis=1))[:, None]  # (n, 1)
    places, radii, lengths = line.places * scale[..., None], line.radii * scale, line.lengths * scale

    mass = radii * lengths
    centre = np.sum(places * mass[:, None], axis=2) / mass.sum(axis=1, keepdims=True)  # (n, 2)
    jitter = rng.uniform(-0.5, 0.5, centre.shape)  # MNIST moves by whole pixels
    reach = radii[:, None] + MARGIN
    least_shift, most_shift = (reach - places).max(axis=2), (SIZE - 1 - reach - places).min(axis=2)
    shift = np.clip(MIDDLE + jitter - centre, least_shift, most_shift).astype(np.float32)
    return _Line(places + shift[..., None], radii, lengths)


def _render(line: _Line, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Ink along the lines: uint8 (n, 28, 28).

    Every place of the pen is the middle of a hill exp(-FALL_OFF · (distance / radius)²). The hills of a line add
    up to a ridge, and the ridge's height tells the distance from the line. A hill is a function of x times a
    function of y, so the sum over all hills is a product of two matrices.
    """
    steepness = (np.sqrt(np.float32(FALL_OFF)) / line.radii)[:, None]  # (n, 1, p)
    pixels = np.arange(1, SIZE - 1, dtype=np.float32)[:, None]  # (26, 1)
    columns = np.exp(-(((pixels - line.places[:, :1]) * steepness) ** 2))  # (n, 26, p)
    rows = np.exp(-(((pixels - line.places[:, 1:]) * steepness) ** 2))  # (n, 26, p)
    rows *= line.lengths[:, None] * steepness / np.float32(np.sqrt(np.pi))  # a straight ridge is 1 high
    ridges = rows @ columns.transpose(0, 2, 1)  # (n, 26, 26)

    distance = np.sqrt(-np.log(np.clip(ridges, 1e-30, 1)) / FALL_OFF)  # in radii
    radius = line.radii.mean(axis=1)[:, None, None]
    edge = rng.uniform(0.8, 1.8, radius.shape).astype(np.float32)  # width of the grey edge in pixels
    ink = np.clip(0.5 + (1 - distance) * radius / edge, 0, 1)
    grey: npt.NDArray[np.uint8] = np.rint(ink * (255 / ink.max(axis=(1, 2), keepdims=True))).astype(np.uint8)
    return np.pad(grey, ((0, 0), (1, 1), (1, 1)))
