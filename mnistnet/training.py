"""Mini-batch gradient descent, as a generator of epochs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mnistnet.errors import OptionError, TrainingError
from mnistnet.images import FloatArray, IntArray
from mnistnet.network import MAX_PARAMETER, Network
from mnistnet.settings import Settings
from mnistnet.threads import one_thread

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name != "fit":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from mnistnet.model import fit  # where it was told to be, before it moved to the model that it makes

        return fit


WARM_UP = 2000  # steps in which the learning rate rises; in a short run the first third


@dataclass(frozen=True)
class Epoch:
    """What came of one pass over the training images.

    Attributes:
        number: 1 for the first.
        cost: C over all training images, at the end of the epoch.
        learning_rate: of its last step.
        seconds: spent in gradient descent alone.
        validation_accuracy: on the held-out images, 0 to 1, which `fit` fills in; None where none were held out.
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
    a run that goes on after `done` epochs of as many, with the velocity it had, equals one that never stopped.

    Args:
        network: changed in place between one epoch and the next.
        inputs: float32 (n, 784), not changed.
        labels: integers (n,), 0 to 9, or 10 for an image that shows none of them.
        settings: how.
        copies: gives distorted copy 1, 2, … `settings.augment` of the inputs; epochs cycle through the inputs and
            them. None goes without.
        velocity: float32 (parameters,), the momentum of the step before, changed in place; None starts at rest.
        done: epochs that are behind the network already.

    Yields:
        An Epoch after each, when `network` and `velocity` are as it left them.

    Raises:
        OptionError: a batch is larger than the data.
        TrainingError: the cost is no longer a finite number, or the weights run away.
    """
    if settings.batch_size > len(inputs):
        raise OptionError(
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
        if not (math.isfinite(cost) and np.abs(network.parameters).max() <= MAX_PARAMETER):
            went = "the cost is no longer finite" if not math.isfinite(cost) else "the weights run away"
            raise TrainingError(
                f"{went} after epoch {number}: the learning rate {settings.learning_rate_in_use:g} with momentum "
                f"{settings.momentum:g} or the weight decay {settings.weight_decay:g} is too high; "
                "lower --learning-rate"
            )
        yield Epoch(number, cost, rates[-1], seconds)


def learning_rate(settings: Settings, step: float, steps: int) -> float:
    """Return the learning rate at a step of a run of so many: constant, or rising at first and then falling to 0.

    It falls along half a cosine. It rises because the first weights know nothing: long steps along their gradients can
    drive an output so far down that σ′ is 0 for every image, and that digit would never be learned.
    """
    if settings.schedule == "constant":
        return settings.learning_rate_in_use
    rise = min(1, step / min(WARM_UP, steps / 3))
    return settings.learning_rate_in_use * rise * (1 + math.cos(math.pi * step / steps)) / 2


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
