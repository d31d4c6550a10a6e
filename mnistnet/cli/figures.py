"""The figures of `evaluate`: how well a model reads a data set, for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mnistnet.datasets.dataset import Dataset
from mnistnet.evaluation import Evaluation, Mistake, find_mistakes
from mnistnet.model import Model


@dataclass(frozen=True)
class Figures:
    """What came of measuring a model.

    Attributes:
        evaluation: accuracy, confusion matrix, figures for each digit.
        cost: the network's cost C.
        mistakes: what was misread.
        unsure: how many answers `predict` would call unsure; None where the images do not come from pictures.
    """

    evaluation: Evaluation
    cost: float
    mistakes: list[Mistake]
    unsure: int | None

    @classmethod
    def of(cls, model: Model, dataset: Dataset) -> Figures:
        """Measure a model on a data set."""
        outputs = model.outputs(dataset.images)
        unsure = None
        if dataset.paths:
            from mnistnet.prediction import is_unsure  # late: only pictures need Pillow

            unsure = int(is_unsure(outputs).sum())
        return cls(
            Evaluation.of(dataset.labels, outputs.argmax(axis=1)),
            model.cost(dataset.images, dataset.labels),
            find_mistakes(dataset.labels, outputs, dataset.paths),
            unsure,
        )

    def as_json(self, **facts: str) -> str:
        """Return all figures as one JSON object, after what else is known."""
        figures = {"cost": self.cost, **self.evaluation.as_json()}
        return json.dumps({**facts, **figures, "mistakes": [mistake.as_json() for mistake in self.mistakes]})

    def as_text(self) -> str:
        """Return the figures as tables, at most 80 columns wide, and a line that sums them up."""
        of = self.evaluation
        unsure = "" if self.unsure is None else f"; {self.unsure} unsure"
        summary = f"{of.correct} of {of.images} right ({of.accuracy:.2%}), cost {self.cost:.5f}{unsure}"
        return f"{of.as_text()}\n\n{summary}"
