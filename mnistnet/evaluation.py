"""Evaluate a classifier: accuracy, confusion matrix, precision, recall and F1 of each digit, and the misread images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mnistnet.images import DIGITS, FloatArray, IntArray


@dataclass(frozen=True)
class Evaluation:
    """Predictions compared with the true labels.

    Attributes:
        confusion: int64 (10, 10), the number of images of the row's digit that were read as the column's.
    """

    confusion: npt.NDArray[np.int64]

    @classmethod
    def of(cls, labels: IntArray, predictions: IntArray) -> Evaluation:
        """Count true labels against predictions: integers (n,), 0 to 9 each.

        Raises:
            ValueError: the lengths differ, there are none, or a label is beyond 9.
        """
        if len(labels) != len(predictions) or len(labels) == 0:
            raise ValueError(f"{len(labels)} labels, but {len(predictions)} predictions")
        if labels.max() >= DIGITS:
            raise ValueError(f"a label is {labels.max()}, expected 0 to 9")
        cells = labels.astype(np.int64) * DIGITS + predictions
        return cls(np.bincount(cells, minlength=DIGITS**2).reshape(DIGITS, DIGITS))

    @property
    def images(self) -> int:
        """The number of images."""
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        """The number of images that were read correctly."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """The fraction of images that were read correctly, 0 to 1."""
        return self.correct / self.images

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """int64 (10,): images of each digit."""
        support: npt.NDArray[np.int64] = self.confusion.sum(axis=1)
        return support

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """float64 (10,): true positives / images read as the digit; 0 where there are none."""
        return _ratio(self.confusion.diagonal(), self.confusion.sum(axis=0))

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """float64 (10,): true positives / images of the digit; 0 where there are none."""
        return _ratio(self.confusion.diagonal(), self.support)

    @property
    def f1(self) -> npt.NDArray[np.float64]:
        """float64 (10,): harmonic mean of precision and recall."""
        return _ratio(2 * self.confusion.diagonal(), self.confusion.sum(axis=0) + self.support)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain Python values."""
        names = ("digit", "precision", "recall", "f1", "support")
        return {
            "images": self.images,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "digits": [dict(zip(names, row, strict=True)) for row in self._rows()],
            "confusion": self.confusion.tolist(),
        }

    def as_text(self) -> str:
        """Return the figures as a table for each digit and the confusion matrix, at most 80 columns wide."""
        lines = ["digit   precision   recall       F1   images"]
        for digit, precision, recall, f1, support in self._rows():
            lines.append(f"{digit:>5}   {precision:>7.2%}   {recall:>8.2%}   {f1:>6.2%}   {support:>6}")
        lines += ["", "true digit (rows), read as (columns)", "  " + "".join(f"{digit:>6}" for digit in range(DIGITS))]
        for digit, row in enumerate(self.confusion):
            cells = (f"{count:>6}" if count else f"{'·':>6}" for count in row)
            lines.append(f"{digit:>2}" + "".join(cells))
        return "\n".join(lines)

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        columns = (self.precision, self.recall, self.f1, self.support)
        return zip(range(DIGITS), *(column.tolist() for column in columns), strict=True)


@dataclass(frozen=True)
class Mistake:
    """An image that was misread.

    Attributes:
        index: its index in the data set, from 0.
        path: its picture file; None if the data set has no paths.
        true: the digit that it shows.
        read: the digit that it was read as.
        probability: the network's output for that digit.
    """

    index: int
    path: str | None
    true: int
    read: int
    probability: float

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain Python values, the path only where there is one."""
        return {name: value for name, value in vars(self).items() if value is not None}


def find_mistakes(labels: IntArray, outputs: FloatArray, paths: Sequence[str] = ()) -> list[Mistake]:
    """List the misread images.

    Args:
        labels: integers (n,), 0 to 9, the true digits.
        outputs: float (n, 10), the network's outputs.
        paths: the picture files, n or none.
    """
    read = outputs.argmax(axis=1)
    return [
        Mistake(
            index=int(index),
            path=paths[int(index)] if paths else None,
            true=int(labels[index]),
            read=int(read[index]),
            probability=float(outputs[index, read[index]]),
        )
        for index in np.flatnonzero(read != labels)
    ]


def _ratio(count: npt.NDArray[np.int64], total: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.divide(count, total, out=np.zeros(len(total)), where=total > 0)
