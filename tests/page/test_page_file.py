"""The file that is written: one, small, closed to everything outside, and its errors."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import made_up
from conftest import Program, write_class_folders
from mnistnet.datasets import Dataset, load_split
from mnistnet.model import Model
from mnistnet.network import Network
from mnistnet.page.fill import fill_page
from mnistnet.page.measure import MAX_MISTAKES, Measured, measure, shown_neurons
from mnistnet.page.snapshots import read_snapshots
from mnistnet.prediction import is_unsure
from mnistnet.settings import Settings

MAX_SIZE = 700_000  # bytes, of the page about the built-in model with MAX_MISTAKES mistakes
MAX_OWN_SIZE = 450_000  # of it without the pixel network and the snapshots of both trainings
HOSTILE = "</script><script>alert(1)</script>.npz"


@pytest.fixture(scope="module")
def text(pretrained: Model, digits: Dataset) -> str:
    return fill_page(pretrained, HOSTILE, digits, "drawn digits")


@pytest.fixture(scope="module")
def measured(pretrained: Model, digits: Dataset) -> Measured:
    *_, twin = read_snapshots()
    return measure(pretrained, twin, digits, "drawn digits")


def block(text: str, tag: str) -> str:
    found = re.search(rf"<{tag}[^>]*>(.*?)</{tag.split()[0]}>", text, re.DOTALL)
    assert found is not None
    return found[1]


def data_of(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(block(text, 'script type="application/json"'))
    return data


def test_only_the_pages_own_script_and_style_may_run(text: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    for tag, directive in (('script type="module"', "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(block(text, tag).encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]


def test_a_models_name_is_no_html(text: str) -> None:
    assert text.count("<script") == 2
    assert data_of(text)["name"] == HOSTILE


@pytest.mark.mnist
def test_the_page_about_the_built_in_model_with_many_mistakes_is_small(pretrained: Model, mnist: Path) -> None:
    dataset = load_split(str(mnist), "test", 0)
    labels = dataset.labels.copy()
    labels[:MAX_MISTAKES] = (labels[:MAX_MISTAKES] + 5) % 10  # wrong labels make mistakes
    text = fill_page(pretrained, "a model", Dataset(dataset.images, labels), "MNIST’s test images")
    data = data_of(text)
    assert len(data["measured"]["mistakes"]) == MAX_MISTAKES
    assert len(text.encode()) <= MAX_SIZE
    added = [data["models"][1], data["models"][0]["snapshots"]]
    assert len(text.encode()) - len(json.dumps(added)) <= MAX_OWN_SIZE


def test_figures_are_those_of_the_model(pretrained: Model, digits: Dataset, measured: Measured) -> None:
    outputs = pretrained.outputs(digits.images)
    right = outputs.argmax(axis=1) == digits.labels
    figures = measured.figures
    assert figures["correct"] == right.sum()
    assert figures["unsure"] == {
        "right": (is_unsure(outputs) & right).sum(),
        "wrong": (is_unsure(outputs) & ~right).sum(),
    }
    assert sum(part["images"] for part in figures["bins"]) == len(digits)
    assert sum(part["images"] * part["accuracy"] for part in figures["bins"]) == pytest.approx(right.sum(), abs=0.1)
    for tenth, part in enumerate(figures["bins"]):
        assert not part["images"] or tenth / 10 <= part["probability"] <= (tenth + 1) / 10
    confidences = [mistake["probability"] for mistake in figures["mistakes"]]
    assert confidences == sorted(confidences, reverse=True)
    assert len(confidences) == figures["wrong"] == (~right).sum()
    for mistake in figures["mistakes"]:
        output = pretrained.outputs(measured.images[mistake["image"]][np.newaxis])[0]
        assert mistake["read"] == output.argmax() != mistake["true"]
        assert mistake["probability"] == pytest.approx(float(output.max()), abs=1e-4)


def test_the_strongest_images_excite_an_output_most(pretrained: Model, digits: Dataset, measured: Measured) -> None:
    *_, twin = read_snapshots()
    for model, of_model in zip((pretrained, twin), measured.models, strict=True):
        outputs = model.outputs(digits.images)
        assert of_model["accuracy"] == (outputs.argmax(axis=1) == digits.labels).mean()
        for digit, images in enumerate(of_model["strongest"][-1]):
            best = model.outputs(measured.images[images])[:, digit]
            np.testing.assert_allclose(best, np.sort(outputs[:, digit])[::-1][: len(images)], atol=1e-5)


def test_the_replayed_images_are_20_of_each_digit_with_their_labels(digits: Dataset, measured: Measured) -> None:
    replay = measured.figures["replay"]
    assert np.bincount([each["label"] for each in replay]).tolist() == [20] * 10
    for each in replay[::20]:
        image = measured.images[each["image"]]
        assert (digits.images[digits.labels == each["label"]] == image).all(axis=(1, 2)).any()


def test_the_images_in_the_page_are_the_measured_ones(text: str, measured: Measured) -> None:
    images = np.frombuffer(zlib.decompress(base64.b64decode(data_of(text)["sprite"])), np.uint8).reshape(-1, 28, 28)
    np.testing.assert_array_equal(images, measured.images)


def test_the_snapshots_read_better_than_the_start(pretrained: Model, digits: Dataset) -> None:
    *trainings, twin = read_snapshots()
    for snapshots, model in zip(trainings, (pretrained, twin), strict=True):
        accuracies = []
        for quantized, scales in zip(snapshots.parameters, snapshots.scales, strict=True):
            network = Network()
            network.parameters[...] = quantized
            for part, scale in zip((*network.weights, *network.biases), scales, strict=True):
                part *= scale
            predictions = network.forward(model.inputs(digits.images)).argmax(axis=1)
            accuracies.append(float((predictions == digits.labels).mean()))
        assert accuracies[0] < 0.25
        assert min(accuracies[1:]) > 0.5
        assert snapshots.epochs[0] == 0
        assert len(snapshots.validation_accuracy) == snapshots.epochs[-1]


def test_of_a_wide_layer_the_neurons_with_the_largest_weights_are_shown() -> None:
    network = made_up(Settings(hidden=(50, 10))).network
    chosen, *others = shown_neurons(network)
    weights = np.abs(network.weights[1]).sum(axis=0)
    assert len(chosen) == 20
    assert weights[chosen].min() > np.delete(weights, chosen).max()
    assert others == [list(range(10)), list(range(10))]


@pytest.mark.usefixtures("few_strokes")
def test_the_command_writes_the_page_about_the_model(program: Program, tmp_path: Path, pretrained: Model) -> None:
    done = program("page")  # MNIST isn't in the cache, which is in the empty home
    assert (done.returncode, done.stdout) == (0, "")
    measuring, written = done.stderr.splitlines()[-2:]
    assert measuring == "Measuring the model on strokes"
    assert written == "The page is in mnistnet.html; open it in a browser"
    data = data_of((tmp_path / "mnistnet.html").read_text())
    assert (data["name"], data["measured"]["data"]) == ("the built-in model", "digits drawn by mnistnet itself")
    pretrained.save(tmp_path / "mine.npz")
    done = program("page", "-q", "--model", "mine.npz", "--data", "strokes", "--output", "digits.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert data_of((tmp_path / "digits.html").read_text())["name"] == "mine.npz"


@pytest.mark.usefixtures("few_strokes")
def test_a_page_that_cannot_be_written_is_an_error_in_a_line(program: Program) -> None:
    for output, reason in (("nowhere/page.html", "No such file or directory"), (".", "Is a directory")):
        done = program("page", "-q", "--data", "strokes", "--output", output)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith(f"Error: {output}: can't be written ({reason})")


def test_an_unreadable_picture_of_the_data_is_an_error_beside_the_page(
    program: Program, tmp_path: Path, few: Dataset
) -> None:
    (write_class_folders(tmp_path / "own", few) / "3" / "broken.png").touch()
    done = program("page", "-q", "--data", "own")
    assert (done.returncode, done.stderr.startswith("Error: own/3/broken.png: ")) == (1, True)
    assert (tmp_path / "mnistnet.html").exists()
