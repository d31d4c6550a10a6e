from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import mnistnet
from mnistnet.datasets import Dataset, hold_out
from mnistnet.errors import OptionError, TrainingError
from mnistnet.images import FloatArray, IntArray
from mnistnet.network import Network
from mnistnet.settings import OTHER_LEARNING_RATE, Settings
from mnistnet.training import fit, learning_rate, train

QUICK = Settings(epochs=3, batch_size=32, validation=100)
PLAIN = Settings(epochs=1, momentum=0, weight_decay=0, schedule="constant")


class Recorder(Network):
    """A network that remembers the images it was shown, by their first pixel."""

    def __init__(self) -> None:
        super().__init__((2, 3, 10))
        self.batches: list[list[float]] = []

    def backpropagate(self, inputs: FloatArray, labels: IntArray) -> FloatArray:
        self.batches.append(inputs[:, 0].tolist())
        return super().backpropagate(inputs, labels)


def numbered(n: int) -> tuple[FloatArray, IntArray]:
    """n inputs whose first number is their index."""
    inputs = np.zeros((n, 2), np.float32)
    inputs[:, 0] = np.arange(n)
    return inputs, np.arange(n) % 10


def orders(settings: Settings, n: int = 10) -> list[list[float]]:
    """The order in which each epoch shows n images."""
    network = Recorder()
    found = []
    for _ in train(network, *numbered(n), settings):
        found.append([index for batch in network.batches for index in batch])
        network.batches.clear()
    return found


def test_every_epoch_visits_every_image_once_in_an_order_of_the_seed_and_the_epoch() -> None:
    settings = replace(PLAIN, epochs=3, batch_size=4)
    first = orders(settings)
    assert [sorted(order) for order in first] == [list(range(10))] * 3
    assert first == orders(settings) != orders(replace(settings, seed=1))
    assert first[0] != first[1] != first[2]


def test_the_last_batch_is_used_when_it_is_shorter() -> None:
    network = Recorder()
    list(train(network, *numbered(10), replace(PLAIN, batch_size=4)))
    assert [len(batch) for batch in network.batches] == [4, 4, 2]


def test_two_steps_with_momentum_and_decay_worked_out() -> None:
    rng = np.random.default_rng(1)
    network, twin = Network((2, 3, 10)), Network((2, 3, 10))
    network.initialize(rng)
    twin.parameters[...] = network.parameters
    inputs, labels = numbered(6)
    settings = Settings(epochs=2, batch_size=6, learning_rate=0.5, momentum=0.9, weight_decay=0.01)
    list(train(network, inputs, labels, settings))

    decay = np.where(np.arange(twin.parameters.size) < twin.weight_count, 0.01, 0)  # weights, not biases
    velocity = np.zeros(twin.parameters.size)
    for rate in (learning_rate(settings, 0.5, 2), learning_rate(settings, 1.5, 2)):  # at the middle of each step
        velocity = 0.9 * velocity + twin.gradient(inputs, labels) + decay * twin.parameters
        twin.parameters -= (rate * velocity).astype(np.float32)
    assert network.parameters == pytest.approx(twin.parameters, rel=1e-4, abs=1e-7)


def test_the_cosine_schedule_warms_up_and_then_falls_to_zero() -> None:
    settings = Settings(learning_rate=2)
    rates = [learning_rate(settings, step, 20_000) for step in range(20_000 + 1)]
    assert rates[0] == 0
    assert rates[: 2000 + 1] == sorted(rates[: 2000 + 1])
    assert rates[2000] == pytest.approx(2, rel=0.03)
    assert rates[2000:] == sorted(rates[2000:], reverse=True)
    assert rates[10_000] == pytest.approx(1)  # half a cosine, half way
    assert rates[-1] == pytest.approx(0)
    assert learning_rate(settings, 10, 60) == pytest.approx(1, rel=0.1)  # a short run: a third of it to rise in
    assert learning_rate(replace(settings, schedule="constant"), 0, 60) == 2


def test_the_same_seed_gives_the_same_bytes_and_changes_neither_images_nor_labels(digits: Dataset) -> None:
    before = digits.digest()
    first, same, other = (list(fit(digits, None, replace(QUICK, seed=seed)))[-1][1] for seed in (3, 3, 4))
    assert first.network.parameters.tobytes() == same.network.parameters.tobytes()
    assert first.network.parameters.tobytes() != other.network.parameters.tobytes()
    assert digits.digest() == before


def test_drawn_digits_are_learned(digits: Dataset) -> None:
    epochs = [epoch for epoch, _ in fit(*hold_out(digits, 100), replace(QUICK, epochs=40, batch_size=10))]
    assert epochs[-1].cost < epochs[0].cost / 4
    assert epochs[-1].validation_accuracy is not None
    assert epochs[-1].validation_accuracy > 0.7


def test_patience_keeps_the_best_epoch_and_ends_the_training(digits: Dataset) -> None:
    settings = replace(QUICK, epochs=30, learning_rate=6, schedule="constant", patience=3)
    reached = []
    for epoch, model in fit(*hold_out(digits, 100), settings):
        reached.append((epoch.validation_accuracy, model.network.parameters.copy()))
        assert model.epoch == epoch.number
    accuracies = [accuracy or 0 for accuracy, _ in reached]
    best = accuracies.index(max(accuracies))  # the first of equals
    assert len(reached) == best + 1 + 3 < 30
    assert (model.best_epoch, model.validation_accuracy) == (best + 1, accuracies[best])
    assert np.array_equal(model.network.parameters, reached[best][1])
    assert model.latest is not None
    assert not np.array_equal(model.latest, model.network.parameters)
    assert list(fit(*hold_out(digits, 100), settings, resume=model)) == []


