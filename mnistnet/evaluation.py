"""How well a classifier reads: accuracy, confusion matrix, and figures for each digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mnistnet.images import DIGITS, IntArray


@dataclass(frozen=True)
class Evaluation:
    """What a classifier answered, against what was right.

    Attributes:
        confusion: int64 (10, 10), how many images of the row's digit were read as the column's.
    """

    confusion: npt.NDArray[np.int64]

    @classmethod
    def of(cls, labels: IntArray, predictions: IntArray) -> Evaluation:
        """Count true labels against predictions: integers (n,), 0 to 9 each.

        Raises:
            ValueError: when the lengths differ or there are none.
        """
        if len(labels) != len(predictions) or len(labels) == 0:
            raise ValueError(f"{len(labels)} labels, but {len(predictions)} predictions")
        if labels.max() >= DIGITS:
            raise ValueError(f"a label is {labels.max()}, expected 0 to 9: what is no digit can't be read right")
        cells = labels.astype(np.int64) * DIGITS + predictions
        return cls(np.bincount(cells, minlength=DIGITS**2).reshape(DIGITS, DIGITS))

    @property
    def images(self) -> int:
        """How many images there were."""
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        """How many of them were read right."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """The part of the images read right, 0 to 1."""
        return self.correct / self.images

    @property
    def support(self) -> npt.NDArray[np.int64]:
        """int64 (10,): images of each digit."""
        support: npt.NDArray[np.int64] = self.confusion.sum(axis=1)
        return support

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """float64 (10,): of the images read as this digit, the part that were it; 0 where none was."""
        return _ratio(self.confusion.diagonal(), self.confusion.sum(axis=0))

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """float64 (10,): of the images of this digit, the part that were read right; 0 where there is none."""
        return _ratio(self.confusion.diagonal(), self.support)

    @property
    def f1(self) -> npt.NDArray[np.float64]:
        """float64 (10,): the harmonic mean of precision and recall."""
        return _ratio(2 * self.confusion.diagonal(), self.confusion.sum(axis=0) + self.support)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain Python values."""
        columns = zip(self.precision, self.recall, self.f1, self.support, strict=True)
        return {
            "images": self.images,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "digits": [
                {
                    "digit": digit,
                    "precision": float(precision),
                    "recall": float(recall),
                    "f1": float(f1),
                    "support": int(support),
                }
                for digit, (precision, recall, f1, support) in enumerate(columns)
            ],
            "confusion": self.confusion.tolist(),
        }

    def as_text(self) -> str:
        """Return the figures as a table for each digit and the confusion matrix, at most 80 columns wide."""
        lines = ["digit   precision   recall       F1   images"]
        columns = zip(self.precision, self.recall, self.f1, self.support, strict=True)
        lines += [
            f"{digit:>5}   {precision:>7.2%}   {recall:>8.2%}   {f1:>6.2%}   {support:>6}"
            for digit, (precision, recall, f1, support) in enumerate(columns)
        ]
        lines += ["", "true digit (rows), read as (columns)", "  " + "".join(f"{digit:>6}" for digit in range(DIGITS))]
        for digit, row in enumerate(self.confusion):
            cells = (f"{count:>6}" if count else f"{'·':>6}" for count in row)
            lines.append(f"{digit:>2}" + "".join(cells))
        return "\n".join(lines)


def _ratio(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
