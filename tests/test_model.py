from __future__ import annotations

import copy
import io
import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mnistnet
from browser import made_up
from conftest import HANG
from mnistnet import model_file as model_format
from mnistnet.datasets import Dataset, hold_out
from mnistnet.errors import ModelError
from mnistnet.inputs import ENCODINGS
from mnistnet.model import Model, load
from mnistnet.settings import Settings
from mnistnet.training import fit

Arrays = dict[str, Any]


def rewrite(path: Path, change: Callable[[Arrays], object]) -> None:
    """Change the arrays in a file, and write it as save_model would."""
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    with path.open("wb") as out:
        np.savez(out, **arrays)


def metadata_of(arrays: Arrays) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(arrays["metadata"].tobytes())
    return metadata


def change_metadata(arrays: Arrays, **changes: Any) -> None:
    arrays["metadata"] = np.frombuffer(json.dumps(metadata_of(arrays) | changes).encode(), np.uint8)


def test_a_model_comes_back_from_its_file_the_same_and_gives_the_same_file(
    tmp_path: Path, model_file: Path, model: Model, digits: Dataset
) -> None:
    loaded = mnistnet.load(model_file)
    assert (loaded.settings, loaded.epoch, loaded.best_epoch) == (model.settings, model.epoch, model.best_epoch)
    assert (loaded.validation_accuracy, loaded.data_digest) == (model.validation_accuracy, model.data_digest)
    assert loaded.outputs(digits.images).tobytes() == model.outputs(digits.images).tobytes()
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == model_file.read_bytes()
    replace(model, velocity=None).save(tmp_path / "light.npz")  # for inference only
    assert load(tmp_path / "light.npz").velocity is None


def test_the_file_has_the_members_that_are_documented_and_no_pickle(model_file: Path) -> None:
    parameters = [f"{kind}_{layer}" for kind in ("weights", "biases") for layer in (1, 2, 3)]
    expected = {*parameters, *(f"velocity_{name}" for name in parameters), "history", "mean_inputs", "metadata"}
    with np.load(model_file, allow_pickle=False) as archive:
        assert set(archive) == expected
        assert (archive["weights_1"].shape, archive["weights_1"].dtype) == ((20, 784), np.float32)
        metadata = json.loads(archive["metadata"].tobytes())
    assert metadata["sizes"] == [784, 20, 10, 10]
    assert metadata["versions"]["numpy"] == np.__version__
    for name in expected:
        told = re.sub(r"_[23]$", "_1", name).replace("velocity_biases", "velocity_weights")
        assert f"`{told}`" in str(model_format.__doc__)


def test_the_history_has_a_row_for_each_epoch(model: Model, model_file: Path, digits: Dataset) -> None:
    history = load(model_file).history
    assert history.shape == (2, 3)
    assert history[-1, 2] == model.validation_accuracy
    epochs = [epoch for epoch, _ in fit(*hold_out(digits, 100), model.settings)]
    assert history.tolist() == [[epoch.cost, epoch.learning_rate, epoch.validation_accuracy] for epoch in epochs]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301
def test_a_copy_predicts_and_learns_as_the_model_does(
    again: Callable[[Model], Model], model: Model, digits: Dataset
) -> None:
    before = model.network.parameters.copy()
    twin = again(model)
    assert twin.outputs(digits.images).tobytes() == model.outputs(digits.images).tobytes()
    inputs = twin.inputs(digits.images)
    gradient = twin.network.gradient(inputs, digits.labels)
    assert gradient.any()
    assert gradient.tobytes() == model.network.gradient(inputs, digits.labels).tobytes()
    twin.network.parameters -= gradient
    assert twin.outputs(digits.images).tobytes() != model.outputs(digits.images).tobytes()
    assert np.array_equal(model.network.parameters, before)


def test_threads_that_share_a_model_give_the_same_outputs(model: Model, digits: Dataset) -> None:
    with ThreadPool(8) as pool:
        outputs = pool.map(model.outputs, np.array_split(digits.images, 12))
    assert np.concatenate(outputs).tobytes() == model.outputs(digits.images).tobytes()


