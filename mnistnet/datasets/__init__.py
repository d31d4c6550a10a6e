"""Labelled images: their sources, and the splits for training and evaluation."""

from mnistnet.datasets.dataset import Dataset, hold_out
from mnistnet.datasets.sources import load_split, load_training

__all__ = ["Dataset", "hold_out", "load_split", "load_training"]
