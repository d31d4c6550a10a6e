"""What only real MNIST can show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program
from mnistnet.datasets import load_split
from mnistnet.model import load


@pytest.mark.mnist
def test_three_epochs_read_97_per_cent_the_built_in_model_99_and_a_picture_as_its_idx_row_to_the_bit(
    program: Program, mnist: Path, tmp_path: Path
) -> None:
    assert program("evaluate", "--model", "builtin", "--data", mnist, "--min-accuracy", "0.99").returncode == 0
    assert program("train", "--epochs", "3", "--data", mnist).returncode == 0
    done = program("evaluate", "--data", mnist, "--min-accuracy", "0.97")
    assert done.returncode == 0, done.stdout
    images = load_split(str(mnist), "test", 0).images
    outputs = load(tmp_path / "mnistnet.npz").outputs(images)
    chosen = range(0, 10_000, 500)
    names = [f"{index:05}.png" for index in chosen]
    for name, index in zip(names, chosen, strict=True):
        Image.fromarray(images[index]).save(tmp_path / name)
    done = program("predict", "--format", "jsonl", *names)
    for line, index in zip(done.stdout.splitlines(), chosen, strict=True):
        assert np.array(json.loads(line)["outputs"], np.float32).tobytes() == outputs[index].tobytes()
