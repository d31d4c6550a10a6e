"""Measure how fast everything is, beside others' networks, and print the README's tables.

Run by `make bench`, on real MNIST. Contestants and commands take turns, so that a machine that is slower for a while
is so for all: ratios are of measurements in the same round, and their spread tells how much they are worth.
Others are measured where they are installed, which `.venv/bin/pip install -e '.[bench]'` does. (PyTorch has an index of
packages of its own, with one that spares the gigabytes for graphics cards.)
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from arena import Learned, Seat, pin_to_one_core, save, seats
from commands import PROGRAM, PYTHON, Commands, write_pictures
from contestants import PER_IMAGE, Data
from mnistnet.datasets import load_split, load_training
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.settings import Settings
from real_mnist import real_mnist

BATCH_SIZES = (10, 32, 128)
ROUNDS = 7
STARTS = 21
TARGET = 0.97
SEEDS = range(5)
OURS, LEAST = "mnistnet", "matrix products alone"


def main() -> None:
    """Print the tables."""
    pinned = pin_to_one_core()
    source = real_mnist()
    versions = [f"{name} {_version(name)}" for name in ("numpy", "jax", "torch", "scikit-learn")]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}, {_processor()}, {pinned}.", end=" ")
    print(f"Python {platform.python_version()}, {', '.join(versions)}.\n", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save(_prepared(source), folder)
        with seats(folder) as taken:
            for name, seat in taken.items():
                if seat.missing:
                    print(f"{name} is not measured: {seat.missing}\n")
            present = {name: seat for name, seat in taken.items() if not seat.missing}
            print_epochs(present)
            print_learning({name: seat for name, seat in present.items() if name != LEAST})
        print_commands(source, folder)


def print_epochs(contestants: dict[str, Seat]) -> None:
    """Seconds of an epoch, and how many times those of this package."""
    seconds: dict[tuple[str, int], list[float]] = {}
    for measured in range(ROUNDS):
        for size in BATCH_SIZES:
            for name, seat in contestants.items():
                seconds.setdefault((name, size), []).append(seat.epoch(size))
        print(f"round {measured + 1} of {ROUNDS}", file=sys.stderr)
    print("| an epoch of 60,000 images, seconds | " + " | ".join(f"batch {size}" for size in BATCH_SIZES) + " |")
    print("|---" * (1 + len(BATCH_SIZES)) + "|")
    for name in contestants:
        cells = []
        for size in BATCH_SIZES:
            times = seconds[name, size]
            cell = f"{statistics.median(times):.3f}"
            cells.append(cell if name == OURS else f"{cell}: {_ratios(times, seconds[OURS, size])}")
        print(f"| {name} | {' | '.join(cells)} |")
    print()


def print_learning(contestants: dict[str, Seat]) -> None:
    """Seconds of training until a network reads the target share of the test images, with several seeds."""
    sizes = {name: 10 if name == PER_IMAGE else 32 for name in contestants}
    runs: dict[str, list[Learned]] = {name: [] for name in contestants}
    for seed in SEEDS:
        for name, seat in contestants.items():
            runs[name].append(seat.learn(sizes[name], seed, TARGET))
        print(f"seed {seed + 1} of {len(SEEDS)}", file=sys.stderr)
    print(f"| until {TARGET:.0%} of the test images are read | batch | epochs | seconds |\n|---|---|---|---|")
    for name, learned in runs.items():
        epochs = sorted(run.epochs for run in learned)
        seconds = sorted(run.seconds for run in learned)
        missed = sum(run.accuracy < TARGET for run in learned)
        note = f", {missed} never" if missed else ""
        print(
            f"| {name} | {sizes[name]} | {statistics.median(epochs):.0f} ({epochs[0]} to {epochs[-1]}) "
            f"| {statistics.median(seconds):.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f}){note} |"
        )
    print()


def print_commands(source: str, folder: Path) -> None:
    """Start-up, preparation of the data, and reading of many pictures."""
    commands = Commands(folder)
    ten_thousand = write_pictures(source, folder / "10000", 10_000)
    one_thousand = write_pictures(source, folder / "1000", 1_000)
    picture = str(ten_thousand / "00000.png")
    starts: dict[str, list[str]] = {
        "click": [*PYTHON, "import click"],
        "help": [*PROGRAM, "--help"],
        "libraries": [*PYTHON, "import click, numpy, PIL.Image"],
        "predict": [*PROGRAM, "predict", picture],
    }
    times = _in_turn(commands, starts)
    predicted, *prepared = zip(*(_in_memory(commands, source) for _ in range(ROUNDS)), strict=True)
    commands.read(one_thousand)
    many = [commands.read(ten_thousand) for _ in range(ROUNDS)]

    print("| what | how long | beside |\n|---|---|---|")
    for name, beside in (("help", "click"), ("predict", "libraries")):
        what = " ".join(("mnistnet", *starts[name][len(PROGRAM) :])).replace(picture, "digit.png")
        took = f"{1000 * statistics.median(times[name]):.0f} ms"
        print(f'| `{what}` | {took} | {_ratios(times[name], times[beside])} `python -c "{starts[beside][-1]}"` |')
    for kind, seconds in zip(ENCODINGS, prepared, strict=True):
        print(f"| unpack and check 60,000 images, inputs `{kind}` | {_spread(seconds)} s | |")
    print(f"| `model.predict` of 10,000 images | {_spread(predicted)} s | |")
    print(
        f"| `mnistnet predict` of a folder of 10,000 28×28 PNGs | {_spread([bulk.whole for bulk in many])} s | "
        f"{10_000 / statistics.median(bulk.whole for bulk in many):,.0f} a second |"
    )
    print(f"| … its first line | {_spread([bulk.first_line for bulk in many])} s | |")
    memory, memory_of_few = commands.memory(ten_thousand), commands.memory(one_thousand)
    print(f"| … its memory | {memory:.0f} MB | {memory_of_few:.0f} MB for 1,000 |")


def _prepared(source: str) -> Data:
    training, test = load_training([source]), load_split(source, "test", 0)
    kind = ENCODINGS[Settings.inputs]
    features = kind.features(training.images)
    inputs = Inputs.fit(kind, features)
    return Data(inputs.from_features(features), training.labels, inputs(test.images), test.labels)


def _in_turn(commands: Commands, starts: dict[str, list[str]]) -> dict[str, list[float]]:
    for command in starts.values():
        commands.seconds(*command)  # compiles
    times: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(STARTS):
        for name, command in starts.items():
            times[name].append(commands.seconds(*command))
    return times


def _in_memory(commands: Commands, source: str) -> list[float]:
    command = [sys.executable, str(Path(__file__).with_name("commands.py")), source]
    done = subprocess.run(command, env=commands.environment, check=True, capture_output=True, text=True)
    return [float(seconds) for seconds in done.stdout.split()]


def _ratios(times: Sequence[float], others: Sequence[float]) -> str:
    """The median of the rounds' ratios, with the lowest and the highest but for a quarter at either end."""
    ratios = [time / other for time, other in zip(times, others, strict=True)]
    low, middle, high = statistics.quantiles(ratios)
    return f"**{middle:.2f}×** ({low:.2f} to {high:.2f})"


def _spread(values: Sequence[float]) -> str:
    low, middle, high = statistics.quantiles(values)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
