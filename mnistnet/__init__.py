"""mnistnet: a neural network from scratch in NumPy that reads handwritten digits.

`mnistnet.read(path)` reads the digit or the number in a picture.
`mnistnet.load(path)` gives a model; its `predict` turns images, uint8 (n, 28, 28), into digits, (n,).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from typing import BinaryIO

    from mnistnet.errors import MnistnetError
    from mnistnet.model import Model
    from mnistnet.prediction import Answer

__version__ = "0.1.0"
__all__ = ["Answer", "MnistnetError", "Model", "load", "read"]

if not TYPE_CHECKING:
    _HOMES = {"Answer": "prediction", "MnistnetError": "errors", "Model": "model"}

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"mnistnet.{_HOMES[name]}"), name)  # late: they need NumPy


def load(path: str | os.PathLike[str] | None = None) -> Model:
    """Read a model file; without a path, the model that comes with the package.

    Raises:
        ModelError: the file is missing, damaged, or not a model of ours.
    """
    from mnistnet.model import PRETRAINED, load_model  # late: `mnistnet --help` need not wait for NumPy

    return load_model(PRETRAINED if path is None else path)


def read(
    picture: str | os.PathLike[str] | BinaryIO,
    model: Model | None = None,
    invert: str = "auto",
    digits: int | None = None,
) -> Answer:
    """Read the digit or the number in a picture file, as `mnistnet predict` does.

    Args:
        picture: the file.
        model: what classifies the digits; None takes the one that comes with the package.
        invert: `yes` for dark ink on light ground, `no` for the opposite, `auto` finds out.
        digits: how many the picture shows, 1 to 20; None finds out.

    Returns:
        Its `number`, `probability`, `unsure`, and its `digits` with their boxes and outputs.

    Raises:
        PictureError: the picture can't be read.
    """
    from mnistnet.prediction import read_number

    return read_number(model or _builtin(), picture, invert, digits)


@cache
def _builtin() -> Model:
    return load()
