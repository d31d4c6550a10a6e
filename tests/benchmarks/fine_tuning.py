"""Measure what fine-tuning the built-in model on fifty digits of one hand gains on that hand, and loses on MNIST.

Each of six simulated people writes every digit in one style of `strokes`: fifty digits to learn from, and 2,000 others
to measure on. Run by `python tests/benchmarks/fine_tuning.py`, on real MNIST.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mnistnet.datasets import Dataset, load_split
from mnistnet.datasets.skeletons import SKELETONS
from mnistnet.datasets.strokes import draw_digits
from mnistnet.model import Model, load
from mnistnet.training import fit
from real_mnist import real_mnist

PEOPLE = 6
OWN, OTHERS = 50, 2000  # digits


def accuracy(model: Model, dataset: Dataset) -> float:
    """Return the accuracy in per cent."""
    return 100 * float((model.predict(dataset.images) == dataset.labels).mean())


def main() -> None:
    """Print accuracies in per cent, before and after `train --start builtin --epochs 100 --batch-size 10`."""
    start, mnist = load(), load_split(real_mnist(), "test")
    settings = replace(start.settings, epochs=100, batch_size=10, learning_rate=None, augment=0, validation=0)
    rng = np.random.default_rng(0)
    rows = []
    for person in range(PEOPLE):
        styles = [[each for each in SKELETONS if each.digit == digit] for digit in range(10)]
        hand = tuple(each[rng.integers(len(each))] for each in styles)
        own, others = (Dataset(*draw_digits(n, (person, n), hand)) for n in (OWN, OTHERS))
        *_, (_, model) = fit(own, None, settings, start=start)
        rows.append([accuracy(each, data) for data in (others, mnist) for each in (start, model)])
        print("person {}: own hand {:.1f} -> {:.1f}, MNIST {:.2f} -> {:.2f}".format(person + 1, *rows[-1]))
    print("mean: own hand {:.1f} -> {:.1f}, MNIST {:.2f} -> {:.2f}".format(*np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
