"""Make the model that comes with the package: run by `make pretrained`; run twice, it gives the same bytes.

MNIST was written by Americans; the digits drawn from strokes add the styles that it hardly has. MNIST's images are
distorted, as other hands might have written them; strokes need no distortion, as every one is drawn anew. What is no
digit is to be answered with ten low outputs. The numbers below were chosen on held-out MNIST images, on pictures
that people drew and on simulated ones.
"""

from __future__ import annotations

from dataclasses import replace

import click
import numpy as np

from mnistnet.augmentation import augmented_set
from mnistnet.datasets import Dataset, hold_out, load_training
from mnistnet.datasets.strokes import draw_digits
from mnistnet.images import NO_DIGIT
from mnistnet.model import PRETRAINED
from mnistnet.settings import Settings
from mnistnet.training import fit
from no_digits import no_digits
from real_mnist import real_mnist

COPIES = 6  # distorted, of MNIST's images
STROKES = 125_000
OTHERS = 26_000  # pictures of what is no digit
SETTINGS = Settings(epochs=90, seed=0)


def main() -> None:
    """Train it and save it."""
    mnist, held_out = hold_out(load_training([real_mnist()]), SETTINGS.validation)
    copies = [augmented_set(mnist.images, SETTINGS.seed, number) for number in range(1, COPIES + 1)]
    drawn, labels = draw_digits(STROKES, SETTINGS.seed)
    others = no_digits(mnist, OTHERS, SETTINGS.seed)
    training = Dataset(
        np.concatenate([mnist.images, *copies, drawn, others]),
        np.concatenate([*[mnist.labels] * (COPIES + 1), labels, np.full(OTHERS, NO_DIGIT, np.uint8)]),
    )
    for epoch, model in fit(training, held_out, SETTINGS):  # noqa: B007 - the last one is saved
        click.echo(f"epoch {epoch.number}/{SETTINGS.epochs}: cost {epoch.cost:.5f}", err=True)
    replace(model, velocity=None).save(PRETRAINED)  # it is made to be used, not to go on with


if __name__ == "__main__":
    main()
