from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import pytest

from mnistnet.errors import PictureError
from mnistnet.images import FloatArray
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.components import Box
from mnistnet.pictures.decoding import MIN_MARGIN, SEVERAL, SKIP, best_path
from mnistnet.pictures.segmentation import Candidate, Lattice

IMAGE = np.zeros((28, 28), np.uint8)


def candidate(start: int, stop: int, cost: float = 0.0, is_broken: bool = False) -> Candidate:
    return Candidate(IMAGE, Box(start, 0, stop, 1), start, stop, cost, is_broken)


def outputs(*best: tuple[int, float]) -> FloatArray:
    """The network's outputs where it says only these digits, with these outputs."""
    values = np.zeros((len(best), 10), np.float32)
    for one, (digit, output) in zip(values, best, strict=True):
        one[digit] = output
    return values


def all_paths(lattice: Lattice, said: FloatArray, place: int = 0) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every path from a place on, with its cost, by trying them all."""
    if place == len(lattice.cuts):
        yield (), 0.0
        return
    for rest, cost in all_paths(lattice, said, place + 1):
        yield rest, cost + lattice.cuts[place] + SKIP * lattice.sizes[place] ** 2
    for index, each in enumerate(lattice.candidates):
        if each.start == place:
            own = each.cost + lattice.cuts[place] - math.log(said[index].max())
            for rest, cost in all_paths(lattice, said, each.stop):
                yield (index, *rest), own + cost


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [None, 2, 3])
def test_no_path_is_cheaper_than_the_one_that_is_found(seed: int, count: int | None) -> None:
    random = np.random.default_rng(seed)
    spans = [(start, stop) for start in range(6) for stop in range(start + 1, min(start + 3, 6) + 1)]
    lattice = Lattice(
        tuple(candidate(start, stop, random.uniform(0, 2)) for start, stop in spans),
        tuple(random.uniform(0, 2, 6).tolist()),
        tuple(random.uniform(0, 1, 6).tolist()),
    )
    said = random.uniform(0.01, 0.99, (len(spans), 10))
    ways = {
        chosen: cost + SEVERAL * (len(chosen) > 1)
        for chosen, cost in all_paths(lattice, said)
        if chosen and count in (None, len(chosen))
    }
    path = best_path(lattice, said, count)
    assert path.chosen == min(ways, key=lambda chosen: ways[chosen])
    assert path.cost == pytest.approx(min(ways.values()))
    assert path.digits == tuple(said[list(path.chosen)].argmax(axis=1))
    by_digits = {chosen: tuple(said[list(chosen)].argmax(axis=1)) for chosen in ways}
    rivals = [cost for chosen, cost in ways.items() if by_digits[chosen] != path.digits]
    assert ("segmentation" in path.reasons) == (min(rivals, default=math.inf) - path.cost < MIN_MARGIN)


def test_what_reads_only_one_way_is_sure() -> None:
    path = best_path(Lattice((candidate(0, 1), candidate(1, 2)), (0, 0), (1, 1)), outputs((4, 0.99), (2, 0.99)))
    assert (path.digits, path.reasons) == ((4, 2), frozenset())


def test_a_path_is_unsure_while_other_digits_cost_hardly_more() -> None:
    said = outputs((4, 1), (2, 1), (9, 1))
    for extra, reasons in ((MIN_MARGIN - 0.1, {"segmentation"}), (MIN_MARGIN + 0.1, frozenset[str]())):
        lattice = Lattice((candidate(0, 1), candidate(1, 2), candidate(0, 2, SEVERAL + extra)), (0, 0), (1, 1))
        path = best_path(lattice, said)
        assert path.digits == (4, 2)
        assert path.reasons == reasons


BROKEN = Lattice((candidate(0, 1, is_broken=True),))
APART, SIDE_BY_SIDE = (candidate(0, 1), candidate(2, 3)), (candidate(0, 1), candidate(1, 2))
DOUBTS: dict[str, tuple[Lattice, list[tuple[int, float]], set[str]]] = {
    "the same digit without a speck": (
        Lattice((candidate(0, 1), candidate(0, 2)), (0, 0), (1.0, 0.1)),
        [(7, 0.99), (7, 0.98)],
        set(),
    ),
    "little ink left out": (Lattice(APART, (0, 0, 0), (1.0, 0.1, 1.0)), [(4, 0.99), (2, 0.99)], {"other-ink"}),
    "ink left out": (Lattice(APART, (0, 0, 0), (1.0, 0.6, 1.0)), [(4, 0.99), (2, 0.99)], {"other-ink"}),
    "a doubt before": (Lattice((candidate(0, 1),), reasons=frozenset({"low"})), [(7, 0.99)], {"low"}),
    "a low output of two": (Lattice(SIDE_BY_SIDE, (0, 0), (1, 1)), [(4, 0.85), (2, 0.99)], {"low"}),
    "a 1 in two parts, or an exclamation mark": (BROKEN, [(1, 0.99)], {"other-ink"}),
    "a 0 in two parts, or a circle around something": (BROKEN, [(0, 0.99)], {"other-ink"}),
    "a 5 in two parts": (BROKEN, [(5, 0.99)], set()),
}


@pytest.mark.parametrize(("lattice", "said", "reasons"), DOUBTS.values(), ids=DOUBTS)
def test_a_path_is_unsure_for_its_reasons_only(
    lattice: Lattice, said: list[tuple[int, float]], reasons: set[str]
) -> None:
    path = best_path(lattice, outputs(*said))
    assert path.digits == tuple(dict.fromkeys(digit for digit, _ in said))
    assert path.reasons == reasons


def test_as_many_digits_as_are_asked_for_or_none() -> None:
    lattice = Lattice((candidate(0, 1, 9.0), candidate(1, 2, 9.0), candidate(0, 2)), (0.0, 5.0), (1.0, 1.0))
    said = outputs((4, 0.5), (2, 0.5), (9, 0.99))
    assert [best_path(lattice, said, count).digits for count in (None, 1, 2)] == [(9,), (9,), (4, 2)]
    with pytest.raises(PictureError, match="a number of 3 digits"):
        best_path(lattice, said, 3)


@pytest.mark.parametrize("more", [0, 1, 5])
def test_more_digits_than_a_number_has_are_an_error_and_none_is_dropped(more: int) -> None:
    count = MAX_DIGITS + more
    lattice = Lattice(tuple(candidate(at, at + 1) for at in range(count)), (0.0,) * count, (1.0,) * count)
    with pytest.raises(PictureError, match="more than 20 digits") if more else nullcontext():
        assert len(best_path(lattice, outputs(*[(7, 0.99)] * count)).digits) == count
