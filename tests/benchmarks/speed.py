"""Measure an epoch of training beside other networks, start-up and reading pictures. Run by `make bench`.

All measurements of a round follow one another, and ratios are of one round, so a machine that is slow for a while does
not change them. scikit-learn is measured where it is installed (`pip install -e '.[bench]'`).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from mnistnet.threads import begin_with_one_thread

begin_with_one_thread()  # before NumPy loads

import numpy as np  # noqa: E402

from mnistnet.datasets import load_split, load_training  # noqa: E402
from mnistnet.inputs import ENCODINGS, Inputs  # noqa: E402
from mnistnet.network import Network  # noqa: E402
from mnistnet.pictures.files import write_picture  # noqa: E402
from mnistnet.settings import Settings  # noqa: E402
from mnistnet.training import train  # noqa: E402
from real_mnist import real_mnist  # noqa: E402

ROUNDS = 7
PICTURES = 2_000
PROGRAM = str(Path(sys.executable).with_name("mnistnet"))


def seconds(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def print_epochs(source: str) -> None:
    """Print the seconds of an epoch of 60,000 images, and how many times those of this package the others take."""
    training, settings = load_training([source]), Settings(epochs=ROUNDS)
    encoding = ENCODINGS[settings.inputs]
    features = encoding.features(training.images)
    inputs = Inputs.fit(encoding, features).from_features(features)
    network = Network()
    network.initialize(np.random.default_rng(0))
    epochs = train(network, inputs, training.labels, settings)
    weights = [np.ones((n_out, n_in), np.float32) for n_in, n_out in pairwise(settings.sizes)]
    layers = [np.ones((settings.batch_size, n), np.float32) for n in settings.sizes]

    def matrix_products() -> None:
        for _ in range(len(inputs) // settings.batch_size):
            for below, above, w in zip(layers, layers[1:], weights, strict=False):
                np.dot(below, w.T, out=above)
            for number, w in reversed(list(enumerate(weights))):
                np.dot(layers[number + 1].T, layers[number])
                if number > 0:
                    np.dot(layers[number + 1], w)

    contestants: dict[str, Callable[[], object]] = {
        "mnistnet": lambda: next(epochs),
        "the eight matrix products of each batch alone": matrix_products,
    }
    if find_spec("sklearn"):
        from sklearn.neural_network import MLPClassifier  # late: it may not be installed

        classifier = MLPClassifier(
            settings.hidden, activation="logistic", solver="sgd", batch_size=32, learning_rate_init=0.05
        )
        contestants["scikit-learn"] = lambda: classifier.partial_fit(inputs, training.labels, classes=np.arange(10))
    rounds = [{name: seconds(epoch) for name, epoch in contestants.items()} for _ in range(ROUNDS)]
    print("| an epoch of 60,000 images, batches of 32 | seconds | ratio |\n|---|---|---|")
    for name in contestants:
        times = [each[name] for each in rounds]
        ratio = statistics.median(each[name] / each["mnistnet"] for each in rounds)
        print(f"| {name} | {statistics.median(times):.3f} | {ratio:.2f} |")


def print_commands(source: str, folder: Path) -> None:
    """Print how long start-up and reading pictures take."""
    for index, image in enumerate(load_split(source, "test").images[:PICTURES]):
        write_picture(folder / f"{index:05}.png", image)
    print("\n| command | ms |\n|---|---|")
    for name, arguments in (
        ("--help", ["--help"]),
        ("predict digit.png", ["predict", str(folder / "00000.png")]),
        (f"predict, {PICTURES:,} pictures", ["predict", "-q", str(folder)]),
    ):
        command = [PROGRAM, *arguments]
        times = [seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(ROUNDS)]  # noqa: B023
        print(f"| {name} | {1000 * statistics.median(times):,.0f} |")


def main() -> None:
    """Print the tables."""
    source = real_mnist()
    print_epochs(source)
    with tempfile.TemporaryDirectory() as folder:
        print_commands(source, Path(folder))


if __name__ == "__main__":
    main()
