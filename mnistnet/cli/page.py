"""`mnistnet page`: write the page about a model."""

from __future__ import annotations

import os
from pathlib import Path

from mnistnet.cli.command import command
from mnistnet.cli.data import default_source, loading_bar, source_option
from mnistnet.cli.messages import print_message, print_notes
from mnistnet.cli.options import load_chosen_model, model_option, option, quiet_option
from mnistnet.datasets import load_split
from mnistnet.datasets.mnist import cache_directory, verify
from mnistnet.datasets.sources import find_source
from mnistnet.errors import one_line
from mnistnet.model import BUILT_IN
from mnistnet.page.fill import fill_page
from mnistnet.saving import replace_file


@command("mnistnet page --output digits.html")
@model_option
@source_option(
    "Data to evaluate the model on", show_default="$MNISTNET_DATA, else mnist if it is downloaded, else strokes"
)
@option("-o", "--output", metavar="FILE", default="mnistnet.html", help="HTML file.")
@quiet_option
def page(model: str | None, data: str | None, output: str, quiet: bool) -> int:
    """Write an HTML page that shows a model at work.

    It is one file and works offline. Draw a digit and see the whole network at work, inspect a neuron, teach the
    network a digit, see how it learned and what it gets wrong.
    """
    path, classifier = load_chosen_model(model, quiet)
    source = data or (default_source() if os.environ.get("MNISTNET_DATA") else _downloaded_or_drawn())
    with loading_bar(quiet) as progress:
        dataset = load_split(source, "test", 0, progress=progress)
    print_notes(quiet, *dataset.notes, f"Measuring the model on {source}")
    name = "the built-in model" if path == BUILT_IN else one_line(Path(path).name)
    # Only names: a path would reveal folders to everybody who gets the page.
    title = find_source(source).title or f"the digits in “{one_line(Path(source).resolve().name)}”"
    replace_file(output, fill_page(classifier, name, dataset, title).encode())
    for error in dataset.unreadable:
        print_message(f"Error: {one_line(error)}")
    print_notes(quiet, f"The page is in {output}; open it in a browser")
    return 1 if dataset.unreadable else 0


def _downloaded_or_drawn() -> str:
    """Return `mnist` if all its files are in the cache, else `strokes`, which needs no download."""
    return "strokes" if verify(cache_directory()) else "mnist"
