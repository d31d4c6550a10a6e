"""What the page tells of a model on labelled images: what it misreads, how sure it is, what excites its neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mnistnet.datasets import Dataset
from mnistnet.evaluation import Evaluation
from mnistnet.images import BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.model import BLOCK, Model
from mnistnet.network import Network
from mnistnet.prediction import is_unsure

MAX_MISTAKES = 300  # that the page holds; of more, the most confident
MAX_SHOWN = 20  # neurons of a layer that the page draws: more would be too small to tap
STRONGEST = 6  # images told of each of them
BINS = 10  # of confidence, in the diagram of reliability


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes:
        figures: plain Python values, as `main.js` reads them.
        images: uint8 (n, 28, 28), those that the figures name by their number.
    """

    figures: dict[str, Any]
    images: ByteArray


def shown_neurons(network: Network) -> list[list[int]]:
    """Return which neurons the page draws, of each layer from the second: of a wide one those that count most.

    A neuron counts by the sizes of its weights into the next layer, added up. Of the outputs, all are drawn.
    """
    shown = []
    for layer, size in enumerate(network.sizes[1:-1], start=1):
        weight = np.abs(network.weights[layer]).sum(axis=0)  # (neurons of the layer,)
        chosen = np.argsort(-weight, kind="stable")[:MAX_SHOWN] if size > MAX_SHOWN else np.arange(size)
        shown.append(np.sort(chosen).tolist())
    return [*shown, list(range(network.sizes[-1]))]


def measure(model: Model, dataset: Dataset, data: str) -> Measured:
    """Measure a model for the page.

    Args:
        model: what is measured.
        dataset: what on, at least one image.
        data: the dataset's name, in words.
    """
    layers = _activations(model, dataset.images)
    outputs = layers[-1]
    predictions, probabilities = outputs.argmax(axis=1), outputs.max(axis=1)
    right = predictions == dataset.labels
    unsure = is_unsure(outputs)
    wrong = np.flatnonzero(~right)
    mistakes = wrong[np.argsort(-probabilities[wrong], kind="stable")][:MAX_MISTAKES]
    strongest = [
        [np.argsort(-values[:, neuron], kind="stable")[:STRONGEST] for neuron in shown]
        for values, shown in zip(layers, shown_neurons(model.network), strict=True)
    ]
    kept, number_of = _number(np.concatenate([mistakes, *(indices for layer in strongest for indices in layer)]))
    evaluation = Evaluation.of(dataset.labels, predictions)
    figures = {
        **evaluation.as_json(),
        "data": data,
        "wrong": len(wrong),
        "unsure": {"right": int((unsure & right).sum()), "wrong": int((unsure & ~right).sum())},
        "bins": _bins(probabilities, right),
        "mistakes": [
            {
                "image": number_of[int(index)],
                "true": int(dataset.labels[index]),
                "read": int(predictions[index]),
                "probability": round(float(probabilities[index]), 4),
                "unsure": bool(unsure[index]),
            }
            for index in mistakes
        ],
        "strongest": [[[number_of[int(index)] for index in indices] for indices in layer] for layer in strongest],
    }
    return Measured(figures, dataset.images[kept])


def _activations(model: Model, images: ByteArray) -> list[FloatArray]:
    """A^2 … A^L of every image, float32 (n, neurons of the layer) each."""
    starts = range(0, len(images), BLOCK)
    blocks = [model.network.activations(model.inputs(images[start : start + BLOCK])) for start in starts]
    return [np.concatenate(layer) for layer in zip(*blocks, strict=True)]


def _number(indices: IntArray) -> tuple[IntArray, dict[int, int]]:
    """The different ones of some indices, and each one's place among them."""
    kept = np.unique(indices)
    return kept, {int(index): place for place, index in enumerate(kept)}


def _bins(probabilities: FloatArray, right: BoolArray) -> list[dict[str, float]]:
    """For each tenth of confidence: how many answers have it, how sure they are and how many are right, on average."""
    bins = np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    sure = np.bincount(bins, probabilities, minlength=BINS) / np.maximum(counts, 1)
    correct = np.bincount(bins, right, minlength=BINS) / np.maximum(counts, 1)
    return [
        {"images": int(count), "probability": round(float(probability), 4), "accuracy": round(float(accuracy), 4)}
        for count, probability, accuracy in zip(counts, sure, correct, strict=True)
    ]
