from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program
from mnistnet.annotation import SURE_COLOUR, UNSURE_COLOUR, write_annotated
from mnistnet.images import ByteArray
from mnistnet.prediction import Answer, Digit

DIGITS = Path(__file__).with_name("digits")
BOX = (40, 60, 120, 180)


def answer(path: Path, output: float) -> Answer:
    """A picture with a 7, by its output."""
    return Answer(str(path), (Digit(np.zeros((28, 28), np.uint8), output * np.eye(10, dtype=np.float32)[7], BOX),))


def coloured(path: Path, colour: str) -> ByteArray:
    """Where a picture has exactly this colour, bool (height, width)."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    found: ByteArray = (pixels == np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])).all(axis=-1)
    return found


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A white picture of 200×200 pixels, which is enlarged twice."""
    Image.new("L", (200, 200), 255).save(tmp_path / "7.jpg")
    return tmp_path / "7.jpg"


def test_a_box_is_drawn_around_a_digit_and_an_unsure_one_is_dashed(tmp_path: Path, picture: Path) -> None:
    write_annotated(tmp_path, answer(picture, 0.99))
    write_annotated(tmp_path, answer(picture, 0.5))
    sure, unsure = tmp_path / "7.png", tmp_path / "7-2.png"
    left, _, right, bottom = (2 * side for side in BOX)
    bottom_side = slice(left, right)
    assert coloured(sure, SURE_COLOUR)[bottom, bottom_side].all()
    assert 0.3 < coloured(unsure, UNSURE_COLOUR)[bottom, bottom_side].mean() < 0.7
    assert not coloured(unsure, SURE_COLOUR).any()


def test_long_names_are_cut_to_what_file_systems_allow(tmp_path: Path) -> None:
    picture = tmp_path / f"{'é' * 125}.jpg"  # 254 bytes, and the copies' names end in -2.png
    Image.new("L", (200, 200), 255).save(picture)
    for _ in range(2):
        write_annotated(tmp_path, answer(picture, 0.99))
    assert {path.stem for path in tmp_path.glob("*.png")} == {"é" * 100, f"{'é' * 100}-2"}


def test_predict_writes_a_copy_of_each_picture(program: Program, tmp_path: Path) -> None:
    done = program("predict", "-q", DIGITS / "7.png", "none.png", "--annotate", "copies")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["7.png"]
    with Image.open(tmp_path / "copies" / "7.png") as copy, Image.open(DIGITS / "7.png") as picture:
        assert copy.width / copy.height == pytest.approx(picture.width / picture.height, rel=0.02)


def test_a_picture_that_cannot_be_read_twice_is_answered_without_a_copy(program: Program, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = (DIGITS / "7.png").read_bytes()
    threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,), daemon=True).start()
    done = program("predict", "-q", "pipe", DIGITS / "3.png", "--annotate", "copies")
    assert (done.returncode, done.stdout.count("\n")) == (1, 2)
    assert done.stderr == "Error: pipe: no copy: removed, or not a regular file; --annotate reads it twice\n"
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["3.png"]
