from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from mnistnet.cli.answers import line_writer
from mnistnet.prediction import Answer, Unreadable

SURE = Answer("a.png", np.zeros((28, 28), np.uint8), np.eye(10)[7].astype(np.float32) * np.float32(0.993))
DOUBTFUL = Answer("a\nb.png", SURE.image, np.array([0, 0.38, 0, 0, 0, 0, 0, 0.41, 0, 0], np.float32))
UNREADABLE = Unreadable("c,d.png", "c,d.png: no picture")


def test_text_tells_the_digit_and_how_probable_it_is() -> None:
    assert line_writer("text", 1)(SURE) == "a.png: 7 (99.3 %)"
    assert line_writer("text", 2)(SURE) == "a.png: 7 (99.3 %), 0 (0.0 %)"
    assert line_writer("text", 1)(UNREADABLE) is None


def test_text_says_when_the_answer_is_unsure_and_stays_in_its_line() -> None:
    assert line_writer("text", 1)(DOUBTFUL) == r"a\nb.png: 7 (41 %, unsure: 1 at 38 %)"
    assert line_writer("text", 2)(DOUBTFUL) == r"a\nb.png: 7 (41.0 %), 1 (38.0 %); unsure"


def test_plain_is_the_digit_alone_and_an_empty_line_keeps_the_place_of_a_picture_that_failed() -> None:
    assert [line_writer("plain", 1)(answer) for answer in (SURE, UNREADABLE, DOUBTFUL)] == ["7", "", "7"]


def test_jsonl_holds_every_output() -> None:
    facts = json.loads(line_writer("jsonl", 1)(DOUBTFUL) or "")
    assert facts["path"] == "a\nb.png"
    assert (facts["digit"], facts["unsure"]) == (7, True)
    assert facts["probability"] == pytest.approx(0.41)
    assert facts["outputs"] == pytest.approx(DOUBTFUL.outputs.tolist())
    assert json.loads(line_writer("jsonl", 1)(SURE) or "")["unsure"] is False
    assert json.loads(line_writer("jsonl", 1)(UNREADABLE) or "") == {"path": "c,d.png", "error": "c,d.png: no picture"}


def test_csv_quotes_what_needs_it() -> None:
    assert line_writer("csv", 1)(UNREADABLE) == '"c,d.png",,'
    assert next(csv.reader(io.StringIO(line_writer("csv", 1)(DOUBTFUL) or "")))[:2] == ["a\nb.png", "7"]
    assert (line_writer("csv", 1)(SURE) or "").startswith("a.png,7,0.99")
