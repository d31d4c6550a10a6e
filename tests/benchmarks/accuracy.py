"""Measure accuracies on MNIST's 10,000 test images, of several seeds; fail if the default settings read too few.

Run by `make accuracy`. Settings were chosen on held-out training images. The second table tells what fine-tuning the
built-in model on fifty digits of one hand gains on that hand, and loses on MNIST: each of six simulated people writes
every digit in one style of `strokes`, fifty to learn from and 2,000 to measure on.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from mnistnet.datasets import Dataset, hold_out, load_split, load_training
from mnistnet.datasets.skeletons import SKELETONS
from mnistnet.datasets.strokes import draw_digits
from mnistnet.model import Model, load
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Settings
from mnistnet.training import fit
from real_mnist import real_mnist

SEEDS = range(5)
PEOPLE, OWN, OTHERS = 6, 50, 2000  # who fine-tune, and digits of each
LEAST_MEAN = 99.3  # per cent, of the default settings
TEXTBOOK: dict[str, Any] = {"momentum": 0.0, "schedule": "constant", "weight_decay": 0.0, "batch_size": 10}
ROWS: list[dict[str, Any]] = [
    {},
    {"inputs": "moments"},
    {"inputs": "pixels"},
    {"inputs": "pixels", "learning_rate": 3.0, **TEXTBOOK},
    {"validation": 0},
    {"augment": 2, "epochs": 60},
    {"augment": 4, "epochs": 100, "validation": 0},
    *({"activation": activation, "cost": cost} for activation, cost in product(ACTIVATIONS, COSTS)),
]


def accuracy(model: Model, dataset: Dataset) -> float:
    """Return the accuracy in per cent."""
    return 100 * float((model.predict(dataset.images) == dataset.labels).mean())


def train(training: Dataset, test: Dataset) -> None:
    """Print the table of settings."""
    print("| settings | test accuracy, mean ± spread | worst | seconds |\n|---|---|---|---|")
    for choices in ROWS:
        start, accuracies = time.perf_counter(), []
        for seed in SEEDS:
            settings = Settings(seed=seed, **choices)
            *_, (_, model) = fit(*hold_out(training, settings.validation), settings)
            accuracies.append(accuracy(model, test))
        seconds = (time.perf_counter() - start) / len(SEEDS)
        name = ", ".join(f"{name} {value}" for name, value in choices.items()) or "the default"
        mean, spread = np.mean(accuracies), np.std(accuracies)
        print(f"| {name} | {mean:.2f} ± {spread:.2f} % | {min(accuracies):.2f} % | {seconds:.1f} |", flush=True)
        if not choices and mean < LEAST_MEAN:
            sys.exit(f"the default settings read {mean:.2f} % on average, expected at least {LEAST_MEAN} %")


def fine_tune(test: Dataset) -> None:
    """Print accuracies before and after `train --start builtin --epochs 100 --batch-size 10`."""
    start, rng, rows = load(), np.random.default_rng(0), []
    settings = replace(start.settings, epochs=100, batch_size=10, learning_rate=None, augment=0, validation=0)
    styles = [[each for each in SKELETONS if each.digit == digit] for digit in range(10)]
    print("\n| fine-tuned | own hand | after | MNIST | after |\n|---|---|---|---|---|")
    row = "| {} | {:.1f} % | {:.1f} % | {:.2f} % | {:.2f} % |"
    for person in range(PEOPLE):
        hand = tuple(each[rng.integers(len(each))] for each in styles)
        own, others = (Dataset(*draw_digits(n, (person, n), hand)) for n in (OWN, OTHERS))
        *_, (_, model) = fit(own, None, settings, start=start)
        rows.append([accuracy(each, data) for data in (others, test) for each in (start, model)])
        print(row.format(f"person {person + 1}", *rows[-1]), flush=True)
    print(row.format("mean", *np.mean(rows, axis=0)))


def main() -> None:
    """Print both tables."""
    source = real_mnist()
    test = load_split(source, "test", 0)
    train(load_training([source]), test)
    fine_tune(test)


if __name__ == "__main__":
    main()
