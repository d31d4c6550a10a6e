"""What a shell offers when the tabulator key is pressed."""

from __future__ import annotations

from typing import get_args

import pytest
from click.shell_completion import BashComplete

from mnistnet.cli.evaluate import SPLITS
from mnistnet.cli.program import main
from mnistnet.datasets.sources import Split


def offered(line: str) -> list[tuple[str, str]]:
    """Return the completions of the last word of a line: types and values."""
    _, *words, last = line.split(" ")
    completions = BashComplete(main, {}, "mnistnet", "_MNISTNET_COMPLETE").get_completions(words, last)
    return [(each.type, each.value) for each in completions]


@pytest.mark.parametrize(
    "line",
    [
        "mnistnet predict di",
        "mnistnet predict -m mo",
        "mnistnet evaluate --data fi",
        "mnistnet train -o mo",
        "mnistnet train --data di",
        "mnistnet train --history hi",
        "mnistnet evaluate --mistakes wr",
        "mnistnet download --directory fo",
    ],
)
def test_file_options_complete_files(line: str) -> None:
    assert offered(line) == [("file", line.rpartition(" ")[2])]


def test_a_choice_completes_its_words() -> None:
    assert offered("mnistnet predict --format js") == [("plain", "jsonl")]
    assert offered("mnistnet train --inputs ") == [
        ("plain", "directions"),
        ("plain", "moments"),
        ("plain", "pixels"),
    ]


def test_the_choices_of_split_are_the_library_s() -> None:
    assert set(SPLITS) == set(get_args(Split))
