from __future__ import annotations

import tracemalloc
from itertools import product
from typing import Any

import numpy as np
import pytest

from mnistnet.images import FloatArray, IntArray
from mnistnet.network import ACTIVATIONS, COSTS, Network

KINDS = list(product(ACTIVATIONS, COSTS))


def small(activation: str = "sigmoid", cost: str = "mse") -> tuple[Network, FloatArray, IntArray]:
    """A 6-5-4-3 network in float64 with random biases too, 7 inputs and their labels; 3 is none of the answers."""
    rng = np.random.default_rng(5)
    network = Network((6, 5, 4, 3), activation=activation, cost=cost, dtype=np.float64)
    network.parameters[...] = rng.standard_normal(network.parameters.size)
    return network, rng.random((7, 6)), np.array([3, *rng.integers(0, 3, 6)])


def central_difference(network: Network, index: int, inputs: FloatArray, labels: IntArray, h: float) -> float:
    kept = network.parameters[index]
    costs = []
    for moved in (kept + h, kept - h):
        network.parameters[index] = moved
        costs.append(network.cost(inputs, labels))
    network.parameters[index] = kept
    return (costs[0] - costs[1]) / (2 * h)


def test_the_network_of_the_derivation_has_16020_parameters() -> None:
    network = Network()
    assert network.parameters.shape == (16_020,)
    assert network.weight_count == 15_980
    assert [weights.shape for weights in network.weights] == [(20, 784), (10, 20), (10, 10)]
    assert [biases.shape for biases in network.biases] == [(20,), (10,), (10,)]
    assert network.parameters.dtype == np.float32


def test_weights_and_biases_are_views_in_the_order_of_the_gradient_vector() -> None:
    network = Network((3, 2, 2))
    network.parameters[...] = np.arange(14)
    assert network.weights[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert network.weights[1].tolist() == [[6, 7], [8, 9]]
    assert [biases.tolist() for biases in network.biases] == [[10, 11], [12, 13]]
    network.biases[1][0] = 99
    assert network.parameters[12] == 99


def test_a_step_worked_by_hand() -> None:
    # One input, one hidden neuron, two outputs; every weight and bias 0 but W^3 = (ln 3, 0).
    # A^2 = σ(0) = 1/2, Z^3 = (½ ln 3, 0), A^3 = (√3 / (√3 + 1), 1/2), label 1, so Y = (0, 1).
    network = Network((1, 1, 2), dtype=np.float64)
    network.weights[1][0, 0] = np.log(3)
    a = np.sqrt(3) / (np.sqrt(3) + 1)
    inputs, labels = np.array([[2.0]]), np.array([1])
    assert network.forward(inputs) == pytest.approx(np.array([[a, 0.5]]))
    assert network.cost(inputs, labels) == pytest.approx((a**2 + 0.25) / 2)

    delta_3 = np.array([a * a * (1 - a), -0.5 * 0.25])  # (A − Y) ⊙ σ′(Z)
    delta_2 = delta_3[0] * np.log(3) * 0.25  # dC/dZ^3 W^3 ⊙ σ′(Z^2)
    expected = [delta_2 * 2, delta_3[0] * 0.5, delta_3[1] * 0.5, delta_2, *delta_3]
    assert network.gradient(inputs, labels) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(("activation", "cost"), KINDS)
def test_every_derivative_of_a_small_network_is_the_slope_of_its_cost(activation: str, cost: str) -> None:
    network, inputs, labels = small(activation, cost)
    gradient = network.gradient(inputs, labels).copy()
    slopes = [central_difference(network, index, inputs, labels, 1e-6) for index in range(gradient.size)]
    assert np.abs(slopes).max() > 1e-3
    assert gradient == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("activation", "cost"), KINDS)
