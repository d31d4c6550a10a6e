from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from conftest import write_idx, write_mnist
from mnistnet.datasets import Dataset
from mnistnet.datasets.idx import NAMES, has_idx, load_idx, read_idx
from mnistnet.errors import DatasetError


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    return write_mnist(tmp_path / "mnist", digits, digits.take(np.arange(50)))


def test_training_and_test_files_are_read_separately(folder: Path, digits: Dataset) -> None:
    assert has_idx(folder)
    assert len(load_idx(folder, "train")) == 600
    test = load_idx(folder, "test")
    assert np.array_equal(test.images, digits.images[:50])
    assert np.array_equal(test.labels, digits.labels[:50])


def test_test_files_alone_are_enough_to_evaluate_on(folder: Path) -> None:
    for name in NAMES.values():
        (folder / f"train-{name}.gz").unlink()
    assert len(load_idx(folder, "test")) == 50
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte.gz is missing; 'mnistnet download"):
        load_idx(folder, "train")


@pytest.mark.parametrize(
    "form",
    [
        "{stem}.gz",
        "{dotted}.gz",
        "{dotted}",
        "MNIST/raw/{stem}",
        "raw/{stem}.gz",
        "{stem}/{stem}",
        "{stem}/{dotted}",
        "{dotted}/{stem}",
    ],
)
def test_files_are_found_under_the_names_that_people_have(tmp_path: Path, folder: Path, form: str) -> None:
    for path in sorted(folder.iterdir()):
        stem = path.name.removesuffix(".gz")
        target = tmp_path / "own" / form.format(stem=stem, dotted=stem.replace("-idx", ".idx"))
        target.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        target.write_bytes(content if target.suffix == ".gz" else gzip.decompress(content))
    assert has_idx(tmp_path / "own")
    assert (len(load_idx(tmp_path / "own", "train")), len(load_idx(tmp_path / "own", "test"))) == (600, 50)


def test_a_missing_file_is_named_beside_the_one_that_was_found(tmp_path: Path, digits: Dataset) -> None:
    write_idx(tmp_path / "train-images.idx3-ubyte", digits.images)
    with pytest.raises(DatasetError, match="found train-images.idx3-ubyte; train-labels-idx1-ubyte.gz is missing; "):
        load_idx(tmp_path, "train")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "an empty file; replace it"),
        (b"\x00\x00\x08", "not an IDX file"),
        (b"<html>502 Bad Gateway</html>" * 10, "not an IDX file .starts with 3c 68 74 6d, expected 00 00 08 03"),
        (b"\x00\x00\x0d\x03" + bytes(12), "not an IDX file"),
        (b"\x00\x00\x08\x01" + bytes(12), "not an IDX file"),
        (b"\x00\x00\x08\x03" + (0).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2, "holds no images"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "claims the shape"),
        (b"\x00\x00\x08\x03" + (2).to_bytes(4, "big") + (27).to_bytes(4, "big") * 2 + bytes(1458), "claims the shape"),
        (b"\x00\x00\x08\x03" + (2).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2 + bytes(1567), "got 1,567"),
        (b"\x00\x00\x08\x03" + (2).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2 + bytes(1569), "got more"),
    ],
)
def test_a_damaged_idx_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "raw").write_bytes(content)
    with gzip.open(tmp_path / "zipped.gz", "wb") as file:
        file.write(content)
    for name in ("raw", "zipped.gz"):
        with pytest.raises(DatasetError, match=f"{name}: .*{expected}"):
            read_idx(tmp_path / name, 3)


def test_every_truncation_of_a_gzipped_file_is_refused(tmp_path: Path, digits: Dataset) -> None:
    write_idx(tmp_path / "whole.gz", digits.images[:20])
    content = (tmp_path / "whole.gz").read_bytes()
    cut = tmp_path / "cut.gz"
    for length in [*range(40), *range(40, len(content), 97), len(content) - 1]:
        cut.write_bytes(content[:length])
        with pytest.raises(DatasetError, match=r"cut\.gz: "):
            read_idx(cut, 3)


def test_labels_that_do_not_match_are_refused(folder: Path, digits: Dataset) -> None:
    labels = folder / "train-labels-idx1-ubyte.gz"
    write_idx(labels, digits.labels[:599])
    with pytest.raises(DatasetError, match="600 images, but 599 labels"):
        load_idx(folder, "train")
    write_idx(labels, np.append(digits.labels[:599], np.uint8(10)))
    with pytest.raises(DatasetError, match="a label is 10, expected 0 to 9"):
        load_idx(folder, "train")
    labels.unlink()
    with pytest.raises(DatasetError, match="train-labels-idx1-ubyte.gz is missing"):
        load_idx(folder, "train")


@pytest.mark.parametrize("name", ["raw", "zipped.gz"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_not_a_plain_file_does_not_block(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(DatasetError, match=f"{name}: not a regular file; replace it"):
        read_idx(path, 3)
