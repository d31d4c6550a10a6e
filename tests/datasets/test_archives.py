"""MNIST in one file: what Keras and Kaggle have, and attacks in its place."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from conftest import peak_memory
from mnistnet.datasets import Dataset
from mnistnet.datasets.archives import load_csv, load_npz
from mnistnet.errors import DatasetError

HEADER = "label," + ",".join(f"pixel{index}" for index in range(784))
MEMORY = 200_000_000  # bytes: the most that a process may need to refuse a file
READ = """
import sys
from pathlib import Path
from mnistnet.datasets.sources import load_split
from mnistnet.errors import DatasetError
for path in sys.argv[1:]:
    try:
        print(len(load_split(path, "test", 0)), path)
    except DatasetError as error:
        print(error)
"""


def rows_of(dataset: Dataset) -> npt.NDArray[np.uint8]:
    return np.column_stack([dataset.labels, dataset.images.reshape(-1, 784)])


def write_csv(path: Path, rows: Iterable[Iterable[object]], header: str = HEADER) -> Path:
    path.write_text("\n".join([*([header] if header else []), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


# Keras's mnist.npz


@pytest.mark.parametrize("label_type", [np.uint8, np.int64, ">i4"])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_arrays_of_keras_are_read(tmp_path: Path, digits: Dataset, compressed: bool, label_type: Any) -> None:
    test = digits.take(np.arange(50))
    save = np.savez_compressed if compressed else np.savez
    path = tmp_path / "mnist.npz"
    train_labels, test_labels = (dataset.labels.astype(label_type) for dataset in (digits, test))
    save(path, x_train=digits.images, y_train=train_labels, x_test=test.images, y_test=test_labels)
    for subset, expected in (("train", digits), ("test", test)):
        loaded = load_npz(path, subset)  # type: ignore[arg-type]
        assert np.array_equal(loaded.images, expected.images)
        assert np.array_equal(loaded.labels, expected.labels)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((1, 28, 28), np.uint8)}, "x_test or y_test is missing; expected Keras's mnist.npz"),
        (
            {"x_test": np.zeros((2, 784), np.uint8)},
            r"x_test and y_test are uint8 \(2, 784\) and uint8 \(2,\), expected",
        ),
        ({"x_test": np.zeros((2, 28, 28), np.int16)}, r"are int16 \(2, 28, 28\)"),
        ({"x_test": np.zeros((2, 28, 28))}, r"are float64 \(2, 28, 28\)"),
        ({"x_test": np.array([{}, {}])}, "x_test is not an array of numbers"),
        ({"y_test": np.zeros(3, np.uint8)}, r"and uint8 \(3,\), expected"),
        ({"y_test": np.array([3, 10])}, "a label is 10, expected 0 to 9"),
        ({"y_test": np.array([3, -1])}, "a label is -1, expected 0 to 9"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, np.uint8)}, "holds no images"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = tmp_path / "mnist.npz"
    good = {} if "x_train" in arrays else {"x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.zeros(2, np.uint8)}
    np.savez(path, **(good | arrays))
    with pytest.raises(DatasetError, match=f"mnist.npz: .*{message}"):
        load_npz(path, "test")


def test_every_truncation_and_flipped_byte_is_refused_or_changes_nothing(tmp_path: Path, digits: Dataset) -> None:
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, x_test=digits.images[:3], y_test=digits.labels[:3])
    content = path.read_bytes()
    for index in range(0, len(content), 11):
        flipped = bytearray(content)
        flipped[index] ^= 1 << index % 8
        for damaged in (content[:index], bytes(flipped)):
            path.write_bytes(damaged)
            try:
                loaded = load_npz(path, "test")
            except DatasetError as error:
                assert str(error).startswith(f"{path}: ")  # noqa: PT017
            else:
                assert np.array_equal(loaded.images, digits.images[:3])


def test_attacks_by_one_file_take_little_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x_test.npy", "w") as member:
            for _ in range(256):
                member.write(bytes(1 << 20))
        archive.writestr("y_test.npy", b"")
    with zipfile.ZipFile(tmp_path / "directory.npz", "w") as archive:
        for number in range(1500):
            archive.writestr(str(number), b"")
    with zipfile.ZipFile(tmp_path / "lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x_test.npy", bytes(1000))
    with (tmp_path / "line.csv").open("wb") as file:
        file.write(b"1,")
        file.truncate(300_000_000)
    names = ("bomb.npz", "directory.npz", "lzma.npz", "line.csv")
    said, memory = peak_memory(READ, *(tmp_path / name for name in names))
    reasons = (
        "damaged (x_test has 268,435,456 bytes",
        "damaged (its directory is too large)",
        "damaged (x_test is compressed in an unusual way)",
        "damaged in lines 1 to 1000 (could not convert string",
    )
    for line, name, reason in zip(said.splitlines(), names, reasons, strict=True):
        assert line.startswith(f"{tmp_path / name}: {reason}")
        assert len(line) < 400
    assert memory < MEMORY


# Kaggle's csv


@pytest.mark.parametrize("header", [HEADER, HEADER.replace("label", '"label"'), "", "\ufeff" + HEADER])
def test_a_csv_is_read_with_and_without_a_header(tmp_path: Path, digits: Dataset, header: str) -> None:
    loaded = load_csv(write_csv(tmp_path / "train.csv", rows_of(digits), header))
    assert np.array_equal(loaded.images, digits.images)
    assert np.array_equal(loaded.labels, digits.labels)


def test_a_csv_of_more_than_a_block_of_lines_is_read_in_little_memory(tmp_path: Path, digits: Dataset) -> None:
    rows = rows_of(digits)[np.arange(2500) % 600]
    np.savetxt(tmp_path / "train.csv", rows, "%d", ",", header=HEADER, comments="")
    said, memory = peak_memory(READ, tmp_path / "train.csv")
    assert said == f"2500 {tmp_path / 'train.csv'}\n"
    assert memory < MEMORY


ROW = [7] + [0] * 784


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([], HEADER, "holds no images"),
        ([ROW[1:]], HEADER.removeprefix("label,"), "its first column is 'pixel0', expected label, then 784 pixels"),
        ([ROW, ROW[1:]], HEADER, "damaged in lines 1 to 2 .the number of columns changed from 785 to 784"),
        ([ROW[1:]], HEADER, "784 columns, expected a label and 784 pixels"),
        ([ROW, [*ROW[:-1], "x"]], "", "damaged in lines 1 to 2 .could not convert string 'x'"),
        ([ROW, [*ROW[:-1], ""]], "", "damaged in lines 1 to 2"),
        ([ROW, [*ROW[:-1], 256]], "", "expected whole numbers from 0 to 255; scale the pixels to bytes"),
        ([ROW, [*ROW[:-1], -1]], "", "expected whole numbers from 0 to 255"),
        ([ROW, [*ROW[:-1], 0.5]], "", "expected whole numbers from 0 to 255"),
        ([ROW, [*ROW[:-1], "nan"]], "", "expected whole numbers from 0 to 255"),
        ([ROW, [10, *ROW[1:]]], "", "a label is 10, expected 0 to 9"),
    ],
)
def test_another_csv_is_refused(tmp_path: Path, rows: list[list[Any]], header: str, message: str) -> None:
    path = write_csv(tmp_path / "train.csv", rows, header)
    with pytest.raises(DatasetError, match=f"train.csv: {message}"):
        load_csv(path)
