"""Filters and components against what NumPy and plain loops make of the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mnistnet.pictures.components import dilate, find_components, median, otsu, quantile, rank_filter

SEED = 3


def some_grey(height: int = 17, width: int = 12) -> NDArray[np.float32]:
    return np.random.default_rng(SEED).uniform(0, 255, (height, width)).astype(np.float32)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("radius", [1, 2, 5, 40])
def test_the_extremes_are_those_of_the_neighbours(radius: int, axis: int) -> None:
    grey = some_grey()
    margins = np.eye(2, dtype=int)[axis][:, np.newaxis] * radius
    near = np.lib.stride_tricks.sliding_window_view(np.pad(grey, margins, "edge"), 2 * radius + 1, axis)
    for extreme in (np.minimum, np.maximum):
        assert np.array_equal(rank_filter(grey, radius, (axis,), extreme), extreme.reduce(near, axis=-1))
    assert np.array_equal(grey, some_grey())


def test_a_mask_grows_by_its_eight_neighbours() -> None:
    mask = np.random.default_rng(SEED).random((9, 14)) < 0.1
    padded = np.pad(mask, 1)
    around = [padded[1 + y : 10 + y, 1 + x : 15 + x] for y in (-1, 0, 1) for x in (-1, 0, 1)]
    assert np.array_equal(dilate(mask), np.any(around, axis=0))


@pytest.mark.parametrize("density", [0, 0.05, 0.3, 0.5, 0.8, 1])
def test_components_are_connected_over_eight_neighbours(density: float) -> None:
    mask = np.random.default_rng(SEED).random((23, 31)) < density
    components = find_components(mask)
    assert np.array_equal(components.labels >= 0, mask)
    filled = []
    for component in range(len(components.area)):
        here = components.labels == component
        one = np.zeros_like(mask)
        one[tuple(np.argwhere(here)[0])] = True
        while not np.array_equal(grown := dilate(one) & mask, one):  # from its first pixel, as far as there is any
            one = grown
        assert np.array_equal(one, here)
        rows, columns = np.nonzero(here)
        assert components.box(component) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        filled.append(here.sum())
    assert components.area.tolist() == filled


def test_a_long_spiral_is_one_component() -> None:
    mask = np.zeros((41, 41), np.bool_)
    for ring in range(0, 20, 2):
        mask[ring, max(ring - 2, 0) : 41 - ring] = mask[ring : 41 - ring, 40 - ring] = True
        mask[40 - ring, ring : 41 - ring] = mask[ring + 2 : 41 - ring, ring] = True
    assert len(find_components(mask).area) == 1


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.81, 1.0])
def test_quantiles_are_numpys_nearest(share: float) -> None:
    for shape in ((1, 1), (3, 4), (17, 11)):
        grey = some_grey(*shape)
        assert quantile(grey, share) == np.quantile(grey, share, method="nearest")
    assert median(grey) == np.median(grey)


def test_otsus_threshold_leaves_the_least_variance_within_the_two_groups() -> None:
    rng = np.random.default_rng(SEED)
    values = np.append(rng.normal(60, 15, 700), rng.normal(170, 25, 200)).clip(0, 255).astype(np.float32)
    whole = np.floor(values)

    def within(threshold: int) -> float:
        low, high = whole[whole <= threshold], whole[whole > threshold]
        return float(low.var() * low.size + high.var() * high.size)

    assert within(int(otsu(values))) == pytest.approx(
        min(within(t) for t in range(int(whole.min()), int(whole.max()))), rel=1e-9
    )
