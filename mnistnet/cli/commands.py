"""The command line: parse, call the library, print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mnistnet import __version__
from mnistnet.cli.answers import ANSWER_FORMATS
from mnistnet.cli.models import load_chosen_model, note
from mnistnet.cli.options import (
    MODEL_HERE,
    example,
    model_option,
    option,
    quiet_option,
    settings_of,
    settings_options,
    source_option,
)
from mnistnet.cli.page import page
from mnistnet.cli.program import PREFIX, CommandLine, say
from mnistnet.cli.progress import answer_bar, download_bar, epoch_lines, watchers
from mnistnet.errors import OptionError, one_line
from mnistnet.pictures import MAX_DIGITS
from mnistnet.settings import choice, integer, number, optional
from mnistnet.signals import undisturbed
from mnistnet.threads import begin_with_one_thread

if TYPE_CHECKING:
    from mnistnet.prediction import Answer

MAX_JOBS = 256  # a process takes some 60 MB
SPLITS = {
    "test": "images that no model has learned from",
    "validation": "those held out of this model's training",
    "train": "those that it learned from",
}
POLARITIES = {"auto": "finds out", "yes": "dark ink on light ground", "no": "light ink on dark ground"}


@click.group(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": PREFIX, "show_default": True},
    epilog=example("mnistnet train --epochs 30 && mnistnet predict digit.png"),
)
@click.version_option(__version__, prog_name="mnistnet", allow_from_autoenv=False)  # MNISTNET_VERSION is another
def main() -> None:
    """A neural network from scratch that reads handwritten digits."""


main.add_command(page)


@main.command(epilog=example("mnistnet download --directory ./mnist && mnistnet train --data ./mnist"))
@option("--directory", metavar="DIR", type=click.Path(), show_default="the cache", help="Where they are kept.")
@option("--mirror", metavar="URL", multiple=True, help="Ask this mirror instead; repeatable, asked in turn.")
@option("--force", is_flag=True, help="Fetch all four files again, even those that are right.")
@option("--timeout", metavar="SECONDS", default=30.0, help="How long a server may be silent.")
@option("--retries", metavar="COUNT", default=4, help="How often a mirror is asked again.")
@quiet_option
def download(
    directory: str | None, mirror: tuple[str, ...], force: bool, timeout: float, retries: int, quiet: bool
) -> None:
    """Fetch MNIST's four files, each checked by its SHA-256.

    Files that are there and right are left alone, damaged ones are replaced.
    """
    from pathlib import Path

    from mnistnet.datasets.download import MIRRORS
    from mnistnet.datasets.download import download as fetch
    from mnistnet.datasets.mnist import cache_directory

    folder = Path(directory) if directory else cache_directory()
    with download_bar(quiet) as progress:
        fetch(folder, mirrors=mirror or MIRRORS, force=force, timeout=timeout, retries=retries, progress=progress)
    note(quiet, f"MNIST is in {folder}")


@main.command(epilog=example("mnistnet train --epochs 30 --seed 1 --output digits.npz"))
@source_option("; repeatable.")
@settings_options
@option("-o", "--output", metavar="FILE", type=click.Path(), default=MODEL_HERE, help="The model file.")
@option("--resume", is_flag=True, help="Go on with the training of the model in the output file, if it is there.")
@option("--history", metavar="FILE", type=click.Path(), help="Record every epoch in a .csv or .jsonl file.")
@quiet_option
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
    begin_with_one_thread()
    from pathlib import Path

    from mnistnet.cli.history import History
    from mnistnet.cli.training import saving, summary
    from mnistnet.datasets import hold_out, load_training
    from mnistnet.model import load
    from mnistnet.model_file import check_writable
    from mnistnet.training import fit

    start = load(output) if resume and Path(output).exists() else None
    settings = settings_of(ctx, choices, None if start is None else start.settings)
    done = 0 if start is None else start.epoch
    check_writable(output)
    record = None if history is None else History(history, done)
    if start is None and Path(output).exists():
        note(quiet, f"{output} is there already; it will be replaced after the first epoch")
    if record is not None and record.replaces:
        note(quiet, f"{history} is there already; it will be replaced after the first epoch")
    note(quiet, f"Reading {', '.join(data)}")
    with watchers(quiet) as watching:
        dataset = load_training(data, watching)
    note(quiet, *dataset.notes)
    training, held_out = hold_out(dataset, settings.validation)
    model = start
    with saving(output, done > 0) as save, epoch_lines(settings.epochs, done, quiet) as report:
        for epoch, model in fit(training, held_out, settings, resume=start):
            with undisturbed():
                if record is not None:  # before the model: --resume drops a line too many, but one too few is lost
                    record.record(epoch)
                save(model)
            report(epoch)
    if model is not None:
        note(quiet, *summary(model, done, output))


@main.command(epilog=example("mnistnet evaluate --min-accuracy 0.97 && echo good enough"))
@model_option
@source_option(".")
@option("--split", rule=choice(SPLITS), default="test", help="Which part of the data.")
@option("--json", "as_json", is_flag=True, envvar="MNISTNET_EVALUATE_JSON", help="Write one JSON object.")
@option(
    "--min-accuracy",
    rule=number("a number from 0 to 1, such as 0.97", lambda accuracy: 0 <= accuracy <= 1),
    help="Exit with 1 when the accuracy is below.",
)
@option("--mistakes", metavar="DIR", type=click.Path(), help="Write what was misread as PNG files.")
@quiet_option
@click.pass_context
def evaluate(
    ctx: click.Context,
    model: str | None,
    data: tuple[str, ...],
    split: Any,
    as_json: bool,
    min_accuracy: float | None,
    mistakes: str | None,
    quiet: bool,
) -> None:
    """Measure how well a model reads labelled digits."""
    if len(data) > 1:
        raise OptionError("--data is given more than once; evaluate one source at a time")
    begin_with_one_thread()
    from pathlib import Path

    from mnistnet.cli.figures import Figures
    from mnistnet.datasets import load_split
    from mnistnet.mistakes import write_mistakes
    from mnistnet.saving import make_empty_folder

    path, classifier = load_chosen_model(model, quiet)
    if mistakes is not None:
        make_empty_folder(Path(mistakes))  # found out now rather than after the measuring
    with watchers(quiet) as watching:
        dataset = load_split(data[0], split, classifier.settings.validation, classifier.data_digest, watching)
    note(quiet, *dataset.notes)
    figures = Figures.of(classifier, dataset)
    click.echo(figures.as_json(model=path, data=data[0], split=split) if as_json else figures.as_text())
    if mistakes is not None:
        write_mistakes(Path(mistakes), dataset, figures.mistakes)
    for error in dataset.unreadable:
        say(f"Error: {one_line(error)}")
    accuracy = figures.evaluation.accuracy
    below = min_accuracy is not None and accuracy < min_accuracy
    if below:
        say(f"Error: the accuracy {accuracy:.2%} is below --min-accuracy {min_accuracy:.2%}")
    ctx.exit(1 if below or dataset.unreadable else 0)


@main.command(epilog=example("mnistnet predict --format jsonl digit.png folder/"))
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@model_option
@option(
    "--digits", rule=optional("auto", integer(1, MAX_DIGITS, "N")), default="auto", help="How many each picture shows."
)
@option(
    "--format",
    "form",
    rule=choice({name: each.help for name, each in ANSWER_FORMATS.items()}),
    default="text",
    envvar="MNISTNET_PREDICT_FORMAT",
    help="How answers are written.",
)
@option("--top", rule=integer(1, 10, "N"), default=1, help="Tell the N best readings of each digit.")
@option("--invert", rule=choice(POLARITIES), default="auto", help="Which of ink and ground is dark.")
@option("--show", is_flag=True, help="Draw each digit that the network saw, and its ten outputs.")
@option("--recursive", is_flag=True, help="Look into the folders in a folder too.")
@option("--fail-unsure", is_flag=True, help="Exit with 1 when an answer is unsure.")
@option("--jobs", rule=integer(1, MAX_JOBS, "N"), default=1, help="Read in N processes; more than one needs joblib.")
@quiet_option
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
    recursive: bool,
    fail_unsure: bool,
    jobs: int,
    quiet: bool,
) -> None:
    """Read the digit or the number in each picture: files, folders, or - for standard input.

    An answer is unsure, and says so, where the network's best output for a digit is low or another comes close to it.
    """
    chosen = ANSWER_FORMATS[form]
    if (show and not chosen.draws) or (top > 1 and not chosen.ranks):
        raise OptionError("--show goes with --format text, --top with text and jsonl")
    begin_with_one_thread()
    from mnistnet.cli.drawing import Terminal, draw
    from mnistnet.prediction import find_pictures, read_numbers

    _, classifier = load_chosen_model(model, quiet)
    paths = list(find_pictures(images, recursive, partial(note, quiet)))
    failed = False
    read: Callable[..., Generator[Answer, None, None]] = read_numbers
    if jobs > 1:
        from mnistnet.jobs import read_in_processes

        read = partial(read_in_processes, jobs=jobs)
    with (
        closing(read(classifier, paths, sys.stdin.buffer, invert, digits)) as answers,
        answer_bar(len(paths), quiet) as (advance, complain),
    ):
        if chosen.header is not None:
            click.echo(chosen.header)
        for answer in answers:
            failed = failed or answer.error is not None or (fail_unsure and answer.unsure)
            if answer.error is not None:
                complain(f"Error: {one_line(answer.error)}")
            if (line := chosen.line(answer, top)) is not None:
                click.echo(line)
            if show and answer.digits:
                click.echo(draw(answer.digits, classifier.inputs.encoding, Terminal.of(sys.stdout)))
            advance()
    ctx.exit(1 if failed else 0)
