"""Synthetic digits drawn from pen strokes: a data set that needs no download, in the styles of many countries.

The steps: a skeleton of a few points → the points with one writer's variation → a smooth path → ink →
a 28×28 image normalized as in MNIST. Every step works on a block of images at once.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mnistnet.datasets.skeletons import SHEET, SKELETONS, Skeleton
from mnistnet.images import BOX, CENTRE, SIDE, ByteArray, FloatArray, IntArray

MARGIN = 1  # pixels from a line's edge to the centres of the outermost pixels, which stay blank
BLOCK = 128  # images drawn at once; their arrays fit into the processor's cache
SAMPLES = 128  # points along the path of a digit; half a pixel apart on the longest path
FALL_OFF = 1.5  # steepness of a line's edge; smaller values fill the corners between crossing lines

# Variation between writers: standard deviations, unless the name says otherwise; lengths relative to a digit's height.
POINT_SHIFT = 0.05  # displacement of each point; larger values make digits hard to read
STROKE_SHIFT = 0.02  # displacement of each whole stroke
OVERSHOOT = 0.05  # lengthening of each end of a stroke, along its direction
BEND = 0.3  # distortion of the proportions of the whole digit
TREMOR, TREMOR_WAVES = 0.008, 10  # amplitude of the slowest wave; the fastest has 10 periods along a path
MEDIAN_WIDTH, WIDTH_SPREAD = 0.85, 0.28  # relative to the skeleton's width; standard deviation of its logarithm
MEAN_SLANT, SLANT_SPREAD, MAX_SLANT = 7, 11, 28  # degrees, to the right
ROTATION = 6  # degrees
MEDIAN_RADIUS, RADIUS_SPREAD = 1.2, 0.55  # half the stroke width, pixels; standard deviation of its logarithm
MIN_RADIUS, MAX_RADIUS = 0.3, 3.3  # pixels
THINNING = 0.15  # change of the radius along a stroke, relative to the radius
FLATNESS = 0.2  # logarithm of the longer half-axis of an oval pen / radius


class _Templates(NamedTuple):
    """All s skeletons as arrays, padded to the same k points; p samples on each path."""

    digits: IntArray  # (s,) labels
    weights: FloatArray  # (s,) sum to 1 for each digit
    points: FloatArray  # (s, 2, k) x and y, 0 to 1
    strokes: IntArray  # (s, k) the index of the stroke that a point belongs to
    neighbours: IntArray  # (s, k) for a stroke's first and last point its neighbour, else the point itself
    interpolation: FloatArray  # (s, k, p) path = points @ interpolation
    progress: FloatArray  # (s, p) position within the stroke, 0 to 1


class _Line(NamedTuple):
    """The lines of n images, each sampled at p points."""

    path: FloatArray  # (n, 2, p) x and y in pixels
    radii: FloatArray  # (n, p) half the stroke width in pixels
    lengths: FloatArray  # (n, p) length of the line around each sample in pixels


def draw_digits(
    count: int, seed: int | tuple[int, ...], skeletons: tuple[Skeleton, ...] = SKELETONS
) -> tuple[ByteArray, ByteArray]:
    """Draw digits in random order, each equally often (±1).

    Args:
        count: how many digits, at least 1.
        seed: random seed, 0 or more, or several such numbers.
        skeletons: the styles to draw.

    Returns:
        images: uint8 (count, 28, 28), ink bright, normalized as in MNIST: about 20 pixels high or wide, maximum
            255, the centre of mass near pixel (14, 14). The outermost pixels are blank.
        labels: uint8 (count,), 0 to 9.

    Raises:
        ValueError: count is less than 1, or the seed is negative.
    """
    if count < 1:
        raise ValueError(f"count is {count}, expected at least 1")
    rng = np.random.default_rng(seed)
    templates = _templates(skeletons)
    # The inner permutation makes it random which digits get one image more.
    labels = rng.permutation(np.resize(rng.permutation(np.unique(templates.digits)), count)).astype(np.uint8)
    styles = _choose_styles(templates, labels, rng)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    for start in range(0, count, BLOCK):
        images[start : start + BLOCK] = _draw(templates, styles[start : start + BLOCK], rng)
    return images, labels


def _choose_styles(templates: _Templates, labels: ByteArray, rng: np.random.Generator) -> IntArray:
    """Return the index of a skeleton for every label."""
    styles = np.empty(len(labels), np.intp)
    for digit in np.unique(templates.digits):
        chosen = labels == digit
        candidates = np.flatnonzero(templates.digits == digit)
        styles[chosen] = rng.choice(candidates, chosen.sum(), p=templates.weights[candidates])
    return styles


def _draw(templates: _Templates, styles: IntArray, rng: np.random.Generator) -> ByteArray:
    points = _vary_points(templates, styles, rng)
    path = _slant(_trace_path(points, templates.interpolation[styles], rng), rng)
    line = _vary_stroke_width(path, templates.progress[styles], rng)
    return _render(_normalize(line, rng), rng)


# --- From text to arrays ---------------------------------------------------------------------------------


@cache
def _templates(skeletons: tuple[Skeleton, ...]) -> _Templates:
    parsed = [_parse(skeleton.strokes) for skeleton in skeletons]
    max_points = max(sum(len(points) for points, _ in strokes) for strokes in parsed)
    digits = np.array([skeleton.digit for skeleton in skeletons])
    weights = np.array([skeleton.weight for skeleton in skeletons])
    templates = _Templates(
        digits=digits,
        weights=weights / np.bincount(digits, weights)[digits],
        points=np.zeros((len(parsed), 2, max_points), np.float32),
        strokes=np.zeros((len(parsed), max_points), np.intp),
        neighbours=np.tile(np.arange(max_points), (len(parsed), 1)),
        interpolation=np.zeros((len(parsed), max_points, SAMPLES), np.float32),
        progress=np.zeros((len(parsed), SAMPLES), np.float32),
    )
    for style, strokes in enumerate(parsed):
        _fill(templates, style, strokes)
    return templates


def _parse(text: str) -> list[tuple[FloatArray, list[int]]]:
    """Return the strokes of a skeleton: points (k, 2), 0 to 1, and the indices of the corners, ends included."""
    strokes: list[tuple[FloatArray, list[int]]] = []
    for stroke in text.split("/"):
        words = stroke.split()
        points = np.array([[float(number) for number in word.rstrip("!").split(",")] for word in words]) / SHEET
        corners = [index for index, word in enumerate(words) if word.endswith("!")]
        strokes.append((points, [0, *corners, len(words) - 1]))
    return strokes


def _fill(templates: _Templates, style: int, strokes: list[tuple[FloatArray, list[int]]]) -> None:
    """Write the strokes of one skeleton into the row `style` of the templates."""
    lengths = [_steps(points).sum() for points, _ in strokes]
    # The samples are distributed by length; rounding the running total makes their number exact.
    sample_ends = np.rint(SAMPLES * np.cumsum(lengths) / np.sum(lengths)).astype(int)
    point = sample = 0
    for index, ((points, corners), sample_end) in enumerate(zip(strokes, sample_ends, strict=True)):
        point_end = point + len(points)
        templates.points[style, :, point:point_end] = points.T
        templates.strokes[style, point:point_end] = index
        templates.neighbours[style, [point, point_end - 1]] = [point + 1, point_end - 2]
        count = sample_end - sample
        templates.interpolation[style, point:point_end, sample:sample_end] = _interpolation(points, corners, count)
        templates.progress[style, sample:sample_end] = np.linspace(0, 1, count)
        point, sample = point_end, sample_end


def _interpolation(points: FloatArray, corners: list[int], count: int) -> FloatArray:
    """Return the matrix (k, count) that maps the k points of a stroke to `count` evenly spaced samples of its path.

    A spline is linear in its points, so the spline of the identity matrix is that matrix.
    """
    identity = np.eye(len(points))
    smooth_parts = [slice(first, last + 1) for first, last in pairwise(corners)]
    dense = np.concatenate([_spline(identity[part], _knots(points[part])) for part in smooth_parts])
    distance = np.concatenate([[0], np.cumsum(_steps(dense @ points))])
    even = np.linspace(0, distance[-1], count)
    return np.stack([np.interp(even, distance, column) for column in dense.T])


def _steps(points: FloatArray) -> FloatArray:
    steps = np.diff(points, axis=0)
    return np.asarray(np.hypot(steps[:, 0], steps[:, 1]))


def _knots(points: FloatArray) -> FloatArray:
    # Centripetal parametrization, the square root of the distance: no loops between unevenly spaced points.
    return np.concatenate([[0], np.cumsum(np.sqrt(_steps(points)))])


def _spline(values: FloatArray, knots: FloatArray) -> FloatArray:
    """Return 200 samples (200, m) of the Catmull-Rom spline through values (k, m) at knots (k,)."""
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


# --- From a skeleton to one writer's path ----------------------------------------------------------------


def _normal(rng: np.random.Generator, *shape: int) -> FloatArray:
    """Return standard normal numbers, clipped to ±2.5 so that digits stay readable."""
    return np.clip(rng.standard_normal(shape, np.float32), -2.5, 2.5)


def _vary_points(templates: _Templates, styles: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return the skeletons' points with one writer's variation: (n, 2, k), about 0 to 1."""
    points = _bend(templates.points[styles], rng)
    points += POINT_SHIFT * _normal(rng, *points.shape)
    stroke_shifts = STROKE_SHIFT * _normal(rng, *points.shape)  # no digit has more strokes than points
    points += np.take_along_axis(stroke_shifts, templates.strokes[styles][:, np.newaxis], axis=2)
    # Strokes end too late or too early: lines that should meet cross or leave a gap.
    outwards = points - np.take_along_axis(points, templates.neighbours[styles][:, np.newaxis], axis=2)
    outwards /= 0.1 + np.hypot(outwards[:, :1], outwards[:, 1:])  # length nearly 1 at an end, 0 elsewhere
    points += OVERSHOOT * _normal(rng, len(styles), 1, points.shape[2]) * outwards
    return points


