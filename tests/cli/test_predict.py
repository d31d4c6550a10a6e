from __future__ import annotations

import csv
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program
from mnistnet.datasets import Dataset
from mnistnet.model import load

SEVEN = Path(__file__).parents[1] / "digits" / "7.png"


@pytest.mark.usefixtures("trained")
def test_every_format_gives_the_same_answers(program: Program, pngs: list[str], digits: Dataset) -> None:
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


def test_the_option_goes_before_the_variable_before_the_file_here_before_the_built_in_model(
    program: Program, trained: Path, pngs: list[str]
) -> None:
    accuracy = load(trained).validation_accuracy
    here = program("predict", pngs[0])
    note = f"It reads {accuracy:.2%} of its validation images; for your own pictures, --model builtin may be better"
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
    failed = program("predict", some[True], "none.png", "--fail-unsure", "-q")  # which has no answer
    assert failed.stderr.endswith("\nError: 1 of 1 answers is unsure\n")


def test_a_picture_from_standard_input_is_read_as_the_file_is(program: Program, trained: Path, pngs: list[str]) -> None:
    by_name = program("predict", pngs[0], "--format", "plain", "-q").stdout
    content = (trained.parent / pngs[0]).read_bytes()
    for jobs in ("1", "2"):
        assert program("predict", "-", "--format", "plain", "-q", "--jobs", jobs, stdin=content).stdout == by_name
    done = program("predict", "-", "-q", stdin=b"")
    assert (done.returncode, "not a picture that can be read (empty file)" in done.stderr) == (1, True)


def test_an_unlistable_folder_is_an_error(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Path.iterdir

    def closed(self: Path) -> Iterator[Path]:
        if self.name in ("closed", "3"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", closed)
    (tmp_path / "own" / "closed").mkdir(parents=True)
    (tmp_path / "own" / "7.png").write_bytes(SEVEN.read_bytes())
    done = program("predict", "--format", "plain", "-q", "--recursive", "own")
    assert (done.returncode, done.stdout) == (1, "7\n\n")
    assert done.stderr == "Error: own/closed: can't be listed (Permission denied)\n"
    (tmp_path / "data" / "3").mkdir(parents=True)
    for command in ("train", "evaluate"):
        done = program(command, "-q", "--data", "data")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Error: data/3: can't be listed (Permission denied); repair or remove it\n"


def test_quiet_hides_notes_but_not_errors(program: Program, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for name, content in (("7.png", SEVEN.read_bytes()), ("bad.png", b"bad"), ("IMG.CR2", b"raw")):
        (tmp_path / "own" / name).write_bytes(content)
    loud, quiet = (program("predict", "own", *options) for options in ((), ("-q",)))
    assert (loud.returncode, loud.stdout) == (quiet.returncode, quiet.stdout)
    using, left_out, error = loud.stderr.splitlines()
    assert using == "Using the built-in model"
    assert left_out.startswith("own: left out files that aren't PNG, ")
    assert error.startswith("Error: own/bad.png: not a picture")
    assert quiet.stderr == f"{error}\n"


def test_digits_is_how_many_digits_are_read(program: Program, tmp_path: Path) -> None:
    with Image.open(SEVEN) as picture:
        seven = picture.convert("L")
    row = Image.new("L", (2 * seven.width, seven.height), 255)
    row.paste(seven)
    row.paste(seven, (seven.width, 0))
    row.save(tmp_path / "77.png")
    auto, two, one = (
        program("predict", "-q", "--format", "plain", "--digits", digits, "77.png").stdout
        for digits in ("auto", "2", "1")
    )
    assert (auto, two, len(one)) == ("77\n", "77\n", 2)
