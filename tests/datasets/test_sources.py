from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import write_idx, write_mnist
from mnistnet.datasets.idx import read_idx
from mnistnet.datasets.sources import (
    IDX_NAMES,
    Dataset,
    has_splits,
    hold_out,
    load_pictures,
    load_split,
    load_training,
)
from mnistnet.errors import DatasetError


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    return write_mnist(tmp_path / "mnist", digits, digits.take(np.arange(50)))


@pytest.fixture
def pictures(tmp_path: Path, digits: Dataset) -> Path:
    """The first 60 digits as PNGs in folders 0 to 9."""
    for index, (image, label) in enumerate(zip(digits.images[:60], digits.labels[:60], strict=True)):
        path = tmp_path / "pictures" / str(label) / f"{index:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((56, 56)).save(path)
    return tmp_path / "pictures"


def test_idx_files_are_read_gzipped_and_raw(tmp_path: Path, digits: Dataset) -> None:
    for name in ("images.gz", "images"):
        write_idx(tmp_path / name, digits.images)
        assert np.array_equal(read_idx(tmp_path / name, 3), digits.images)


def test_training_and_test_files_are_told_apart(folder: Path, digits: Dataset) -> None:
    assert len(load_training([str(folder)])) == 600
    test = load_split(str(folder), "test", validation=100)
    assert np.array_equal(test.images, digits.images[:50])
    assert np.array_equal(test.labels, digits.labels[:50])


def test_several_sources_are_one_after_the_other(folder: Path, pictures: Path) -> None:
    both = load_training([str(folder), str(pictures)])
    parts = [load_training([str(source)]) for source in (folder, pictures)]
    assert np.array_equal(both.images, np.concatenate([part.images for part in parts]))
    assert np.array_equal(both.labels, np.concatenate([part.labels for part in parts]))


def test_test_files_alone_are_enough_to_measure_on(folder: Path) -> None:
    for kind in IDX_NAMES.values():
        (folder / f"train-{kind}.gz").unlink()
    assert len(load_split(str(folder), "test", validation=0)) == 50
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte.gz is missing; 'mnistnet download"):
        load_training([str(folder)])


def test_held_out_images_and_the_rest_are_the_whole_and_share_nothing(digits: Dataset) -> None:
    rest, held_out = hold_out(digits, 150)
    assert held_out is not None
    assert (len(rest), len(held_out)) == (450, 150)
    both = np.concatenate([rest.images, held_out.images])
    assert sorted(map(bytes, both)) == sorted(map(bytes, digits.images))
    places = [int((digits.images == image).all(axis=(1, 2)).argmax()) for image in held_out.images]
    assert min(places) < 50  # from all over the data, not its end
    assert max(places) > 550


def test_the_same_images_are_held_out_every_time(folder: Path) -> None:
    rest, held_out = hold_out(load_training([str(folder)]), 150)
    assert held_out is not None
    assert np.array_equal(load_split(str(folder), "validation", 150).images, held_out.images)
    assert np.array_equal(load_split(str(folder), "train", 150).images, rest.images)


