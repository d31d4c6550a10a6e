"""`mnistnet evaluate`: measure a model on labelled digits; print a table or JSON."""

from __future__ import annotations

import json
from typing import Any

import click

from mnistnet.cli.command import command
from mnistnet.cli.data import DEFAULT_SOURCE, default_source, loading_bar, source_option
from mnistnet.cli.messages import print_message, print_notes
from mnistnet.cli.options import load_chosen_model, model_option, option, quiet_option
from mnistnet.datasets import load_split
from mnistnet.errors import OptionError
from mnistnet.evaluation import Evaluation, find_mistakes
from mnistnet.mistakes import write_mistakes
from mnistnet.prediction import is_unsure
from mnistnet.saving import make_empty_folder
from mnistnet.settings import choice, number

SPLITS = {
    "test": "the test images, or all of a folder or .csv that has none",
    "validation": "those held out of this model's training",
    "train": "those that this model was trained on",
}


@command("mnistnet evaluate --min-accuracy 0.97 && echo good enough")
@model_option
@source_option("Labelled digits", multiple=True, show_default=f"$MNISTNET_DATA, else {DEFAULT_SOURCE}")
@option("--split", rule=choice(SPLITS), default="test", help="Images to evaluate on.")
@option("--json", "as_json", is_flag=True, envvar="MNISTNET_EVALUATE_JSON", help="Write one JSON object.")
@option(
    "--min-accuracy",
    rule=number("a number from 0 to 1, such as 0.97", lambda accuracy: 0 <= accuracy <= 1),
    help="Exit with status 1 below this accuracy, 0 to 1.",
)
@option("--mistakes", metavar="DIR", help="New or empty folder for the misread images, as PNG files.")
@quiet_option
def evaluate(
    model: str | None,
    data: tuple[str, ...],
    split: Any,
    as_json: bool,
    min_accuracy: float | None,
    mistakes: str | None,
    quiet: bool,
) -> int:
    """Measure how well a model reads labelled digits."""
    if len(data) > 1:
        raise OptionError("--data is given more than once; evaluate one source at a time")
    source = data[0] if data else default_source()
    name, classifier = load_chosen_model(model, quiet)
    # Before the evaluation, so that a wrong folder fails at once.
    folder = None if mistakes is None else make_empty_folder(mistakes)
    with loading_bar(quiet) as progress:
        dataset = load_split(source, split, classifier.settings.validation, classifier.data_digest, progress)
    print_notes(quiet, *dataset.notes)
    outputs = classifier.outputs(dataset.images)
    evaluation = Evaluation.of(dataset.labels, outputs.argmax(axis=1))
    cost = classifier.cost(dataset.images, dataset.labels)
    misread = find_mistakes(dataset.labels, outputs, dataset.paths)
    if as_json:
        facts = {"model": name, "data": source, "split": split, "cost": cost, **evaluation.as_json()}
        click.echo(json.dumps({**facts, "mistakes": [mistake.as_json() for mistake in misread]}))
    else:
        unsure = f"; {is_unsure(outputs).sum()} unsure" if dataset.paths else ""
        summary = f"{evaluation.correct} of {evaluation.images} right ({evaluation.accuracy:.2%}), cost {cost:.5f}"
        click.echo(f"{evaluation.as_text()}\n\n{summary}{unsure}")
    if folder is not None:
        write_mistakes(folder, dataset, misread)
    for error in dataset.unreadable:
        print_message(f"Error: {error}")
    is_below = min_accuracy is not None and evaluation.accuracy < min_accuracy
    if is_below:
        print_message(f"Error: the accuracy {evaluation.accuracy:.2%} is below --min-accuracy {min_accuracy:.2%}")
    return 1 if is_below or dataset.unreadable else 0
