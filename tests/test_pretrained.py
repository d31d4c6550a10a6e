"""The model that comes with the package."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program
from mnistnet.model import PRETRAINED, load

DIGITS = Path(__file__).parent / "digits"


def test_it_is_the_network_of_the_derivation_small_and_only_to_be_used() -> None:
    model = load()
    assert model.network.sizes == (784, 20, 10, 10)
    assert (model.settings.activation, model.settings.cost) == ("sigmoid", "mse")
    assert model.velocity is None
    assert model.latest is None
    assert PRETRAINED.stat().st_size < 100_000


def test_it_reads_ten_drawn_digits_without_any_training(program: Program) -> None:
    done = program("predict", "--format", "plain", DIGITS)
    assert (done.returncode, done.stdout.split()) == (0, list("0123456789"))
    assert done.stderr == "Using the built-in model\n"


@pytest.mark.mnist
def test_it_reads_98_per_cent_of_mnists_test_images(program: Program, mnist: Path) -> None:
    done = program("evaluate", "--data", mnist, "--json", "--min-accuracy", "0.98")
    assert (done.returncode, json.loads(done.stdout)["images"]) == (0, 10_000)


def test_a_picture_without_a_digit_gets_no_confident_answer(program: Program, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:120, :120] / 120
    pictures = {
        "blank": np.full((120, 120), 255.0),
        "noise": rng.uniform(0, 255, (120, 120)),
        "wall": 180 + 40 * x - 30 * y + rng.normal(0, 4, (120, 120)),
        "bricks": np.where((8 * y % 1 < 0.1) | ((6 * x + (8 * y).astype(int) % 2 / 2) % 1 < 0.06), 190, 130),
        "speck": np.where((np.abs(x - 0.3) < 0.01) & (np.abs(y - 0.6) < 0.01), 0, 255),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    done = program("predict", "--format", "jsonl", *(f"{name}.png" for name in pictures))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(pictures)
    for answer in answers:
        assert "no digit in it" in answer.get("error", "") or answer["unsure"], answer
