"""The model that comes with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from conftest import Program
from mnistnet.model import PRETRAINED, load
from mnistnet.prediction import read

DIGITS = Path(__file__).parent / "digits"


def test_the_built_in_model_is_the_network_of_the_derivation_small_and_for_inference_only() -> None:
    model = load()
    assert model.network.sizes == (784, 20, 10, 10)
    assert (model.settings.activation, model.settings.cost) == ("sigmoid", "mse")
    assert model.velocity is None
    assert model.latest is None
    assert PRETRAINED.stat().st_size < 100_000


def test_the_built_in_model_reads_ten_drawn_digits(program: Program) -> None:
    done = program("predict", "--format", "plain", DIGITS)
    assert (done.returncode, done.stdout.split()) == (0, list("0123456789"))
    assert done.stderr == "Using the built-in model\n"


@pytest.mark.parametrize("radius", [20, 50, 90])
def test_a_disc_is_no_sure_digit(radius: int) -> None:
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).ellipse((100 - radius, 100 - radius, 100 + radius, 100 + radius), fill=0)
    assert read(picture).unsure


@pytest.mark.parametrize("sign", [(197, 160, 203, 170), (180, 95, 220, 105)])
def test_a_number_with_a_comma_or_a_dash_in_it_is_unsure(sign: tuple[int, int, int, int]) -> None:
    seven = np.asarray(Image.open(DIGITS / "7.png").convert("L"))
    picture = Image.fromarray(np.hstack([seven, seven]))
    assert not read(picture).unsure
    ImageDraw.Draw(picture).rectangle(sign, fill=int(seven.min()))
    assert "other-ink" in read(picture).reasons
