"""What the help and the start of a command import, because that is what every start of the program takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from conftest import Program, write_mnist
from mnistnet.datasets import Dataset

# Libraries that take long to import
HEAVY = {"PIL", "click", "joblib", "numpy", "numpy.ma", "requests", "threadpoolctl", "tqdm"}


def imports(text: str) -> set[str]:
    """Return the heavy libraries in what Python prints with PYTHONPROFILEIMPORTTIME."""
    loaded = {line.rpartition("|")[2].strip() for line in text.splitlines() if line.startswith("import time:")}
    return loaded & HEAVY


def test_the_list_of_commands_imports_click_alone(program: Program) -> None:
    for arguments in (["--help"], ["--version"]):
        done = program(*arguments, environment={"PYTHONPROFILEIMPORTTIME": "1"})
        assert imports(done.stderr) == {"click"}


def test_completing_the_name_of_a_command_imports_click_alone() -> None:
    code = "import sys; sys.argv[0] = 'mnistnet'; from mnistnet.__main__ import main; main()"
    completion = {"_MNISTNET_COMPLETE": "zsh_complete", "COMP_WORDS": "mnistnet pr", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        env={**os.environ, **completion},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "plain\npredict\nRead the digit or the number in each picture.\n"
    assert imports(done.stderr) == {"click"}


def test_predict_imports_no_network_and_no_progress_bars(program: Program, tmp_path: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((90, 90)).save(tmp_path / "digit.png")
    done = program("predict", "digit.png", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert (done.returncode, imports(done.stderr)) == (0, {"PIL", "click", "numpy"})


def test_a_command_computes_with_one_thread(program: Program, tmp_path: Path, digits: Dataset) -> None:
    folder = write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))
    done = program("evaluate", "--data", folder, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert (done.returncode, "threadpoolctl" in imports(done.stderr)) == (0, False)
