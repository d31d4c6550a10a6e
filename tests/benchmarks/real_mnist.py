"""Where real MNIST is, for all that measures on it or learns from it."""

from __future__ import annotations

import os

from mnistnet.datasets.download import download
from mnistnet.datasets.mnist import cache_directory


def real_mnist() -> str:
    """The source that MNISTNET_DATA names, else the cache, which is filled first."""
    source = os.environ.get("MNISTNET_DATA") or "mnist"
    if source == "mnist":
        download(cache_directory())
    return source
