"""Built-in digits, drawn from pen strokes: a data set that needs no download, in the styles of many countries.

A chain of short steps: a skeleton of a few points → the same points as one hand would set them → a smooth
path → ink → a 28×28 picture as MNIST would hold it. Every step works on a block of images at once.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mnistnet.datasets.skeletons import SHEET, SKELETONS, Skeleton
from mnistnet.images import BOX, CENTRE, SIDE, ByteArray, FloatArray, IntArray

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

    digits: IntArray  # (s,) the label of what each shows
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


def draw_digits(
    count: int, seed: int | tuple[int, ...], skeletons: tuple[Skeleton, ...] = SKELETONS
) -> tuple[ByteArray, ByteArray]:
    """Draw digits, as many of each as possible, in random order.

    Args:
        count: how many digits, at least 1.
        seed: 0 or more, or several such numbers; the same seed draws the same digits.
        skeletons: ways to write them.

    Returns:
        images: uint8 (count, 28, 28), ink bright, prepared as in MNIST: about 20 pixels high or wide, the
            strongest ink 255, the centre of mass near pixel (14, 14). The outermost pixels are blank.
        labels: uint8 (count,), those of the skeletons.

    Raises:
        ValueError: count is less than 1, or the seed is negative.
    """
    if count < 1:
        raise ValueError(f"count is {count}, expected at least 1")
    rng = np.random.default_rng(seed)
    templates = _templates(skeletons)
    labels = _balanced_labels(np.unique(templates.digits), count, rng)
    styles = _choose_styles(templates, labels, rng)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for start in range(0, count, BLOCK):
        images[start : start + BLOCK] = _draw(templates, styles[start : start + BLOCK], rng)
    return images, labels


def _balanced_labels(digits: IntArray, count: int, rng: np.random.Generator) -> ByteArray:
    shuffled_digits = rng.permutation(digits)  # which digits get one image more is chance
    return rng.permutation(np.resize(shuffled_digits, count)).astype(np.uint8)


def _choose_styles(templates: _Templates, labels: ByteArray, rng: np.random.Generator) -> IntArray:
    """The index of a skeleton for every label."""
    styles = np.empty(len(labels), np.intp)
    for digit in np.unique(templates.digits):
        chosen = labels == digit
        candidates = np.flatnonzero(templates.digits == digit)
        styles[chosen] = rng.choice(candidates, chosen.sum(), p=templates.weights[candidates])
    return styles


def _draw(templates: _Templates, styles: IntArray, rng: np.random.Generator) -> ByteArray:
    points = _set_points(templates, styles, rng)
    places = _lean(_move_pen(points, templates.mixing[styles], rng), rng)
    line = _press_pen(places, templates.progress[styles], rng)
    return _render(_place(line, rng), rng)


# --- From text to arrays ---------------------------------------------------------------------------------


@cache
def _templates(skeletons: tuple[Skeleton, ...]) -> _Templates:
    parsed = [_parse(skeleton.strokes) for skeleton in skeletons]
    most_points = max(sum(len(points) for points, _ in strokes) for strokes in parsed)
    digits = np.array([skeleton.digit for skeleton in skeletons])
    weights = np.array([skeleton.weight for skeleton in skeletons])
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
    span = (knots[left + 1] - knots[left])[:, np.newaxis]
    t = (times - knots[left])[:, np.newaxis] / span
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


def _set_points(templates: _Templates, styles: IntArray, rng: np.random.Generator) -> FloatArray:
    """Skeletons' points as a hand would set them: (n, 2, k), about 0 to 1."""
    points = _bend(templates.points[styles], rng)
    points += POINT_SHIFT * _normal(rng, *points.shape)
    stroke_shifts = STROKE_SHIFT * _normal(rng, *points.shape)  # no digit has more strokes than points
    points += np.take_along_axis(stroke_shifts, templates.strokes[styles][:, np.newaxis], axis=2)
    # The ends reach too far or not far enough, so lines that should meet leave a gap or cross.
    outwards = points - np.take_along_axis(points, templates.neighbours[styles][:, np.newaxis], axis=2)
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


