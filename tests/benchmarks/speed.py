"""Measure how fast training, start-up and prediction are, and print the tables. Run by `make bench`, on real MNIST.

All measurements of a round follow one another, and ratios are of one round, so a machine that is slow for a while does
not change them. scikit-learn and PyTorch are measured where they are installed (`pip install -e '.[bench]'`).
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from mnistnet.threads import begin_with_one_thread

begin_with_one_thread()  # before NumPy loads

import numpy as np  # noqa: E402

from mnistnet.datasets import Dataset, load_split, load_training  # noqa: E402
from mnistnet.images import ByteArray, FloatArray  # noqa: E402
from mnistnet.inputs import ENCODINGS, Inputs  # noqa: E402
from mnistnet.model import load  # noqa: E402
from mnistnet.network import Network  # noqa: E402
from mnistnet.pictures.files import write_picture  # noqa: E402
from mnistnet.settings import Settings  # noqa: E402
from mnistnet.training import train  # noqa: E402
from real_mnist import real_mnist  # noqa: E402

BATCH_SIZES = (10, 32, 128)
ROUNDS = 7
STARTS = 21
PICTURES = 2_000
PROGRAM = str(Path(sys.executable).with_name("mnistnet"))

Epoch = Callable[[], float]  # trains one epoch, and returns the seconds


def mnistnet_epoch(inputs: FloatArray, labels: ByteArray, settings: Settings) -> Epoch:
    """Return the epochs of this package."""
    network = Network()
    network.initialize(np.random.default_rng(0))
    epochs = train(network, inputs, labels, settings)
    return lambda: next(epochs).seconds


def matrix_products(inputs: FloatArray, _labels: ByteArray, settings: Settings) -> Epoch:
    """Return epochs of the eight matrix products of each batch, and nothing else: the lower bound."""
    size = settings.batch_size
    weights = [np.ones((n_out, n_in), np.float32) for n_in, n_out in pairwise(settings.sizes)]
    layers = [np.ones((size, n), np.float32) for n in settings.sizes]

    def epoch() -> None:
        for _ in range(len(inputs) // size):
            for below, above, w in zip(layers, layers[1:], weights, strict=False):
                np.dot(below, w.T, out=above)
            for number, w in reversed(list(enumerate(weights))):
                np.dot(layers[number + 1].T, layers[number])
                if number > 0:
                    np.dot(layers[number + 1], w)

    return lambda: seconds(epoch)


def scikit_learn(inputs: FloatArray, labels: ByteArray, settings: Settings) -> Epoch:
    """Return the epochs of scikit-learn's MLPClassifier with the same layers; its cost is cross-entropy."""
    from sklearn.neural_network import MLPClassifier  # late: it may not be installed

    classifier = MLPClassifier(
        settings.hidden, activation="logistic", solver="sgd", batch_size=settings.batch_size, learning_rate_init=0.05
    )
    return lambda: seconds(lambda: classifier.partial_fit(inputs, labels, classes=np.arange(10)))


def pytorch(inputs: FloatArray, labels: ByteArray, settings: Settings) -> Epoch:
    """Return the epochs of PyTorch as most people write it: eager, autograd, torch.optim.SGD."""
    import torch  # late: it may not be installed

    torch.set_num_threads(1)
    layers = [layer for sizes in pairwise(settings.sizes) for layer in (torch.nn.Linear(*sizes), torch.nn.Sigmoid())]
    network = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0, momentum=settings.momentum)
    x, y = torch.from_numpy(inputs), torch.eye(10)[torch.from_numpy(labels.astype(np.int64))]

    def epoch() -> None:
        for batch in torch.randperm(len(x)).split(settings.batch_size):
            optimizer.zero_grad()
            ((network(x[batch]) - y[batch]).square().sum() / (2 * len(batch))).backward()
            optimizer.step()

    return lambda: seconds(epoch)


CONTESTANTS = {"mnistnet": mnistnet_epoch, "matrix products alone": matrix_products}
CONTESTANTS |= {"scikit-learn": scikit_learn} if find_spec("sklearn") else {}
CONTESTANTS |= {"PyTorch, eager": pytorch} if find_spec("torch") else {}


def seconds(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ratios(times: Sequence[float], others: Sequence[float]) -> str:
    """Return the median and the quartiles of the ratios of the rounds."""
    low, middle, high = statistics.quantiles([a / b for a, b in zip(times, others, strict=True)])
    return f"**{middle:.2f}×** ({low:.2f} to {high:.2f})"


def print_epochs(training: Dataset) -> None:
    """Print the seconds of an epoch of 60,000 images, and how many times those of this package."""
    encoding = ENCODINGS[Settings.inputs]
    features = encoding.features(training.images)
    inputs = Inputs.fit(encoding, features).from_features(features)
    print("| an epoch of 60,000 images, seconds | " + " | ".join(f"batch {size}" for size in BATCH_SIZES) + " |")
    print("|---" * (1 + len(BATCH_SIZES)) + "|")
    cells: dict[str, list[str]] = {name: [] for name in CONTESTANTS}
    for size in BATCH_SIZES:
        epochs = {
            name: make(inputs, training.labels, Settings(batch_size=size, epochs=ROUNDS + 1))
            for name, make in CONTESTANTS.items()
        }
        rounds = [{name: epoch() for name, epoch in epochs.items()} for _ in range(ROUNDS + 1)][
            1:
        ]  # the first warms up
        for name, row in cells.items():
            times, ours = [each[name] for each in rounds], [each["mnistnet"] for each in rounds]
            row.append(f"{statistics.median(times):.3f}: {ratios(times, ours)}")
    for name, row in cells.items():
        print(f"| {name} | {' | '.join(row)} |")


def print_commands(source: str, folder: Path) -> None:
    """Print how long start-up and reading pictures take."""
    model, images = load(), load_split(source, "test").images
    pictures = folder / "pictures"
    pictures.mkdir()
    for index, image in enumerate(images[:PICTURES]):
        write_picture(pictures / f"{index:05}.png", image)
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*command: str) -> float:
        return seconds(lambda: subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True))

    starts = (
        ((PROGRAM, "--help"), "import click"),
        ((PROGRAM, "predict", str(pictures / "00000.png")), "import click, numpy, PIL.Image"),
    )
    print("\n| command | ms | beside the imports alone |\n|---|---|---|")
    for command, imports in starts:
        pairs = [(run(*command), run(sys.executable, "-c", imports)) for _ in range(STARTS + 1)][1:]
        times, others = zip(*pairs, strict=True)
        shown = " ".join(("mnistnet", *command[1:])).replace(f"{pictures}/00000", "digit")
        print(f"| `{shown}` | {1000 * statistics.median(times):.0f} | {ratios(times, others)} `{imports}` |")
    whole = run(PROGRAM, "predict", "-q", str(pictures))
    print(f"| `mnistnet predict` of {PICTURES:,} 28×28 PNGs | {1000 * whole:,.0f} | {PICTURES / whole:,.0f} a second |")
    print(f"| `model.predict` of 10,000 images | {1000 * seconds(lambda: model.predict(images)):.0f} | |")


def main() -> None:
    """Print the tables."""
    source = real_mnist()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"One core of {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}.\n")
    print_epochs(load_training([source]))
    with tempfile.TemporaryDirectory() as folder:
        print_commands(source, Path(folder))


if __name__ == "__main__":
    main()
