"""Labelled images: where they come from, and their parts to train and to measure on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistnet.datasets.dataset import Dataset, hold_out
    from mnistnet.datasets.sources import load_split, load_training

__all__ = ["Dataset", "hold_out", "load_split", "load_training"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from mnistnet.datasets import dataset, sources  # late: a download need not wait for NumPy

        return getattr(sources, name, None) or getattr(dataset, name)
