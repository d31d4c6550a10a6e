"""The output formats of `predict`: an answer as a line for people, for shell scripts, or for other programs."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mnistnet.cli.messages import can_encode
from mnistnet.errors import one_line

if TYPE_CHECKING:
    from mnistnet.prediction import Answer, Digit


class Format(NamedTuple):
    """One output format.

    Attributes:
        help: what it is, in a few words.
        line: turns an answer, and how many of the best readings are asked for, into a line; None for no line.
        header: the line before all others.
        ranks: whether it can tell more than the best reading of a digit.
        draws: whether drawings can stand between its lines.
    """

    help: str
    line: Callable[[Answer, int], str | None]
    header: str | None = None
    ranks: bool = False
    draws: bool = False


def _text(answer: Answer, top: int) -> str | None:
    if answer.error is not None:
        return None
    says = _best_few(answer, top) if top > 1 else f"{answer.number} ({_certainty(answer)})"
    return f"{one_line(answer.path)}: {says}"


def _certainty(answer: Answer) -> str:
    if not answer.unsure:
        return f"{answer.probability * 100:.1f} %"
    doubt = f"{answer.probability * 100:.0f} %, unsure"
    if len(answer.digits) == 1 and answer.digits[0].unsure:
        other, probability = answer.digits[0].ranking()[1]
        doubt += f": {other} at {probability * 100:.0f} %"
    return doubt


def _best_few(answer: Answer, top: int) -> str:
    lists = [
        ", ".join(f"{digit} ({probability * 100:.1f} %)" for digit, probability in each.ranking()[:top])
        for each in answer.digits
    ]
    number = f"{answer.number}: " if len(lists) > 1 else ""
    return number + " | ".join(lists) + ("; unsure" if answer.unsure else "")


def _plain(answer: Answer, _top: int) -> str:
    return answer.number  # an empty line for a picture that can't be read: line n stays the answer to picture n


def _jsonl(answer: Answer, top: int) -> str:
    import json  # late, as csv below: `--help` need not wait for it

    if answer.error is not None:
        return json.dumps({"path": answer.path, "error": answer.error})
    facts: dict[str, Any] = {"path": answer.path}
    if len(answer.digits) == 1:
        facts |= _facts(answer.digits[0], top)
    facts |= {
        "number": answer.number,
        "probability": answer.probability,
        "unsure": answer.unsure,
        "digits": [{**_facts(digit, top), "box": digit.box} for digit in answer.digits],
    }
    return json.dumps(facts)


def _facts(digit: Digit, top: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "digit": digit.digit,
        "probability": digit.probability,
        "unsure": digit.unsure,
        "outputs": digit.outputs.tolist(),
    }
    if top > 1:
        facts["top"] = [{"digit": number, "probability": output} for number, output in digit.ranking()[:top]]
    return facts


def _csv(answer: Answer, _top: int) -> str:
    import csv
    import json

    # A name that would break its line, or send codes to a terminal, or that the output's encoding lacks, is written as
    # a JSON string. So is one that begins with a quotation mark: what begins with one is always JSON.
    plain = answer.path.isprintable() and not answer.path.startswith('"') and can_encode(answer.path, sys.stdout)
    path = answer.path if plain else json.dumps(answer.path)
    read = (answer.number, answer.probability, str(answer.unsure).lower(), "")
    row = (path, *(read if answer.error is None else ("", "", "", one_line(answer.error))))
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()


ANSWER_FORMATS = {
    "text": Format("for people", _text, ranks=True, draws=True),
    "plain": Format("the number alone", _plain),
    "jsonl": Format("a JSON object for each picture", _jsonl, ranks=True),
    "csv": Format("a table", _csv, header="path,number,probability,unsure,error"),
}
