"""Trainings that are killed, stopped and run into one file at random moments, many times over."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from conftest import Program, Start, rounds
from mnistnet.model import load

TRAIN = ("train", "--validation", "100", "--epochs", "30", "--data", "files", "--history", "history.jsonl")
STOPS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("seed", range(rounds(90)))
def test_a_training_stopped_at_any_moment_goes_on_to_the_same_bytes(
    program: Program, start: Start, folder: Path, seed: int
) -> None:
    """Half of them are stopped twice, by someone without patience."""
    stop, chance = STOPS[seed % 3], np.random.default_rng(seed)
    begun = time.monotonic()
    assert program(*TRAIN, "-q").returncode == 0
    seconds, home = time.monotonic() - begun, folder.parent
    expected = (home / "mnistnet.npz").read_bytes()
    (home / "mnistnet.npz").unlink()
    process = start(*TRAIN)
    assert process.stderr is not None
    first = process.stderr.readline()  # it has started: what a signal does before is not up to us
    time.sleep(float(chance.uniform(0, seconds)))
    process.send_signal(stop)
    if chance.integers(2):
        time.sleep(float(chance.uniform(0, 0.02)))
        process.send_signal(stop)
    answers, rest = process.communicate()
    said = first + rest
    assert (answers, "Traceback" in said, "Exception" in said) == ("", False, False)
    if (home / "mnistnet.npz").exists():
        load(home / "mnistnet.npz")
    left = set(home.glob(".*"))
    assert len(left) <= (stop == signal.SIGKILL)  # what a killed run was writing
    if stop != signal.SIGKILL and "The model is in mnistnet.npz" not in said:
        assert process.returncode == 128 + stop
        promised = "holds the last complete epoch; continue with --resume" in said
        assert promised <= (home / "mnistnet.npz").exists()  # what is saved as the signal comes need not be promised
    done = program(*TRAIN, "--resume", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (home / "mnistnet.npz").read_bytes() == expected
    epochs = [json.loads(line)["epoch"] for line in (home / "history.jsonl").read_text().splitlines()]
    assert (epochs, set(home.glob(".*"))) == (list(range(1, 31)), left)
