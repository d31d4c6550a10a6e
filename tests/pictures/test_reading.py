from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from mnistnet.images import FloatArray
from mnistnet.pictures.filters import Box
from mnistnet.pictures.parting import Candidate, Row
from mnistnet.pictures.reading import MIN_MARGIN, RIVAL, SEVERAL, SKIP, best_reading

IMAGE = np.zeros((28, 28), np.uint8)


def candidate(start: int, stop: int, cost: float = 0.0) -> Candidate:
    return Candidate(IMAGE, Box(start, 0, stop, 1), start, stop, cost)


def outputs(*best: tuple[int, float]) -> FloatArray:
    """The network's outputs where it says only these digits, with these outputs."""
    values = np.zeros((len(best), 10), np.float32)
    for one, (digit, output) in zip(values, best, strict=True):
        one[digit] = output
    return values


def all_readings(row: Row, said: FloatArray, place: int = 0) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every chain of candidates from a place on, with its cost, by trying them all."""
    if place == len(row.splits):
        yield (), 0.0
        return
    for rest, cost in all_readings(row, said, place + 1):
        yield rest, cost + row.splits[place] + SKIP * row.extents[place] ** 2
    for index, each in enumerate(row.candidates):
        if each.start == place:
            second, best = np.sort(said[index])[-2:].tolist()
            own = each.cost + row.splits[place] - math.log(best) - RIVAL * math.log(1 - second)
            for rest, cost in all_readings(row, said, each.stop):
                yield (index, *rest), own + cost


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [None, 2, 3])
def test_no_chain_of_candidates_is_cheaper_than_the_best_reading(seed: int, count: int | None) -> None:
    random = np.random.default_rng(seed)
    spans = [(start, stop) for start in range(6) for stop in range(start + 1, min(start + 3, 6) + 1)]
    row = Row(
        tuple(candidate(start, stop, random.uniform(0, 2)) for start, stop in spans),
        tuple(random.uniform(0, 2, 6).tolist()),
        tuple(random.uniform(0, 1, 6).tolist()),
    )
    said = random.uniform(0.01, 0.99, (len(spans), 10))
    ways = {
        chain: cost + SEVERAL * (len(chain) > 1)
        for chain, cost in all_readings(row, said)
        if chain and count in (None, len(chain))
    }
    reading = best_reading(row, said, count)
    assert reading is not None
    assert reading.chosen == min(ways, key=lambda chain: ways[chain])
    assert reading.cost == pytest.approx(min(ways.values()))
    assert reading.digits == tuple(said[list(reading.chosen)].argmax(axis=1))


def test_a_row_that_reads_only_one_way_is_not_contested() -> None:
    row = Row((candidate(0, 1), candidate(1, 2)), (0.0, 0.0), (1.0, 1.0))
    reading = best_reading(row, outputs((4, 0.99), (2, 0.99)))
    assert reading is not None
    assert (reading.digits, reading.is_contested) == ((4, 2), False)


def test_a_reading_is_contested_while_other_digits_cost_hardly_more() -> None:
    said = outputs((4, 1), (2, 1), (9, 1))
    for extra, contested in ((MIN_MARGIN - 0.1, True), (MIN_MARGIN + 0.1, False)):
        row = Row((candidate(0, 1), candidate(1, 2), candidate(0, 2, SEVERAL + extra)), (0.0, 0.0), (1.0, 1.0))
        reading = best_reading(row, said)
        assert reading is not None
        assert (reading.digits, reading.is_contested) == ((4, 2), contested)


def test_the_same_digits_by_other_candidates_contest_nothing() -> None:
    row = Row((candidate(0, 1), candidate(0, 2)), (0.0, 0.0), (1.0, 0.1))  # with a speck and without it
    reading = best_reading(row, outputs((7, 0.99), (7, 0.98)))
    assert reading is not None
    assert (reading.digits, reading.is_contested) == ((7,), False)


@pytest.mark.parametrize("extent", [0.1, 0.6])
def test_ink_is_not_left_out_without_a_doubt(extent: float) -> None:
    row = Row((candidate(0, 1), candidate(2, 3)), (0.0, 0.0, 0.0), (1.0, extent, 1.0))
    reading = best_reading(row, outputs((4, 0.99), (2, 0.99)))
    assert reading is not None
    assert (reading.digits, reading.is_contested) == ((4, 2), True)


def test_what_stands_beside_the_row_makes_it_contested() -> None:
    reading = best_reading(Row((candidate(0, 1),), is_alone=False), outputs((7, 0.99)))
    assert reading is not None
    assert reading.is_contested


def test_as_many_digits_as_are_asked_for_or_none() -> None:
    row = Row((candidate(0, 1, 9.0), candidate(1, 2, 9.0), candidate(0, 2)), (0.0, 5.0), (1.0, 1.0))
    said = outputs((4, 0.5), (2, 0.5), (9, 0.99))
    found = [best_reading(row, said, count) for count in (None, 1, 2, 3)]
    assert [reading and reading.digits for reading in found] == [(9,), (9,), (4, 2), None]
