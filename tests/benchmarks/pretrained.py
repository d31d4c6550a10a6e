"""Make the model that comes with the package: run by `make pretrained`; run twice, it gives the same bytes.

MNIST was written by Americans; the digits drawn from strokes add the styles that it hardly has. The settings were
chosen on held-out MNIST images and on pictures that people drew; then the model learned from all 60,000.
"""

from __future__ import annotations

import os
from dataclasses import replace

import click

from mnistnet.datasets import load_training
from mnistnet.download import cache_directory, download
from mnistnet.model import PRETRAINED, save_model
from mnistnet.settings import Settings
from mnistnet.training import fit

SETTINGS = Settings(epochs=120, augment=2, validation=0, seed=0)


def main() -> None:
    """Train it and save it."""
    source = os.environ.get("MNISTNET_DATA")
    if source is None:
        source = str(cache_directory())
        download(cache_directory())
    for epoch, model in fit(load_training([source, "strokes"]), None, SETTINGS):  # noqa: B007 - the last is saved
        click.echo(f"epoch {epoch.number}/{SETTINGS.epochs}: cost {epoch.cost:.5f}", err=True)
    save_model(replace(model, velocity=None), PRETRAINED)  # it is made to be used, not to go on with


if __name__ == "__main__":
    main()
