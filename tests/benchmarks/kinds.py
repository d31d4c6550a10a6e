"""Read simulated pictures of every kind that people have; print how many of each are read, and how reliable that is.

Run by `make kinds`; KINDS="ruled" reads only the kinds that have this word in their names, SHEETS=FOLDER keeps the
pictures there, a contact sheet for each kind. Handwriting comes from MNIST's training images: those that a model is
measured on choose nothing. Needs MNIST where MNISTNET_DATA points, or in the cache.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from handwriting import HANDWRITING, Handwritten
from mnistnet.datasets import Dataset, load_training
from mnistnet.errors import PictureError
from mnistnet.images import DIGITS
from mnistnet.model import PRETRAINED, Model, load
from mnistnet.prediction import Answer, read
from prints import NEED_FONTS, NO_DIGITS, PRINTED, Printed, Shown, fonts, printed_number
from real_mnist import real_mnist
from reported import REPORTED
from scenes import contact_sheet, on_screen

COUNT = 200  # pictures of a kind
SEED = 15
REPORTED_SEED = 21
TILE = 100  # pixels of a side in a contact sheet
TILES = 15  # in a row of it
EDGES = (0, 0.5, 0.7, 0.85, 0.95, 0.99, 1)  # of the outputs that are told together

Labelled = tuple[Image.Image, str]  # a picture and its number; empty where none is in it: refused or unsure is right


class Kind(NamedTuple):
    """What draws the pictures of a kind by their indexes, and how many digits the reader is told that they show."""

    draw: Callable[[int], Labelled]
    asked: int | None = 1


class Outcome(NamedTuple):
    """A picture, what was read in it, and whether that is right; None: it was refused."""

    picture: Image.Image
    number: str
    answer: Answer | None

    @property
    def is_sure(self) -> bool:
        """Whether the answer has no doubt."""
        return self.answer is not None and not self.answer.unsure

    @property
    def is_right(self) -> bool:
        """Whether the number is right, surely or not; where there is none: whether that was seen, or doubted."""
        return self.answer is not None and self.answer.number == self.number if self.number else not self.is_sure


def kinds(training: Dataset) -> dict[str, Kind]:
    """Return every kind, drawn from MNIST's images and from fonts."""
    where = [np.flatnonzero(training.labels == digit) for digit in range(DIGITS)]

    def handwritten(write: Handwritten, index: int) -> Labelled:
        digit = index % DIGITS
        return write(training.images[where[digit][index // DIGITS]], _chance(index)), str(digit)

    def printed(show: Printed, index: int) -> Labelled:
        return show(index % DIGITS, _chance(index)), str(index % DIGITS)

    def nothing(show: Shown, index: int) -> Labelled:
        return show(_chance(index)), ""

    made = {name: Kind(partial(handwritten, write)) for name, write in HANDWRITING.items()} | scikit_learns()
    made |= {name: Kind(partial(printed, show)) for name, show in PRINTED.items()}
    made |= {name: Kind(partial(nothing, show)) for name, show in NO_DIGITS.items()}
    for name, reported in REPORTED.items():
        made[name] = Kind(partial(reported.picture, training.images, training.labels, REPORTED_SEED), None)
    made["numbers, printed"] = Kind(lambda index: printed_number(_chance(index)), None)
    if not fonts():
        print("printed digits, letters and text are left out: none of the fonts DejaVu and Liberation is installed\n")
        made = {name: kind for name, kind in made.items() if name not in NEED_FONTS}
    return made


def scikit_learns() -> dict[str, Kind]:
    """Return the kinds of pictures that scikit-learn's own digits of 8×8 pixels are, where it is installed."""
    try:
        from sklearn.datasets import load_digits  # late: it need not be there
    except ModuleNotFoundError:
        print("scikit-learn's digits are left out: it is not installed\n")
        return {}
    digits = load_digits()
    small = [Image.fromarray((image * 255 / 16).astype(np.uint8)) for image in digits.images[:COUNT]]
    large = [picture.resize((64, 64), Image.Resampling.NEAREST) for picture in small]
    return {
        "scikit-learn's 8×8": Kind(lambda index: (small[index], str(digits.target[index]))),
        "scikit-learn's 8×8, enlarged": Kind(
            lambda index: (on_screen(large[index], _chance(index)), str(digits.target[index]))
        ),
    }


def _chance(index: int) -> np.random.Generator:
    return np.random.default_rng((SEED, index))


def outcome(model: Model, kind: Kind, index: int) -> Outcome:
    """Read one picture of a kind."""
    picture, number = kind.draw(index)
    try:
        return Outcome(picture, number, read(picture, model, digits=kind.asked))
    except PictureError:
        return Outcome(picture, number, None)


def counts(outcomes: list[Outcome]) -> list[int]:
    """Return how many are right, confidently wrong, unsure and refused."""
    wrong = sum(each.is_sure and not each.is_right for each in outcomes)
    unsure = sum(each.answer is not None and each.answer.unsure for each in outcomes)
    return [sum(each.is_right for each in outcomes), wrong, unsure, sum(each.answer is None for each in outcomes)]


def reliability(told: list[tuple[float, bool]]) -> str:
    """Return the table of how often answers are right, by the network's output for their least probable digit."""
    lines = ["| output | pictures | right |", "|---|---|---|"]
    for low, high in pairwise(EDGES):
        among = [right for output, right in told if low <= output < high or output == high == EDGES[-1]]
        share = f"{100 * sum(among) / len(among):.1f} %" if among else "–"
        lines.append(f"| {low:g} to {high:g} | {len(among)} | {share} |")
    return "\n".join(lines)


def _tile(outcome: Outcome) -> Image.Image:
    """Return a picture with a red border if it was not read."""
    picture = ImageOps.contain(outcome.picture.convert("RGB"), (TILE - 10, TILE - 10))
    return ImageOps.expand(picture, 3, "grey" if outcome.is_right else "red")


def main() -> None:
    """Print the tables."""
    word, sheets = os.environ.get("KINDS", ""), os.environ.get("SHEETS")
    made = kinds(load_training([real_mnist()]))
    model = load(os.environ.get("MNISTNET_MODEL") or PRETRAINED)
    print(f"| kind, {COUNT} pictures each | right | confidently wrong | unsure | refused |\n|---|---|---|---|---|")
    told: list[tuple[float, bool]] = []
    for name, kind in made.items():
        if word not in name:
            continue
        outcomes = [outcome(model, kind, index) for index in range(COUNT)]
        print(f"| {name} | " + " | ".join(f"{100 * n / COUNT:.1f} %" for n in counts(outcomes)) + " |", flush=True)
        told += [(each.answer.probability, each.is_right) for each in outcomes if each.answer and each.number]
        if sheets:
            tiles = [_tile(each) for each in outcomes]
            rows = [tiles[start : start + TILES] for start in range(0, COUNT, TILES)]
            Path(sheets).mkdir(parents=True, exist_ok=True)
            contact_sheet(rows, TILE).save(Path(sheets) / f"{name.replace(' ', '-')}.png")
    print(f"\nAll answers to pictures with a number, by the network's output\n\n{reliability(told)}")


if __name__ == "__main__":
    main()
