"""Mini-batch gradient descent, as a generator of epochs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from mnistnet.augmentation import distorted_copy
from mnistnet.datasets.sources import Dataset
from mnistnet.errors import TrainingError
from mnistnet.images import ByteArray, FloatArray, IntArray
from mnistnet.inputs import Normalization, align
from mnistnet.model import Model
from mnistnet.network import Network
from mnistnet.settings import Settings
from mnistnet.threads import one_thread

WARM_UP = 2000  # steps in which the learning rate rises; in a short run the first third


@dataclass(frozen=True)
class Epoch:
    """What came of one pass over the training images.

    Attributes:
        number: 1 for the first.
        cost: C over all training images, at the end of the epoch.
        learning_rate: of its last step.
        seconds: spent in gradient descent alone.
        validation_accuracy: on the held-out images, 0 to 1; None where none were held out.
    """

    number: int
    cost: float
    learning_rate: float
    seconds: float
    validation_accuracy: float | None = None


def train(
    network: Network,
    inputs: FloatArray,
    labels: IntArray,
    settings: Settings,
    *,
    copies: Callable[[int], FloatArray] | None = None,
    velocity: FloatArray | None = None,
    done: int = 0,
) -> Iterator[Epoch]:
    """Train a network in place, an epoch at a time.

    Every epoch visits every image once, in a fresh order that depends on the seed and the epoch's number alone:
    a run that goes on after `done` epochs, with the velocity it had, equals one that never stopped.

    Args:
        network: changed in place between one epoch and the next.
        inputs: float32 (n, 784), not changed.
        labels: integers (n,), 0 to 9.
        settings: how.
        copies: gives distorted copy 1, 2, … `settings.augment` of the inputs; epochs cycle through the inputs and
            them. None goes without.
        velocity: float32 (parameters,), the momentum of the step before, changed in place; None starts at rest.
        done: epochs that are behind the network already.

    Yields:
        An Epoch after each, when `network` and `velocity` are as it left them.

    Raises:
        TrainingError: a batch is larger than the data, or the cost is no longer a finite number.
    """
    if settings.batch_size > len(inputs):
        raise TrainingError(
            f"batch size is {settings.batch_size}, but there are only {len(inputs)} training images; lower --batch-size"
        )
    velocity = np.zeros_like(network.parameters) if velocity is None else velocity
    for number in range(done + 1, settings.epochs + 1):
        copy = (number - 1) % (settings.augment + 1)
        epoch_inputs = inputs if copies is None or copy == 0 else copies(copy)
        start = time.perf_counter()
        order = np.random.default_rng((settings.seed, number)).permutation(len(inputs))
        steps = math.ceil(len(inputs) / settings.batch_size)
        rates = [
            learning_rate(settings, step + 0.5, steps * settings.epochs)  # in the middle of the step
            for step in range(steps * (number - 1), steps * number)
        ]
        with one_thread():
            _descend(network, epoch_inputs, labels, order, rates, settings, velocity)
            seconds = time.perf_counter() - start
            with np.errstate(all="ignore"):
                cost = network.cost(inputs, labels)
        if not math.isfinite(cost):
            raise TrainingError(
                f"the cost is no longer finite after epoch {number}: the learning rate {settings.learning_rate:g} "
                f"with momentum {settings.momentum:g} or the weight decay {settings.weight_decay:g} is too high; "
                "lower --learning-rate"
            )
        yield Epoch(number, cost, rates[-1], seconds)


def learning_rate(settings: Settings, step: float, steps: int) -> float:
    """The learning rate at a step of a run of so many: constant, or rising at first and then falling to 0.

    It falls along half a cosine. It rises because the first weights know nothing, and long steps from there can
    drive an output so far down that σ′ is 0 wherever it goes: that digit would never be learned.
    """
    if settings.schedule == "constant":
        return settings.learning_rate
    rise = min(1, step / min(WARM_UP, steps / 3))
    return settings.learning_rate * rise * (1 + math.cos(math.pi * step / steps)) / 2


def _descend(
    network: Network,
    inputs: FloatArray,
    labels: IntArray,
    order: npt.NDArray[np.int64],
    rates: list[float],
    settings: Settings,
    velocity: FloatArray,
) -> None:
    """One epoch of gradient descent through the images in that order: each step goes along −∇C of one batch."""
    size, dtype = settings.batch_size, velocity.dtype
    labels = labels[order].astype(np.intp)  # NumPy's type of an index, which a label is to its right answer
    batch_inputs = np.empty((size, inputs.shape[1]), inputs.dtype)
    momentum, weight_decay = np.array(settings.momentum, dtype), np.array(settings.weight_decay, dtype)
    weights, weight_velocity = network.parameters[: network.weight_count], velocity[: network.weight_count]
    decay, change = np.empty_like(weights), np.empty_like(velocity)
    # A cost that runs away is found at the end of the epoch; NumPy need not warn at every step on the way.
    with np.errstate(all="ignore"):
        for number, rate in enumerate(rates):
            batch = slice(number * size, (number + 1) * size)  # the last one may be shorter
            y = labels[batch]
            x = batch_inputs[: len(y)]
            inputs.take(order[batch], axis=0, out=x, mode="clip")  # the default mode would copy once more
            # velocity = momentum · velocity + ∇C + weight decay; parameters −= learning rate · velocity
            velocity *= momentum
            velocity += network.gradient(x, y)
            weight_velocity += np.multiply(weights, weight_decay, out=decay)
            network.parameters -= np.multiply(velocity, rate, out=change)


def fit(
    training: Dataset, held_out: Dataset | None, settings: Settings, *, start: Model | None = None
) -> Iterator[tuple[Epoch, Model]]:
    """Make a model from images: normalize them, train a network on them, and measure it after every epoch.

    Args:
        training: the images to learn from.
        held_out: images to measure on, none of them among the training ones; or None.
        settings: how.
        start: a model to go on from, trained on the same images with the same settings, but for the number of
            epochs; its network and velocity become those of the models that are yielded.

    Yields:
        After each epoch what came of it, and the model, which the next epoch changes in place.

    Raises:
        TrainingError: `start` was trained on other images, or is made only to be used; see also `train`.
    """
    if start is not None:
        _check_start(start, training)
    aligned = align(settings.normalize, training.images)
    model = _new_model(training, aligned, settings) if start is None else replace(start, settings=settings)
    network = _network_in_training(model)
    held_out_inputs = None if held_out is None else model.normalization(held_out.images)

    @cache  # as bytes: as the inputs they become they would take four times the memory
    def aligned_copy(number: int) -> ByteArray:
        return align(settings.normalize, distorted_copy(training.images, settings.seed, number))

    if _out_of_patience(model):
        return
    for epoch in train(
        network,
        model.normalization.inputs(aligned),
        training.labels,
        settings,
        copies=lambda number: model.normalization.inputs(aligned_copy(number)),
        velocity=model.velocity,
        done=model.epoch,
    ):
        model.epoch = epoch.number
        if held_out is not None and held_out_inputs is not None:
            with one_thread():
                right = network.forward(held_out_inputs).argmax(axis=1) == held_out.labels
            epoch = replace(epoch, validation_accuracy=float(right.mean()))
        if settings.patience is None or _is_best(epoch, model):
            model.network.parameters[...] = network.parameters
            model.best_epoch, model.validation_accuracy, model.latest = epoch.number, epoch.validation_accuracy, None
        else:
            model.latest = network.parameters
        yield epoch, model
        if _out_of_patience(model):
            return


def _new_model(training: Dataset, aligned: ByteArray, settings: Settings) -> Model:
    network = Network(settings.sizes, activation=settings.activation, cost=settings.cost)
    network.initialize(np.random.default_rng((settings.seed, 0)))  # epochs count from 1: none of them has this
    return Model(
        network=network,
        normalization=Normalization.fit(settings.normalize, aligned),
        settings=settings,
        data_digest=training.digest(),
        velocity=np.zeros_like(network.parameters),
    )


def _check_start(start: Model, training: Dataset) -> None:
    if start.velocity is None:
        raise TrainingError("the model was made only to be used: its training can't go on")
    if start.data_digest != training.digest():
        raise TrainingError("the model was trained on other images: give the same --data, or start anew")


def _network_in_training(model: Model) -> Network:
    """A network where gradient descent is, apart from the model's, which patience leaves at its best epoch."""
    network = Network(model.network.sizes, activation=model.settings.activation, cost=model.settings.cost)
    network.parameters[...] = model.network.parameters if model.latest is None else model.latest
    return network


def _is_best(epoch: Epoch, model: Model) -> bool:
    before, now = model.validation_accuracy, epoch.validation_accuracy
    return before is None or now is None or now > before


def _out_of_patience(model: Model) -> bool:
    patience = model.settings.patience
    return patience is not None and model.epoch - model.best_epoch >= patience
