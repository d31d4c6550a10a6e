"""Files as an attack: each is refused in a line or gives exactly what was saved, in little memory, and runs nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program, peak_memory, write_idx
from hostile import flips, header_bytes, hostile_images, hostile_models, outcome
from mnistnet.datasets import Dataset
from mnistnet.datasets.idx import read_idx
from mnistnet.errors import DatasetError
from mnistnet.model import Model

MEMORY = 200_000_000  # bytes: the most that a process may need to refuse a file

READ = """
import os, sys
from pathlib import Path
from mnistnet.datasets.idx import read_idx
from mnistnet.errors import MnistnetError
from mnistnet.model import load
os.chdir(Path(sys.argv[1]).parent)
for path in map(Path, sys.argv[1:]):
    try:
        load(path) if path.suffix == ".npz" else read_idx(path, 3)
        print("read", path)
    except MnistnetError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def attacks(tmp_path_factory: pytest.TempPathFactory, model: Model) -> dict[str, Path]:
    """Hostile model files, by the name of the attack."""
    folder = tmp_path_factory.mktemp("attacks") / "in" / "here"
    folder.mkdir(parents=True)
    model.save(folder / "good.npz")
    paths = {}
    for number, (name, content) in enumerate(hostile_models(folder / "good.npz").items()):
        paths[name] = folder / f"{number}.npz"
        paths[name].write_bytes(content)
    return paths


def test_every_attack_by_a_model_file_is_refused(attacks: dict[str, Path], model: Model) -> None:
    for name, path in attacks.items():
        assert outcome(path, model) == "refused", name


def test_refusing_model_files_takes_little_memory_and_runs_nothing(attacks: dict[str, Path]) -> None:
    said, memory = peak_memory(READ, *attacks.values())
    assert [line.split(": ")[0] for line in said.splitlines()] == [str(path) for path in attacks.values()]
    assert memory < MEMORY
    outside = attacks["pickle"].parents[2]
    assert not list(outside.rglob("trapped*"))  # in the folder where it ran, or beside it


def test_flipped_bits_of_the_numbers_are_found(model_file: Path, model: Model) -> None:
    inside = sorted(set(range(model_file.stat().st_size)) - set(header_bytes(model_file.read_bytes())))
    places = [(place, place % 8) for place in inside[:: len(inside) // 200]]
    assert {outcome(model_file, model) for _ in flips(model_file, places)} == {"refused"}


def test_the_program_refuses_a_hostile_model_in_one_line(
    program: Program, tmp_path: Path, attacks: dict[str, Path]
) -> None:
    Image.fromarray(np.eye(28, dtype=np.uint8) * 255).save(tmp_path / "digit.png")
    for name in ("huge directory behind a 64-bit one", "directory: place beyond 64 bits", "name with a line break"):
        done = program("predict", "digit.png", "--model", attacks[name])
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), name
        assert done.stderr.startswith(f"Error: {attacks[name]}: not a mnistnet model (")


def test_every_attack_by_a_data_file_is_refused_in_little_memory(tmp_path: Path) -> None:
    paths = []
    for name, content in hostile_images().items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    said, memory = peak_memory(READ, *paths)
    assert [line.split(": ")[0] for line in said.splitlines()] == [str(path) for path in paths]
    assert memory < MEMORY


def test_flipped_bits_of_a_gzipped_data_file_are_found_or_do_no_harm(tmp_path: Path, digits: Dataset) -> None:
    path, images = tmp_path / "images.gz", digits.images[:20]
    write_idx(path, images)
    places = [(place, place % 8) for place in range(path.stat().st_size)]

    def is_found() -> bool:
        try:
            assert np.array_equal(read_idx(path, 3), images)
        except DatasetError:
            return True
        return False

    found = [is_found() for _ in flips(path, places)]
    assert sum(found) > 0.95 * len(places)  # not a date, nor a repetition that is copied from another place
