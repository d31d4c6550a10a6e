"""A trained classifier: a network, the encoding of its inputs, and how it was trained."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnistnet import __version__
from mnistnet.errors import ModelError
from mnistnet.images import ByteArray, FloatArray, IntArray, check_images, check_labels
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model_file import PARAMETERS, Contents, network_of, read_model_file, write_model_file
from mnistnet.network import Network
from mnistnet.settings import Settings

BLOCK = 128  # images in one forward pass; bounds the memory
BUILT_IN = "builtin"
PRETRAINED = Path(__file__).with_name("pretrained.npz")  # the model that comes with the package


@dataclass
class Model:
    """A classifier of 28×28 images, and the record of its training.

    Attributes:
        network: the trained network, float32.
        inputs: turns images into the network's inputs.
        settings: the settings of the training run.
        epoch: epochs trained.
        best_epoch: the epoch of the network's parameters: with patience the best so far, else the last.
        validation_accuracy: accuracy of the network on the validation set, 0 to 1; None without a validation set.
        data_digest: SHA-256 of the training images and labels, in hexadecimal.
        history: float64 (epochs, 2 or 3), a row for each epoch: cost, learning rate and, with a validation set,
            validation accuracy.
        velocity: float32 (parameters,), the momentum buffer, for resuming; None in a model for inference only.
        latest: float32 (parameters,), the parameters after the last epoch; None if that is the best one.
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
        """Return the network's ten outputs for each image, the same to the bit whatever the other images are.

        Args:
            images: uint8 (n, 28, 28), ink bright.

        Returns:
            float32 (n, 10), 0 to 1.

        Raises:
            ValueError: the images have another shape or dtype.
            ModelError: an output is not a number, because the weights are too large.
        """
        check_images(images)
        outputs = np.empty((len(images), self.network.sizes[-1]), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(images), BLOCK):
                block = slice(start, start + BLOCK)
                outputs[block] = self.network.forward(self.inputs(images[block]))
        if not np.isfinite(outputs).all():
            raise ModelError("the model's weights are too large to compute with; train another model")
        return outputs

    def predict(self, images: ByteArray) -> IntArray:
        """Return the digit with the highest output of each image, integers (n,); see `outputs` for the rest."""
        digits: IntArray = self.outputs(images).argmax(axis=1)
        return digits

    def cost(self, images: ByteArray, labels: IntArray) -> float:
        """Return the network's cost C, averaged over the images.

        Args:
            images: uint8 (n, 28, 28), ink bright, at least one.
            labels: integers (n,), 0 to 9, or 10 for an image without a digit.

        Raises:
            ValueError: the images or the labels have another shape, dtype or range.
        """
        check_images(images)
        check_labels(labels, len(images))
        total = 0.0
        for start in range(0, len(images), BLOCK):
            block = slice(start, start + BLOCK)
            inputs = self.inputs(images[block])
            total += self.network.cost(inputs, labels[block]) * len(inputs)
        return total / len(images)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to an `.npz` file; `path` always holds the old file or the new one, never a part.

        Raises:
            MnistnetError: the file can't be written; the old file is untouched.
        """
        vectors = {PARAMETERS: self.network.parameters, "velocity": self.velocity, "latest": self.latest}
        contents = Contents(
            settings=self.settings,
            vectors={name: vector for name, vector in vectors.items() if vector is not None},
            mean_inputs=self.inputs.mean,
            history=self.history,
            facts={
                "epoch": self.epoch,
                "best_epoch": self.best_epoch,
                "validation_accuracy": self.validation_accuracy,
                "data_digest": self.data_digest,
                "versions": {"mnistnet": __version__, "numpy": np.__version__},
            },
        )
        write_model_file(path, contents)


def load(path: str | os.PathLike[str] = BUILT_IN) -> Model:
    """Read a model file that `Model.save` wrote; `builtin` is the model that comes with the package.

    Raises:
        ModelError: the file is missing, unreadable, damaged, or not a mnistnet model.
    """
    contents = read_model_file(PRETRAINED if path == BUILT_IN else path)
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
