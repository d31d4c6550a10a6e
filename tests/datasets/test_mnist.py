"""MNIST's files: their names, the folder they are kept in, and the check of what is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fetching import CONTENT, FAKES, IMAGES, RAW
from mnistnet.datasets.mnist import FILES, LocalFile, cache_directory, verify
from mnistnet.errors import DownloadError


def test_verify_distinguishes_valid_missing_and_damaged_files(tmp_path: Path) -> None:
    gz = tmp_path / "images.gz"
    assert verify(tmp_path / "nowhere", [IMAGES])[0].problem == "missing"
    assert verify(tmp_path, [IMAGES]) == [LocalFile(IMAGES, gz, "missing")]
    gz.write_bytes(CONTENT["images.gz"][:-1])
    assert verify(tmp_path, [IMAGES])[0].problem == f"expected {IMAGES.size:,} bytes, got {IMAGES.size - 1:,}"
    gz.write_bytes(bytes(IMAGES.size))
    assert f"expected SHA-256 {IMAGES.sha256}, got " in (verify(tmp_path, [IMAGES])[0].problem or "")
    (tmp_path / "images").write_bytes(RAW["images"])
    assert verify(tmp_path, [IMAGES])[0].path == gz  # the damaged one would be read first
    gz.unlink()
    assert verify(tmp_path, [IMAGES]) == [LocalFile(IMAGES, tmp_path / "images")]
    gz.write_bytes(CONTENT["images.gz"])
    assert verify(tmp_path, [IMAGES]) == [LocalFile(IMAGES, gz)]


def test_verify_does_not_block_on_a_pipe_or_read_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "images.gz")
    (tmp_path / "labels.gz").mkdir()
    assert [local.problem for local in verify(tmp_path, FAKES)] == ["not a regular file"] * 2


@pytest.mark.mnist
def test_the_real_files_are_valid(mnist: Path) -> None:
    assert [local.problem for local in verify(mnist)] == [None] * 4


@pytest.mark.parametrize(
    ("variable", "expected"), [("/x/y", "/x/y"), ("", "/home/me/.cache"), ("x", "/home/me/.cache")]
)
def test_the_cache_follows_the_xdg_specification(variable: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", variable)
    assert cache_directory() == Path(expected) / "mnistnet"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path("/home/me/.cache/mnistnet")


def test_without_a_home_folder_the_error_suggests_naming_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: Path("~").expanduser() / Path("~nobody-of-this-name").expanduser())
    with pytest.raises(DownloadError, match="no home folder for MNIST; set HOME or name a folder"):
        cache_directory()


def test_the_four_files_of_mnist_are_listed() -> None:
    assert [file.name for file in FILES] == [
        f"{name}.gz"
        for name in (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        )
    ]
    assert [file.raw_size for file in FILES] == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]