def _move_pen(points: FloatArray, mixing: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The path through the points, with the tremor of a hand: (n, 2, p)."""
    places: FloatArray = points @ mixing
    tremor = TREMOR * np.exp(0.6 * _normal(rng, len(points), 1, 1))
    places += tremor * (_normal(rng, len(points), 2, 2 * TREMOR_WAVES) @ _waves())
    return places


@cache
def _waves() -> FloatArray:
    """Waves whose random mixtures are smooth noise: (2 × TREMOR_WAVES, p). Slow ones swing wider."""
    frequencies = np.arange(1, TREMOR_WAVES + 1)[:, np.newaxis]
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


def _press_pen(places: FloatArray, progress: FloatArray, rng: np.random.Generator) -> _Line:
    """Scale paths (n, 2, p) to pixels and give the line its width: one pen for a digit, thinner where fast."""
    places = places * (BOX / np.ptp(places, axis=2).max(axis=1)[:, np.newaxis, np.newaxis])
    steps = np.diff(places, axis=2)
    pen_down = np.diff(progress, axis=1) > 0
    half_steps = np.hypot(steps[:, 0], steps[:, 1]) * pen_down / 2
    lengths = np.pad(half_steps, ((0, 0), (0, 1))) + np.pad(half_steps, ((0, 0), (1, 0)))

    pen = np.clip(TYPICAL_PEN * np.exp(PEN_SPREAD * _normal(rng, len(places), 1)), FINEST_PEN, BROADEST_PEN)
    pen = np.minimum(pen, _broadest_pen(places, lengths))
    # A fast pen leaves a thin line in the middle of a stroke; a brush leaves thin ends (below zero).
    thinning = THINNING * _normal(rng, len(places), 1) * (4 * progress * (1 - progress) - 0.5)
    return _Line(places, pen * (1 - thinning) * _oval(places, rng), lengths)


def _broadest_pen(places: FloatArray, lengths: FloatArray) -> FloatArray:
    """The radius (n, 1) beyond which ink would close a digit's loops: long lines in little room want thin pens."""
    offsets = places - places.mean(axis=2, keepdims=True)
    covariance = offsets @ offsets.transpose(0, 2, 1) / PLACES
    covariance += 4 * np.eye(2, dtype=np.float32)  # a single line has room on both sides
    # The area of a rectangle with this covariance; unlike a bounding box it does not grow with the slant.
    room = 12 * np.sqrt(np.linalg.det(covariance))[:, np.newaxis]
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
    reach = line.radii[:, np.newaxis]  # (n, 1, p)
    ink_size = (line.places + reach).max(axis=2) - (line.places - reach).min(axis=2)  # (n, 2)
    scale = (BOX / ink_size.max(axis=1))[:, np.newaxis]  # (n, 1)
    places, radii, lengths = line.places * scale[..., np.newaxis], line.radii * scale, line.lengths * scale

    mass = radii * lengths
    centre = np.sum(places * mass[:, np.newaxis], axis=2) / mass.sum(axis=1, keepdims=True)  # (n, 2)
    jitter = rng.uniform(-0.5, 0.5, centre.shape)  # MNIST moves by whole pixels
    reach = radii[:, np.newaxis] + MARGIN
    least_shift, most_shift = (reach - places).max(axis=2), (SIDE - 1 - reach - places).min(axis=2)
    shift = np.clip(CENTRE + jitter - centre, least_shift, most_shift).astype(np.float32)
    return _Line(places + shift[..., np.newaxis], radii, lengths)


def _render(line: _Line, rng: np.random.Generator) -> ByteArray:
    """Ink along the lines: uint8 (n, 28, 28).

    Every place of the pen is the middle of a hill exp(-FALL_OFF · (distance / radius)²). The hills of a line add
    up to a ridge, and the ridge's height tells the distance from the line. A hill is a function of x times a
    function of y, so the sum over all hills is a product of two matrices.
    """
    steepness = (np.sqrt(np.float32(FALL_OFF)) / line.radii)[:, np.newaxis]  # (n, 1, p)
    pixels = np.arange(1, SIDE - 1, dtype=np.float32)[:, np.newaxis]  # (26, 1)
    columns = np.exp(-(((pixels - line.places[:, :1]) * steepness) ** 2))  # (n, 26, p)
    rows = np.exp(-(((pixels - line.places[:, 1:]) * steepness) ** 2))  # (n, 26, p)
    rows *= line.lengths[:, np.newaxis] * steepness / np.float32(np.sqrt(np.pi))  # a straight ridge is 1 high
    ridges = rows @ columns.transpose(0, 2, 1)  # (n, 26, 26)

    distance = np.sqrt(-np.log(np.clip(ridges, 1e-30, 1)) / FALL_OFF)  # in radii
    radius = line.radii.mean(axis=1)[:, np.newaxis, np.newaxis]
    edge = rng.uniform(0.8, 1.8, radius.shape).astype(np.float32)  # width of the grey edge in pixels
    ink = np.clip(0.5 + (1 - distance) * radius / edge, 0, 1)
    grey: ByteArray = np.rint(ink * (255 / ink.max(axis=(1, 2), keepdims=True))).astype(np.uint8)
    return np.pad(grey, ((0, 0), (1, 1), (1, 1)))
