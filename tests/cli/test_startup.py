"""What each command imports: nothing that it doesn't use, for that is what the start of a program waits for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from conftest import Program, write_mnist
from mnistnet.datasets import Dataset

# Libraries, and parts of Python and NumPy, that take long enough to be missed.
HEAVY = {
    "PIL",
    "click",
    "csv",
    "hashlib",
    "json",
    "numpy",
    "numpy.ma",
    "pathlib",
    "requests",
    "subprocess",
    "threadpoolctl",
    "tqdm",
}
CLASSIFIER = {"click", "json", "numpy", "pathlib"}


def imports(program: Program, *arguments: str | Path) -> set[str]:
    """The heavy libraries that a command loads."""
    done = program(*arguments, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0, done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    return loaded & HEAVY


def test_help_and_version_load_click_alone(program: Program) -> None:
    for arguments in (["--help"], ["--version"], ["train", "--help"], ["predict", "--help"], ["download", "--help"]):
        assert imports(program, *arguments) == {"click"}


def test_predict_loads_what_reads_a_png_and_the_classifier(program: Program, tmp_path: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((90, 90)).save(tmp_path / "digit.png")
    assert imports(program, "predict", "digit.png") == CLASSIFIER | {"PIL"}


def test_training_and_evaluating_on_mnists_files_load_no_pictures_and_no_network(
    program: Program, tmp_path: Path, digits: Dataset
) -> None:
    folder = write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))
    trained = imports(program, "train", "--epochs", "1", "--validation", "0", "--data", folder)
    assert trained == CLASSIFIER | {"hashlib"}
    assert imports(program, "evaluate", "--data", folder) == CLASSIFIER | {"hashlib"}
