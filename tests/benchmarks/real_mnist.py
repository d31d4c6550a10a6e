"""Where real MNIST is, for all that measures on it or learns from it."""

from __future__ import annotations

import os


def real_mnist() -> str:
    """Return the source that MNISTNET_DATA names, else the cache's files, which are fetched when they are missing."""
    return os.environ.get("MNISTNET_DATA") or "mnist"
