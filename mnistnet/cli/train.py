"""`mnistnet train`: train a network, save it after every epoch, and print a summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mnistnet.cli.command import command
from mnistnet.cli.data import DEFAULT_SOURCE, load_data, source_option
from mnistnet.cli.history import History
from mnistnet.cli.messages import print_message, print_notes
from mnistnet.cli.options import MODEL_HERE, option, quiet_option
from mnistnet.cli.progress import epoch_lines
from mnistnet.cli.settings import chosen_settings, settings_options
from mnistnet.datasets import hold_out
from mnistnet.errors import OptionError, one_line
from mnistnet.model import Model, load
from mnistnet.saving import check_writable
from mnistnet.training import fit

LOW_ACCURACY = 0.5  # validation accuracy; below this, training has failed
FEW_IMAGES = 3000  # images; fewer give fewer than 100 steps per epoch


@command("mnistnet train --epochs 30 --seed 1 --output digits.npz")
@source_option("Training data, repeatable", multiple=True, show_default=f"$MNISTNET_DATA, else {DEFAULT_SOURCE}")
@settings_options
@option("-o", "--output", metavar="FILE", default=MODEL_HERE, help="Model file; an existing one is replaced.")
@option("--resume", is_flag=True, help="Continue the training of the model in the output file, if there is one.")
@option("--start", metavar="FILE", help="Initial model, for fine-tuning: a file, or builtin.")
@option("--history", metavar="FILE", help="Record every epoch in a .csv or .jsonl file.")
@quiet_option
@click.pass_context
def train(
    ctx: click.Context,
    /,
    data: tuple[str, ...],
    output: str,
    resume: bool,
    start: str | None,
    history: str | None,
    quiet: bool,
    **values: Any,
) -> None:
    """Train a network by gradient descent, and save it after every epoch."""
    if resume and start is not None:
        raise OptionError("--start and --resume can't be combined; leave out --start to continue")
    exists = Path(output).exists()
    resumed = load(output) if resume and exists else None
    first = None if start is None else load(start)
    settings = chosen_settings(ctx, values, resumed, first)
    done = 0 if resumed is None else resumed.epoch
    check_writable(output)
    record = None if history is None else History(history, done)
    model = resumed
    try:
        training, validation = hold_out(load_data(data, quiet), settings.validation)
        epochs = fit(training, validation, settings, resume=resumed, start=first)
        if resume and not exists:
            print_notes(quiet, f"There is no {output} to resume; training a new model")
        replaced = [output] if exists and not resume else []
        replaced += [str(history)] if record is not None and record.replaces else []
        print_notes(quiet, *(f"{path} exists; it will be replaced after the first epoch" for path in replaced))
        with epoch_lines(settings.epochs, done, quiet) as report:
            for epoch, trained in epochs:
                if record is not None:  # first: --resume drops an extra line, but can't restore a missing one
                    record.record(epoch)
                trained.save(output)
                model = trained
                report(epoch)
    except KeyboardInterrupt:
        if model is not None:
            print_message(f"\nStopped. {one_line(output)} holds the last complete epoch; continue with --resume.")
        else:
            print_message("\nStopped before the end of the first epoch; nothing was saved.")
        raise
    if model is not None:
        print_notes(quiet, *summary(model, done, len(training)), f"The model is in {output}")


def summary(model: Model, done: int, images: int) -> Iterator[str]:
    """Yield the lines that sum up a training run.

    Args:
        model: the model after the last epoch.
        done: epochs already trained before.
        images: the number of training images.
    """
    validation = "" if model.validation_accuracy is None else f", validation {model.history[-1, -1]:.2%}"
    if model.epoch == done:
        yield f"Already trained for {done} epoch{'' if done == 1 else 's'}; train longer with --epochs"
    else:
        yield f"Final epoch {model.epoch}: cost {model.history[-1, 0]:.5f}{validation}"
    if model.validation_accuracy is None:
        return
    accuracies = model.history[:, 2]
    best = int(accuracies.argmax()) + 1
    if done < model.epoch != best:
        saved = "it" if model.best_epoch == best else "the final one"
        yield f"Best epoch {best}: validation {accuracies.max():.2%}; {saved} is saved"
    if model.validation_accuracy < LOW_ACCURACY:
        yield f"The network learned almost nothing: {_advice(model, images)}"


def _advice(model: Model, images: int) -> str:
    rate, default = (
        settings.learning_rate_in_use for settings in (model.settings, replace(model.settings, learning_rate=None))
    )
    if rate != default:
        return f"{'raise' if rate < default else 'lower'} --learning-rate (auto is {default:g}), or try more --epochs"
    if images < FEW_IMAGES:
        return "few images need more steps; try --batch-size 10 --epochs 300"
    return "try more --epochs, or more images"
