from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mnistnet.images import FloatArray
from mnistnet.pictures.cuts import MAX_CROSSED, SIDESTEP, cheapest_paths, find_cuts


def blocks_with_a_bridge(bridge: int, at: int) -> FloatArray:
    """Two blocks of ink, 40 pixels high, with a gap of four columns between them, bridged by so many rows of ink."""
    ink = np.ones((40, 44), np.float32)
    ink[:, 20:24] = 0
    ink[at : at + bridge, 20:24] = 1
    return ink


@pytest.mark.parametrize(("bridge", "at"), [(4, 0), (4, 18), (6, 34)])
def test_a_cut_goes_through_the_bridge_between_two_blocks(bridge: int, at: int) -> None:
    ((path, crossed),) = find_cuts(blocks_with_a_bridge(bridge, at), height=40, stroke=4)
    assert path.shape == (40,)
    assert 19 <= path.min() <= path.max() <= 24
    assert crossed == pytest.approx(bridge / 4)


def test_a_cut_costs_the_ink_of_all_strokes_that_it_crosses() -> None:
    ink = blocks_with_a_bridge(4, 2)
    ink[32:36] = 1
    ((_, crossed),) = find_cuts(ink, height=40, stroke=4)
    assert crossed == pytest.approx(2)


def test_every_bridge_of_a_row_of_blocks_is_cut_however_cheap_the_next_is() -> None:
    ink = np.zeros((40, 36), np.float32)
    for number, left in enumerate(range(0, 36, 10)):
        ink[:, left : left + 6] = 1
        ink[: 2 + number, left + 6 : left + 10] = 1
    cuts = find_cuts(ink, height=40, stroke=4)
    assert [crossed for _, crossed in cuts] == pytest.approx([2 / 4, 3 / 4, 4 / 4])


@pytest.mark.parametrize(("height", "count"), [(62, 1), (63, 0)])
def test_ink_narrower_than_two_digits_that_touch_is_not_cut(height: float, count: int) -> None:
    assert len(find_cuts(blocks_with_a_bridge(4, 0), height=height, stroke=4)) == count  # 44 pixels wide


def test_blocks_that_are_joined_broadly_are_not_cut() -> None:
    assert find_cuts(blocks_with_a_bridge(int(4 * MAX_CROSSED) + 2, 8), height=40, stroke=4) == []


def all_paths(rows: int, columns: int) -> Iterator[list[int]]:
    """Every path from the top to the bottom in steps of at most one column."""
    paths = [[x] for x in range(columns)]
    for _ in range(rows - 1):
        paths = [[*path, path[-1] + step] for path in paths for step in (-1, 0, 1) if 0 <= path[-1] + step < columns]
    return iter(paths)


def test_the_cost_of_each_pixel_is_that_of_the_cheapest_of_all_paths_to_it() -> None:
    ink = np.random.default_rng(0).random((6, 5)).astype(np.float32)
    cheapest = np.full(5, np.inf)
    for path in all_paths(*ink.shape):
        cost = ink[np.arange(6), path].sum() + SIDESTEP * np.abs(np.diff(path)).sum()
        cheapest[path[-1]] = min(cheapest[path[-1]], cost)
    assert cheapest_paths(ink)[-1] == pytest.approx(cheapest, rel=1e-5)
