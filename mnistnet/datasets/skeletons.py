"""The styles in which people write digits: a table of skeletons, the points along a pen's path.

The styles are those of pupils and adults in many countries, drawn by eye. `strokes` varies points, proportions, slant
and stroke width, so that each line of `skeletons.txt` stands for a family of shapes.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SHEET = 100  # height of a skeleton, in units of its coordinates


class Skeleton(NamedTuple):
    """One way to write a digit.

    weight: relative frequency among the digit's skeletons.
    strokes: points "x,y" of the pen's path, on a sheet 100 wide and 100 high, y downwards. The path is smooth, except
        at points marked "!", which are corners. "/" separates strokes.
    """

    digit: int
    style: str
    weight: float
    strokes: str


def _read(path: Path) -> tuple[Skeleton, ...]:
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    rows = (line.split(" | ") for line in lines)
    return tuple(Skeleton(int(digit), style, float(weight), strokes) for digit, style, weight, strokes in rows)


SKELETONS = _read(Path(__file__).with_name("skeletons.txt"))
