"""MNIST's files: their names, the folder they are kept in, and the check of what is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import Program
from fetching import CONTENT, FAKES, IMAGES
from mirror import Mirror, whole
from mnistnet.datasets.mnist import FILES, cache_directory, verify
from mnistnet.errors import DownloadError


def test_verify_distinguishes_valid_missing_and_damaged_files(tmp_path: Path) -> None:
    gz = tmp_path / "images.gz"
    assert verify(tmp_path / "nowhere", [IMAGES]) == verify(tmp_path, [IMAGES]) == {IMAGES: "missing"}
    gz.write_bytes(CONTENT["images.gz"][:-1])
    assert verify(tmp_path, [IMAGES]) == {IMAGES: f"expected {IMAGES.size:,} bytes, got {IMAGES.size - 1:,}"}
    gz.write_bytes(bytes(IMAGES.size))
    assert f"expected SHA-256 {IMAGES.sha256}, got " in verify(tmp_path, [IMAGES])[IMAGES]
    gz.write_bytes(CONTENT["images.gz"])
    assert verify(tmp_path, [IMAGES]) == {}


def test_verify_does_not_block_on_a_pipe_or_read_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "images.gz")
    (tmp_path / "labels.gz").mkdir()
    assert list(verify(tmp_path, FAKES).values()) == ["not a regular file"] * 2


@pytest.mark.mnist
@pytest.mark.usefixtures("plain_environment")
def test_the_program_downloads_the_real_files(program: Program, tmp_path: Path, mnist: Path) -> None:
    with Mirror({file.name: (mnist / file.name).read_bytes() for file in FILES}, [whole]) as mirror:
        done = program("download", "--directory", "here", "--mirror", mirror.url)
    assert (done.returncode, done.stderr) == (0, "MNIST is in here\n")
    assert verify(tmp_path / "here") == {}


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
