from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from mnistnet.images import FloatArray
from mnistnet.pictures.cuts import MAX_CROSSED, SIDESTEP, Seams
from mnistnet.pictures.filters import Box


def blocks_with_a_bridge(bridge: int, at: int) -> FloatArray:
    """Two blocks of ink, 40 pixels high, with a gap of four columns between them, bridged by so many rows of ink."""
    grey = np.zeros((44, 54), np.float32)
    grey[2:42, 5:25] = grey[2:42, 29:49] = 1
    grey[at : at + bridge, 25:29] = 1
    return grey


@pytest.mark.parametrize(("bridge", "at"), [(4, 2), (4, 20), (6, 36)])
def test_a_cut_goes_through_the_bridge_between_two_blocks(bridge: int, at: int) -> None:
    grey = blocks_with_a_bridge(bridge, at)
    box = Box(5, 2, 49, 42)
    (cut,) = Seams(grey, height=40, pen=4).cuts(box, grey[2:42, 5:49] > 0)
    assert cut.path.shape == (40,)
    assert 24 <= cut.path.min() <= cut.path.max() <= 29
    assert cut.crossed == pytest.approx(bridge / 4)
    assert cut.strokes == 1


def test_a_cut_counts_each_stroke_that_it_crosses() -> None:
    grey = blocks_with_a_bridge(4, 4)
    grey[34:38, 25:29] = 1
    (cut,) = Seams(grey, height=40, pen=4).cuts(Box(5, 2, 49, 42), grey[2:42, 5:49] > 0)
    assert cut.strokes == 2
    assert cut.crossed == pytest.approx(2)


def test_what_hangs_together_firmly_is_not_cut() -> None:
    grey = blocks_with_a_bridge(int(4 * MAX_CROSSED) + 2, 10)
    assert Seams(grey, height=40, pen=4).cuts(Box(5, 2, 49, 42), grey[2:42, 5:49] > 0) == []


def test_nothing_too_low_for_a_digit_is_cut_off() -> None:
    grey = blocks_with_a_bridge(4, 4)
    grey[16:, 29:] = 0  # what is left on the right is a third as high as the row
    assert Seams(grey, height=40, pen=4).cuts(Box(5, 2, 49, 42), grey[2:42, 5:49] > 0) == []


def test_a_cut_crosses_a_hairline_where_its_pixels_touch_at_their_corners() -> None:
    grey = np.zeros((44, 54), np.float32)
    steps = np.arange(40)
    grey[2 + steps, 5 + steps] = 1  # a sloping line, of a pixel in each row and column
    cuts = Seams(grey, height=40, pen=1).cuts(Box(5, 2, 45, 42), grey[2:42, 5:45] > 0)
    assert {(cut.crossed, cut.strokes) for cut in cuts} == {(1.0, 1)}


def all_paths(rows: int, columns: int) -> Iterator[list[int]]:
    """Every path from the top to the bottom in steps of at most one column."""
    paths = [[x] for x in range(columns)]
    for _ in range(rows - 1):
        paths = [[*path, path[-1] + step] for path in paths for step in (-1, 0, 1) if 0 <= path[-1] + step < columns]
    return iter(paths)


def test_the_price_of_each_pixel_is_that_of_the_cheapest_of_all_paths_through_it() -> None:
    grey = np.random.default_rng(0).random((6, 5)).astype(np.float32)
    seams, cheapest = Seams(grey, height=6, pen=1), np.full(5, np.inf)
    for path in all_paths(*grey.shape):
        price = grey[np.arange(6), path].sum() + SIDESTEP * np.abs(np.diff(path)).sum()
        for row, (x, next_x) in enumerate(itertools.pairwise(path)):
            between = min(grey[row, next_x], grey[row + 1, x])  # twice the pixel itself where the path runs straight
            price += max(0, between - max(grey[row, x], grey[row + 1, next_x]))
        cheapest[path[2]] = min(cheapest[path[2]], price)
    assert seams.prices(2) == pytest.approx(cheapest, rel=1e-5)
