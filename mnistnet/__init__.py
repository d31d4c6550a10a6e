"""mnistnet: a neural network from scratch in NumPy that reads handwritten digits.

`mnistnet.read(picture)` reads the digit or the number in a picture.
`mnistnet.train(images, labels)` trains a model; its `predict` turns images, uint8 (n, 28, 28), into digits, (n,).
`mnistnet.load(path)` reads a model file.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistnet.errors import MnistnetError
    from mnistnet.model import Model, load
    from mnistnet.prediction import Answer, read
    from mnistnet.training import train_model as train

__version__ = "1.0.0"
__all__ = ["Answer", "MnistnetError", "Model", "load", "read", "train"]

if not TYPE_CHECKING:
    _PUBLIC = {
        "Answer": ("prediction", "Answer"),
        "MnistnetError": ("errors", "MnistnetError"),
        "Model": ("model", "Model"),
        "load": ("model", "load"),
        "read": ("prediction", "read"),
        "train": ("training", "train_model"),
    }

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used: `mnistnet --help` needs no NumPy."""
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _PUBLIC[name]
        return getattr(import_module(f"mnistnet.{module}"), attribute)
