from __future__ import annotations

import json

import numpy as np
import pytest

from mnistnet.evaluation import Evaluation, find_mistakes

LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 7])
PREDICTIONS = np.array([0, 0, 0, 1, 1, 1, 0, 7])


def test_counts_and_figures_worked_by_hand() -> None:
    evaluation = Evaluation.of(LABELS, PREDICTIONS)
    assert (evaluation.images, evaluation.correct, evaluation.accuracy) == (8, 6, 0.75)
    assert evaluation.confusion[0, :3].tolist() == [3, 1, 0]
    assert evaluation.confusion[2, 0] == 1
    assert evaluation.support[:3].tolist() == [4, 2, 1]
    assert evaluation.recall[:3] == pytest.approx([3 / 4, 1, 0])
    assert evaluation.precision[:3] == pytest.approx([3 / 4, 2 / 3, 0])
    assert evaluation.f1[:3] == pytest.approx([3 / 4, 4 / 5, 0])
    assert (evaluation.precision[9], evaluation.recall[9], evaluation.f1[9]) == (0, 0, 0)  # it never occurs


def test_json_holds_the_same_figures_as_plain_values() -> None:
    evaluation = Evaluation.of(LABELS, PREDICTIONS)
    facts = json.loads(json.dumps(evaluation.as_json()))
    assert (facts["images"], facts["correct"], facts["accuracy"]) == (8, 6, 0.75)
    assert facts["digits"][1] == {"digit": 1, "precision": 2 / 3, "recall": 1, "f1": 0.8, "support": 2}
    assert facts["confusion"] == evaluation.confusion.tolist()


def test_text_shows_every_digit_and_fits_in_80_columns() -> None:
    many = np.repeat(np.arange(10), 60_000)
    lines = Evaluation.of(many, many[::-1]).as_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("60000" in line for line in lines) == 20


def test_lengths_that_differ_and_empty_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="2 labels, but 1 predictions"):
        Evaluation.of(np.array([1, 2]), np.array([1]))
    with pytest.raises(ValueError, match="a label is 10, expected 0 to 9"):
        Evaluation.of(np.array([1, 10]), np.array([1, 1]))
    with pytest.raises(ValueError, match="0 labels"):
        Evaluation.of(np.array([], int), np.array([], int))


def test_mistakes_are_listed_with_the_digit_read_and_its_output() -> None:
    outputs = np.float32(0.1) + np.float32(0.5) * np.eye(10, dtype=np.float32)[PREDICTIONS]
    found = find_mistakes(LABELS, outputs, [f"{index}.png" for index in range(8)])
    assert [mistake.as_json() for mistake in found] == [
        {"index": 3, "path": "3.png", "true": 0, "read": 1, "probability": pytest.approx(0.6)},
        {"index": 6, "path": "6.png", "true": 2, "read": 0, "probability": pytest.approx(0.6)},
    ]
    assert "path" not in find_mistakes(LABELS, outputs)[0].as_json()
