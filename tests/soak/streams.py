"""Ten thousand pictures on one command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from conftest import Program, rounds
from mnistnet.datasets import Dataset, hold_out
from mnistnet.settings import Settings
from mnistnet.training import fit


def test_ten_thousand_pictures_on_one_command_line_are_each_answered(
    program: Program, tmp_path: Path, digits: Dataset
) -> None:
    *_, (_, model) = fit(*hold_out(digits, 100), Settings(epochs=1, validation=100))
    model.save(tmp_path / "mnistnet.npz")
    count = rounds(10_000)
    names = [f"{number:05}.png" for number in range(count)]
    for number, name in enumerate(names):
        Image.fromarray(digits.images[number % 600]).save(tmp_path / name)
    (tmp_path / names[count // 2]).write_bytes(b"no picture")
    done = program("predict", "-q", "--format", "jsonl", *names)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert [answer["path"] for answer in answers] == names
    assert "error" in answers.pop(count // 2)
    expected = np.delete(model.predict(digits.images)[np.arange(count) % 600], count // 2)
    assert [answer["digit"] for answer in answers] == expected.tolist()
