from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from mnistnet.cli.answers import ANSWER_FORMATS
from mnistnet.prediction import Answer, Digit


def digit(outputs: dict[int, float], box: tuple[int, int, int, int] = (0, 0, 28, 28)) -> Digit:
    values = np.zeros(10, np.float32)
    values[list(outputs)] = list(outputs.values())
    return Digit(np.zeros((28, 28), np.uint8), values, box)


SURE = Answer("a.png", (digit({7: 0.993}),))
DOUBTFUL = Answer("a\nb.png", (digit({7: 0.41, 1: 0.38}),))
NUMBER = Answer("room.png", (digit({0: 0.99}, (1, 2, 30, 40)), digit({4: 0.971, 9: 0.02}, (35, 2, 60, 41))))
AMBIGUOUS = Answer("room.png", NUMBER.digits, doubts=frozenset({"segmentation", "other-ink"}))
UNREADABLE = Answer("c,d.png", error="no picture")


def line(form: str, answer: Answer, top: int = 1) -> str:
    return ANSWER_FORMATS[form].line(answer, top) or ""


def test_text_is_the_number_and_its_probability() -> None:
    assert line("text", SURE) == "a.png: 7 (99.3 %)"
    assert line("text", SURE, top=2) == "a.png: 7 (99.3 %), 0 (0.0 %)"
    assert line("text", NUMBER) == "room.png: 04 (97.1 %)"
    assert line("text", NUMBER, top=2) == "room.png: 04: 0 (99.0 %), 1 (0.0 %) | 4 (97.1 %), 9 (2.0 %)"
    assert ANSWER_FORMATS["text"].line(UNREADABLE, 1) is None


def test_text_gives_the_reasons_of_an_unsure_answer_in_one_line() -> None:
    assert line("text", DOUBTFUL) == r"a\nb.png: 7 (41 %, unsure: 1 at 38 %)"
    assert line("text", DOUBTFUL, top=2) == r"a\nb.png: 7 (41.0 %), 1 (38.0 %); unsure"
    assert line("text", AMBIGUOUS) == (
        "room.png: 04 (97 %, unsure: another split into digits fits nearly as well; more writing beside it)"
    )
    several = Answer("room.png", (DOUBTFUL.digits[0], NUMBER.digits[1]))
    assert line("text", several) == "room.png: 74 (41 %, unsure: another digit comes close)"
    assert (
        line("text", Answer("a.png", SURE.digits, doubts=frozenset({"low"})))
        == "a.png: 7 (99 %, unsure: low probability)"
    )


def test_plain_is_the_number_alone_with_an_empty_line_for_an_unreadable_picture() -> None:
    assert [line("plain", answer) for answer in (SURE, UNREADABLE, DOUBTFUL, NUMBER)] == ["7", "", "7", "04"]


def test_jsonl_of_one_digit_has_the_outputs_at_the_top_level_too() -> None:
    facts = json.loads(line("jsonl", DOUBTFUL))
    assert set(facts) == {"path", "number", "probability", "unsure", "reasons", "digits", "digit", "outputs"}
    assert next(iter(facts.items())) == ("path", "a\nb.png")
    assert (facts["number"], facts["digit"], facts["unsure"]) == ("7", 7, True)
    assert facts["probability"] == pytest.approx(0.41)
    assert facts["outputs"] == pytest.approx(DOUBTFUL.digits[0].outputs.tolist())
    assert facts["reasons"] == ["low", "rival"]
    assert json.loads(line("jsonl", SURE))["unsure"] is False
    ambiguous = json.loads(line("jsonl", Answer("a.png", SURE.digits, doubts=frozenset({"low"}))))
    assert (ambiguous["unsure"], ambiguous["digits"][0]["unsure"]) == (True, False)
    assert json.loads(line("jsonl", UNREADABLE)) == {"path": "c,d.png", "error": "no picture"}


def test_jsonl_of_a_number_has_each_digit_and_its_box() -> None:
    facts = json.loads(line("jsonl", NUMBER))
    assert set(facts) == {"path", "number", "probability", "unsure", "reasons", "digits"}
    assert (facts["number"], facts["probability"]) == ("04", pytest.approx(0.971))
    assert [set(each) for each in facts["digits"]] == [{"digit", "probability", "unsure", "box", "outputs"}] * 2
    assert [each["box"] for each in facts["digits"]] == [[1, 2, 30, 40], [35, 2, 60, 41]]


def test_jsonl_ranks_the_best_few_on_request() -> None:
    best, second = json.loads(line("jsonl", NUMBER, top=2))["digits"][1]["top"]
    assert (best["digit"], second["digit"]) == (4, 9)
    assert second["probability"] == pytest.approx(0.02)
    assert json.loads(line("jsonl", SURE, top=2))["top"][0]["digit"] == 7


def test_csv_has_the_reasons_and_the_error() -> None:
    assert ANSWER_FORMATS["csv"].header == "path,number,probability,unsure,error,reasons"
    (row,) = csv.reader([line("csv", SURE)])
    assert row[:2] + row[3:] == ["a.png", "7", "false", "", ""]
    assert float(row[2]) == pytest.approx(0.993)
    (row,) = csv.reader([line("csv", AMBIGUOUS)])
    assert (row[1], row[3], row[5]) == ("04", "true", "segmentation other-ink")
    (row,) = csv.reader([line("csv", UNREADABLE)])
    assert row == ["c,d.png", "", "", "", "no picture", ""]


@pytest.mark.parametrize(
    "name",
    [
        "two\nlines.png",
        "\x1b[31mred.png",
        "cr\rlf.png",
        "\udcff.png",
        '"quoted".png',
        '"',
        "\x9b31m",
        "\u2028",
        "=1+1",
        "@x",
    ],
)
def test_csv_keeps_any_name_in_one_line_from_which_it_comes_back(name: str) -> None:
    written = line("csv", Answer(name, SURE.digits))
    assert written.isprintable()
    (row,) = csv.reader([written])
    assert json.loads(row[0]) == name


def test_csv_writes_an_ordinary_name_as_it_is() -> None:
    for name in ("ü 7.png", r"folder\7.png", 'a,"b".png'):
        (row,) = csv.reader([line("csv", Answer(name, SURE.digits))])
        assert row[0] == name
