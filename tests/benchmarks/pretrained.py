"""Make the model that comes with the package, and what the page shows of its training: run by `make pretrained`.

Run twice, it gives the same bytes. MNIST was written by Americans; the digits drawn from strokes add the styles that it
hardly has. MNIST's images are augmented; strokes aren't, because each is drawn anew. Images without a digit have ten
zeros as their target. The numbers below were chosen on held-out MNIST images, on pictures that people drew and on
simulated ones.

The page also shows the network of the derivation: the same sizes, trained on MNIST's plain pixels alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from mnistnet.augmentation import augmented_set
from mnistnet.datasets import Dataset, hold_out, load_training
from mnistnet.datasets.strokes import draw_digits
from mnistnet.images import NO_DIGIT, FloatArray
from mnistnet.model import PRETRAINED, Model
from mnistnet.network import Network
from mnistnet.page.snapshots import SNAPSHOTS, SNAPSHOTS_AFTER
from mnistnet.settings import Settings
from mnistnet.training import fit
from no_digits import no_digits
from real_mnist import real_mnist

COPIES = 6  # distorted, of MNIST's images
STROKES = 250_000
OTHERS = 26_000  # images without a digit
SETTINGS = Settings(epochs=90, seed=0)
PIXELS = Settings(epochs=30, seed=0, inputs="pixels")
STEPS = 127  # of an int8: a hundredth of the largest weight is fine enough to watch


def main() -> None:
    """Train both models; save the first as the built-in one, the second and snapshots of both for the page."""
    mnist, held_out = hold_out(load_training([real_mnist()]), SETTINGS.validation)
    pixels, pixels_snapshots = _train(mnist, held_out, PIXELS)
    copies = [augmented_set(mnist.images, SETTINGS.seed, number) for number in range(1, COPIES + 1)]
    drawn, labels = draw_digits(STROKES, SETTINGS.seed)
    others = no_digits(mnist, OTHERS, SETTINGS.seed)
    training = Dataset(
        np.concatenate([mnist.images, *copies, drawn, others]),
        np.concatenate([*[mnist.labels] * (COPIES + 1), labels, np.full(OTHERS, NO_DIGIT, np.uint8)]),
    )
    model, snapshots = _train(training, held_out, SETTINGS)
    replace(model, velocity=None).save(PRETRAINED)  # for inference only
    _write_snapshots(model, snapshots, pixels, pixels_snapshots)


def _train(training: Dataset, held_out: Dataset | None, settings: Settings) -> tuple[Model, list[FloatArray]]:
    """Train a model; return it with its parameters before training and after the epochs in SNAPSHOTS_AFTER."""
    first = Network(settings.sizes)
    first.initialize(np.random.default_rng((settings.seed, 0)))  # as `fit` does
    snapshots = [first.parameters.copy()]
    for epoch, model in fit(training, held_out, settings):
        click.echo(f"epoch {epoch.number}/{settings.epochs}: cost {epoch.cost:.5f}", err=True)
        if epoch.number in SNAPSHOTS_AFTER:
            snapshots.append(model.network.parameters.copy())
    return model, snapshots


def _write_snapshots(
    model: Model, model_snapshots: list[FloatArray], twin: Model, twin_snapshots: list[FloatArray]
) -> None:
    """Write the file of snapshots.

    Args:
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
    np.savez(SNAPSHOTS, **contents)


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


if __name__ == "__main__":
    main()
