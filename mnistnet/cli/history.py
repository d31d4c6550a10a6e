"""The record of a training run: a line for each epoch, as comma-separated values or as JSON objects."""

from __future__ import annotations

import json
import os
from itertools import takewhile
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
        self._keep: int | None = self._kept(done) if done else 0  # bytes; None once the rest is cut off
        self._write("")  # found out now rather than after an epoch

    def record(self, epoch: Epoch) -> None:
        """Add an epoch's line; what the file held besides the epochs done goes only now that there is a new one."""
        if self._keep is not None:
            self._cut(self._keep)
            if self._keep == 0 and self._comma_separated:
                self._write(HEADER)
            self._keep = None
        values = (epoch.number, epoch.cost, epoch.validation_accuracy, epoch.learning_rate, epoch.seconds)
        if self._comma_separated:
            line = ",".join("" if value is None else str(value) for value in values)
        else:
            line = json.dumps(dict(zip(COLUMNS, values, strict=True)))
        self._write(line + "\n")

    def _kept(self, done: int) -> int:
        """Bytes up to the end of the line about epoch `done`; one that was cut short, when the run died, is no line."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
            header = lines[: int(self._comma_separated)]
            if self._comma_separated and header not in ([], [HEADER.encode()]):
                raise ValueError("another header")
            kept = takewhile(lambda line: line.endswith(b"\n") and self._number(line) <= done, lines[len(header) :])
            return sum(map(len, header)) + sum(map(len, kept))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise TrainingError(f"{self._path}: no history of training to go on with; name another file") from None

    def _number(self, line: bytes) -> Any:
        return int(line.split(b",")[0]) if self._comma_separated else json.loads(line)["epoch"]

    def _cut(self, length: int) -> None:
        try:
            os.truncate(self._path, length)
        except OSError as error:
            raise self._unwritable(error) from None

    def _write(self, text: str) -> None:
        try:
            with self._path.open("a") as file:
                file.write(text)
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> TrainingError:
        return TrainingError(f"{self._path}: can't be written ({error.strerror}); name another file")
