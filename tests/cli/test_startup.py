"""What the help and the start of a command import, because that is what every start of the program takes."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from conftest import Program
from mnistnet.datasets import Dataset

# Libraries that take long to import
HEAVY = {"PIL", "click", "joblib", "numpy", "numpy.ma", "requests", "threadpoolctl", "tqdm"}


def imports(text: str) -> set[str]:
    """Return the heavy libraries in what Python prints with PYTHONPROFILEIMPORTTIME."""
    loaded = {line.rpartition("|")[2].strip() for line in text.splitlines() if line.startswith("import time:")}
    return loaded & HEAVY


def test_the_list_of_commands_imports_click_alone(process: Program) -> None:
    done = process("--help", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert imports(done.stderr) == {"click"}


def test_completing_the_name_of_a_command_imports_click_alone(process: Program) -> None:
    completion = {"_MNISTNET_COMPLETE": "zsh_complete", "COMP_WORDS": "mnistnet pr", "COMP_CWORD": "1"}
    named = "import sys; sys.argv[0] = 'mnistnet'"
    done = process(before=named, environment={**completion, "PYTHONPROFILEIMPORTTIME": "1"})
    assert done.stdout == "plain\npredict\nRead the digit or the number in each picture.\n"
    assert imports(done.stderr) == {"click"}


def test_predict_imports_no_network_and_no_progress_bars(process: Program, tmp_path: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((90, 90)).save(tmp_path / "digit.png")
    done = process("predict", "digit.png", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert (done.returncode, imports(done.stderr)) == (0, {"PIL", "click", "numpy"})
