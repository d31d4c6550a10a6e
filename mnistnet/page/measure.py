"""Measure a model for the page: its mistakes, its confidence, and the images that activate its neurons most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mnistnet.datasets import Dataset
from mnistnet.evaluation import Evaluation
from mnistnet.images import DIGITS, BoolArray, ByteArray, FloatArray, IntArray
from mnistnet.model import BLOCK, Model
from mnistnet.network import Network
from mnistnet.prediction import is_unsure

MAX_MISTAKES = 200  # in the page: the most confident ones
MAX_SHOWN = 20  # neurons of a layer that the page draws: more would be too small to tap
STRONGEST = (6, 3)  # images shown for each neuron: of the page's model, and of its pixel twin
REPLAY = 200  # images that are read again during a lesson
BINS = 10  # of confidence, in the reliability diagram


@dataclass(frozen=True)
class Measured:
    """The measurements of two models.

    Attributes:
        figures: plain Python values, as `mistakes.js` reads them.
        models: for each model, its accuracy and the images that activate its neurons most, as `model.js` reads them.
        images: uint8 (n, 28, 28); the figures refer to them by index.
    """

    figures: dict[str, Any]
    models: list[dict[str, Any]]
    images: ByteArray


def shown_neurons(network: Network) -> list[list[int]]:
    """Return the neurons that the page draws in each layer from the second: in a hidden one, at most MAX_SHOWN.

    Of a wide layer these are the neurons with the largest sums of absolute weights into the next layer.
    """
    shown = []
    for layer, size in enumerate(network.sizes[1:-1], start=1):
        weight = np.abs(network.weights[layer]).sum(axis=0)  # (neurons of the layer,)
        chosen = np.argsort(-weight, kind="stable")[:MAX_SHOWN] if size > MAX_SHOWN else np.arange(size)
        shown.append(np.sort(chosen).tolist())
    return [*shown, list(range(network.sizes[-1]))]


def measure(model: Model, twin: Model, dataset: Dataset, data: str) -> Measured:
    """Measure two models for the page.

    Args:
        model: the model that the page is about.
        twin: the network of the derivation.
        dataset: labelled images, at least one.
        data: the dataset's name, in words.
    """
    models = (model, twin)
    layers = [_activations(each, dataset.images) for each in models]
    outputs = layers[0][-1]
    predictions, probabilities = outputs.argmax(axis=1), outputs.max(axis=1)
    right = predictions == dataset.labels
    unsure = is_unsure(outputs)
    wrong = np.flatnonzero(~right)
    mistakes = wrong[np.argsort(-probabilities[wrong], kind="stable")][:MAX_MISTAKES]
    sloppy = np.flatnonzero(right & (dataset.labels == 9) & ~unsure)
    sloppy = sloppy[np.argsort(probabilities[sloppy], kind="stable")][:1]  # the least probable
    replay = _some_of_each_digit(dataset.labels)
    strongest = [_strongest(*each) for each in zip(models, layers, STRONGEST, strict=True)]
    shown = [indices for layer in strongest for neurons in layer for indices in neurons]
    kept = np.unique(np.concatenate([mistakes, sloppy, replay, *shown]))
    position = {int(index): number for number, index in enumerate(kept)}  # index in `images` of each image kept
    figures = {
        **Evaluation.of(dataset.labels, predictions).as_json(),
        "data": data,
        "wrong": len(wrong),
        "unsure": {"right": int((unsure & right).sum()), "wrong": int((unsure & ~right).sum())},
        "bins": _bins(probabilities, right),
        "mistakes": [
            {
                "image": position[int(index)],
                "true": int(dataset.labels[index]),
                "read": int(predictions[index]),
                "probability": round(float(probabilities[index]), 4),
                "unsure": bool(unsure[index]),
            }
            for index in mistakes
        ],
        "replay": [{"image": position[int(index)], "label": int(dataset.labels[index])} for index in replay],
        "sloppy": position[int(sloppy[0])] if len(sloppy) else None,
    }
    measured = [
        {
            "accuracy": float((activations[-1].argmax(axis=1) == dataset.labels).mean()),
            "strongest": [[[position[int(index)] for index in indices] for indices in layer] for layer in chosen],
        }
        for activations, chosen in zip(layers, strongest, strict=True)
    ]
    return Measured(figures, measured, dataset.images[kept])


def _activations(model: Model, images: ByteArray) -> list[FloatArray]:
    """Return A^2 … A^L of every image, float32 (n, neurons of the layer) each."""
    starts = range(0, len(images), BLOCK)
    blocks = [model.network.activations(model.inputs(images[start : start + BLOCK])) for start in starts]
    return [np.concatenate(layer) for layer in zip(*blocks, strict=True)]


def _strongest(model: Model, activations: list[FloatArray], count: int) -> list[list[IntArray]]:
    """Return the images that activate a neuron most, for each neuron drawn of each layer from the second."""
    return [
        [np.argsort(-values[:, neuron], kind="stable")[:count] for neuron in shown]
        for values, shown in zip(activations, shown_neurons(model.network), strict=True)
    ]


def _some_of_each_digit(labels: IntArray) -> IntArray:
    """Return the first images of each digit, at most REPLAY in all, sorted by digit."""
    return np.concatenate([np.flatnonzero(labels == digit)[: REPLAY // DIGITS] for digit in range(DIGITS)])


def _bins(probabilities: FloatArray, right: BoolArray) -> list[dict[str, float]]:
    """Return, for each tenth of confidence, the number of images, their mean confidence and their accuracy."""
    bins = np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    sure = np.bincount(bins, probabilities, minlength=BINS) / np.maximum(counts, 1)
    correct = np.bincount(bins, right, minlength=BINS) / np.maximum(counts, 1)
    return [
        {"images": int(count), "probability": round(float(probability), 4), "accuracy": round(float(accuracy), 4)}
        for count, probability, accuracy in zip(counts, sure, correct, strict=True)
    ]
