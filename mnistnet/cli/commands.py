"""The command line: parse, call the library, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from mnistnet import __version__, settings
from mnistnet.cli.answers import FORMATS
from mnistnet.cli.program import CommandLine, Stopped, say, undisturbed
from mnistnet.cli.progress import download_bar, epoch_lines, watchers
from mnistnet.datasets.sources import SOURCES_HELP
from mnistnet.errors import TrainingError, one_line
from mnistnet.settings import Settings

if TYPE_CHECKING:
    from mnistnet.model import Model
    from mnistnet.prediction import Digit

MAX_DIGITS = 20  # in one picture
MNIST = "mnist"
MODEL_HERE = "mnistnet.npz"
LITTLE = 0.5  # a validation accuracy that any training that works passes in its first epochs


def _example(text: str) -> str:
    return f"\b\nExample:\n  {text}"


def _default_data() -> str:
    return os.environ.get("MNISTNET_DATA") or MNIST


_model = click.option(
    "-m",
    "--model",
    metavar="FILE",
    help=f"The model file.  [default: {MODEL_HERE} in this folder, else the built-in one]",
)
_quiet = click.option("-q", "--quiet", is_flag=True, help="No bars and no notes.")


@click.group(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MNISTNET"},
    epilog=_example("mnistnet train --epochs 30 && mnistnet predict digit.png"),
)
@click.version_option(__version__, prog_name="mnistnet", allow_from_autoenv=False)  # MNISTNET_VERSION is another
def main() -> None:
    """A neural network from scratch that reads handwritten digits."""


@main.command(epilog=_example("mnistnet download --directory ./mnist && mnistnet train --data ./mnist"))
@click.option("--directory", metavar="DIR", type=click.Path(path_type=Path), help="Where to.  [default: the cache]")
@click.option("--mirror", metavar="URL", multiple=True, help="Fetch from here instead; repeatable, asked in turn.")
@click.option("--force", is_flag=True, help="Fetch files that are there and right, too.")
@click.option("--timeout", default=30.0, show_default=True, help="Seconds that a server may keep silent.")
@click.option("--retries", default=4, show_default=True, help="How often a mirror is asked again.")
@_quiet
def download(
    directory: Path | None, mirror: tuple[str, ...], force: bool, timeout: float, retries: int, quiet: bool
) -> None:
    """Fetch MNIST's four files, each checked by its SHA-256.

    Files that are there and right are left alone, damaged ones are replaced.
    """
    from mnistnet.datasets.download import MIRRORS
    from mnistnet.datasets.download import download as fetch
    from mnistnet.datasets.mnist import cache_directory

    directory = directory or cache_directory()
    with download_bar(quiet) as progress:
        fetch(directory, mirrors=mirror or MIRRORS, force=force, timeout=timeout, retries=retries, progress=progress)
    if not quiet:
        say(f"MNIST is in {one_line(str(directory))}")


@main.command(epilog=_example("mnistnet train --epochs 30 --seed 1 --output digits.npz"))
@click.option(
    "--data",
    metavar="SOURCE",
    multiple=True,
    type=click.Path(),  # in the environment, paths are separated as in $PATH
    default=lambda: [_default_data()],
    show_default="$MNISTNET_DATA, else mnist",
    help=f"{SOURCES_HELP}; repeatable.",
)
@click.option("--epochs", default=Settings.epochs, show_default=True, help="Passes over the training images.")
@click.option("--batch-size", default=Settings.batch_size, show_default=True, help="Images in one step.")
@click.option(
    "--learning-rate",
    type=float,
    show_default=f"{settings.LEARNING_RATE:g}; {settings.OTHER_LEARNING_RATE:g} with another activation or cost",
    help="Length of a step.",
)
@click.option("--momentum", default=Settings.momentum, show_default=True, help="Part of the last step that is kept.")
@click.option("--weight-decay", default=Settings.weight_decay, show_default=True, help="Pull of the weights to 0.")
@click.option(
    "--schedule",
    type=click.Choice(get_args(settings.Schedule)),
    default=Settings.schedule,
    show_default=True,
    help="The learning rate rises and then falls to 0, or stays.",
)
@click.option(
    "--hidden",
    metavar="N,N",
    default=",".join(map(str, Settings.hidden)),
    show_default=True,
    callback=lambda _ctx, _param, text: _parse_hidden(text),
    help="Neurons in each hidden layer.",
)
@click.option(
    "--activation",
    type=click.Choice(get_args(settings.Activation)),
    default=Settings.activation,
    show_default=True,
    help="Of the hidden neurons.",
)
@click.option(
    "--cost",
    type=click.Choice(get_args(settings.Cost)),
    default=Settings.cost,
    show_default=True,
    help="What gradient descent lowers.",
)
@click.option(
    "--inputs",
    type=click.Choice(get_args(settings.Kind)),
    default=Settings.inputs,
    show_default=True,
    help="What the network is shown of an image.",
)
@click.option(
    "--augment",
    metavar="COPIES",
    default=Settings.augment,
    show_default=True,
    help="Distorted copies of the training images to learn from, too; each takes their memory again (MNIST: 47 MB).",
)
@click.option(
    "--validation",
    metavar="COUNT",
    default=Settings.validation,
    show_default=True,
    help="Training images held out to measure on; 0 trains on all.",
)
@click.option(
    "--patience",
    metavar="EPOCHS",
    type=int,
    default=Settings.patience,
    help="Stop after so many epochs without a better validation accuracy, and keep the best one.  [default: off]",
)
@click.option("--seed", default=Settings.seed, show_default=True, help="Same seed, same machine: same model.")
@click.option("-o", "--output", metavar="FILE", default=MODEL_HERE, show_default=True, help="The model file.")
@click.option("--resume", is_flag=True, help="Go on with the training of the model in the output file, if it is there.")
@click.option("--history", metavar="FILE", help="Record every epoch in a .csv or .jsonl file.")
@_quiet
@click.pass_context
def train(
    ctx: click.Context,
    /,
    data: tuple[str, ...],
    output: str,
    resume: bool,
    history: str | None,
    quiet: bool,
    **choices: Any,
) -> None:
    """Train a network by gradient descent; the model is saved after every epoch."""
    _import_numpy()
    from mnistnet.cli.history import History
    from mnistnet.datasets import hold_out, load_training
    from mnistnet.model import fit, load_model
    from mnistnet.model_file import check_writable

    start = load_model(output) if resume and Path(output).exists() else None
    chosen = _settings(choices) if start is None else _settings_to_resume(ctx, choices, start.settings)
    check_writable(output)
    done = 0 if start is None else start.epoch
    with watchers(quiet) as watching:
        dataset = load_training(data, watching)
    training, held_out = hold_out(dataset, chosen.validation)
    _tell(dataset.notes, quiet)
    record = History(history, done).record if history else lambda _epoch: None
    if start is None and Path(output).exists() and not quiet:
        say(f"{one_line(output)} is there already; it will be replaced after the first epoch")
    model = start
    with _saving(output, done > 0) as save, epoch_lines(chosen.epochs, done, quiet) as report:
        for epoch, model in fit(training, held_out, chosen, start=start):
            with undisturbed():
                record(epoch)  # before the model: a line too many is dropped when training goes on, one too few is lost
                save(model)
            report(epoch)
    if model is not None and not quiet:
        _tell_what_came_of_it(model, done, output)


@main.command(epilog=_example("mnistnet evaluate --min-accuracy 0.97 && echo good enough"))
@_model
@click.option(
    "--data",
    metavar="SOURCE",
    multiple=True,
    type=click.Path(),
    default=lambda: [_default_data()],
    show_default="$MNISTNET_DATA, else mnist",
    help=f"{SOURCES_HELP}.",
)
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "train"]),
    default="test",
    show_default=True,
    help="Which part of the data; a folder of pictures is taken whole.",
)
@click.option("--json", "as_json", is_flag=True, envvar="MNISTNET_EVALUATE_JSON", help="One JSON object.")
@click.option("--min-accuracy", metavar="X", type=float, help="Exit with 1 when the accuracy, 0 to 1, is below.")
@click.option("--mistakes", metavar="DIR", type=click.Path(path_type=Path), help="Write what was misread as PNGs.")
@_quiet
@click.pass_context
def evaluate(
    ctx: click.Context,
    model: str | None,
    data: tuple[str, ...],
    split: Any,
    as_json: bool,
    min_accuracy: float | None,
    mistakes: Path | None,
    quiet: bool,
) -> None:
    """Measure how well a model reads labelled digits."""
    if min_accuracy is not None and not 0 <= min_accuracy <= 1:
        raise click.UsageError(f"--min-accuracy is {min_accuracy}, expected 0 to 1, such as 0.97.")
    if len(data) > 1:
        raise click.UsageError("--data is given more than once; evaluate one source at a time.")
    _import_numpy()
    import json

    from mnistnet.datasets import load_split
    from mnistnet.evaluation import Evaluation
    from mnistnet.mistakes import find_mistakes, make_empty_folder, write_mistakes

    path, classifier = _load_model(model, quiet)
    if mistakes is not None:
        make_empty_folder(mistakes)  # found out now rather than after the measuring
    with watchers(quiet) as watching:
        dataset = load_split(data[0], split, classifier.settings.validation, classifier.data_digest, watching)
    _tell(dataset.notes, quiet)
    outputs = classifier.outputs(dataset.images)
    misread = find_mistakes(dataset, outputs)
    evaluation = Evaluation.of(dataset.labels, outputs.argmax(axis=1))
    cost = classifier.cost(dataset.images, dataset.labels)
    if as_json:
        facts = {"model": path, "data": data[0], "split": split, "cost": cost, **evaluation.as_json()}
        click.echo(json.dumps({**facts, "mistakes": [mistake.as_json() for mistake in misread]}))
    else:
        click.echo(evaluation.as_text())
        click.echo(f"\n{evaluation.correct} of {evaluation.images} right ({evaluation.accuracy:.2%}), cost {cost:.5f}")
    if mistakes is not None:
        write_mistakes(mistakes, dataset, misread)
    for error in dataset.unreadable:
        say(f"Error: {one_line(error)}")
    below = min_accuracy is not None and evaluation.accuracy < min_accuracy
    if below:
        say(f"Error: the accuracy {evaluation.accuracy:.2%} is below --min-accuracy {min_accuracy:.2%}")
    if below or dataset.unreadable:
        ctx.exit(1)


@main.command(epilog=_example("mnistnet predict --format jsonl digit.png folder/"))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@_model
@click.option(
    "--digits",
    metavar="auto|N",
    default="auto",
    show_default=True,
    callback=lambda _ctx, _param, text: _parse_digits(text),
    help="How many digits each picture shows.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    envvar="MNISTNET_PREDICT_FORMAT",
    help="; ".join(f"{name}: {each.help}" for name, each in FORMATS.items()) + ".",
)
@click.option(
    "--top",
    metavar="N",
    type=click.IntRange(1, 10),
    default=1,
    show_default=True,
    help="Tell the N best readings of each digit.",
)
@click.option(
    "--invert",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    show_default=True,
    help="yes: dark ink on light ground; no: light on dark; auto: finds out.",
)
@click.option("--show", is_flag=True, help="Draw each digit that the network saw, and its ten outputs.")
@_quiet
@click.pass_context
def predict(
    ctx: click.Context,
    images: tuple[str, ...],
    model: str | None,
    digits: int | None,
    form: str,
    top: int,
    invert: str,
    show: bool,
    quiet: bool,
) -> None:
    """Read the digit or the number in each picture: files, folders, or - for standard input."""
    chosen = FORMATS[form]
    if (show and not chosen.draws) or (top > 1 and not chosen.ranks):
        raise click.UsageError("--show goes with --format text, --top with text and jsonl.")
    _import_numpy()
    from mnistnet.prediction import find_pictures, read_numbers

    _, classifier = _load_model(model, quiet)
    if chosen.header is not None:
        click.echo(chosen.header)
    failed = False
    for answer in read_numbers(classifier, find_pictures(images), sys.stdin.buffer, invert, digits):
        if answer.error is not None:
            failed = True
            say(f"Error: {one_line(answer.error)}")
        if (line := chosen.line(answer, top)) is not None:
            click.echo(line)
        if show:
            for digit in answer.digits:
                click.echo(_drawing(classifier, digit))
    ctx.exit(1 if failed else 0)


def _parse_digits(text: str) -> int | None:
    if text == "auto":
        return None
    if text.isdecimal() and 1 <= int(text) <= MAX_DIGITS:
        return int(text)
    raise click.BadParameter(f"{text!r} is neither auto nor a number from 1 to {MAX_DIGITS}")


def _drawing(classifier: Model, digit: Digit) -> str:
    from mnistnet.cli.drawing import Terminal, show

    try:
        "▀▄█".encode(sys.stdout.encoding)
        unicode = True
    except UnicodeEncodeError:
        unicode = False
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    (seen,) = classifier.inputs.kind.shown(digit.image[None])
    return show(seen, digit.outputs, Terminal(unicode, colour))


def _tell_what_came_of_it(model: Model, done: int, output: str) -> None:
    accuracy = model.validation_accuracy
    if model.epoch == done:
        say(f"Nothing was left to train after {done} epochs; ask for more with --epochs")
    if accuracy is not None and model.best_epoch < model.epoch:
        say(f"Epoch {model.best_epoch} of {model.epoch} had the best validation accuracy, {accuracy:.2%}, and is kept")
    if accuracy is not None and accuracy < LITTLE:
        say("It has learned next to nothing: lower --learning-rate, or give it more --epochs")
    say(f"The model is in {one_line(output)}")


def _import_numpy() -> None:
    """Import NumPy, which makes an error of its own of a signal that comes meanwhile."""
    with undisturbed():
        import numpy  # noqa: F401


def _settings(choices: dict[str, Any]) -> Settings:
    try:
        return Settings(**choices)
    except TrainingError as error:
        raise click.UsageError(f"{error}.") from None


def _settings_to_resume(ctx: click.Context, choices: dict[str, Any], before: Settings) -> Settings:
    """The settings of the run to go on with; only the number of epochs may change."""
    given = {name for name in choices if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT}
    for name in sorted(given - {"epochs"}):
        if choices[name] != getattr(before, name):
            option = f"--{name.replace('_', '-')}"
            was = ",".join(map(str, before.hidden)) if name == "hidden" else getattr(before, name)
            raise click.UsageError(f"{option} was {was} and can't change half-way; leave out {option} or --resume.")
    return _settings({**vars(before), "epochs": choices["epochs"] if "epochs" in given else before.epochs})


def _parse_hidden(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a list of whole numbers such as 20,10") from None


def _tell(notes: Iterable[str], quiet: bool) -> None:
    for note in () if quiet else notes:
        say(f"Note: {one_line(note)}")


def _load_model(path: str | None, quiet: bool) -> tuple[str, Model]:
    from mnistnet.model import PRETRAINED, load_model

    if path is None:
        path = MODEL_HERE if Path(MODEL_HERE).exists() else str(PRETRAINED)
        if not quiet:
            say(f"Using {path}" if path == MODEL_HERE else "Using the model that comes with mnistnet")
    return path, load_model(path)


@contextmanager
def _saving(output: str, saved: bool) -> Iterator[Callable[[Model], None]]:
    """Give what saves a model, and tell whoever stops the training what is saved by then; `saved`: an epoch is."""
    from mnistnet.model import save_model

    def save(model: Model) -> None:
        nonlocal saved
        save_model(model, output)
        saved = True

    try:
        yield save
    except Stopped:
        if saved:
            say(f"\nStopped. {one_line(output)} holds the last whole epoch; the same command with --resume goes on.")
        else:
            say("\nStopped before the first epoch was over; nothing is saved.")
        raise
