"""`mnistnet predict`: read digits and numbers in pictures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

import click

from mnistnet.annotation import write_annotated
from mnistnet.cli.answers import ANSWER_FORMATS, Format
from mnistnet.cli.command import command
from mnistnet.cli.drawing import Terminal, draw
from mnistnet.cli.messages import print_message, print_notes
from mnistnet.cli.options import MODEL_HERE, load_chosen_model, model_option, option, quiet_option
from mnistnet.cli.progress import answer_bar
from mnistnet.errors import OptionError, PictureError
from mnistnet.model import BUILT_IN
from mnistnet.picture_paths import find_pictures
from mnistnet.pictures import MAX_DIGITS
from mnistnet.prediction import read_numbers
from mnistnet.saving import make_empty_folder
from mnistnet.settings import choice, integer, optional

MAX_JOBS = 256  # a process takes some 60 MB
POLARITIES = {"auto": "detect it", "yes": "dark ink on light paper", "no": "light ink on dark paper"}


@command("mnistnet predict --format jsonl digit.png folder/")
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
@model_option
@option("--digits", rule=optional("auto", integer(1, MAX_DIGITS, "N")), default="auto", help="Digits per picture.")
@option(
    "--format",
    "form",
    rule=choice({name: each.help for name, each in ANSWER_FORMATS.items()}),
    default="text",
    envvar="MNISTNET_PREDICT_FORMAT",
    help="Output format.",
)
@option("--top", rule=integer(1, 10, "N"), default=1, help="Show the N most likely digits.")
@option("--invert", rule=choice(POLARITIES), default="auto", help="Whether the ink is darker than the paper.")
@option("--show", is_flag=True, help="Draw each normalized digit and the ten outputs.")
@option("--annotate", metavar="DIR", help="New or empty folder for copies of the pictures with boxes and digits.")
@option("--recursive", is_flag=True, help="Read the pictures in sub-folders, too.")
@option("--fail-unsure", is_flag=True, help="Exit with status 1 if an answer is unsure.")
@option("--jobs", rule=integer(1, MAX_JOBS, "N"), default=1, help="Number of processes; more than one requires joblib.")
@quiet_option
def predict(
    images: tuple[str, ...],
    model: str | None,
    digits: int | None,
    form: str,
    top: int,
    invert: str,
    show: bool,
    annotate: str | None,
    recursive: bool,
    fail_unsure: bool,
    jobs: int,
    quiet: bool,
) -> int:
    """Read the digit or the number in each picture.

    IMAGE is a file, a folder, or - for standard input. An answer is unsure if the network's best output for a digit is
    low, if another output or another split into digits comes close, or if there is more writing beside the number.
    """
    chosen = ANSWER_FORMATS[form]
    _check(images, chosen, top, show, annotate)
    name, classifier = load_chosen_model(model, quiet)
    if model is None and name == MODEL_HERE and classifier.validation_accuracy is not None:
        accuracy = f"It reads {classifier.validation_accuracy:.2%} of its validation images"
        print_notes(quiet, f"{accuracy}; for your own pictures, --model {BUILT_IN} may be better")
    copies = None if annotate is None else make_empty_folder(annotate)
    paths = find_pictures(images, recursive, partial(print_notes, quiet))
    read = partial(read_numbers, classifier, stdin=sys.stdin.buffer)
    if jobs > 1 and "-" not in images:  # only this process can read standard input
        from mnistnet.jobs import read_in_jobs  # late: joblib is optional, and slow to import

        del sys.argv[1:]  # joblib sends them to each process through a pipe, and blocks if they don't fit
        read = partial(read_in_jobs, classifier, jobs=jobs)
    failed, answered, unsure = False, 0, 0
    with (
        closing(read(paths, invert, digits)) as answers,
        answer_bar(len(paths), quiet) as (advance, write_line),
    ):
        if chosen.header is not None:
            click.echo(chosen.header)
        for answer in answers:
            if answer.error is not None:
                failed = True
                write_line(f"Error: {answer}")
            else:
                answered += 1
                unsure += answer.unsure
            if (line := chosen.line(answer, top)) is not None:
                click.echo(line)
            if show and answer.digits:
                click.echo(draw(answer.digits, classifier.inputs.encoding, Terminal.of(sys.stdout)))
            if copies is not None and answer.digits:
                try:
                    write_annotated(copies, answer)
                except PictureError as error:
                    failed = True
                    write_line(f"Error: {replace(answer, error=f'no copy: {error}')}")
            advance()
    if fail_unsure and unsure:
        print_message(f"Error: {unsure} of {answered} answers {'is' if unsure == 1 else 'are'} unsure")
    return 1 if failed or (fail_unsure and unsure) else 0


def _check(images: Sequence[str], chosen: Format, top: int, show: bool, annotate: str | None) -> None:
    """Raise an OptionError if options contradict each other."""
    if show and not chosen.draws:
        raise OptionError("--show needs --format text")
    if top > 1 and not chosen.ranks:
        raise OptionError("--top needs --format text or jsonl")
    if annotate is not None and "-" in images:
        raise OptionError("--annotate needs files, but - is standard input")
    if images.count("-") > 1:
        raise OptionError("- is given more than once; standard input holds one picture")
