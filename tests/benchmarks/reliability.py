"""Tell how often answers are right, by the network's output for them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from mnistnet.prediction import Answer

EDGES = (0, 0.5, 0.7, 0.85, 0.95, 0.99, 1)  # of the outputs that are told together


def reliability(answers: Iterable[tuple[Answer, bool]]) -> str:
    """Return the table of answers, each with whether it is right."""
    told = list(answers)
    outputs = np.array([answer.probability for answer, _ in told])
    right = np.array([is_right for _, is_right in told], np.bool_)
    lines = ["| highest output | pictures | right |", "|---|---|---|"]
    for low, high in pairwise(EDGES):
        among = (outputs >= low) & ((outputs < high) | (high == EDGES[-1]))
        share = f"{100 * right[among].mean():.1f} %" if among.any() else "–"
        lines.append(f"| {low:g} to {high:g} | {among.sum()} | {share} |")
    return "\n".join(lines)
