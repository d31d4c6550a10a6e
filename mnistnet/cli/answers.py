"""An answer as a line for people, for shell scripts, or for other programs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial

from mnistnet.errors import one_line
from mnistnet.prediction import Answer, Unreadable

HEADERS = {"csv": "path,digit,probability"}


def line_writer(form: str, top: int) -> Callable[[Answer | Unreadable], str | None]:
    """The function that makes a line of an answer, None for no line.

    Args:
        form: `text`, `plain`, `jsonl` or `csv`.
        top: how many of the best digits `text` tells.
    """
    writers: dict[str, Callable[[Answer | Unreadable], str | None]] = {
        "text": partial(_text, top=top),
        "plain": _plain,
        "jsonl": _jsonl,
        "csv": _csv,
    }
    return writers[form]


def _text(answer: Answer | Unreadable, top: int) -> str | None:
    if isinstance(answer, Unreadable):
        return None
    ranking = answer.ranking()
    if answer.unsure and top == 1:
        (digit, best), (other, second) = ranking[:2]
        says = f"{digit} ({best * 100:.0f} %, unsure: {other} at {second * 100:.0f} %)"
    else:
        says = ", ".join(f"{digit} ({output * 100:.1f} %)" for digit, output in ranking[:top])
        says += "; unsure" if answer.unsure else ""
    return f"{one_line(answer.path)}: {says}"


def _plain(answer: Answer | Unreadable) -> str:
    # An empty line for a picture that can't be read, so that line n stays the answer to picture n.
    return "" if isinstance(answer, Unreadable) else str(answer.digit)


def _jsonl(answer: Answer | Unreadable) -> str:
    if isinstance(answer, Unreadable):
        return json.dumps({"path": answer.path, "error": answer.error})
    return json.dumps(
        {
            "path": answer.path,
            "digit": answer.digit,
            "probability": answer.probability,
            "unsure": answer.unsure,
            "outputs": answer.outputs.tolist(),
        }
    )


def _csv(answer: Answer | Unreadable) -> str:
    import csv  # late: the other forms need not wait for it

    best = ("", "") if isinstance(answer, Unreadable) else (answer.digit, answer.probability)
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow((answer.path, *best))
    return line.getvalue().removesuffix("\n")
