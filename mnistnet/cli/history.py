"""The history of a training run: a file with a line for each epoch, as comma-separated values or JSON objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from mnistnet.errors import OptionError, TrainingError
from mnistnet.saving import check_writable, replace_file
from mnistnet.training import Epoch

COLUMNS = ("epoch", "cost", "validation_accuracy", "learning_rate", "seconds")


class _Format(NamedTuple):
    """A file format: the header lines, a function that formats an epoch, and one that parses a line's epoch number."""

    header: list[str]
    line: Callable[[dict[str, Any]], str]
    epoch: Callable[[str], int]


HISTORY_FORMATS = {
    ".csv": _Format(
        header=[",".join(COLUMNS)],
        line=lambda values: ",".join("" if value is None else str(value) for value in values.values()),
        epoch=lambda line: int(line.split(",")[0]),
    ),
    ".jsonl": _Format(header=[], line=json.dumps, epoch=lambda line: int(json.loads(line)["epoch"])),
}


class History:
    """A history file, rewritten after every epoch.

    Args:
        path: ends in `.csv` or `.jsonl`.
        done: epochs already trained. Their lines are kept; later lines are dropped when the next epoch is recorded.

    Attributes:
        replaces: whether the file has lines that will all be replaced.

    Raises:
        OptionError: the path has another ending.
        TrainingError: the file isn't a history.
        MnistnetError: it can't be written.
    """

    def __init__(self, path: str, done: int) -> None:
        self._path = Path(path)
        if self._path.suffix not in HISTORY_FORMATS:
            raise OptionError(f"--history is {path}, expected a name that ends in {' or '.join(HISTORY_FORMATS)}")
        self._format = HISTORY_FORMATS[self._path.suffix]
        check_writable(path)
        found = self._read()
        self._lines = list(takewhile(lambda line: self._format.epoch(line) <= done, found))
        self.replaces = bool(found) and not self._lines

    def record(self, epoch: Epoch) -> None:
        """Add the line of an epoch."""
        values = (epoch.number, epoch.cost, epoch.validation_accuracy, epoch.learning_rate, epoch.seconds)
        self._lines.append(self._format.line(dict(zip(COLUMNS, values, strict=True))))
        content = "".join(f"{line}\n" for line in self._format.header + self._lines)
        replace_file(self._path, content.encode())

    def _read(self) -> list[str]:
        """Return the lines of the existing file; raise TrainingError if it isn't a history."""
        if not self._path.exists():
            return []
        try:
            lines = self._path.read_text().splitlines()
            if lines[: len(self._format.header)] not in ([], self._format.header):
                raise ValueError("another header")
            lines = lines[len(self._format.header) :]
            for line in lines:
                self._format.epoch(line)
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):  # OverflowError: 1e999 is valid JSON
            raise TrainingError(
                f"{self._path}: not the history of a training run, and would be overwritten; name another file"
            ) from None
        return lines
