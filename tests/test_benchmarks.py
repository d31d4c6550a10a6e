"""The benchmarks compare like with like."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mnistnet.datasets import Dataset
from mnistnet.network import Network
from mnistnet.settings import Settings


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).with_name("benchmarks")))


def test_the_gradient_of_an_image_alone_is_the_networks(digits: Dataset) -> None:
    from contestants import Data, PerImage

    settings = Settings(batch_size=2)
    inputs = digits.images[:4].reshape(4, -1) / np.float64(255)
    contestant = PerImage(Data(inputs, digits.labels[:4], inputs, digits.labels[:4]), settings)
    network = Network(settings.sizes, dtype=np.float64)
    weights, biases = network.views(network.parameters)
    for ours, theirs in zip(weights + biases, contestant.weights + contestant.biases, strict=True):
        ours[...] = theirs.reshape(ours.shape)
    gradient = contestant.gradient(contestant.columns[1], contestant.answers[1])
    expected = network.views(network.gradient(inputs[1:2], digits.labels[1:2]).copy())
    for ours, theirs in zip(expected[0] + expected[1], gradient, strict=True):
        assert np.allclose(ours, theirs.reshape(ours.shape), atol=1e-12)
        assert ours.any()


def test_the_floor_multiplies_the_networks_matrices(digits: Dataset) -> None:
    from contestants import Data, Products

    inputs = np.zeros((6, 784), np.float32)
    floor = Products(Data(inputs, digits.labels[:6], inputs, digits.labels[:6]), Settings(batch_size=3))
    sizes = list(pairwise(Settings().sizes))
    assert [weights.shape for weights in floor.weights] == [(n_out, n_in) for n_in, n_out in sizes]
    assert floor.batches == 2
    assert floor.epoch() > 0


def test_real_mnist_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    import real_mnist

    monkeypatch.setenv("MNISTNET_DATA", "/some/where")
    assert real_mnist.real_mnist() == "/some/where"
    for value in ("", "mnist"):
        monkeypatch.setenv("MNISTNET_DATA", value)
        assert real_mnist.real_mnist() == "mnist"


def test_answers_are_told_by_their_outputs() -> None:
    import reliability
    from mnistnet.prediction import Answer, Digit

    def answer(output: float) -> Answer:
        return Answer(
            "", (Digit(np.zeros((28, 28), np.uint8), np.eye(10, dtype=np.float32)[3] * output, (0, 0, 1, 1)),)
        )

    table = reliability.reliability([(answer(0.6), False), (answer(0.6), True), (answer(1.0), True)])
    assert table.splitlines()[2:] == [
        "| 0 to 0.5 | 0 | – |",
        "| 0.5 to 0.7 | 2 | 50.0 % |",
        "| 0.7 to 0.85 | 0 | – |",
        "| 0.85 to 0.95 | 0 | – |",
        "| 0.95 to 0.99 | 0 | – |",
        "| 0.99 to 1 | 1 | 100.0 % |",
    ]
