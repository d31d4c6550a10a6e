"""Train on real MNIST with several seeds and print what the README's tables say; fail when the default reads too few.

Run by `make accuracy`. Accuracies are on MNIST's 10,000 test images, which chose nothing: settings come from
held-out training images. Needs MNIST where MNISTNET_DATA points, or in the cache.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mnistnet.datasets import Dataset, hold_out, load_split, load_training
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Settings
from mnistnet.training import fit
from real_mnist import real_mnist

SEEDS = range(5)
LEAST_MEAN = 99.3  # per cent

TEXTBOOK: Mapping[str, Any] = {
    "inputs": "pixels",
    "momentum": 0.0,
    "schedule": "constant",
    "weight_decay": 0.0,
    "learning_rate": 3.0,
    "batch_size": 10,
}
ROWS: list[tuple[str, Mapping[str, Any]]] = [
    ("`mnistnet train`", {}),
    ("… `--inputs moments`", {"inputs": "moments"}),
    ("… `--inputs pixels`", {"inputs": "pixels"}),
    ("the textbook network", TEXTBOOK),
    ("`mnistnet train --validation 0` (all 60,000)", {"validation": 0}),
    ("`mnistnet train --augment 2 --epochs 60`", {"augment": 2, "epochs": 60}),
    ("`mnistnet train --augment 4 --epochs 100 --validation 0`", {"augment": 4, "epochs": 100, "validation": 0}),
]


def main() -> None:
    """Print the tables."""
    source = real_mnist()
    training, test = load_training([source]), load_split(source, "test", 0)

    print("| settings | test accuracy, mean ± spread | worst | seconds |")
    print("|---|---|---|---|")
    default, *_ = [print_row(name, Settings(**choices), training, test) for name, choices in ROWS]

    print("\n| hidden activation | " + " | ".join(COSTS) + " |")
    print("|---" * (1 + len(COSTS)) + "|")
    for activation in ACTIVATIONS:
        cells = []
        for cost in COSTS:
            accuracies, _ = measure(Settings(activation=activation, cost=cost), training, test)
            cells.append(f"{accuracies.mean():.2f} ± {accuracies.std():.2f}")
        print(f"| {activation} | {' | '.join(cells)} |", flush=True)

    if default < LEAST_MEAN:
        sys.exit(f"the default settings read {default:.2f} % on average, expected at least {LEAST_MEAN} %")


def print_row(name: str, settings: Settings, training: Dataset, test: Dataset) -> float:
    """Measure one row, print it, and return its mean accuracy in per cent."""
    accuracies, seconds = measure(settings, training, test)
    spread = f"{accuracies.mean():.2f} ± {accuracies.std():.2f} %"
    print(f"| {name} | {spread} | {accuracies.min():.2f} % | {seconds:.1f} |", flush=True)
    return float(accuracies.mean())


def measure(settings: Settings, training: Dataset, test: Dataset) -> tuple[np.ndarray[Any, Any], float]:
    """The test accuracies in per cent, one for each seed, and the seconds that one training took on average."""
    accuracies = []
    start = time.perf_counter()
    for seed in SEEDS:
        *_, (_, model) = fit(*hold_out(training, settings.validation), replace(settings, seed=seed))
        accuracies.append(100 * np.mean(model.predict(test.images) == test.labels))
    return np.array(accuracies), (time.perf_counter() - start) / len(SEEDS)


if __name__ == "__main__":
    main()
