"""Which model a command uses, and the note that says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mnistnet.cli.options import BUILT_IN, MODEL_HERE
from mnistnet.cli.program import say
from mnistnet.errors import one_line

if TYPE_CHECKING:
    from mnistnet.model import Model


def note(quiet: bool, *lines: str) -> None:
    """Say lines on standard error, unless the user wants it quiet."""
    for line in () if quiet else lines:
        say(one_line(line))


def load_chosen_model(path: str | None, quiet: bool) -> tuple[str, Model]:
    """Load the model that was asked for, else the first that is there; also return its name."""
    from pathlib import Path

    from mnistnet.model import load

    if path is None:
        here = MODEL_HERE if Path(MODEL_HERE).exists() else BUILT_IN
        path = os.environ.get("MNISTNET_MODEL") or here
        note(quiet, "Using the model that comes with mnistnet" if path == BUILT_IN else f"Using {path}")
    return path, load(path)
