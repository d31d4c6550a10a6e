"""The command that writes the page about a model."""

from __future__ import annotations

import os

import click

from mnistnet.cli.models import load_chosen_model, note
from mnistnet.cli.options import BUILT_IN, SourceName, example, model_option, option, quiet_option
from mnistnet.cli.program import say
from mnistnet.cli.progress import watchers
from mnistnet.datasets.sources import SOURCES_HELP, find_source
from mnistnet.errors import one_line
from mnistnet.threads import begin_with_one_thread

PAGE_HERE = "mnistnet.html"


@click.command(epilog=example("mnistnet page --output digits.html"))
@model_option
@option(
    "--data",
    metavar="SOURCE",
    type=SourceName(),
    show_default="$MNISTNET_DATA, else mnist where it is downloaded, else strokes",
    help=f"What its mistakes are measured on: {SOURCES_HELP}.",
)
@option("-o", "--output", metavar="FILE", type=click.Path(), default=PAGE_HERE, help="The HTML file.")
@quiet_option
@click.pass_context
def page(ctx: click.Context, model: str | None, data: str | None, output: str, quiet: bool) -> None:
    """Write a page that shows a model at work: one HTML file that opens without a network.

    Draw a digit and see the whole network at work, look into a neuron, teach it, see how it learned and what it gets
    wrong.
    """
    begin_with_one_thread()
    from pathlib import Path

    from mnistnet.datasets import load_split
    from mnistnet.page.fill import write_page

    path, classifier = load_chosen_model(model, quiet)
    source = data or os.environ.get("MNISTNET_DATA") or _downloaded_or_drawn()
    with watchers(quiet) as watching:
        dataset = load_split(source, "test", 0, watchers=watching)
    note(quiet, *dataset.notes)
    name = "the model that comes with mnistnet" if path == BUILT_IN else Path(path).name
    write_page(classifier, name, dataset, _in_words(source, Path(source).resolve().name), output)
    for error in dataset.unreadable:
        say(f"Error: {one_line(error)}")
    note(quiet, f"The page is in {output}; open it in a browser")
    ctx.exit(1 if dataset.unreadable else 0)


def _downloaded_or_drawn() -> str:
    """MNIST where all of it is in the cache, else the digits that need no download."""
    from mnistnet.datasets.mnist import cache_directory, verify

    return "strokes" if any(file.problem for file in verify(cache_directory())) else "mnist"


def _in_words(source: str, folder: str) -> str:
    """What a source is called on the page, which may go to people whom the rest of a path is no concern of."""
    return find_source(source).title or f"the digits in “{folder}”"
