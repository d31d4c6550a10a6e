"""Downloads that are killed at random moments, four at a time in one folder."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from conftest import rounds
from fetching import CONTENT, FAKES, start
from mirror import Mirror, paced
from mnistnet.datasets.mnist import verify


@pytest.mark.parametrize("seed", range(rounds(8)))
def test_four_downloads_killed_again_and_again_end_with_the_right_files(tmp_path: Path, seed: int) -> None:
    chance = np.random.default_rng(seed)
    with Mirror(CONTENT, [paced(0.01)]) as mirror:
        for _ in range(4):
            processes = [start(tmp_path, mirror.url) for _ in range(4)]
            time.sleep(float(chance.uniform(0.1, 0.8)))
            for process in processes:
                process.kill()
            for process in processes:
                process.communicate()
            assert set(verify(tmp_path, FAKES).values()) <= {"missing"}
        processes = [start(tmp_path, mirror.url) for _ in range(4)]
        assert [process.communicate()[1] for process in processes] == [""] * 4
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir() if not path.name.endswith(".tmp")}
    assert left == CONTENT  # a kill in the middle of writing leaves a temporary file
