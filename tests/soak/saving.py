"""Trainings that are killed, stopped and squeezed at random moments, many times over."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from conftest import Program, Start, rounds, write_mnist
from mnistnet.datasets import Dataset
from mnistnet.model import load

TRAIN = ("train", "--validation", "100", "--epochs", "30", "--data", "files", "--history", "history.jsonl")
KILLS = range(rounds(50))
STOPS = range(rounds(40))


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """MNIST-format files of drawn digits."""
    write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))
    return tmp_path


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, float | bytes]:
    """What a run gives that nothing disturbs, and the seconds it takes; found out once."""
    return {}


def whole(known: dict[str, float | bytes], program: Program, folder: Path) -> tuple[bytes, float]:
    """The model file of an undisturbed run, and how long that run takes."""
    if not known:
        begun = time.monotonic()
        assert program(*TRAIN, "-q").returncode == 0
        known["seconds"] = time.monotonic() - begun
        known["model"] = (folder / "mnistnet.npz").read_bytes()
        (folder / "mnistnet.npz").unlink()
    model, seconds = known["model"], known["seconds"]
    assert isinstance(model, bytes)
    return model, float(seconds)


def assert_goes_on_to(expected: bytes, program: Program, folder: Path) -> None:
    """The same command with --resume ends in the same bytes, and leaves no file of its own behind."""
    before = set(folder.glob(".*"))  # what a killed run was writing
    done = program(*TRAIN, "--resume", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "mnistnet.npz").read_bytes() == expected
    epochs = [json.loads(line)["epoch"] for line in (folder / "history.jsonl").read_text().splitlines()]
    assert epochs == list(range(1, 31))
    assert set(folder.glob(".*")) == before


@pytest.mark.parametrize("seed", KILLS)
def test_a_training_killed_at_any_moment_goes_on_to_the_same_bytes(
    program: Program, start: Start, folder: Path, undisturbed: dict[str, float | bytes], seed: int
) -> None:
    expected, seconds = whole(undisturbed, program, folder)
    process = start(*TRAIN, "-q")
    time.sleep(float(np.random.default_rng(seed).uniform(0.3, 1)) * seconds)
    process.kill()
    assert process.communicate() == ("", "")
    if (folder / "mnistnet.npz").exists():
        load(folder / "mnistnet.npz")
    assert len(list(folder.glob(".*"))) <= 1
    assert_goes_on_to(expected, program, folder)


@pytest.mark.parametrize("seed", STOPS)
def test_a_training_stopped_at_any_moment_says_so_and_goes_on_to_the_same_bytes(
    program: Program, start: Start, folder: Path, undisturbed: dict[str, float | bytes], seed: int
) -> None:
    """Half of them are stopped twice, by someone without patience."""
    expected, seconds = whole(undisturbed, program, folder)
    chance = np.random.default_rng(seed)
    stop = (signal.SIGINT, signal.SIGTERM)[seed % 2]
    process = start(*TRAIN)
    while not catches(process.pid, signal.SIGTERM) and process.poll() is None:
        time.sleep(0.001)  # Python is still starting: what a signal does then is not up to us
    time.sleep(float(chance.uniform(0, seconds * 0.8)))
    process.send_signal(stop)
    if chance.integers(2):
        time.sleep(float(chance.uniform(0, 0.02)))
        process.send_signal(stop)
    answers, said = process.communicate()
    finished = "The model is in mnistnet.npz" in said  # a signal that comes while Python ends is again not up to us
    assert process.returncode == 128 + stop or finished
    assert answers == ""
    assert "Traceback" not in said
    assert "Exception" not in said
    assert not list(folder.glob(".*"))
    model = folder / "mnistnet.npz"
    if not finished:
        assert ("holds the last complete epoch; continue with --resume" in said) == model.exists()
    assert_goes_on_to(expected, program, folder)


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("needs /proc")
    caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def test_trainings_into_one_file_leave_it_whole_at_every_moment(program: Program, start: Start, folder: Path) -> None:
    train = ("train", "--validation", "0", "--epochs", "40", "--data", "files", "-q")
    for _ in range(rounds(8)):
        expected = []
        for seed in "123":
            if not (folder / f"{seed}.npz").exists():
                program(*train, "--seed", seed, "-o", f"{seed}.npz")
            expected.append((folder / f"{seed}.npz").read_bytes())
        running = [start(*train, "--seed", seed, "-o", "one.npz") for seed in "123"]
        while any(process.poll() is None for process in running):
            if (folder / "one.npz").exists():
                load(folder / "one.npz")
        assert [process.communicate() for process in running] == [("", "")] * 3
        assert (folder / "one.npz").read_bytes() in expected
        (folder / "one.npz").unlink()
        assert not list(folder.glob(".*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 kB: a model fits, its successor beside it does not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S607


@pytest.mark.usefixtures("folder")
def test_on_a_full_disk_the_last_model_stays(program: Program, small_disk: Path) -> None:
    train = ("train", "--validation", "0", "--data", "files", "-q", "-o", small_disk / "mnistnet.npz")
    assert program(*train, "--epochs", "1").returncode == 0
    before = (small_disk / "mnistnet.npz").read_bytes()
    for _ in range(rounds(5)):
        done = program(*train, "--epochs", "3", "--resume")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "can't be written (No space left on device); make room, or choose another file" in done.stderr
        assert (small_disk / "mnistnet.npz").read_bytes() == before
        assert [path.name for path in small_disk.iterdir()] == ["mnistnet.npz"]


def test_neither_hash_seed_nor_locale_nor_folder_changes_a_byte(program: Program, folder: Path) -> None:
    models = set()
    for number in range(rounds(6)):
        here = folder / f"folder {number}"
        here.mkdir()
        environment = {"PYTHONHASHSEED": str(number), "LC_ALL": ("C", "C.UTF-8")[number % 2], "TZ": f"UTC{number}"}
        program(
            "train",
            "--epochs",
            "3",
            "--validation",
            "100",
            "--data",
            folder / "files",
            "-q",
            cwd=here,
            environment=environment,
        )
        models.add((here / "mnistnet.npz").read_bytes())
    assert len(models) == 1


@pytest.mark.mnist
def test_damaged_files_in_the_cache_are_found_before_training(start: Start, tmp_path: Path, mnist: Path) -> None:
    """Where they can't be fetched again, nothing is trained."""
    cache = tmp_path / "cache" / "mnistnet"
    chance = np.random.default_rng(0)
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"):
        shutil.copytree(mnist, cache, dirs_exist_ok=True)
        with (cache / name).open("r+b") as file:
            file.seek(int(chance.integers(20, (cache / name).stat().st_size)))
            (byte,) = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(cache.parent)}
        process = start("train", environment=nowhere)
        assert process.stderr is not None
        assert process.stderr.readline() == "Reading mnist\n"
        assert "is damaged (expected SHA-256" in process.stderr.readline()
        process.send_signal(signal.SIGINT)  # it would ask every mirror five times
        process.communicate()
        assert process.returncode == 130
        assert not (tmp_path / "mnistnet.npz").exists()
