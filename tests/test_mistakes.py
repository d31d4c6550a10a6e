from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mnistnet.datasets import Dataset
from mnistnet.evaluation import Mistake
from mnistnet.mistakes import write_mistakes


def mistakes(*paths: str | None) -> list[Mistake]:
    return [Mistake(index, path, true=7, read=1, probability=0.9) for index, path in enumerate(paths)]


def test_each_mistake_is_written_under_a_name_that_tells_it(tmp_path: Path, digits: Dataset) -> None:
    write_mistakes(tmp_path, digits, mistakes(None, "a/7.png", "a/IMG 1.jpg", "b/7.png", f"a/{'é' * 120}.png"))
    written = {path.name: np.asarray(Image.open(path)) for path in tmp_path.iterdir()}
    assert sorted(written) == [
        "true-7_read-1_index-0.png",
        "true-7_read-1_index-1_7.png",
        "true-7_read-1_index-2_IMG 1.jpg.png",
        "true-7_read-1_index-3_7.png",
        "true-7_read-1_index-4.png",
    ]
    assert np.array_equal(written["true-7_read-1_index-3_7.png"], digits.images[3])