FORKS = """
import multiprocessing
import numpy as np
from mnistnet.datasets.strokes import draw_digits
from mnistnet.model import load
model, (images, _) = load(), draw_digits(300, 0)
with multiprocessing.get_context("fork").Pool(2) as pool:
    outputs = pool.map(model.outputs, np.array_split(images, 6))
print(np.concatenate(outputs).tobytes() == model.outputs(images).tobytes())
"""


def test_forks_that_share_a_model_give_the_same_outputs() -> None:
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=False, timeout=HANG)
    assert done.stdout == "True\n", done.stderr


def test_weights_too_large_to_compute_with_are_an_error(model: Model, digits: Dataset) -> None:
    huge = copy.deepcopy(model)
    huge.network.parameters[...] = np.nan
    with pytest.raises(ModelError, match="too large to compute with"):
        huge.outputs(digits.images)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_outputs_of_an_image_do_not_depend_on_the_other_images(encoding: str, digits: Dataset) -> None:
    model = made_up(Settings(inputs=encoding))
    together = model.outputs(digits.images)
    for start, count in ((0, 1), (5, 1), (127, 2), (3, 7), (100, 300)):
        part = slice(start, start + count)
        assert model.outputs(digits.images[part]).tobytes() == together[part].tobytes()


def test_predictions_are_the_digits_with_the_highest_output(model: Model, digits: Dataset) -> None:
    assert np.array_equal(model.predict(digits.images), model.outputs(digits.images).argmax(axis=1))
    assert model.outputs(digits.images[:0]).shape == (0, 10)


@pytest.mark.parametrize(
    "images", [np.zeros((1, 784), np.uint8), np.zeros((1, 28, 28)), np.zeros((28, 28), np.uint8), [[0], [1, 2]], None]
)
def test_images_of_another_shape_or_dtype_are_refused(model: Model, images: Any) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \(n, 28, 28\)"):
        model.outputs(images)
    with pytest.raises(ValueError, match="expected uint8"):
        model.cost(images, np.zeros(1, int))


def test_the_cost_is_that_of_the_network_on_all_images(model: Model, digits: Dataset) -> None:
    whole = model.network.cost(model.inputs(digits.images), digits.labels)
    assert model.cost(digits.images, digits.labels) == pytest.approx(whole, rel=1e-5)


def test_a_cost_needs_images_and_as_many_labels(model: Model, digits: Dataset) -> None:
    with pytest.raises(ValueError, match="labels are uint8 .599,. for 600 images, expected one"):
        model.cost(digits.images, digits.labels[1:])
    with pytest.raises(ValueError, match="for 0 images, expected .* at least one image"):
        model.cost(digits.images[:0], digits.labels[:0])


