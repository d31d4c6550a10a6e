"""The best way to read a row, by the network's outputs and the costs of its forms.

A reading is a chain of candidates from the first atom to the last. Dynamic programming finds the best: the cheapest way
to read all atoms before a place, for each number of digits, leads to the cheapest ways to the places behind it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from mnistnet.images import FloatArray
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.parting import Row

SEVERAL = 0.8  # the cost of more digits than one: most pictures show one
SKIP = 2.5  # of leaving out ink as large as a digit
RIVAL = 0.2  # of another digit's output being high, too
MIN_OUTPUT = 1e-4  # an output of less says as much
MIN_OF_SEVERAL = 0.9  # output of each digit where there are several: letters and signs beside digits have less
MIN_MARGIN = 0.7  # how much more other digits must cost


@dataclass(frozen=True)
class Reading:
    """One way to read a row.

    Attributes:
        chosen: the indices of its candidates.
        digits: what each of them is.
        cost: how much speaks against it.
        is_contested: whether any of the ink is left out of it, or other digits cost hardly more.
    """

    chosen: tuple[int, ...] = ()
    digits: tuple[int, ...] = ()
    cost: float = 0.0
    is_contested: bool = False


# For each number of digits the cheapest readings, by their digits
_Readings: TypeAlias = defaultdict[int, dict[tuple[int, ...], Reading]]


def best_reading(row: Row, outputs: FloatArray, count: int | None = None) -> Reading | None:
    """Return the best way to read a row, or None where there is none.

    Args:
        row: all that may be its digits.
        outputs: float (n, 10), what the network says of each candidate.
        count: how many digits there are; None finds out.
    """
    digits, costs = outputs.argmax(axis=1).tolist(), [_cost(each) for each in outputs]
    places: list[_Readings] = [defaultdict(dict) for _ in range(len(row.splits) + 1)]
    _offer(places[0], Reading())
    beginning: list[list[int]] = [[] for _ in row.splits]
    for index, candidate in enumerate(row.candidates):
        beginning[candidate.start].append(index)
    for place, extent in enumerate(row.extents):
        for reading in [each for alike in places[place].values() for each in alike.values()]:
            cost = reading.cost + row.splits[place] + SKIP * extent**2
            _offer(places[place + 1], replace(reading, cost=cost, is_contested=True))
            if len(reading.digits) == (count or MAX_DIGITS):
                continue
            cost = reading.cost + row.splits[place] + SEVERAL * (len(reading.digits) == 1)
            for index in beginning[place]:
                candidate = row.candidates[index]
                chosen, read = (*reading.chosen, index), (*reading.digits, digits[index])
                total = cost + candidate.cost + costs[index]
                _offer(places[candidate.stop], Reading(chosen, read, total, reading.is_contested))
    found = [each for alike in places[-1].values() for each in alike.values() if each.digits]
    found = sorted((each for each in found if count in (None, len(each.digits))), key=lambda reading: reading.cost)
    if not found:
        return None
    is_close = len(found) > 1 and found[1].cost - found[0].cost < MIN_MARGIN
    is_doubtful = len(found[0].chosen) > 1 and outputs[list(found[0].chosen)].max(axis=1).min() < MIN_OF_SEVERAL
    contested = found[0].is_contested or is_close or bool(is_doubtful) or not row.is_alone
    return replace(found[0], is_contested=contested)


def _cost(outputs: FloatArray) -> float:
    """How much the network's outputs for a candidate speak against its being a digit."""
    second, best = np.partition(outputs, -2)[-2:].tolist()
    return -math.log(max(best, MIN_OUTPUT)) - RIVAL * math.log(max(1 - second, MIN_OUTPUT))


def _offer(readings: _Readings, reading: Reading) -> None:
    """Keep a reading if it is the cheapest of its digits, and among the two cheapest of as many."""
    alike = readings[len(reading.digits)]
    if reading.digits not in alike or reading.cost < alike[reading.digits].cost:
        alike[reading.digits] = reading
        if len(alike) > 2:
            del alike[max(alike, key=lambda digits: alike[digits].cost)]
