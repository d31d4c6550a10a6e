"""Parameters at some moments of two trainings, which the page lets people go back to.

One training is that of the built-in model, the other of its pixel twin: a network of the same sizes that is shown
the plain pixels, as in the derivation. `make pretrained` writes the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mnistnet.images import PIXELS, FloatArray
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model import Model, load
from mnistnet.network import Network
from mnistnet.settings import Settings

SNAPSHOTS = Path(__file__).with_name("snapshots.npz")
SNAPSHOTS_AFTER = (1, 3, 10)  # epochs, beside the start and the end of training
STEPS = 127  # of an int8: a hundredth of the largest weight is fine enough to watch


@dataclass(frozen=True)
class Snapshots:
    """One training.

    Attributes:
        epochs: after how many the snapshots were taken; the last is the trained model.
        parameters: int8 (len(epochs) - 1, 16,020), all but the last.
        scales: float32 (len(epochs) - 1, 6): what 1 stands for in each matrix of weights, then in each vector of
            biases.
        validation_accuracy: after each epoch of the training.
    """

    epochs: tuple[int, ...]
    parameters: npt.NDArray[np.int8]
    scales: FloatArray
    validation_accuracy: tuple[float, ...]


def read_snapshots() -> tuple[Snapshots, Snapshots, Model]:
    """Return the snapshots of the built-in model's training, those of its pixel twin's, and the trained twin."""
    with np.load(SNAPSHOTS) as file:
        contents = {name: file[name] for name in file.files}
    network = Network()
    network.parameters[...] = contents["twin"]
    model = load()
    pixels = Inputs(ENCODINGS["pixels"], np.zeros(PIXELS, np.float32))
    twin = replace(model, network=network, inputs=pixels, settings=Settings(inputs="pixels"))
    ends = {"model": model.epoch, "twin": len(contents["twin_accuracy"])}
    accuracies = {"model": model.history[:, 2], "twin": contents["twin_accuracy"]}
    both = [
        Snapshots(
            (0, *SNAPSHOTS_AFTER, ends[name]),
            contents[f"{name}_parameters"],
            contents[f"{name}_scales"],
            tuple(accuracies[name].tolist()),
        )
        for name in ends
    ]
    return both[0], both[1], twin


def write_snapshots(
    path: str | os.PathLike[str],
    model: Model,
    model_snapshots: list[FloatArray],
    twin: Model,
    twin_snapshots: list[FloatArray],
) -> None:
    """Write the file of snapshots.

    Args:
        path: of the file.
        model: the built-in model, trained.
        model_snapshots: its parameters before training and after the epochs in SNAPSHOTS_AFTER.
        twin: its pixel twin, trained.
        twin_snapshots: the same of the twin.
    """
    contents: dict[str, Any] = {"twin": twin.network.parameters, "twin_accuracy": twin.history[:, 2].astype(np.float32)}
    for name, network, snapshots in (("model", model.network, model_snapshots), ("twin", twin.network, twin_snapshots)):
        quantized = [_quantize(network, parameters) for parameters in snapshots]
        contents[f"{name}_parameters"] = np.stack([each for each, _ in quantized])
        contents[f"{name}_scales"] = np.stack([scales for _, scales in quantized])
    np.savez(path, **contents)


def _quantize(network: Network, parameters: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Return parameters as int8, and for each matrix and vector of them what 1 stands for."""
    quantized = np.zeros(len(parameters), np.float32)
    views, targets = network.views(parameters), network.views(quantized)
    scales = []
    for part, target in zip((*views[0], *views[1]), (*targets[0], *targets[1]), strict=True):
        scale = float(np.abs(part).max()) / STEPS or 1.0  # biases are 0 before training
        target[...] = np.rint(part / scale)
        scales.append(scale)
    return quantized.astype(np.int8), np.array(scales, np.float32)