def test_a_link_stays_a_link(tmp_path: Path, model: Model) -> None:
    (tmp_path / "link.npz").symlink_to(tmp_path / "real.npz")
    model.save(tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert load(tmp_path / "real.npz").settings == model.settings


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not an .npz file, or is cut short"),
        (b"weights", "not an .npz file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not an .npz file"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "model.npz").write_bytes(content)
    with pytest.raises(ModelError, match=f"model.npz: not a mnistnet model .*{expected}.*; train one with"):
        load(tmp_path / "model.npz")


def test_a_missing_file_and_what_is_not_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none.npz: no such model file; train one with 'mnistnet train'"):
        load(tmp_path / "none.npz")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ModelError, match="not a regular file; give another model file"):
            load(path)
    with pytest.raises(ModelError, match=r"a.x00b: can't be read \(.*null"):
        load("a\0b")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda a: a.pop("weights_2"), "missing or unknown members: 'weights_2'"),
        (lambda a: a.pop("metadata"), "it has no metadata"),
        (lambda a: a.update(extra=np.zeros(1)), "missing or unknown members: 'extra'"),
        (lambda a: a.pop("velocity_biases_3"), "missing or unknown members: 'velocity_biases_3'"),
        (
            lambda a: a.update(weights_1=np.zeros((784, 20), np.float32)),
            r"weights_1 is <f4 \(784, 20\), expected <f4 \(20, 784\)",
        ),
        (lambda a: a.update(weights_1=np.zeros((784, 30), np.float32)), "weights_1 has .* bytes, expected at most"),
        (lambda a: a.update(biases_1=np.zeros(20, np.int32)), r"biases_1 is <i4 \(20,\), expected <f4"),
        (lambda a: a.update(weights_3=np.full((10, 10), np.nan, np.float32)), "weights_3 holds a number that is not"),
        (lambda a: a.update(mean_inputs=np.full(784, np.inf, np.float32)), "mean_inputs holds a number that is not"),
        (
            lambda a: a.update(weights_2=np.asfortranarray(a["weights_2"])),
            "weights_2 is not an array of numbers as NumPy writes it",
        ),
        (lambda a: a.update(metadata=np.frombuffer(b"{", np.uint8)), "its metadata is not JSON"),
        (lambda a: a.update(metadata=np.frombuffer(b"[]", np.uint8)), "no format version"),
        (lambda a: a.update(metadata=np.zeros(1 << 20, np.uint8)), "metadata has .* bytes, expected at most"),
        (lambda a: change_metadata(a, format=4), "format 4, this version reads 3: update mnistnet"),
        (lambda a: change_metadata(a, format=2), "format 2, of an older mnistnet; this one reads 3"),
        (lambda a: a["weights_2"].__setitem__((0, 0), 3e38), "a weight, bias or mean beyond"),
        (lambda a: a["mean_inputs"].__setitem__(0, -2e6), "a weight, bias or mean beyond"),
        (lambda a: a.update(history=a["history"][:-1]), "history is <f8"),
        (lambda a: a["history"].__setitem__((0, 0), 1e305), "history holds a value out of range"),
        (lambda a: a["history"].__setitem__((0, 1), 1e7), "history holds a value out of range"),
        (lambda a: a["history"].__setitem__((1, 2), 1.1), "history holds a value out of range"),
        (lambda a: a["history"].__setitem__((1, 0), -1), "history holds a value out of range"),
        (lambda a: change_metadata(a, sizes=[784, 30, 10, 10]), "the sizes in its metadata contradict its settings"),
        (lambda a: change_metadata(a, settings={}), "lacks training settings"),
        (lambda a: change_metadata(a, settings=None), "lacks training settings"),
        (lambda a: change_metadata(a, settings=metadata_of(a)["settings"] | {"cost": []}), "its metadata is wrong"),
        (lambda a: change_metadata(a, epoch="2"), "no valid epoch"),
    ],
)
def test_a_model_file_that_was_changed_is_refused(
    model_file: Path, change: Callable[[Arrays], object], expected: str
) -> None:
    rewrite(model_file, change)
    with pytest.raises(ModelError, match=f"not a mnistnet model .*{expected}"):
        load(model_file)


def test_compressed_and_repeated_members_are_refused(model_file: Path) -> None:
    with np.load(model_file) as archive:
        arrays = dict(archive)
    np.savez_compressed(model_file, **arrays)
    with pytest.raises(ModelError, match="metadata is compressed"):
        load(model_file)

    stream = io.BytesIO()
    np.save(stream, arrays["metadata"])
    with zipfile.ZipFile(model_file, "w") as twice:
        twice.writestr("metadata.npy", stream.getvalue())
        with pytest.warns(UserWarning, match="Duplicate name"):
            twice.writestr("metadata.npy", stream.getvalue())
    with pytest.raises(ModelError, match="it holds two members of one name"):
        load(model_file)


def test_every_length_that_a_cut_file_can_have_is_refused(model_file: Path) -> None:
    content = model_file.read_bytes()
    cut = model_file.parent / "cut.npz"
    for length in [*range(200), *range(200, len(content), 4999), *range(len(content) - 100, len(content))]:
        cut.write_bytes(content[:length])
        with pytest.raises(ModelError, match=r"cut\.npz: "):
            load(cut)
