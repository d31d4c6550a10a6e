"""The program as users start it, and the data as it prepares them: in new processes, on one core."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from mnistnet.datasets import load_split, load_training
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model import load
from mnistnet.pictures import write_picture

PYTHON = [sys.executable, "-c"]
# Runs a command from a small process: as long as it has not begun, it counts with the memory of the one it comes from.
WATCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
PROGRAM = [str(Path(sys.executable).with_name("mnistnet"))]


class Bulk(NamedTuple):
    """A folder of pictures, read."""

    first_line: float  # seconds
    whole: float  # seconds


class Commands:
    """Runs commands in an empty folder, with their bytecode compiled beforehand as an installation has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.environment = {**inherited, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}

    def seconds(self, *command: str) -> float:
        """How long a command takes."""
        start = time.perf_counter()
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True)
        return time.perf_counter() - start

    def read(self, pictures: Path) -> Bulk:
        """`mnistnet predict` of a folder."""
        start = time.perf_counter()
        process = subprocess.Popen(
            [*PROGRAM, "predict", "--format", "plain", "--quiet", str(pictures)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        first_line = time.perf_counter() - start
        process.communicate()
        whole = time.perf_counter() - start
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        return Bulk(first_line, whole)

    def memory(self, pictures: Path) -> float:
        """The most memory, in MB, that `mnistnet predict` of a folder takes."""
        command = [*PYTHON, WATCH, *PROGRAM, "predict", "--quiet", str(pictures)]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True)
        return int(done.stdout) / (1024**2 if sys.platform == "darwin" else 1024)  # bytes there, else kilobytes


def write_pictures(source: str, folder: Path, count: int) -> Path:
    """The first test images of MNIST as 28×28 PNGs in a new folder."""
    folder.mkdir()
    for index, image in enumerate(load_split(source, "test", 0).images[:count]):
        write_picture(folder / f"{index:05}.png", image)
    return folder


def prepare(source: str, kind: str) -> float:
    """Seconds to unpack and check MNIST's 60,000 training images, and to turn them into inputs of a kind."""
    start = time.perf_counter()
    training = load_training([source])
    features = ENCODINGS[kind].features(training.images)
    Inputs.fit(ENCODINGS[kind], features).from_features(features)
    training.digest()
    return time.perf_counter() - start


def predict_in_memory(source: str) -> float:
    """Seconds of `model.predict` for MNIST's 10,000 test images."""
    model, images = load(), load_split(source, "test", 0).images
    model.predict(images[:128])
    start = time.perf_counter()
    model.predict(images)
    return time.perf_counter() - start


if __name__ == "__main__":
    # a new process: nothing is loaded or cached yet
    print(predict_in_memory(sys.argv[1]), *(prepare(sys.argv[1], kind) for kind in ENCODINGS))
