"""Files and folders as people have them, read by the real program."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program, write_class_folders
from mnistnet.datasets import Dataset
from mnistnet.model import Model
from mnistnet.pictures.files import FORMAT_NAMES

SEVEN = Path(__file__).parents[1] / "digits" / "7.png"


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


def test_heic_is_read_with_its_plug_in_and_named_in_a_note_without(
    program: Program, process: Program, tmp_path: Path
) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra mnistnet[heic] is not installed")
    heif.register_heif_opener()
    (tmp_path / "own" / "7").mkdir(parents=True)
    with Image.open(SEVEN) as picture:
        picture.convert("RGB").resize((200, 200)).save(tmp_path / "own" / "7" / "IMG_1234.HEIC", "HEIF")
    assert program("predict", "-q", "--format", "plain", "own/7/IMG_1234.HEIC").stdout == "7\n"
    assert program("predict", "-q", "--format", "plain", "own/7").stdout == "7\n"
    missing = "import sys\nsys.modules['pillow_heif'] = None"
    done = process("predict", "-q", "own/7/IMG_1234.HEIC", before=missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Error: own/7/IMG_1234.HEIC: a HEIC picture; install mnistnet[heic], or save it as JPEG\n")
    (tmp_path / "own" / "7" / "seven.png").write_bytes(SEVEN.read_bytes())
    done = process("predict", "--format", "plain", "own/7", before=missing)
    assert (done.returncode, done.stdout) == (0, "7\n")
    formats = ", ".join(name for name in FORMAT_NAMES if name != "HEIC")
    note = f"1 file that is not {formats}: IMG_1234.HEIC; install mnistnet[heic] to read HEIC"
    assert f"own/7: {note}\n" in done.stderr


def test_a_photograph_of_200_megapixels_is_read_and_a_larger_one_refused(program: Program, tmp_path: Path) -> None:
    with Image.open(SEVEN) as picture:
        drawn = picture.convert("L").resize((2000, 2000))
    photograph = Image.new("L", (16_000, 12_500), 255)
    photograph.paste(drawn, (7000, 5000))
    photograph.save(tmp_path / "200.jpg", quality=50)
    photograph.resize((16_001, 12_500), Image.Resampling.NEAREST).save(tmp_path / "201.jpg", quality=50)
    done = program("predict", "-q", "--format", "csv", "200.jpg", "201.jpg")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("200.jpg,7,")
    assert done.stderr == ("Error: 201.jpg: 16001 x 12500 pixels, at most 200,000,000 are read; save it smaller\n")


def test_quiet_hides_notes_and_no_errors(program: Program, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for name, content in (("7.png", SEVEN.read_bytes()), ("bad.png", b"bad"), ("IMG.CR2", b"raw")):
        (tmp_path / "own" / name).write_bytes(content)
    loud, quiet = (program("predict", "own", *options) for options in ((), ("-q",)))
    assert (loud.returncode, loud.stdout) == (quiet.returncode, quiet.stdout)
    using, left_out, error = loud.stderr.splitlines()
    assert using == "Using the built-in model"
    assert left_out.startswith("own: 1 file that is not PNG, ")
    assert error.startswith("Error: own/bad.png: not a picture")
    assert quiet.stderr == f"{error}\n"


def test_a_picture_is_read_as_the_number_of_digits_that_is_given(program: Program, tmp_path: Path) -> None:
    with Image.open(SEVEN) as picture:
        seven = picture.convert("L")
    row = Image.new("L", (2 * seven.width, seven.height), 255)
    row.paste(seven)
    row.paste(seven, (seven.width, 0))
    row.save(tmp_path / "77.png")
    for digits, count in (("auto", 2), ("2", 2), ("1", 1)):
        facts = json.loads(program("predict", "-q", "--format", "jsonl", "--digits", digits, "77.png").stdout)
        assert len(facts["digits"]) == count
        assert facts["number"] == "77" or count == 1


def test_names_with_undecodable_bytes_are_escaped_on_the_page(
    program: Program, tmp_path: Path, digits: Dataset, model: Model
) -> None:
    folder = tmp_path / os.fsdecode(b"own\xff")
    write_class_folders(folder, digits.take(np.arange(20)))
    model.save(folder / os.fsdecode(b"m\xfe.npz"))
    done = program("page", "--model", folder / os.fsdecode(b"m\xfe.npz"), "--data", folder, "-o", "page.html", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (r"m\\udcfe.npz" in text, r"own\\udcff" in text) == (True, True)
