"""Files and folders as people have them, read by the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import HANG, Program, write_class_folders
from mnistnet.datasets import Dataset
from mnistnet.model import Model
from mnistnet.pictures.files import FORMAT_NAMES

SEVEN = Path(__file__).parents[1] / "digits" / "7.png"
PROGRAM = "\nfrom mnistnet.__main__ import main\nmain()"


def program_after(statements: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a Python that has run these statements."""
    command = [sys.executable, "-c", statements + PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=HANG)


def test_names_that_start_with_a_dot_are_ignored(program: Program, tmp_path: Path, digits: Dataset) -> None:
    own = write_class_folders(tmp_path / "own", digits.take(np.arange(60)))
    for folder in (own / "7", tmp_path / "own"):
        (folder / "._7.png").write_bytes(b"what a Mac puts beside a file")
        (folder / ".DS_Store").touch()
    assert program("predict", "-q", "--recursive", "--format", "plain", own).stdout.count("\n") == 60
    for command in (("evaluate",), ("train", "--epochs", "1", "-o", "own.npz")):
        done = program(*command, "-q", "--data", own)
        assert (done.returncode, done.stderr) == (0, "")


CLOSED = """
import pathlib
def closed(self):
    if self.name in ("closed", "3"):
        raise PermissionError(13, "Permission denied", str(self))
    return open_ones(self)
open_ones, pathlib.Path.iterdir = pathlib.Path.iterdir, closed
"""


def test_an_unlistable_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "own" / "closed").mkdir(parents=True)
    (tmp_path / "own" / "7.png").write_bytes(SEVEN.read_bytes())
    done = program_after(CLOSED, "predict", "--format", "plain", "-q", "--recursive", "own", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "7\n\n")
    assert done.stderr == "Error: own/closed: can't be listed (Permission denied)\n"
    (tmp_path / "data" / "3").mkdir(parents=True)
    for command in ("train", "evaluate"):
        done = program_after(CLOSED, command, "-q", "--data", "data", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "Error: data/3: can't be listed (Permission denied); repair or remove it\n"


def test_heic_is_read_with_its_plug_in_and_named_in_a_note_without(program: Program, tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra mnistnet[heic] is not installed")
    heif.register_heif_opener()
    (tmp_path / "own" / "7").mkdir(parents=True)
    with Image.open(SEVEN) as picture:
        picture.convert("RGB").resize((200, 200)).save(tmp_path / "own" / "7" / "IMG_1234.HEIC", "HEIF")
    assert program("predict", "-q", "--format", "plain", "own/7/IMG_1234.HEIC").stdout == "7\n"
    assert program("predict", "-q", "--format", "plain", "own/7").stdout == "7\n"
    missing = "import sys\nsys.modules['pillow_heif'] = None"
    done = program_after(missing, "predict", "-q", "own/7/IMG_1234.HEIC", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Error: own/7/IMG_1234.HEIC: a HEIC picture; install mnistnet[heic], or save it as JPEG\n")
    (tmp_path / "own" / "7" / "seven.png").write_bytes(SEVEN.read_bytes())
    done = program_after(missing, "predict", "--format", "plain", "own/7", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "7\n")
    formats = ", ".join(name for name in FORMAT_NAMES if name != "HEIC")
    note = f"1 file that is not {formats}: IMG_1234.HEIC; install mnistnet[heic] to read HEIC"
    assert f"own/7: {note}\n" in done.stderr
    done = program_after(missing, "evaluate", "--data", "own", cwd=tmp_path)
    assert f"own: {note}\n" in done.stderr


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


def test_a_class_without_pictures_is_a_warning(program: Program, tmp_path: Path, digits: Dataset) -> None:
    few = digits.take(np.flatnonzero(digits.labels != 4)[:60])
    write_class_folders(tmp_path / "own", few)
    for command in (("evaluate",), ("train", "--epochs", "1")):
        done = program(*command, "--data", "own")
        assert done.returncode == 0
        assert "\nown: no pictures of 4\n" in done.stderr


def test_a_device_is_not_read(program: Program, tmp_path: Path) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("needs /dev/zero")
    done = program("predict", "-q", "/dev/zero")
    assert (done.returncode, done.stderr) == (1, "Error: /dev/zero: not a regular file; check the path\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "own" / "7.png").write_bytes(SEVEN.read_bytes())
    done = program("predict", "--format", "plain", "own")
    assert (done.returncode, done.stdout) == (0, "7\n")
    assert "own/zero.png: not a regular file; left out\n" in done.stderr


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


def test_the_most_likely_digits_of_a_number_as_json(program: Program, tmp_path: Path) -> None:
    with Image.open(SEVEN) as picture:
        seven = picture.convert("L")
    row = Image.new("L", (2 * seven.width, seven.height), 255)
    row.paste(seven)
    row.paste(seven, (seven.width, 0))
    row.save(tmp_path / "77.png")
    facts = json.loads(program("predict", "-q", "--format", "jsonl", "--top", "2", "77.png").stdout)
    assert facts["number"] == "77"
    for digit in facts["digits"]:
        best, second = digit["top"]
        assert best == {"digit": 7, "probability": digit["probability"]}
        assert second["probability"] == sorted(digit["outputs"])[-2]


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
