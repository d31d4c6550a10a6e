"""mnistnet: a neural network from scratch in NumPy that reads handwritten digits.

`mnistnet.load(path)` gives a model; its `predict` turns images, uint8 (n, 28, 28), into digits, (n,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from mnistnet.model import Model

__version__ = "0.1.0"
__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model file. Raises ModelError when it is not one; see `mnistnet.model.load_model`."""
    from mnistnet.model import load_model  # late: `mnistnet --help` need not wait for NumPy

    return load_model(path)
