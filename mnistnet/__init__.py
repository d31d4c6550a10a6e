"""mnistnet: a neural network from scratch in NumPy that reads handwritten digits.

`mnistnet.load(path)` gives a model; its `predict` turns images, uint8 (n, 28, 28), into digits, (n,).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistnet.model import Model

__version__ = "0.1.0"
__all__ = ["load"]

# Matrices as small as these go slower, up to eight times, when two threads share one product. OpenBLAS reads this
# when NumPy is first imported, so it stands before any such import; who has set it keeps what they set.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model file. Raises ModelError when it is not one; see `mnistnet.model.load_model`."""
    from mnistnet.model import load_model  # late: `mnistnet --help` need not wait for NumPy

    return load_model(path)
