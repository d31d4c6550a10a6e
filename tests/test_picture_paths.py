"""The pictures that paths mean, and why a path means none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mnistnet.model import Model
from mnistnet.picture_paths import find_pictures
from mnistnet.pictures.files import FORMAT_NAMES
from mnistnet.prediction import read_numbers


def test_a_folder_means_the_pictures_in_it_sorted(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt", "IMG_1.HEIC"):
        (tmp_path / name).touch()
    found = find_pictures(["-", str(tmp_path), "other.png"])
    assert found == ["-", *(str(tmp_path / name) for name in ("IMG_1.HEIC", "a.JPG", "b.png")), "other.png"]


def test_other_files_of_a_folder_are_left_out_with_a_note(tmp_path: Path) -> None:
    for name in ("7.png", "._7.png", ".DS_Store", "IMG_1234.JXL"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    notes: list[str] = []
    assert find_pictures([str(tmp_path)], note=notes.append) == [str(tmp_path / "7.png")]
    assert notes == [
        f"{tmp_path / 'pipe.png'}: not a regular file; left out",
        f"{tmp_path}: left out files that aren't {', '.join(FORMAT_NAMES)}: IMG_1234.JXL",
    ]


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
        ("*.png", "no such file; the pattern matches no file, or is in quotes"),
        ("https://x.org/7.png", "a URL; download the picture first"),
        ("7.png", "can't be opened (No such file or directory); check the path"),
        ("empty", "no pictures in this folder (--recursive reads its sub-folders, too)"),
        ("x" * 5000, "can't be opened (File name too long); check the path"),
        ("a\0b", "can't be opened"),
        ("", "can't be opened"),
    ],
)
def test_a_path_without_a_picture_gets_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Model, path: str, error: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty" / "0").mkdir(parents=True)
    (answer,) = read_numbers(model, find_pictures([path]))
    assert (answer.error or "").startswith(error)
