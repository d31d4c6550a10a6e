"""Decoding: the best path through the segmentation lattice, by the network's outputs and the costs of its shapes.

The lattice's nodes lie between the segments. A candidate leads from one node to another, as does leaving out a segment;
a path leads from the first node to the last. Dynamic programming (Viterbi 1967) extends the cheapest paths to each
node, for each number of digits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from mnistnet.errors import PictureError
from mnistnet.images import FloatArray
from mnistnet.pictures import MAX_DIGITS
from mnistnet.pictures.segmentation import Lattice

# Costs are negative natural logarithms of probabilities.
SEVERAL = 0.8  # cost of more than one digit: most pictures show one
SKIP = 2.5  # cost of leaving out ink as large as a digit
MIN_OF_SEVERAL = 0.9  # minimum output of each of several digits; letters and signs beside digits have less
MIN_MARGIN = 0.7  # minimum difference of cost between the best path and the next, which has other digits


@dataclass(frozen=True)
class Path:
    """One path through the lattice.

    `reasons` says why it is unsure: `segmentation` if other digits cost hardly more, `other-ink` if ink is left out,
    `low` if one of several digits has a low output.
    """

    chosen: tuple[int, ...] = ()  # the indices of its candidates
    digits: tuple[int, ...] = ()  # the digit that each of them is read as
    cost: float = 0.0
    reasons: frozenset[str] = frozenset()


# For each number of digits the cheapest paths, by their digits
_Paths: TypeAlias = defaultdict[int, dict[tuple[int, ...], Path]]


def best_path(lattice: Lattice, outputs: FloatArray, count: int | None = None) -> Path:
    """Return the best path through a lattice.

    Args:
        lattice: all that may be the digits.
        outputs: float (n, 10), the network's outputs for each candidate.
        count: the number of digits; None detects it.

    Raises:
        PictureError: none has `count` digits, or the best has more than MAX_DIGITS.
    """
    digits, highest = outputs.argmax(axis=1).tolist(), outputs.max(axis=1)
    costs = (-np.log(highest.clip(np.finfo(np.float32).tiny))).tolist()  # 0 has no logarithm
    most = count or MAX_DIGITS + 1
    nodes: list[_Paths] = [defaultdict(dict) for _ in range(len(lattice.cuts) + 1)]
    _offer(nodes[0], Path(reasons=frozenset(lattice.reasons)))
    beginning: list[list[int]] = [[] for _ in lattice.cuts]
    for index, candidate in enumerate(lattice.candidates):
        beginning[candidate.start].append(index)
    for node, size in enumerate(lattice.sizes):
        for path in [path for by_digits in nodes[node].values() for path in by_digits.values()]:
            cost = path.cost + lattice.cuts[node] + SKIP * size**2
            _offer(nodes[node + 1], replace(path, cost=cost, reasons=path.reasons | {"other-ink"}))
            if len(path.digits) == most:
                continue
            cost = path.cost + lattice.cuts[node] + SEVERAL * (len(path.digits) == 1)  # once, at the second digit
            for index in beginning[node]:
                candidate = lattice.candidates[index]
                total = cost + candidate.cost + costs[index]
                longer = Path((*path.chosen, index), (*path.digits, digits[index]), total, path.reasons)
                _offer(nodes[candidate.stop], longer)
    paths = [path for by_digits in nodes[-1].values() for path in by_digits.values()]
    paths = [path for path in paths if path.digits and count in (None, len(path.digits))]
    if not paths:
        raise PictureError(f"can't be read as a number of {count} digits; crop to one number")
    best, *others = sorted(paths, key=lambda path: path.cost)
    if len(best.digits) > MAX_DIGITS:
        raise PictureError(f"more than {MAX_DIGITS} digits in a row; crop to one number")
    reasons, chosen = set(best.reasons), [lattice.candidates[index] for index in best.chosen]
    if others and others[0].cost - best.cost < MIN_MARGIN:
        reasons.add("segmentation")
    if any(each.is_broken and digit in (0, 1) for each, digit in zip(chosen, best.digits, strict=True)):
        reasons.add("other-ink")  # such a 1 may be an exclamation mark, and such a 0 a circle around something
    if len(chosen) > 1 and outputs[list(best.chosen)].max(axis=1).min() < MIN_OF_SEVERAL:
        reasons.add("low")
    return replace(best, reasons=frozenset(reasons))


def _offer(paths: _Paths, path: Path) -> None:
    """Keep a path if it is the cheapest with its digits, and one of the two cheapest with as many digits."""
    by_digits = paths[len(path.digits)]
    if path.digits not in by_digits or path.cost < by_digits[path.digits].cost:
        by_digits[path.digits] = path
        if len(by_digits) > 2:
            del by_digits[max(by_digits, key=lambda digits: by_digits[digits].cost)]
