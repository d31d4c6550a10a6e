"""Mini-batch gradient descent: `train` trains a network epoch by epoch, `fit` trains a model on images."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from mnistnet.augmentation import augmented_set
from mnistnet.datasets.dataset import Dataset, hold_out
from mnistnet.errors import OptionError, TrainingError
from mnistnet.images import PIXELS, SIDE, ByteArray, FloatArray, IntArray, check_images, check_labels
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model import Model
from mnistnet.model_file import network_of
from mnistnet.network import MAX_PARAMETER, Network
from mnistnet.settings import MAX_COST, OTHER_LEARNING_RATE, Settings

ARCHITECTURE = ("hidden", "activation", "cost", "inputs")  # the settings that fine-tuning keeps
WARM_UP = 2000  # steps over which the learning rate rises; at most a third of the run


@dataclass(frozen=True)
class Epoch:
    """The result of one pass over the training images.

    Attributes:
        number: from 1.
        cost: C, averaged over all training images, at the end of the epoch.
        learning_rate: the learning rate at the last step.
        seconds: spent in gradient descent alone.
        validation_accuracy: accuracy on the validation set, 0 to 1, filled in by `fit`; None without one.
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
    augmented: Callable[[int], FloatArray] | None = None,
    velocity: FloatArray | None = None,
    done: int = 0,
) -> Iterator[Epoch]:
    """Train a network in place, an epoch at a time.

    Every epoch visits every image once, in an order that depends only on the seed and the epoch's number. So a run
    that is resumed after `done` epochs, with the velocity it had, equals one that never stopped.

    Args:
        network: trained in place.
        inputs: float32 (n, 784), not changed.
        labels: integers (n,), 0 to 9, or 10 for an image without a digit.
        settings: the settings of the run.
        augmented: returns the inputs of augmented set 1, 2, … `settings.augment`; epochs use the inputs and these
            sets in turn. None trains on the inputs alone.
        velocity: float32 (parameters,), the momentum buffer, changed in place; None starts at 0.
        done: epochs already trained.

    Yields:
        An Epoch after each epoch; `network` and `velocity` then hold its result.

    Raises:
        TrainingError: training diverged.
        ValueError: the labels have another shape, dtype or range.
    """
    check_labels(labels, len(inputs), network.sizes[-1])
    velocity = np.zeros_like(network.parameters) if velocity is None else velocity
    blas = ThreadpoolController()  # once, because it searches the loaded libraries
    for number in range(done + 1, settings.epochs + 1):
        set_number = (number - 1) % (settings.augment + 1)
        epoch_inputs = inputs if augmented is None or set_number == 0 else augmented(set_number)
        start = time.perf_counter()
        order = np.random.default_rng((settings.seed, number)).permutation(len(inputs))
        steps = math.ceil(len(inputs) / settings.batch_size)
        rates = [
            learning_rate(settings, step + 0.5, steps * settings.epochs)  # at the middle of the step
            for step in range(steps * (number - 1), steps * number)
        ]
        with blas.limit(limits=1, user_api="blas"):
            _descend(network, epoch_inputs, labels, order, rates, settings, velocity)
            seconds = time.perf_counter() - start
            with np.errstate(all="ignore"):
                cost = network.cost(inputs, labels)
        if not (cost <= MAX_COST and np.abs(network.parameters).max() <= MAX_PARAMETER):  # true for nan, too
            raise TrainingError(
                f"training diverged in epoch {number} (cost {cost:g}): the learning rate "
                f"{settings.learning_rate_in_use:g} with momentum {settings.momentum:g}, or the weight decay "
                f"{settings.weight_decay:g}, is too high; lower --learning-rate"
            )
        yield Epoch(number, cost, rates[-1], seconds)


