"""The page computes what Python computes: outputs and gradients in a real browser, beside the library's."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Error, Page

from browser import Open, made_up
from mnistnet.datasets import Dataset, load_split
from mnistnet.images import ByteArray, FloatArray
from mnistnet.inputs import ENCODINGS
from mnistnet.model import Model
from mnistnet.network import ACTIVATIONS, COSTS
from mnistnet.settings import Settings

CLOSE = 1e-5  # float32 sums in two orders
OUTPUTS = """(text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const outputs = [];
    for (let at = 0; at < bytes.length; at += 784) {
        outputs.push(...window.mnistnet.outputs(bytes.subarray(at, at + 784)));
    }
    return outputs;
}"""
GRADIENT = "([image, label]) => Array.from(window.mnistnet.gradient(Uint8Array.from(image), label))"


def assert_close(got: Any, expected: FloatArray) -> None:
    np.testing.assert_allclose(got, expected, rtol=0, atol=CLOSE)


def page_outputs(page: Page, images: ByteArray) -> npt.NDArray[np.float32]:
    text = base64.b64encode(images.tobytes()).decode()
    return np.array(page.evaluate(OUTPUTS, text), np.float32).reshape(len(images), 10)


@pytest.mark.parametrize("kind", ENCODINGS)
def test_outputs_are_the_librarys_for_each_kind_of_inputs(open_page: Open, digits: Dataset, kind: Any) -> None:
    model = made_up(Settings(inputs=kind))
    assert_close(page_outputs(open_page(model), digits.images), model.outputs(digits.images))


@pytest.mark.mnist
@pytest.mark.parametrize("kind", ENCODINGS)
def test_outputs_are_the_librarys_on_mnists_test_images(
    open_page: Open, mnist: Path, pretrained: Model, kind: Any
) -> None:
    images = load_split(str(mnist), "test", 0).images
    model = pretrained if kind == pretrained.inputs.encoding.name else made_up(Settings(inputs=kind))
    assert len(images) == 10_000
    assert_close(page_outputs(open_page(model), images), model.outputs(images))


def test_outputs_are_the_librarys_for_blank_full_and_single_pixels(open_page: Open, pretrained: Model) -> None:
    images = np.zeros((5, 28, 28), np.uint8)
    images[1] = 255
    images[2, 0, 0] = images[3, 27, 27] = 255
    images[4, 5:9, 20] = 1
    assert_close(page_outputs(open_page(pretrained), images), pretrained.outputs(images))


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_the_librarys_for_each_activation_and_cost(
    open_page: Open, digits: Dataset, activation: Any, cost: Any
) -> None:
    model = made_up(Settings(activation=activation, cost=cost))
    page = open_page(model)
    for index in range(3):
        image, label = digits.images[index : index + 1], digits.labels[index : index + 1]
        expected = model.network.gradient(model.inputs(image), label)
        got = page.evaluate(GRADIENT, [image.ravel().tolist(), int(label[0])])
        assert len(got) == len(expected) == 16_020
        assert_close(got, expected)


def test_networks_of_other_sizes_compute_the_same(open_page: Open, digits: Dataset) -> None:
    model = made_up(Settings(hidden=(60, 7, 30), activation="relu", cost="softmax"))
    page = open_page(model)
    assert_close(page_outputs(page, digits.images[:50]), model.outputs(digits.images[:50]))
    expected = model.network.gradient(model.inputs(digits.images[:1]), digits.labels[:1])
    got = page.evaluate(GRADIENT, [digits.images[0].ravel().tolist(), int(digits.labels[0])])
    assert_close(got, expected)


def test_what_is_no_image_is_refused(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    with pytest.raises(Error, match="expected a Uint8Array of 784"):
        page.evaluate("window.mnistnet.outputs(new Uint8Array(783))")
