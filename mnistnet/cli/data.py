"""The option --data, and the progress of loading the data."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mnistnet.cli.messages import print_notes
from mnistnet.cli.options import Function, option
from mnistnet.cli.progress import progress_bar
from mnistnet.datasets.dataset import Dataset, Progress, ProgressCallback, ignore
from mnistnet.datasets.sources import SOURCES_HELP, find_source, load_training
from mnistnet.errors import DatasetError, one_line

DEFAULT_SOURCE = "mnist"
DELAY = 0.2  # seconds before the progress bar appears


def source_option(help: str, **more: Any) -> Callable[[Function], Function]:  # noqa: A002
    """Return a decorator that adds the option for the source of data."""
    return option("--data", metavar="SOURCE", help=f"{help}: {SOURCES_HELP}.", **more)


def default_source() -> str:
    """Return the source that is used without --data.

    Raises:
        DatasetError: $MNISTNET_DATA isn't a source.
    """
    source = os.environ.get("MNISTNET_DATA") or DEFAULT_SOURCE
    try:
        find_source(source)
    except DatasetError as error:
        raise DatasetError(f"MNISTNET_DATA: {error}") from None
    return source


def load_data(sources: Sequence[str], quiet: bool) -> Dataset:
    """Load the training images of sources, with notes and a progress bar."""
    sources = sources or [default_source()]
    print_notes(quiet, f"Reading {', '.join(sources)}")
    with loading_bar(quiet) as progress:
        dataset = load_training(sources, progress)
    print_notes(quiet, *dataset.notes)
    return dataset


@contextmanager
def loading_bar(quiet: bool) -> Iterator[ProgressCallback]:
    """Draw a progress bar for a download or for reading pictures; print notes as lines."""
    if quiet:
        yield ignore
        return
    if not sys.stderr.isatty():
        yield lambda progress: print_notes(not progress.note, progress.note)
        return
    with progress_bar(leave=False, delay=DELAY) as bar:

        def report(progress: Progress) -> None:
            if progress.note:
                bar.write(one_line(progress.note), file=sys.stderr)
            if bar.desc != f"{progress.name}: ":
                bar.unit, bar.unit_scale = progress.unit, progress.unit == "B"
                bar.set_description(progress.name, refresh=False)
                bar.reset(progress.total)
            bar.update(progress.done - bar.n)

        yield report
