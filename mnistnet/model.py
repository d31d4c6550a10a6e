"""A trained classifier: a network, the way to its inputs, and how it was trained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import mnistnet
from mnistnet.errors import ModelError, TrainingError
from mnistnet.images import ByteArray, FloatArray, IntArray, check_images
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model_file import PARAMETERS, Contents, network_of, read_model_file, write_model_file
from mnistnet.network import Network
from mnistnet.settings import Settings
from mnistnet.threads import one_thread

if TYPE_CHECKING:
    from mnistnet.datasets.dataset import Dataset
    from mnistnet.training import Epoch

BLOCK = 128  # images that go through the network at a time: it bounds the memory
PRETRAINED = Path(__file__).with_name("pretrained.npz")  # the model that comes with the package


@dataclass
class Model:
    """A classifier of 28×28 images, and what is known of its training.

    Attributes:
        network: the trained network, float32.
        inputs: how images become its inputs.
        settings: of its training.
        epoch: whole epochs trained.
        best_epoch: the epoch that the network is of: with patience the best so far, else the last.
        validation_accuracy: of the network on the held-out images, 0 to 1; None where none were held out.
        data_digest: SHA-256 of the training images and labels, in hexadecimal.
        history: float64 (epochs, 2 or 3), a row for each epoch: cost, learning rate and, where images were held out,
            the accuracy on them.
        velocity: float32 (parameters,), gradient descent's momentum, for going on; None in a model that was made only
            to be used.
        latest: float32 (parameters,), where gradient descent is, when that is not the best epoch; else None.
    """

    network: Network
    inputs: Inputs
    settings: Settings
    epoch: int
    best_epoch: int
    validation_accuracy: float | None
    data_digest: str
    history: npt.NDArray[np.float64]
    velocity: FloatArray | None = None
    latest: FloatArray | None = None

    def outputs(self, images: ByteArray) -> FloatArray:
        """Return the network's ten outputs for each image, the same to the bit whatever images stand beside it.

        Args:
            images: uint8 (n, 28, 28), ink bright.

        Returns:
            float32 (n, 10), 0 to 1.

        Raises:
            ValueError: the images have another shape or dtype.
            ModelError: the weights are so large that an output is not a number.
        """
        check_images(images)
        outputs = np.empty((len(images), self.network.sizes[-1]), np.float32)
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(images), BLOCK):
                part = slice(start, start + BLOCK)
                outputs[part] = self.network.forward(self.inputs(images[part]))
        if not np.isfinite(outputs).all():
            raise ModelError("the model's weights are too large to compute with; train another")
        return outputs

    def predict(self, images: ByteArray) -> IntArray:
        """Return the digit with the highest output for each image: uint8 (n, 28, 28) to integers (n,), 0 to 9."""
        digits: IntArray = self.outputs(images).argmax(axis=1)
        return digits

    def cost(self, images: ByteArray, labels: IntArray) -> float:
        """Return the network's cost C, averaged over the images.

        Args:
            images: uint8 (n, 28, 28), ink bright, at least one.
            labels: integers (n,), 0 to 9, or 10 for an image that shows none of them.

        Raises:
            ValueError: the images have another shape or dtype, there are none, or not as many labels.
        """
        check_images(images)
        if not 0 < len(images) == len(labels):
            raise ValueError(f"{len(images)} images with {len(labels)} labels, expected as many, and at least one")
        total = 0.0
        with one_thread():
            for start in range(0, len(images), BLOCK):
                part = slice(start, start + BLOCK)
                inputs = self.inputs(images[part])
                total += self.network.cost(inputs, labels[part]) * len(inputs)
        return total / len(images)


def fit(
    training: Dataset, held_out: Dataset | None, settings: Settings, *, start: Model | None = None
) -> Iterator[tuple[Epoch, Model]]:
    """Make a model from images: turn them into inputs, train a network, and measure it after every epoch.

    Args:
        training: the images to learn from.
        held_out: images to measure on, none of them among the training ones; or None.
        settings: how.
        start: a model to go on from, trained on the same images with the same settings, but for the number of
            epochs. Its arrays become those of the model that is yielded.

    Yields:
        After each epoch what came of it, and the model, which the next epoch changes in place. With patience, the
        model's network is that of the best epoch.

    Raises:
        TrainingError: `start` was trained on other images, or holds nothing to go on with; see also `train`.
    """
    from mnistnet.augmentation import augmented_set  # late: who only uses a model need not wait for these
    from mnistnet.training import train

    if start is not None:
        _check_start(start, training)
    kind = ENCODINGS[settings.inputs]
    copies = (augmented_set(training.images, settings.seed, number) for number in range(1, settings.augment + 1))
    # As bytes: the inputs they become would take four times the memory.
    features = [kind.features(images) for images in (training.images, *copies)]
    model = _new_model(training, features[0], settings) if start is None else replace(start, settings=settings)
    network = model.network
    best = network.parameters.copy()
    if model.latest is not None:
        network.parameters[...] = model.latest
    held_out_inputs = None if held_out is None else model.inputs(held_out.images)
    epochs = train(
        network,
        model.inputs.from_features(features[0]),
        training.labels,
        settings,
        copies=lambda number: model.inputs.from_features(features[number]),
        velocity=model.velocity,
        done=model.epoch,
    )
    while not _is_over(model):
        epoch = next(epochs)
        if held_out is not None and held_out_inputs is not None:
            with one_thread():
                right = network.forward(held_out_inputs).argmax(axis=1) == held_out.labels
            epoch = replace(epoch, validation_accuracy=float(right.mean()))
        _record(model, epoch)
        latest = network.parameters.copy()
        if settings.patience is None or _is_best(epoch, model):
            best[...] = latest
            model.best_epoch, model.validation_accuracy, model.latest = epoch.number, epoch.validation_accuracy, None
        else:
            model.latest = latest
        network.parameters[...] = best  # what the caller gets answers as the best epoch did,
        yield epoch, model
        if not _is_over(model):
            network.parameters[...] = latest  # and gradient descent goes on from where it was


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to an `.npz` file: the file at `path` is the old one or the new one, never a part.

    Raises:
        ModelError: the file can't be written; what was there is untouched.
    """
    vectors = {PARAMETERS: model.network.parameters, "velocity": model.velocity, "latest": model.latest}
    contents = Contents(
        settings=model.settings,
        vectors={name: vector for name, vector in vectors.items() if vector is not None},
        mean_inputs=model.inputs.mean,
        history=model.history,
        facts={
            "epoch": model.epoch,
            "best_epoch": model.best_epoch,
            "validation_accuracy": model.validation_accuracy,
            "data_digest": model.data_digest,
            "versions": {"mnistnet": mnistnet.__version__, "numpy": np.__version__},
        },
    )
    write_model_file(path, contents)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model that `save_model` wrote.

    Raises:
        ModelError: the file is missing, unreadable, damaged, or anything but a model of ours.
    """
    contents = read_model_file(path)
    settings, facts = contents.settings, contents.facts
    network = network_of(settings)
    network.parameters[...] = contents.vectors[PARAMETERS]
    return Model(
        network=network,
        inputs=Inputs(ENCODINGS[settings.inputs], contents.mean_inputs),
        settings=settings,
        epoch=facts["epoch"],
        best_epoch=facts["best_epoch"],
        validation_accuracy=facts["validation_accuracy"],
        data_digest=facts["data_digest"],
        history=contents.history,
        velocity=contents.vectors.get("velocity"),
        latest=contents.vectors.get("latest"),
    )


def _new_model(training: Dataset, features: ByteArray, settings: Settings) -> Model:
    network = network_of(settings)
    network.initialize(np.random.default_rng((settings.seed, 0)))  # epochs count from 1: none of them has this
    return Model(
        network=network,
        inputs=Inputs.fit(ENCODINGS[settings.inputs], features),
        settings=settings,
        epoch=0,
        best_epoch=0,
        validation_accuracy=None,
        data_digest=training.digest(),
        history=np.empty((0, 0)),
        velocity=np.zeros_like(network.parameters),
    )


def _check_start(start: Model, training: Dataset) -> None:
    if start.velocity is None:
        raise TrainingError("the model holds no momentum to go on with; train a new one, without --resume")
    if start.data_digest != training.digest():
        raise TrainingError("the model was trained on other images; give the same --data, or start anew")


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
    """Whether all epochs are trained, or patience has run out."""
    patience = model.settings.patience
    out_of_patience = patience is not None and model.epoch - model.best_epoch >= patience
    return out_of_patience or model.epoch >= model.settings.epochs
