"""Every bit of a model file's headers flipped, and thousands of other changes: refused, or exactly the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from conftest import peak_memory, rounds
from hostile import flips, header_bytes, outcome
from mnistnet.datasets import Dataset
from mnistnet.model import Model
from mnistnet.settings import MAX_HIDDEN_LAYERS, MAX_LAYER_SIZE, Settings
from mnistnet.training import fit


def test_every_bit_of_the_headers_flipped(model_file: Path, model: Model) -> None:
    places = [(place, bit) for place in header_bytes(model_file.read_bytes()) for bit in range(8)]
    np.random.default_rng(1).shuffle(places)
    found = [outcome(model_file, model) for _ in flips(model_file, places[: rounds(len(places))])]
    assert found.count("refused") > found.count("same") > 0  # dates and systems, which nobody reads


def test_bytes_changed_cut_out_moved_and_put_in(model_file: Path, model: Model) -> None:
    content = model_file.read_bytes()
    bad = model_file.with_name("bad.npz")
    chance = np.random.default_rng(3)
    headers = np.array(header_bytes(content))
    for _ in range(rounds(6000)):
        a, b = sorted(int(place) for place in chance.choice(headers, 2))
        junk = chance.bytes(int(chance.integers(1, 40)))
        changed = (
            content[:a] + junk + content[a + len(junk) :],
            content[:a] + junk + content[a:],
            content[:a] + content[b:],
            content[:b] + content[a:],
            content[:a] + bytes(b - a) + content[b:],
            content + junk,
            junk + content,
        )
        bad.write_bytes(changed[chance.integers(len(changed))])
        outcome(bad, model)


def test_reading_the_largest_model_that_there_can_be_takes_little_memory(tmp_path: Path, digits: Dataset) -> None:
    widest = Settings(hidden=(MAX_LAYER_SIZE,) * MAX_HIDDEN_LAYERS, epochs=1, batch_size=600, validation=0)
    *_, (_, large) = fit(digits, None, widest)
    large.latest = large.network.parameters
    large.save(tmp_path / "large.npz")
    _, memory = peak_memory("import sys, mnistnet; mnistnet.load(sys.argv[1])", tmp_path / "large.npz")
    assert memory < 200_000_000
