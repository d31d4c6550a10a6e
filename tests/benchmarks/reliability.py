"""Tell how often answers are right, by the network's output for them.

Run by itself on folders of pictures, with one sub-folder for each digit: reliability.py FOLDER...; kinds.py does it for
its simulated pictures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

from mnistnet.images import DIGITS
from mnistnet.model import PRETRAINED, Model, load
from mnistnet.prediction import Answer, read_numbers

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


def answers_in(folder: Path, model: Model) -> list[tuple[Answer, bool]]:
    """Read the pictures of single digits in a folder, each with whether it is right; what can't be read is left out."""
    paths = [str(path) for digit in range(DIGITS) for path in sorted((folder / str(digit)).glob("*"))]
    answers = read_numbers(model, paths, sys.stdin.buffer, digits=1)
    return [(each, each.number == Path(each.path).parent.name) for each in answers if each.error is None]


def main() -> None:
    """Print a table for each folder."""
    if len(sys.argv) < 2:
        sys.exit("usage: reliability.py FOLDER...")
    model = load(os.environ.get("MNISTNET_MODEL") or PRETRAINED)
    for folder in map(Path, sys.argv[1:]):
        print(f"{folder.name}\n\n{reliability(answers_in(folder, model))}\n")


if __name__ == "__main__":
    main()
