"""Print the median seconds of an epoch, of the inputs, of start-up and of reading pictures. Run by `make bench`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from mnistnet.datasets import load_split, load_training
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.network import Network
from mnistnet.pictures.files import write_picture
from mnistnet.settings import Settings
from mnistnet.training import train
from real_mnist import real_mnist

ROUNDS = 7
PICTURES = 2_000


def print_seconds(name: str, action: Callable[[], object]) -> None:
    """Print the median of some rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    print(f"| {name} | {statistics.median(times):.3f} |", flush=True)


def main() -> None:
    """Print the table."""
    source = real_mnist()
    training, settings = load_training([source]), Settings(epochs=ROUNDS)
    print("| what | seconds |\n|---|---|")
    for name, encoding in ENCODINGS.items():
        print_seconds(f"`{name}` of 60,000 images", partial(encoding.features, training.images))
    features = ENCODINGS[settings.inputs].features(training.images)
    inputs = Inputs.fit(ENCODINGS[settings.inputs], features).from_features(features)
    network = Network()
    network.initialize(np.random.default_rng(0))
    epochs = train(network, inputs, training.labels, settings)
    print_seconds("an epoch of 60,000 images", lambda: next(epochs))
    with tempfile.TemporaryDirectory() as folder:
        for index, image in enumerate(load_split(source, "test").images[:PICTURES]):
            write_picture(Path(folder) / f"{index:04}.png", image)
        for arguments in (["--help"], ["predict", "0000.png"], ["predict", "-q", "."]):
            command = [sys.executable, "-m", "mnistnet", *arguments]
            run = partial(subprocess.run, command, cwd=folder, check=True, capture_output=True)
            print_seconds(f"`mnistnet {' '.join(arguments)}`", run)


if __name__ == "__main__":
    main()
