"""Parameters after some epochs of two training runs, for the page to replay them.

One run is that of the built-in model, the other that of its pixel twin: a network of the same sizes whose inputs are
the plain pixels, as in the derivation. `make pretrained` writes the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mnistnet.images import PIXELS, FloatArray
from mnistnet.inputs import ENCODINGS, Inputs
from mnistnet.model import Model, load
from mnistnet.network import Network
from mnistnet.settings import Settings

SNAPSHOTS = Path(__file__).with_name("snapshots.npz")
SNAPSHOTS_AFTER = (1, 3, 10)  # epochs, beside the start and the end of training


@dataclass(frozen=True)
class Snapshots:
    """Snapshots of one training run.

    Attributes:
        epochs: the epochs of the snapshots; the last snapshot is the trained model.
        parameters: int8 (len(epochs) - 1, 16,020), quantized, without those of the trained model.
        scales: float32 (len(epochs) - 1, 6), the step of the quantization in each weight matrix, then each bias vector.
        validation_accuracy: after each epoch of the run.
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
