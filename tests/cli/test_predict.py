from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program
from mnistnet.datasets import Dataset
from mnistnet.model import load


@pytest.mark.usefixtures("trained")
def test_predictions_in_every_format(program: Program, pngs: list[str], digits: Dataset) -> None:
    objects = [json.loads(line) for line in program("predict", *pngs, "--format", "jsonl").stdout.splitlines()]
    assert [facts["path"] for facts in objects] == pngs
    for facts in objects:
        assert facts["digit"] == int(np.argmax(facts["outputs"]))
        assert facts["number"] == str(facts["digit"])
        assert facts["probability"] == max(facts["outputs"])
    for facts, image in zip(objects, digits.images, strict=False):
        ((left, top, right, bottom),) = (digit["box"] for digit in facts["digits"])
        ys, xs = np.nonzero(image >= 128)  # each of its pixels became three wide
        ink = (3 * xs.min(), 3 * ys.min(), 3 * xs.max() + 3, 3 * ys.max() + 3)
        assert np.abs(np.subtract((left, top, right, bottom), ink)).max() <= 6
    read = [str(facts["digit"]) for facts in objects]

    done = program("predict", *pngs)
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "Using mnistnet.npz")
    for line, facts in zip(done.stdout.splitlines(), objects, strict=True):
        places = 0 if facts["unsure"] else 1
        assert line.startswith(f"{facts['path']}: {facts['digit']} ({facts['probability'] * 100:.{places}f} %")
        assert ("unsure: " in line) is facts["unsure"]
    assert program("predict", *pngs, "--format", "plain").stdout.split() == read
    rows = list(csv.reader(program("predict", *pngs, "--format", "csv").stdout.splitlines()))
    assert rows[0] == ["path", "number", "probability", "unsure", "error", "reasons"]
    assert [row[:2] for row in rows[1:]] == [list(pair) for pair in zip(pngs, read, strict=True)]


def test_the_model_is_the_named_one_else_the_variables_else_this_folders_else_the_built_in_one(
    program: Program, trained: Path, pngs: list[str]
) -> None:
    accuracy = load(trained).validation_accuracy
    here = program("predict", pngs[0])
    note = f"It reads {accuracy:.2%} of its validation images; --model builtin is trained for people's handwriting"
    assert here.stderr == f"Using mnistnet.npz\n{note}\n"
    builtin = program("predict", pngs[0], "--model", "builtin")
    assert (builtin.stderr, builtin.stdout != here.stdout) == ("", True)
    trained.rename(trained.with_name("other.npz"))
    trained.write_text("not a model")
    assert "mnistnet.npz: not a mnistnet model" in program("predict", pngs[0]).stderr
    for variable, options, note, same in (
        ("", ("--model", "other.npz"), "", here),
        ("other.npz", (), "Using other.npz\n", here),
        ("builtin", (), "Using the built-in model\n", builtin),
        ("other.npz", ("--model", "builtin"), "", builtin),
    ):
        done = program("predict", pngs[0], *options, environment={"MNISTNET_MODEL": variable})
        assert (done.stdout, done.stderr) == (same.stdout, note)
    trained.unlink()
    done = program("predict", pngs[0])
    assert (done.stdout, done.stderr) == (builtin.stdout, "Using the built-in model\n")


def test_an_unsure_answer_fails_on_request(program: Program, tmp_path: Path, digits: Dataset) -> None:
    for index in range(100):
        Image.fromarray(digits.images[index]).save(tmp_path / f"{index}.png")
    answers = map(json.loads, program("predict", ".", "-q", "--format", "jsonl").stdout.splitlines())
    some = {answer["unsure"]: answer["path"] for answer in answers if "error" not in answer}
    for unsure in (True, False):
        assert program("predict", some[unsure]).returncode == 0
        failed = program("predict", some[unsure], "--fail-unsure", "-q")
        assert failed.returncode == int(unsure)
        assert failed.stderr == ("Error: 1 of 1 answers is unsure\n" if unsure else "")


def test_a_picture_from_standard_input(program: Program, trained: Path, pngs: list[str]) -> None:
    by_name = program("predict", pngs[0], "--format", "plain", "-q").stdout
    content = (trained.parent / pngs[0]).read_bytes()
    assert program("predict", "-", "--format", "plain", "-q", stdin=content).stdout == by_name
    assert program("predict", "-", "-q", stdin=b"").returncode == 1


def test_an_unreadable_picture_in_every_format(program: Program, trained: Path, pngs: list[str]) -> None:
    (trained.parent / "1.png").write_bytes(b"no picture")
    for form, place in (
        ("text", None),
        ("plain", ""),
        ("csv", '1.png,,,,"1.png: '),
        ("jsonl", '{"path": "1.png", "error": "'),
    ):
        done = program("predict", *pngs, "--format", form, "-q")
        assert done.returncode == 1
        assert done.stderr.startswith("Error: 1.png: ")
        assert len(done.stderr.splitlines()) == 1
        lines = done.stdout.splitlines()[1 if form == "csv" else 0 :]
        assert len(lines) == (2 if place is None else 3)
        assert place is None or lines[1].startswith(place)


def test_errors_escape_line_breaks_and_undecodable_bytes(program: Program, trained: Path) -> None:
    folder = trained.parent / "odd"
    folder.mkdir()
    picture = trained.parent / "x.png"
    Image.new("L", (40, 40), 255).save(picture)
    names = [b"two\nlines.png", b"byte\xff.png", b"-dash.png", "ü.png".encode()]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(picture.read_bytes())
    done = program("predict", "-q", "odd", *(f"odd/{n}" for n in ("-dash.png",)), environment={"LC_ALL": "C"})
    assert done.returncode == 1  # blank
    assert len(done.stderr.splitlines()) == 5
    assert "Traceback" not in done.stderr
    assert "two\\nlines.png" in done.stderr