def test_the_gradient_of_a_batch_is_the_mean_of_its_images_gradients(activation: str, cost: str) -> None:
    network, inputs, labels = small(activation, cost)
    each = [network.gradient(inputs[i : i + 1], labels[i : i + 1]).copy() for i in range(7)]
    assert network.gradient(inputs, labels) == pytest.approx(np.mean(each, axis=0))


@pytest.mark.parametrize(("activation", "cost"), KINDS)
@pytest.mark.parametrize("z", [-1000.0, 1000.0])
def test_nothing_overflows_or_warns_far_from_zero(activation: str, cost: str, z: float) -> None:
    network = Network((1, 2, 3), activation=activation, cost=cost)
    network.weights[0][...] = z
    network.weights[1][...] = z
    network.biases[1][...] = (z, 0, -z)
    inputs, labels = np.ones((2, 1), np.float32), np.array([0, 2])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.isfinite(network.forward(inputs)).all()
        assert np.isfinite(network.cost(inputs, labels))
        assert np.isfinite(network.gradient(inputs, labels)).all()


def test_the_target_of_an_image_without_a_digit_is_zeros_or_equal_parts() -> None:
    for cost, answer in (("mse", 0), ("cross-entropy", 0), ("softmax", 1 / 3)):
        network, inputs, _ = small(cost=cost)
        outputs = network.forward(inputs[:1])[0]
        slope = outputs * (1 - outputs) if cost == "mse" else 1
        _, biases = network.views(network.gradient(inputs[:1], np.array([3])))
        assert biases[-1] == pytest.approx((outputs - answer) * slope)


def test_initial_weights_have_variance_1_by_n_in_and_biases_are_zero() -> None:
    network = Network()
    network.initialize(np.random.default_rng(1))
    for weights in network.weights:
        assert weights.std() * np.sqrt(weights.shape[1]) == pytest.approx(1, rel=0.25)
    assert not any(biases.any() for biases in network.biases)


def test_the_gradient_allocates_no_large_array_once_its_buffers_exist() -> None:
    rng = np.random.default_rng(2)
    network = Network()
    network.initialize(rng)
    inputs, labels = rng.random((32, 784), dtype=np.float32), rng.integers(0, 10, 32)
    network.gradient(inputs, labels)
    tracemalloc.start()
    network.gradient(inputs, labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_020  # bytes: a quarter of the parameters, a sixth of the batch


def test_the_buffers_of_many_batch_sizes_are_not_all_kept() -> None:
    network = Network((8, 1000, 10))
    inputs, labels = np.zeros((1020, 8), np.float32), np.zeros(1020, np.int64)
    tracemalloc.start()
    try:
        for n in range(1000, 1020):
            network.gradient(inputs[:n], labels[:n])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 30_000_000  # 8 MB for a batch size


def test_a_call_changes_neither_the_next_one_nor_inputs_and_parameters() -> None:
    network, inputs, labels = small()
    before = inputs.copy(), labels.copy(), network.parameters.copy()
    first = network.gradient(inputs, labels).copy()
    for n in (1, 2, 3, 4):
        network.gradient(inputs[:n], labels[:n])
        network.cost(inputs[:n], labels[:n])
    assert np.array_equal(network.gradient(inputs, labels), first)
    for was, is_now in zip(before, (inputs, labels, network.parameters), strict=True):
        assert np.array_equal(was, is_now)


@pytest.mark.parametrize("wrong", [[0], [0, -1], [0, 11], [0.0, 1.0], [[0], [1]], [True, False]])
def test_labels_that_do_not_fit_are_refused(wrong: list[Any]) -> None:
    network = Network((3, 4, 10))
    inputs, labels = np.zeros((2, 3), np.float32), np.array(wrong)
    for measure in (network.cost, network.gradient):
        with pytest.raises(ValueError, match="labels are .*, expected (one integer each|0 to 9, or 10 for an image)"):
            measure(inputs, labels)


@pytest.mark.parametrize("sizes", [(784,), (784, 0, 10), ()])
def test_impossible_sizes_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="two or more layers"):
        Network(sizes)
