"""What `train` does around the training: saving, and telling what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from mnistnet.cli.program import Stopped, say
from mnistnet.errors import one_line
from mnistnet.model import Model

LITTLE = 0.5  # a validation accuracy that any training that works passes in its first epochs


@contextmanager
def saving(output: str, saved: bool) -> Iterator[Callable[[Model], None]]:
    """Yield a function that saves the model. When training is stopped, say whether anything was saved.

    Args:
        output: the model file.
        saved: whether it holds an epoch of this training already.
    """

    def save(model: Model) -> None:
        nonlocal saved
        model.save(output)
        saved = True

    try:
        yield save
    except Stopped:
        if saved:
            say(f"\nStopped. {one_line(output)} holds the last whole epoch; the same command with --resume goes on.")
        else:
            say("\nStopped before the first epoch was over; nothing is saved.")
        raise


def summary(model: Model, done: int, output: str) -> Iterator[str]:
    """Yield the lines that tell what came of a training.

    Args:
        model: after the last epoch.
        done: how many epochs it had been trained before.
        output: the model file.
    """
    if model.epoch == done:
        yield f"Nothing was left to train after {done} epochs; ask for more with --epochs"
    else:
        yield from _epochs(model)
    if model.validation_accuracy is not None and model.validation_accuracy < LITTLE:
        yield f"It has learned next to nothing: {_advice(model)}"
    yield f"The model is in {output}"


def _epochs(model: Model) -> Iterator[str]:
    last = f"Epoch {model.epoch}, the last: cost {model.history[-1, 0]:.5f}"
    if model.validation_accuracy is None:
        yield last
        return
    accuracies = model.history[:, 2]
    yield f"{last}, validation {accuracies[-1]:.2%}"
    best = int(accuracies.argmax()) + 1
    kept = "it is the one that is kept" if model.best_epoch == best else "--patience would keep it"
    if best < model.epoch:
        yield f"Epoch {best}, the best: validation {accuracies[best - 1]:.2%}; {kept}"


def _advice(model: Model) -> str:
    rate, usual = model.settings.learning_rate_in_use, replace(model.settings, learning_rate=None).learning_rate_in_use
    if rate == usual:
        return "give it more --epochs, or more images"
    change = "raise" if rate < usual else "lower"
    return f"{change} --learning-rate (auto is {usual:g}), or give it more --epochs"