def test_images_held_out_of_other_data_than_the_model_learned_from_are_refused(folder: Path, digits: Dataset) -> None:
    rest, _ = hold_out(digits, 150)
    assert len(load_split(str(folder), "validation", 150, rest.digest())) == 150
    with pytest.raises(DatasetError, match="not the data that the model was trained on; use --split test"):
        load_split(str(folder), "validation", 150, digits.digest())


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (np.zeros((2, 28, 28)), np.zeros(2, np.uint8), "images are float64"),
        (np.zeros((2, 784), np.uint8), np.zeros(2, np.uint8), "expected uint8 .n, 28, 28."),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.int64), "labels are int64"),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(3, np.uint8), "labels are uint8 .3,., expected uint8 .2,."),
        (np.zeros((2, 28, 28), np.uint8), np.full(2, 10, np.uint8), "a label is 10, expected 0 to 9"),
    ],
)
def test_arrays_that_are_no_images_and_labels_are_refused(images: Any, labels: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Dataset(images, labels)


def test_holding_out_nothing_leaves_nothing_to_measure_on(folder: Path, digits: Dataset) -> None:
    assert hold_out(digits, 0) == (digits, None)
    with pytest.raises(DatasetError, match="no validation images were held out .*; use --split test"):
        load_split(str(folder), "validation", 0)


def test_holding_out_everything_is_refused(digits: Dataset) -> None:
    with pytest.raises(DatasetError, match="600 validation images can't be held out of 600 .*; lower --validation"):
        hold_out(digits, 600)


def test_the_digest_tells_data_sets_apart(digits: Dataset) -> None:
    other = Dataset(digits.images, digits.labels[::-1])
    assert digits.digest() == Dataset(digits.images.copy(), digits.labels.copy()).digest() != other.digest()


def test_a_folder_of_pictures_is_taken_whole_and_labelled_by_its_folders(pictures: Path, digits: Dataset) -> None:
    assert not has_splits(str(pictures))
    seen = []
    dataset = load_split(str(pictures), "test", 0, progress=lambda done, total: seen.append((done, total)))
    assert sorted(dataset.labels) == sorted(digits.labels[:60])
    assert dataset.images.shape == (60, 28, 28)
    assert seen == [(count, 60) for count in range(1, 61)]


def test_unreadable_pictures_are_listed_when_measuring_and_refused_when_training(pictures: Path) -> None:
    (pictures / "3" / "broken.png").write_bytes(b"not a picture")
    dataset = load_pictures(pictures)
    assert len(dataset) == 60
    assert len(dataset.unreadable) == 1
    assert "broken.png" in dataset.unreadable[0]
    with pytest.raises(DatasetError, match=r"broken\.png"):
        load_training([str(pictures)])


def test_strokes_need_no_files_and_their_test_images_are_not_their_training_images() -> None:
    test, training = load_split("strokes", "test", 0), load_training(["strokes"])
    assert len(training) > len(test) >= 1000
    assert not {bytes(image) for image in test.images} & {bytes(image) for image in training.images}


def test_a_split_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="split is 'tset', expected one of test, validation, train"):
        load_split("strokes", "tset", 0)  # type: ignore[arg-type]


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere: no such folder"):
        load_training([str(tmp_path / "nowhere")])
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="file: not a folder"):
        load_training([str(tmp_path / "file")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="empty: neither MNIST's files"):
        load_training([str(tmp_path / "empty")])
    (tmp_path / "bare" / "5").mkdir(parents=True)
    with pytest.raises(DatasetError, match="bare: no picture that can be read"):
        load_training([str(tmp_path / "bare")])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not an IDX file"),
        (b"\x00\x00\x08", "not an IDX file"),
        (b"<html>502 Bad Gateway</html>" * 10, "not an IDX file .starts with 3c 68 74 6d, expected 00 00 08 03"),
        (b"\x00\x00\x0d\x03" + bytes(12), "not an IDX file"),
        (b"\x00\x00\x08\x01" + bytes(12), "not an IDX file"),
        (b"\x00\x00\x08\x03" + (0).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2, "claims the shape"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "claims the shape"),
        (b"\x00\x00\x08\x03" + (2).to_bytes(4, "big") + (27).to_bytes(4, "big") * 2 + bytes(1458), "claims the shape"),
        (b"\x00\x00\x08\x03" + (2).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2 + bytes(1567), "got 1,567"),
        (b"\x00\x00\x08\x03" + (2).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2 + bytes(1569), "got more"),
    ],
)
def test_a_damaged_idx_file_is_refused_with_what_is_wrong(tmp_path: Path, content: bytes, expected: str) -> None:
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


def test_labels_that_do_not_fit_are_refused(folder: Path, digits: Dataset) -> None:
    labels = folder / "train-labels-idx1-ubyte.gz"
    write_idx(labels, digits.labels[:599])
    with pytest.raises(DatasetError, match="600 images, but 599 labels"):
        load_training([str(folder)])
    write_idx(labels, np.append(digits.labels[:599], np.uint8(10)))
    with pytest.raises(DatasetError, match="a label is 10, expected 0 to 9"):
        load_training([str(folder)])
    labels.unlink()
    with pytest.raises(DatasetError, match="train-labels-idx1-ubyte.gz is missing"):
        load_training([str(folder)])