def _bend(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Change the proportions of the whole digit: (n, 2, k). Every term is 0 in the corners or in the centre."""
    waist, side, bow, hollow, spread = BEND * _normal(rng, 5, len(points), 1)
    x, y = points[:, 0], points[:, 1]
    bent_x = x + side * x * (1 - x) + bow * y * (1 - y) + spread * (x - 0.5) * (y - 0.5)
    bent_y = y + waist * y * (1 - y) + 0.7 * hollow * x * (1 - x)
    return np.stack([bent_x, bent_y], axis=1)


def _trace_path(points: FloatArray, interpolation: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the path through the points, with tremor: (n, 2, p)."""
    path: FloatArray = points @ interpolation
    tremor = TREMOR * np.exp(0.6 * _normal(rng, len(points), 1, 1))
    path += tremor * (_normal(rng, len(points), 2, 2 * TREMOR_WAVES) @ _waves())
    return path


@cache
def _waves() -> FloatArray:
    """Return sines and cosines (2 × TREMOR_WAVES, p), whose random sums are smooth noise; slow ones are larger."""
    frequencies = np.arange(1, TREMOR_WAVES + 1)[:, np.newaxis]
    angles = np.linspace(0, 2 * np.pi, SAMPLES) * frequencies
    return np.concatenate([np.sin(angles) / frequencies, np.cos(angles) / frequencies]).astype(np.float32)


def _slant(path: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Scale the width of the digits, slant and rotate them: (n, 2, p)."""
    width, slant, rotation = _normal(rng, 3, len(path), 1)
    width = MEDIAN_WIDTH * np.exp(WIDTH_SPREAD * width)
    slant = np.radians(np.clip(MEAN_SLANT + SLANT_SPREAD * slant, -MAX_SLANT, MAX_SLANT))
    angle = np.radians(ROTATION * rotation)
    x, y = path[:, 0] * width, path[:, 1] - 0.5
    x -= y * np.tan(slant)
    return np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1)


# --- From a path to ink ----------------------------------------------------------------------------------


def _vary_stroke_width(path: FloatArray, progress: FloatArray, rng: np.random.Generator) -> _Line:
    """Scale paths (n, 2, p) to pixels; choose a stroke width, and vary it along each path."""
    path = path * (BOX / np.ptp(path, axis=2).max(axis=1)[:, np.newaxis, np.newaxis])
    steps = np.diff(path, axis=2)
    pen_down = np.diff(progress, axis=1) > 0
    half_steps = np.hypot(steps[:, 0], steps[:, 1]) * pen_down / 2
    lengths = np.pad(half_steps, ((0, 0), (0, 1))) + np.pad(half_steps, ((0, 0), (1, 0)))

    radius = np.clip(MEDIAN_RADIUS * np.exp(RADIUS_SPREAD * _normal(rng, len(path), 1)), MIN_RADIUS, MAX_RADIUS)
    radius = np.minimum(radius, _max_radius(path, lengths))
    # Above 0: a fast pen draws thin lines in the middle of a stroke. Below 0: a brush draws thin ends.
    thinning = THINNING * _normal(rng, len(path), 1) * (4 * progress * (1 - progress) - 0.5)
    return _Line(path, radius * (1 - thinning) * _oval(path, rng), lengths)


def _max_radius(path: FloatArray, lengths: FloatArray) -> FloatArray:
    """Return the radius (n, 1) beyond which the ink fills the loops of a digit."""
    offsets = path - path.mean(axis=2, keepdims=True)
    covariance = offsets @ offsets.transpose(0, 2, 1) / SAMPLES
    covariance += 4 * np.eye(2, dtype=np.float32)  # a single line has space on both sides
    # The area of a rectangle with this covariance; unlike that of a bounding box, it doesn't grow with the slant.
    area = 12 * np.sqrt(np.linalg.det(covariance))[:, np.newaxis]
    radius: FloatArray = 0.37 * area / lengths.sum(axis=1, keepdims=True)
    return radius


def _oval(path: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the relative stroke width (n, p), about 1, of an oval pen that is held at an angle."""
    flatness = np.exp(np.abs(FLATNESS * _normal(rng, len(path), 1)))
    pen_angle = np.pi * rng.random((len(path), 1), np.float32)
    direction = np.gradient(path, axis=2)
    across = np.arctan2(direction[:, 0], -direction[:, 1]) - pen_angle
    width: FloatArray = np.hypot(flatness * np.cos(across), np.sin(across) / flatness)
    return width


def _normalize(line: _Line, rng: np.random.Generator) -> _Line:
    """Scale the ink to MNIST's box, and move its centre of mass to the centre as far as the margin allows."""
    reach = line.radii[:, np.newaxis]  # (n, 1, p)
    ink_size = (line.path + reach).max(axis=2) - (line.path - reach).min(axis=2)  # (n, 2)
    scale = (BOX / ink_size.max(axis=1))[:, np.newaxis]  # (n, 1)
    path, radii, lengths = line.path * scale[..., np.newaxis], line.radii * scale, line.lengths * scale

    mass = radii * lengths
    centre = np.sum(path * mass[:, np.newaxis], axis=2) / mass.sum(axis=1, keepdims=True)  # (n, 2)
    jitter = rng.uniform(-0.5, 0.5, centre.shape)  # MNIST's images were shifted by whole pixels
    reach = radii[:, np.newaxis] + MARGIN
    min_shift, max_shift = (reach - path).max(axis=2), (SIDE - 1 - reach - path).min(axis=2)
    shift = np.clip(CENTRE + jitter - centre, min_shift, max_shift).astype(np.float32)
    return _Line(path + shift[..., np.newaxis], radii, lengths)


def _render(line: _Line, rng: np.random.Generator) -> ByteArray:
    """Draw the lines: uint8 (n, 28, 28).

    Each sample of the path is the centre of a Gaussian exp(-FALL_OFF · (distance / radius)²). Along a line they add up
    to a ridge, whose height gives the distance from the line. A Gaussian is separable in x and y, so the sum of all
    Gaussians is a product of two matrices.
    """
    steepness = (np.sqrt(np.float32(FALL_OFF)) / line.radii)[:, np.newaxis]  # (n, 1, p)
    pixels = np.arange(1, SIDE - 1, dtype=np.float32)[:, np.newaxis]  # (26, 1)
    columns = np.exp(-(((pixels - line.path[:, :1]) * steepness) ** 2))  # (n, 26, p)
    rows = np.exp(-(((pixels - line.path[:, 1:]) * steepness) ** 2))  # (n, 26, p)
    rows *= line.lengths[:, np.newaxis] * steepness / np.float32(np.sqrt(np.pi))  # straight ridges have height 1
    ridges = rows @ columns.transpose(0, 2, 1)  # (n, 26, 26)

    distance = np.sqrt(-np.log(np.clip(ridges, 1e-30, 1)) / FALL_OFF)  # in radii
    radius = line.radii.mean(axis=1)[:, np.newaxis, np.newaxis]
    edge = rng.uniform(0.8, 1.8, radius.shape).astype(np.float32)  # width of the grey edge in pixels
    ink = np.clip(0.5 + (1 - distance) * radius / edge, 0, 1)
    grey: ByteArray = np.rint(ink * (255 / ink.max(axis=(1, 2), keepdims=True))).astype(np.uint8)
    return np.pad(grey, ((0, 0), (1, 1), (1, 1)))
