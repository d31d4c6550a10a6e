"""What a shell offers when the tabulator key is pressed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from mnistnet.cli.evaluate import SPLITS
from mnistnet.datasets.sources import Split

# As the installed program, whose name is part of the variable.
NAMED = "import sys; sys.argv[0] = 'mnistnet'; from mnistnet.__main__ import main; main()"


def offered(tmp_path: Path, line: str) -> list[tuple[str, str]]:
    """Return the completions of the last word of a line: types and values."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-c", NAMED],
        env={
            **os.environ,
            "_MNISTNET_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = [each.partition(",") for each in done.stdout.splitlines()]
    return [(kind, value) for kind, _, value in pairs]


@pytest.mark.parametrize(
    "line",
    [
        "mnistnet predict di",
        "mnistnet predict -m mo",
        "mnistnet evaluate --model mo",
        "mnistnet train -o mo",
        "mnistnet train --history hi",
        "mnistnet evaluate --mistakes wr",
        "mnistnet download --directory fo",
    ],
)
def test_file_options_complete_files(tmp_path: Path, line: str) -> None:
    assert offered(tmp_path, line) == [("file", line.rpartition(" ")[2])]


def test_the_data_option_completes_files_and_words(tmp_path: Path) -> None:
    assert offered(tmp_path, "mnistnet train --data st") == [("file", "st"), ("plain", "strokes")]
    assert offered(tmp_path, "mnistnet evaluate --data ") == [("file", ""), ("plain", "mnist"), ("plain", "strokes")]


def test_a_choice_completes_its_words(tmp_path: Path) -> None:
    assert offered(tmp_path, "mnistnet predict --format js") == [("plain", "jsonl")]
    assert offered(tmp_path, "mnistnet train --inputs ") == [
        ("plain", "directions"),
        ("plain", "moments"),
        ("plain", "pixels"),
    ]


def test_the_choices_of_split_are_the_library_s() -> None:
    assert set(SPLITS) == set(get_args(Split))


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full", "| true"])
@pytest.mark.parametrize("instruction", ["bash_source", "bash_complete"])
def test_completion_without_output_prints_no_traceback(tmp_path: Path, redirection: str, instruction: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'{sys.executable} -c "{NAMED}" {redirection}'],  # noqa: S607
        env={**os.environ, "_MNISTNET_COMPLETE": instruction, "COMP_WORDS": "mnistnet ", "COMP_CWORD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    if redirection != "| true":
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert done.stderr.startswith("Error: standard output: ")
