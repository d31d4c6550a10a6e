"""The pictures that paths mean, and why a path means none."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from mnistnet.model import Model
from mnistnet.picture_paths import find_pictures
from mnistnet.prediction import read_numbers


def test_a_folder_means_the_pictures_in_it_sorted(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt", "c.png"):
        (tmp_path / name).touch()
    found = find_pictures(["-", str(tmp_path), "other.png"])
    assert found == ["-", *(str(tmp_path / name) for name in ("a.JPG", "b.png", "c.png")), "other.png"]


def test_other_files_of_a_folder_are_left_out_with_a_note(tmp_path: Path) -> None:
    for name in ("7.png", "._7.png", ".DS_Store", "IMG_1234.JXL"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    notes: list[str] = []
    assert find_pictures([str(tmp_path)], note=notes.append) == [str(tmp_path / "7.png")]
    assert len(notes) == 2
    assert notes[1].startswith(f"{tmp_path}: 1 file that is not PNG, JPEG, ")
    assert notes[1].endswith(": IMG_1234.JXL; save it as JPEG")
    assert notes[0] == f"{tmp_path / 'pipe.png'}: not a regular file; left out"


def test_sub_folders_are_searched_on_request(tmp_path: Path) -> None:
    for name in ("z.png", "a/b/1.png", "a/2.png", ".hidden/3.png", "empty/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    assert find_pictures([str(tmp_path)]) == [str(tmp_path / "z.png")]
    found = find_pictures([str(tmp_path)], recursive=True)
    assert found == [str(tmp_path / name) for name in ("z.png", "a/2.png", "a/b/1.png")]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("*.png", "*.png: no such file; the pattern matches no file, or is in quotes"),
        ("https://x.org/7.png", "https://x.org/7.png: a URL; download the picture first"),
        ("7.png", "7.png: can't be opened (No such file or directory); check the path"),
    ],
)
def test_a_pattern_or_a_url_gets_a_hint(model: Model, path: str, error: str) -> None:
    (answer,) = read_numbers(model, find_pictures([path]), io.BytesIO())
    assert answer.error == error


def test_a_folder_without_pictures_is_named(tmp_path: Path, model: Model) -> None:
    (tmp_path / "0").mkdir()
    (answer,) = read_numbers(model, find_pictures([str(tmp_path)]), io.BytesIO())
    assert answer.error == f"{tmp_path}: no pictures in this folder (--recursive reads its sub-folders, too)"


def test_a_name_that_is_too_long_is_a_picture_that_cannot_be_read(model: Model) -> None:
    paths = ["x" * 5000, "a\0b", ""]
    answers = list(read_numbers(model, find_pictures(paths), io.BytesIO()))
    errors = [answer.error or "" for answer in answers]
    assert "File name too long" in errors[0]
    assert all("can't be opened" in error for error in errors)
    assert len(errors) == 3


def test_folders_can_be_nested_deeper_than_python_calls(tmp_path: Path) -> None:
    folder = tmp_path
    try:
        for _ in range(1500):
            (folder / "d").mkdir()
            folder = folder / "d"
        (folder / "7.png").touch()
        assert find_pictures([str(tmp_path)], recursive=True) == [str(folder / "7.png")]
        (folder / "7.png").unlink()
    finally:  # what clears old folders away for pytest calls itself
        while folder != tmp_path:
            folder.rmdir()
            folder = folder.parent
