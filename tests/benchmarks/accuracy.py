"""Train on real MNIST with several seeds and print the README's table; fail if the default reads too few.

Run by `make accuracy`. Accuracies are on MNIST's 10,000 test images. Settings were chosen on held-out
training images.
"""

from __future__ import annotations

import sys
import time
from itertools import product
from typing import Any

import numpy as np

from mnistnet.datasets import hold_out, load_split, load_training
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Settings
from mnistnet.training import fit
from real_mnist import real_mnist

SEEDS = range(5)
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


def main() -> None:
    """Print the table."""
    source = real_mnist()
    training, test = load_training([source]), load_split(source, "test", 0)
    print("| settings | test accuracy, mean ± spread | worst | seconds |\n|---|---|---|---|")
    for choices in ROWS:
        start, accuracies = time.perf_counter(), []
        for seed in SEEDS:
            settings = Settings(seed=seed, **choices)
            *_, (_, model) = fit(*hold_out(training, settings.validation), settings)
            accuracies.append(100 * np.mean(model.predict(test.images) == test.labels))
        seconds = (time.perf_counter() - start) / len(SEEDS)
        name = ", ".join(f"{name} {value}" for name, value in choices.items()) or "the default"
        mean, spread = np.mean(accuracies), np.std(accuracies)
        print(f"| {name} | {mean:.2f} ± {spread:.2f} % | {min(accuracies):.2f} % | {seconds:.1f} |", flush=True)
        if not choices and mean < LEAST_MEAN:
            sys.exit(f"the default settings read {mean:.2f} % on average, expected at least {LEAST_MEAN} %")


if __name__ == "__main__":
    main()
