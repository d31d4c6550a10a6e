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
from mnistnet.page.snapshots import read_snapshots
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


def page_gradient(page: Page, image: ByteArray, label: int) -> list[float]:
    got: list[float] = page.evaluate(GRADIENT, [image.ravel().tolist(), label])
    return got


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_outputs_are_the_librarys_for_each_encoding(open_page: Open, digits: Dataset, encoding: Any) -> None:
    images = np.zeros((105, 28, 28), np.uint8)  # blank, full, single pixels, faint ones, then digits
    images[1] = 255
    images[2, 0, 0] = images[3, 27, 27] = 255
    images[4, 5:9, 20] = 1
    images[5:] = digits.images[:100]
    model = made_up(Settings(inputs=encoding))
    assert_close(page_outputs(open_page(model), images), model.outputs(images))


@pytest.mark.mnist
def test_outputs_are_the_librarys_on_mnists_test_images(open_page: Open, mnist: Path, pretrained: Model) -> None:
    images = load_split(str(mnist), "test", 0).images[:500]
    page = open_page(pretrained)
    assert_close(page_outputs(page, images), pretrained.outputs(images))
    page.get_by_role("button", name="Pixels", exact=True).click()
    *_, twin = read_snapshots()
    assert_close(page_outputs(page, images), twin.outputs(images))


@pytest.mark.parametrize(("activation", "cost"), list(zip(ACTIVATIONS, COSTS, strict=True)))
def test_gradients_are_the_librarys_for_each_activation_and_cost(
    open_page: Open, digits: Dataset, activation: Any, cost: Any
) -> None:
    model = made_up(Settings(activation=activation, cost=cost))
    page = open_page(model)
    for index in range(2):
        expected = model.network.gradient(model.inputs(digits.images[[index]]), digits.labels[[index]])
        got = page_gradient(page, digits.images[index], int(digits.labels[index]))
        assert len(got) == 16_020
        assert_close(got, expected)


def test_networks_of_other_sizes_compute_the_same(open_page: Open, digits: Dataset) -> None:
    model = made_up(Settings(hidden=(60, 7, 30), activation="relu", cost="softmax"))
    page = open_page(model)
    assert_close(page_outputs(page, digits.images[:50]), model.outputs(digits.images[:50]))
    expected = model.network.gradient(model.inputs(digits.images[:1]), digits.labels[:1])
    assert_close(page_gradient(page, digits.images[0], int(digits.labels[0])), expected)


def test_what_is_no_image_or_no_digit_is_refused(open_page: Open, pretrained: Model) -> None:
    page = open_page(pretrained)
    with pytest.raises(Error, match="expected a Uint8Array of 784"):
        page.evaluate("window.mnistnet.outputs(new Uint8Array(783))")
    for label in ("12", "-1", "2.5", "'3'"):
        with pytest.raises(Error, match="expected 0 to 9"):
            page.evaluate(f"window.mnistnet.gradient(new Uint8Array(784), {label})")
