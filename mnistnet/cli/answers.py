"""The output formats of `predict`: each turns an answer into a line."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from mnistnet.cli.messages import can_encode
from mnistnet.errors import one_line
from mnistnet.prediction import Answer, Digit


class Format(NamedTuple):
    """One output format.

    Attributes:
        help: a short description.
        line: turns an answer, and the number of most likely digits to show, into a line; None for no line.
        header: the line before all others.
        ranks: whether it can show more than the most likely digit.
        draws: whether --show can print drawings between its lines.
    """

    help: str
    line: Callable[[Answer, int], str | None]
    header: str | None = None
    ranks: bool = False
    draws: bool = False


def _text(answer: Answer, top: int) -> str | None:
    if answer.error is not None:
        return None
    if top == 1:
        return str(answer)
    rankings = [
        ", ".join(f"{digit} ({probability * 100:.1f} %)" for digit, probability in each.ranking()[:top])
        for each in answer.digits
    ]
    number = f"{answer.number}: " if len(rankings) > 1 else ""
    return f"{one_line(answer.path)}: {number}{' | '.join(rankings)}{'; unsure' if answer.unsure else ''}"


def _plain(answer: Answer, _top: int) -> str:
    return answer.number  # an empty line for a picture that can't be read, so that line n belongs to picture n


def _jsonl(answer: Answer, top: int) -> str:
    if answer.error is not None:
        return json.dumps({"path": answer.path, "error": answer.error})
    values: dict[str, Any] = {"path": answer.path}
    if len(answer.digits) == 1:
        values |= _digit_values(answer.digits[0], top)
    values |= {
        "number": answer.number,
        "probability": answer.probability,
        "unsure": answer.unsure,
        "reasons": answer.reasons,
        "digits": [{**_digit_values(digit, top), "box": digit.box} for digit in answer.digits],
    }
    return json.dumps(values)


def _digit_values(digit: Digit, top: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "digit": digit.digit,
        "probability": digit.probability,
        "unsure": digit.unsure,
        "outputs": digit.outputs.tolist(),
    }
    if top > 1:
        values["top"] = [{"digit": number, "probability": output} for number, output in digit.ranking()[:top]]
    return values


def _csv(answer: Answer, _top: int) -> str:
    # Write a path as a JSON string if it holds a line break, can't be encoded, starts like a spreadsheet's formula, or
    # starts with a quotation mark, so that a leading quotation mark always means JSON.
    is_plain = answer.path == "-" or (answer.path.isprintable() and not answer.path.startswith(tuple('"=+-@')))
    path = answer.path if is_plain and can_encode(answer.path, sys.stdout) else json.dumps(answer.path)
    result = (answer.number, answer.probability, str(answer.unsure).lower(), "", " ".join(answer.reasons))
    row = (path, *(result if answer.error is None else ("", "", "", one_line(answer.error), "")))
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()


ANSWER_FORMATS = {
    "text": Format("readable lines", _text, ranks=True, draws=True),
    "plain": Format("only the number", _plain),
    "jsonl": Format("one JSON object per picture", _jsonl, ranks=True),
    "csv": Format("comma-separated values", _csv, header="path,number,probability,unsure,error,reasons"),
}
