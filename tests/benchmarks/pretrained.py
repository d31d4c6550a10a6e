"""Make the model that comes with the package: run by `make pretrained`; run twice, it gives the same bytes.

MNIST was written by Americans; the digits drawn from strokes add the styles that it hardly has. The settings were
chosen on held-out MNIST images and on pictures that people drew; then the model learned from all 60,000.
"""

from __future__ import annotations

from dataclasses import replace

import click

from mnistnet.datasets import hold_out, load_training
from mnistnet.model import PRETRAINED, fit, save_model
from mnistnet.settings import Settings
from real_mnist import real_mnist

SETTINGS = Settings(epochs=60, augment=2, seed=0)


def main() -> None:
    """Train it and save it."""
    images = load_training([real_mnist(), "strokes"])
    for epoch, model in fit(*hold_out(images, SETTINGS.validation), SETTINGS):  # noqa: B007 - the last is saved
        click.echo(f"epoch {epoch.number}/{SETTINGS.epochs}: cost {epoch.cost:.5f}", err=True)
    save_model(replace(model, velocity=None), PRETRAINED)  # it is made to be used, not to go on with


if __name__ == "__main__":
    main()
