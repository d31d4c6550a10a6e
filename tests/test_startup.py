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
    "requests",
    "subprocess",
    "threadpoolctl",
    "tqdm",
}
COMMAND_LINE = {"__main__", "bars", "cli", "errors", "program", "settings"}
CLASSIFIER = COMMAND_LINE | {"model", "network", "normalization", "resampling", "threads"}
CLASSIFIER_LIBRARIES = {"click", "json", "numpy", "threadpoolctl"}


def imports(program: Program, *arguments: str | Path) -> tuple[set[str], set[str]]:
    """The modules of the package that a command loads, and the heavy ones of others."""
    done = program(*arguments, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.returncode == 0, done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    ours = {module.removeprefix("mnistnet.") for module in loaded if module.startswith("mnistnet.")}
    return ours | {"__main__"}, loaded & HEAVY  # run with -m, __main__ is not imported under that name


def test_help_and_version_load_click_alone(program: Program) -> None:
    for arguments in (["--help"], ["--version"], ["train", "--help"], ["predict", "--help"], ["download", "--help"]):
        assert imports(program, *arguments) == (COMMAND_LINE, {"click"})


def test_predict_loads_what_reads_a_png_and_the_classifier(program: Program, tmp_path: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((90, 90)).save(tmp_path / "digit.png")
    ours, heavy = imports(program, "predict", "digit.png")
    assert ours == CLASSIFIER | {"filters", "formats", "ink", "pictures", "prediction"}
    assert heavy == CLASSIFIER_LIBRARIES | {"PIL"}


def test_training_and_evaluating_on_mnists_files_load_no_pictures_and_no_network(
    program: Program, tmp_path: Path, digits: Dataset
) -> None:
    folder = write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))
    ours, heavy = imports(program, "train", "--epochs", "1", "--validation", "0", "--data", folder)
    assert ours == CLASSIFIER | {"augmentation", "datasets", "history", "training"}
    assert heavy == CLASSIFIER_LIBRARIES | {"hashlib"}
    ours, heavy = imports(program, "evaluate", "--data", folder)
    assert ours == CLASSIFIER | {"datasets", "evaluation"}
    assert heavy == CLASSIFIER_LIBRARIES | {"hashlib"}
