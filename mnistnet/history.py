"""The record of a training run: a line for each epoch, as comma-separated values or as JSON objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mnistnet.errors import TrainingError
from mnistnet.training import Epoch

COLUMNS = ("epoch", "cost", "validation_accuracy", "learning_rate", "seconds")
HEADER = ",".join(COLUMNS) + "\n"


class History:
    """A file that grows by a line an epoch.

    Args:
        path: ends in `.csv` or `.jsonl`.
        done: epochs that are behind the model already; the file keeps its lines about them and loses any others.

    Raises:
        TrainingError: the path has another ending, or the file can't be written, or can't be gone on with.
    """

    def __init__(self, path: str, done: int) -> None:
        self._path = Path(path)
        self._comma_separated = self._path.suffix == ".csv"
        if self._path.suffix not in (".csv", ".jsonl"):
            raise TrainingError(f"{path}: expected a name that ends in .csv or .jsonl")
        kept = self._kept(done) if done else []
        self._write("".join([HEADER] * self._comma_separated + kept), "w")

    def record(self, epoch: Epoch) -> None:
        """Add an epoch's line."""
        values = (epoch.number, epoch.cost, epoch.validation_accuracy, epoch.learning_rate, epoch.seconds)
        if self._comma_separated:
            line = ",".join("" if value is None else str(value) for value in values)
        else:
            line = json.dumps(dict(zip(COLUMNS, values, strict=True)))
        self._write(line + "\n", "a")

    def _kept(self, done: int) -> list[str]:
        """The lines about the first `done` epochs; a line that was cut short, when the run died, is not one."""
        try:
            lines = self._path.read_text().splitlines(keepends=True)
            if self._comma_separated and lines and lines.pop(0) != HEADER:
                raise ValueError("another header")
            return [line for line in lines if line.endswith("\n") and self._number(line) <= done]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):
            raise TrainingError(f"{self._path}: no history of training to go on with; name another file") from None

    def _number(self, line: str) -> Any:
        return int(line.split(",")[0]) if self._comma_separated else json.loads(line)["epoch"]

    def _write(self, text: str, mode: str) -> None:
        try:
            with self._path.open(mode) as file:
                file.write(text)
        except OSError as error:
            raise TrainingError(f"{self._path}: can't be written ({error.strerror}); name another file") from None
