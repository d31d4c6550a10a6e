from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from conftest import write_class_folders
from mnistnet.datasets import Dataset
from mnistnet.datasets.folders import has_class_folders, load_pictures, load_subset
from mnistnet.errors import DatasetError
from mnistnet.pictures.files import FORMAT_NAMES


@pytest.fixture
def folder(tmp_path: Path, few: Dataset) -> Path:
    """Two of each digit, as PNGs."""
    return write_class_folders(tmp_path / "pictures", few)


def test_pictures_are_labelled_by_their_folder_and_in_the_order_of_their_names(folder: Path) -> None:
    assert has_class_folders(folder)
    seen: list[tuple[int, int]] = []
    dataset = load_pictures(folder, lambda progress: seen.append((progress.done, progress.total)))
    assert dataset.labels.tolist() == [digit for digit in range(10) for _ in range(2)]
    assert list(dataset.paths) == sorted(dataset.paths)
    assert [Path(path).parent.name for path in dataset.paths] == [str(label) for label in dataset.labels]
    assert (dataset.unreadable, dataset.notes) == ((), ())
    assert seen == [(count, 20) for count in range(1, 21)]


def test_unreadable_pictures_are_listed_and_pipes_do_not_block(folder: Path) -> None:
    (folder / "3" / "broken.png").write_bytes(b"not a picture")
    os.mkfifo(folder / "4" / "pipe.png")
    (folder / "5" / "device.png").symlink_to("/dev/zero")
    (folder / "6" / "folder.png").mkdir()
    (folder / "7" / "dangling.png").symlink_to(folder / "nowhere")
    dataset = load_pictures(folder)
    assert len(dataset) == len(dataset.paths) == 20
    assert f"{folder / '3' / 'broken.png'}: not a picture" in dataset.unreadable[0]
    assert dataset.unreadable[1:] == tuple(
        f"{folder / name}: not a regular file; remove it from the folder"
        for name in ("4/pipe.png", "5/device.png", "6/folder.png", "7/dangling.png")
    )


def test_other_files_and_folders_and_missing_digits_are_named_but_names_with_a_dot_ignored(folder: Path) -> None:
    for name in ("3/._05.png", "3/.DS_Store", "3/IMG_1234.CR2", "4/0.txt", "4/1.txt", "4/2.txt", "10/05.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no picture of a digit")
    for name in (".git", "cat", "3/writer"):
        (folder / name).mkdir()
    for path in ((folder / "5").glob("*"), (folder / "7").glob("*")):
        for each in path:
            each.unlink()
    (folder / "7").rmdir()
    dataset = load_pictures(folder)
    assert (len(dataset), set(dataset.labels), dataset.unreadable) == (16, {0, 1, 2, 3, 4, 6, 8, 9}, ())
    others = "IMG_1234.CR2, 0.txt, 1.txt and 1 more"
    assert dataset.notes == (
        f"{folder}: no pictures of 5, 7",
        f"{folder}: left out folders that aren't named 0 to 9: 10, cat",
        f"{folder}: left out files that aren't {', '.join(FORMAT_NAMES)}: {others}",
    )


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("training", "testing")])
def test_the_pictures_of_a_subset_are_read_from_its_folder(
    tmp_path: Path, digits: Dataset, train: str, test: str
) -> None:
    write_class_folders(tmp_path / train, digits.take(np.arange(4)))
    with pytest.raises(DatasetError, match=f"{tmp_path}/test: holds no folders 0 to 9; add them"):
        load_subset(tmp_path, "test")
    write_class_folders(tmp_path / test, digits.take(np.arange(2)))
    assert (len(load_subset(tmp_path, "train")), len(load_subset(tmp_path, "test"))) == (4, 2)


@pytest.mark.parametrize("kind", ["file", "dangling link", "loop", "forbidden"])
def test_a_class_folder_that_cannot_be_listed_is_an_error(folder: Path, kind: str) -> None:
    bad = folder / "3"
    if kind == "forbidden":
        bad.chmod(0)
        if os.access(bad, os.R_OK):
            pytest.skip("this user may read everything")
    else:
        bad.rename(folder / "elsewhere")
        if kind == "file":
            bad.touch()
        else:
            bad.symlink_to(bad if kind == "loop" else folder / "nowhere")
    with pytest.raises(DatasetError, match=f"{bad}: can't be listed \\(.+\\); repair or remove it"):
        load_pictures(folder)


def test_folders_without_a_readable_picture_are_an_error_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "5").mkdir()
    with pytest.raises(DatasetError, match="no picture that can be read in its folders 0 to 9$"):
        load_pictures(tmp_path)
    (tmp_path / "5" / "photo.cr2").touch()
    with pytest.raises(DatasetError, match=r"folders 0 to 9 \(.*: left out files that aren't PNG, .*: photo.cr2"):
        load_pictures(tmp_path)
    (tmp_path / "5" / "empty.png").touch()
    with pytest.raises(DatasetError, match=r"folders 0 to 9 \(.*empty.png: not a picture .*\(empty file"):
        load_pictures(tmp_path)