def test_without_patience_the_last_epoch_is_the_model(digits: Dataset) -> None:
    *_, (epoch, model) = fit(*hold_out(digits, 100), replace(QUICK, epochs=5, learning_rate=6, schedule="constant"))
    assert (model.epoch, model.best_epoch, model.latest) == (5, 5, None)
    assert model.validation_accuracy == epoch.validation_accuracy


def test_epochs_cycle_through_the_images_and_their_copies() -> None:
    inputs, labels = numbered(10)
    asked: list[int] = []

    def copies(number: int) -> FloatArray:
        asked.append(number)
        return inputs + np.float32(100 * number)

    network = Recorder()
    settings = replace(PLAIN, epochs=5, batch_size=10, augment=2)
    seen = [int(network.batches[-1][0] // 100) for _ in train(network, inputs, labels, settings, augmented=copies)]
    assert seen == [0, 1, 2, 0, 1]
    assert asked == [1, 2, 1]


def test_training_that_diverges_names_the_setting_to_lower(digits: Dataset) -> None:
    settings = Settings(epochs=5, activation="relu", cost="softmax", learning_rate=1e6, validation=0)
    with pytest.raises(TrainingError, match=r"diverged in epoch 1 \(cost .*\): .* lower --learning-rate"):
        list(fit(digits, None, settings))


@pytest.mark.parametrize(("weight", "activation", "cost"), [(2e6, "sigmoid", "mse"), (9e5, "relu", "cross-entropy")])
def test_weights_or_a_cost_beyond_the_bounds_of_a_model_file_count_as_divergence(
    digits: Dataset, weight: float, activation: str, cost: str
) -> None:
    settings = replace(QUICK, epochs=1, activation=activation, cost=cost, learning_rate=1e-30)
    _, model = next(fit(digits, None, settings))
    model.network.parameters[: model.network.weight_count] = weight
    with pytest.raises(TrainingError, match="training diverged in epoch 2"):
        next(fit(digits, None, replace(settings, epochs=2), resume=model))


def test_a_batch_larger_than_the_data_is_refused(digits: Dataset) -> None:
    with pytest.raises(OptionError, match="batch size is 601, but there are only 600 training images"):
        fit(digits, None, replace(QUICK, batch_size=601))
    with pytest.raises(OptionError, match=r"only 500 training images \(100 more are held out for validation\); lower"):
        fit(*hold_out(digits, 100), replace(QUICK, batch_size=501))


def test_the_reported_cost_is_that_of_the_whole_training_set(digits: Dataset) -> None:
    epoch, model = next(fit(digits, None, QUICK))
    assert epoch.cost == pytest.approx(model.cost(digits.images, digits.labels), rel=1e-5)
    assert math.isfinite(epoch.cost)


def test_fine_tuning_begins_with_the_weights_and_the_encoding_of_a_model(digits: Dataset) -> None:
    *_, (_, start) = fit(digits, None, replace(QUICK, hidden=(15,), inputs="moments"))
    weights = start.network.parameters.copy()
    own = digits.take(np.arange(50))
    settings = replace(start.settings, epochs=1, batch_size=10)
    _, model = next(fit(own, None, settings, start=start))
    assert model.settings.learning_rate == OTHER_LEARNING_RATE
    assert np.array_equal(model.inputs.mean, start.inputs.mean)
    assert 0 < np.abs(model.network.parameters - weights).max() < 0.5
    assert np.array_equal(start.network.parameters, weights)
    assert (model.epoch, model.data_digest) == (1, own.digest())
    with pytest.raises(OptionError, match="inputs is pixels, but the initial model has moments; leave out"):
        next(fit(own, None, replace(settings, inputs="pixels"), start=start))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint32])
def test_train_takes_images_and_labels_as_people_have_them(digits: Dataset, dtype: type[np.integer[Any]]) -> None:
    flat = mnistnet.train(digits.images.reshape(600, 784), digits.labels.astype(dtype), epochs=1, seed=3)
    *_, (_, same) = fit(*hold_out(digits, 60), Settings(epochs=1, seed=3))
    assert np.array_equal(flat.network.parameters, same.network.parameters)


def test_train_names_a_setting_that_it_does_not_know(digits: Dataset) -> None:
    with pytest.raises(OptionError, match="epoch isn't a setting; the settings are epochs, batch_size"):
        mnistnet.train(digits.images, digits.labels, epoch=3)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 28, 28)), [0, 1], "images are float64, expected uint8: scale them to bytes"),
        (np.zeros((2, 28, 27), np.uint8), [0, 1], r"images are uint8 \(2, 28, 27\), expected uint8 \(n, 28, 28\)"),
        (np.zeros((2, 28, 28), np.uint8), [0, 1, 2], r"labels are int64 \(3,\) for 2 images, expected one"),
        (np.zeros((2, 28, 28), np.uint8), [0.0, 1.0], r"labels are float64 \(2,\) for 2 images, expected one"),
        (np.zeros((2, 28, 28), np.uint8), [0, -1], "labels are -1 to 0, expected 0 to 9, or 10 for "),
        (np.zeros((2, 28, 28), np.uint8), [0, 11], "labels are 0 to 11, expected 0 to 9, or 10 for "),
        (np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), "and at least one image"),
    ],
)
def test_train_says_what_is_wrong_with_images_and_labels(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mnistnet.train(images, labels)