def learning_rate(settings: Settings, step: float, steps: int) -> float:
    """Return the learning rate at a step of a run of `steps` steps: constant, or a warm-up and half a cosine.

    The warm-up keeps outputs from saturating: the first gradients are large, and a full step along them can push an
    output so far down that σ′ is 0 for every image. Then the network would never learn that digit. Source of the
    cosine: Loshchilov and Hutter 2017, SGDR.
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
    """Run one epoch of gradient descent over the images in this order; each step goes along −∇C of one batch."""
    size, dtype = settings.batch_size, velocity.dtype
    labels = labels[order].astype(np.intp)  # NumPy's index type: labels index the rows of the targets
    batch_inputs = np.empty((size, inputs.shape[1]), inputs.dtype)
    momentum, weight_decay = np.array(settings.momentum, dtype), np.array(settings.weight_decay, dtype)
    weights, weight_velocity = network.parameters[: network.weight_count], velocity[: network.weight_count]
    decay, change = np.empty_like(weights), np.empty_like(velocity)
    # Divergence is found at the end of the epoch, so NumPy need not warn at every step.
    with np.errstate(all="ignore"):
        for number, rate in enumerate(rates):
            batch = slice(number * size, (number + 1) * size)  # the last one may be shorter
            y = labels[batch]
            x = batch_inputs[: len(y)]
            inputs.take(order[batch], axis=0, out=x, mode="clip")  # the default mode would make one more copy
            # velocity = momentum · velocity + ∇C + weight decay; parameters −= learning rate · velocity
            velocity *= momentum
            velocity += network.backpropagate(x, y)
            weight_velocity += np.multiply(weights, weight_decay, out=decay)
            network.parameters -= np.multiply(velocity, rate, out=change)


def fit(
    training: Dataset,
    validation: Dataset | None,
    settings: Settings,
    *,
    resume: Model | None = None,
    start: Model | None = None,
) -> Iterator[tuple[Epoch, Model]]:
    """Train a model on images, and measure it on the validation set after every epoch.

    Args:
        training: the training set.
        validation: the validation set, which shares no image with the training set; or None.
        settings: the settings of the run.
        resume: a model to continue, trained on the same images with the same settings, apart from the number of
            epochs. Its arrays become those of the yielded model.
        start: the initial model for fine-tuning: its weights and encoding are copied.

    Yields:
        After each epoch its result and the model, which the next epoch changes in place. With patience, the model's
        network is that of the best epoch.

    Raises:
        OptionError: the settings don't fit `start`, or a batch is larger than the training set.
        TrainingError: `resume` was trained on other images, or has no optimizer state; or, in an epoch, training
            diverged.
    """
    if settings.batch_size > len(training):
        held_out = "" if validation is None else f" ({len(validation)} more are held out for validation)"
        raise OptionError(
            f"batch size is {settings.batch_size}, but there are only {len(training)} training images{held_out}; "
            "lower --batch-size"
        )
    encoding = ENCODINGS[settings.inputs]
    if resume is not None:
        _check_resumable(resume, training)
    elif start is not None:
        settings = _fine_tuning_settings(settings, start)
    augmented = (augmented_set(training.images, settings.seed, number) for number in range(1, settings.augment + 1))
    # Kept as bytes, because the float32 inputs would need four times the memory.
    features = [encoding.features(images) for images in (training.images, *augmented)]
    if resume is not None:
        model = replace(resume, settings=settings)
    else:
        model = _new_model(training, features[0], settings, start)
    return _fit_epochs(model, training, validation, features)


def _fit_epochs(
    model: Model, training: Dataset, validation: Dataset | None, features: list[ByteArray]
) -> Iterator[tuple[Epoch, Model]]:
    network = model.network
    best = network.parameters.copy()
    if model.latest is not None:
        network.parameters[...] = model.latest
    validation_inputs = None if validation is None else model.inputs(validation.images)
    epochs = train(
        network,
        model.inputs.from_features(features[0]),
        training.labels,
        model.settings,
        augmented=lambda number: model.inputs.from_features(features[number]),
        velocity=model.velocity,
        done=model.epoch,
    )
    while not _is_over(model):
        epoch = next(epochs)
        if validation is not None and validation_inputs is not None:
            right = network.forward(validation_inputs).argmax(axis=1) == validation.labels
            epoch = replace(epoch, validation_accuracy=float(right.mean()))
        _record(model, epoch)
        latest = network.parameters.copy()
        if model.settings.patience is None or _is_best(epoch, model):
            best[...] = latest
            model.best_epoch, model.validation_accuracy, model.latest = epoch.number, epoch.validation_accuracy, None
        else:
            model.latest = latest
        network.parameters[...] = best  # the caller gets the best epoch's network,
        yield epoch, model
        if not _is_over(model):
            network.parameters[...] = latest  # and gradient descent continues from the latest


def train_model(images: npt.ArrayLike, labels: npt.ArrayLike, **settings: Any) -> Model:
    """Train a model, with a tenth of the images, at most 5,000, as the validation set; see `Settings`.

    Args:
        images: uint8 (n, 28, 28) or (n, 784), ink bright (255) on black (0).
        labels: integers (n,) of any type, 0 to 9, or 10 for an image without a digit.
        settings: the fields of `Settings`, such as `epochs=5` or `seed=1`.

    Raises:
        ValueError: the images or labels have another shape, dtype or range.
        OptionError: a setting is unknown or has a wrong value.
        TrainingError: training diverged.
    """
    names = [field.name for field in fields(Settings)]
    if unknown := settings.keys() - set(names):
        raise OptionError(f"{min(unknown)} isn't a setting; the settings are {', '.join(names)}")
    chosen = Settings(**settings)
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype.kind == "f":
        raise ValueError(f"images are {images.dtype}, expected uint8: scale them to bytes, 0 to 255, ink bright")
    if images.shape[1:] == (PIXELS,):
        images = images.reshape(-1, SIDE, SIDE)
    check_images(images)
    check_labels(labels, len(images))
    training, validation = hold_out(Dataset(images, labels.astype(np.uint8)), chosen.validation)
    *_, (_, model) = fit(training, validation, chosen)
    return model


def _new_model(training: Dataset, features: ByteArray, settings: Settings, start: Model | None) -> Model:
    network = network_of(settings)
    if start is None:
        network.initialize(np.random.default_rng((settings.seed, 0)))  # epochs count from 1, so no epoch uses this seed
        inputs = Inputs.fit(ENCODINGS[settings.inputs], features)
    else:
        network.parameters[...] = start.network.parameters
        inputs = start.inputs
    return Model(
        network=network,
        inputs=inputs,
        settings=settings,
        epoch=0,
        best_epoch=0,
        validation_accuracy=None,
        data_digest=training.digest(),
        history=np.empty((0, 0)),
        velocity=np.zeros_like(network.parameters),
    )


def _fine_tuning_settings(settings: Settings, start: Model) -> Settings:
    """Check that the architecture is that of the initial model, and fill in the learning rate for fine-tuning."""
    for name in ARCHITECTURE:
        wanted, found = getattr(settings, name), getattr(start.settings, name)
        if wanted != found:
            raise OptionError(f"{name} is {wanted}, but the initial model has {found}; leave out --{name}")
    return settings if settings.learning_rate is not None else replace(settings, learning_rate=OTHER_LEARNING_RATE)


def _check_resumable(model: Model, training: Dataset) -> None:
    if model.velocity is None:
        raise TrainingError("the model is for inference only and can't be resumed; train a new one, without --resume")
    if model.data_digest != training.digest():
        raise TrainingError("the model was trained on other images; give the same --data, or train without --resume")


def _record(model: Model, epoch: Epoch) -> None:
    """Add an epoch to a model's history."""
    row = [epoch.cost, epoch.learning_rate]
    if epoch.validation_accuracy is not None:
        row.append(epoch.validation_accuracy)
    model.epoch = epoch.number
    model.history = np.vstack([model.history.reshape(-1, len(row)), row])


def _is_best(epoch: Epoch, model: Model) -> bool:
    before, now = model.validation_accuracy, epoch.validation_accuracy
    return before is None or now is None or now > before


def _is_over(model: Model) -> bool:
    """Return whether all epochs are trained, or patience is exhausted."""
    patience = model.settings.patience
    out_of_patience = patience is not None and model.epoch - model.best_epoch >= patience
    return out_of_patience or model.epoch >= model.settings.epochs
