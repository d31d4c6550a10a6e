"""Read simulated pictures of every kind that people have, and print how many of each kind are read,
and how reliable the answers are.

Run by `make kinds`; KINDS="ruled" reads only the kinds that have this word in their names, SHEETS=FOLDER keeps the
pictures there, a contact sheet for each kind. Handwriting comes from MNIST's training images: those that a model is
measured on choose nothing. Needs MNIST where MNISTNET_DATA points, or in the cache.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from handwriting import HANDWRITING, Handwritten
from mnistnet.datasets import load_training
from mnistnet.errors import PictureError
from mnistnet.images import DIGITS, NO_DIGIT, ByteArray
from mnistnet.model import PRETRAINED, Model, load
from mnistnet.prediction import Answer, read_number
from prints import NEED_FONTS, NO_DIGITS, PRINTED, Printed, Shown, fonts
from real_mnist import real_mnist
from reliability import reliability
from scenes import on_screen

COUNT = 150  # pictures of a kind
SEED = 15
TILE = 100  # pixels of a side in a contact sheet
TILES = 15  # in a row of it


class Labelled(NamedTuple):
    """A picture and the digit in it, or NO_DIGIT, which is to be refused, or unsure."""

    picture: Image.Image
    label: int


class Row(NamedTuple):
    """How many pictures of one kind were read, and how."""

    right: int  # surely or not; of what is no digit: refused or unsure
    sure_and_wrong: int
    unsure: int
    refused: int


Kind = Callable[[int], Labelled]  # its pictures are numbered


def kinds(images: ByteArray, labels: ByteArray) -> dict[str, Kind]:
    """Return what makes the pictures of each kind, from MNIST's images, uint8 (n, 28, 28), and from fonts."""
    where = [np.flatnonzero(labels == digit) for digit in range(DIGITS)]

    def handwritten(write: Handwritten, number: int) -> Labelled:
        digit = number % DIGITS
        return Labelled(write(images[where[digit][number // DIGITS]], _chance(number)), digit)

    made: dict[str, Kind] = {name: partial(handwritten, write) for name, write in HANDWRITING.items()}
    made |= {name: partial(_printed, show) for name, show in PRINTED.items() if fonts() or show not in NEED_FONTS}
    made |= {name: partial(_nothing, show) for name, show in NO_DIGITS.items() if fonts() or show not in NEED_FONTS}
    return made


def _printed(show: Printed, number: int) -> Labelled:
    return Labelled(show(number % DIGITS, _chance(number)), number % DIGITS)


def _nothing(show: Shown, number: int) -> Labelled:
    return Labelled(show(_chance(number)), NO_DIGIT)


def scikit_learns() -> dict[str, Kind]:
    """Return the kinds of pictures that scikit-learn's own digits of 8×8 pixels are, where it is installed."""
    try:
        from sklearn.datasets import load_digits  # late: it need not be there
    except ModuleNotFoundError:
        return {}
    digits = load_digits()
    small = [Image.fromarray((image * 255 / 16).astype(np.uint8)) for image in digits.images[:COUNT]]
    return {
        "scikit-learn's 8×8": lambda i: Labelled(small[i], int(digits.target[i])),
        "scikit-learn's 8×8, enlarged": lambda i: Labelled(
            on_screen(small[i].resize((64, 64), Image.Resampling.NEAREST), _chance(i)), int(digits.target[i])
        ),
    }


def _chance(index: int) -> np.random.Generator:
    return np.random.default_rng((SEED, index))


def measure(answers: list[Answer | None], labels: list[int]) -> tuple[Row, list[bool]]:
    """Return how many pictures were read how, and which of them are no success; None: refused."""
    right, wrong_and_sure = [], []
    for answer, label in zip(answers, labels, strict=True):
        is_sure = answer is not None and not answer.unsure
        is_right = not is_sure if label == NO_DIGIT else answer is not None and answer.number == str(label)
        right.append(is_right)
        wrong_and_sure.append(is_sure and not is_right)
    unsure = sum(answer is not None and answer.unsure for answer in answers)
    return Row(sum(right), sum(wrong_and_sure), unsure, answers.count(None)), [not is_right for is_right in right]


def _answer(model: Model, picture: Image.Image) -> Answer | None:
    file = io.BytesIO()
    picture.save(file, "PNG")
    file.seek(0)
    try:
        return read_number(model, file, digits=1)
    except PictureError:
        return None


def contact_sheet(pictures: list[Labelled], failed: list[bool]) -> Image.Image:
    """Return all pictures side by side, with a red border around those that were not read."""
    sheet = Image.new("RGB", (TILES * TILE, -(-len(pictures) // TILES) * TILE), "grey")
    for number, ((picture, _), is_bad) in enumerate(zip(pictures, failed, strict=True)):
        tile = ImageOps.contain(picture.convert("RGB"), (TILE - 8, TILE - 8))
        framed = ImageOps.expand(tile, 3, "red" if is_bad else "grey")
        sheet.paste(framed, (number % TILES * TILE, number // TILES * TILE))
    return sheet


def chosen(every: dict[str, Kind], word: str) -> Iterator[tuple[str, list[Labelled]]]:
    """Yield the kinds that have the word in their names, each with its pictures."""
    for name, make in every.items():
        if word in name:
            yield name, [make(number) for number in range(COUNT)]


def main() -> None:
    """Print the tables."""
    training = load_training([real_mnist()])
    model = load(os.environ.get("MNISTNET_MODEL") or PRETRAINED)
    if not fonts():
        print("printed digits, letters and text are left out: none of the fonts DejaVu and Liberation is installed\n")
    if not (own := scikit_learns()):
        print("scikit-learn's digits are left out: it is not installed\n")
    print(f"| kind, {COUNT} pictures each | right | sure and wrong | unsure | refused |\n|---|---|---|---|---|")
    sheets = os.environ.get("SHEETS")
    told: list[tuple[Answer, bool]] = []
    for name, pictures in chosen(kinds(training.images, training.labels) | own, os.environ.get("KINDS", "")):
        answers = [_answer(model, picture) for picture, _ in pictures]
        row, failed = measure(answers, [label for _, label in pictures])
        told += [
            (answer, not is_bad)
            for answer, is_bad, (_, label) in zip(answers, failed, pictures, strict=True)
            if answer is not None and label != NO_DIGIT
        ]
        print(f"| {name} | " + " | ".join(f"{100 * count / COUNT:.1f} %" for count in row) + " |", flush=True)
        if sheets:
            Path(sheets).mkdir(parents=True, exist_ok=True)
            contact_sheet(pictures, failed).save(Path(sheets) / f"{name.replace(' ', '-')}.png")
    print(f"\nThe same digits, by what the network says of them\n\n{reliability(told)}\n")


if __name__ == "__main__":
    main()
