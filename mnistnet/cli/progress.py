"""Progress on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from mnistnet.cli.messages import print_message
from mnistnet.datasets.mnist import Progress
from mnistnet.datasets.sources import ProgressCallbacks
from mnistnet.errors import one_line

if TYPE_CHECKING:
    from tqdm import tqdm

    from mnistnet.training import Epoch


def _bar(**options: Any) -> tqdm[Any]:
    # tqdm takes defaults from the environment, and fails when one of them makes no sense.
    for name in [name for name in os.environ if name.startswith("TQDM_")]:
        del os.environ[name]
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread, which has nothing to do with miniters=1, would make forks unsafe
    return tqdm(dynamic_ncols=True, miniters=1, **options)


@contextmanager
def download_bar(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Draw a bar of bytes for each file; notes are lines."""
    if quiet:
        yield None
        return
    with _bar(unit="B", unit_scale=True, leave=False, disable=None) as bar:  # None: draw only on a terminal
        name = ""

        def report(progress: Progress) -> None:
            nonlocal name
            if progress.note:
                bar.write(one_line(progress.note), file=sys.stderr)
            if progress.name != name:
                name = progress.name
                bar.set_description(name, refresh=False)
                bar.reset(progress.total)
            bar.update(progress.done - bar.n)

        yield report


@contextmanager
def picture_bar(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Draw a bar over the pictures of a folder."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with _bar(unit="picture", leave=False) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


@contextmanager
def loading_bars(quiet: bool) -> Iterator[ProgressCallbacks]:
    """Draw bars over what the loading of data may have to wait for; each appears when there is something to show."""
    if quiet:
        yield ProgressCallbacks()
        return
    with ExitStack() as bars:

        def late(make_bar: Callable[[bool], AbstractContextManager[Callable[..., None] | None]]) -> Callable[..., None]:
            shown = cache(lambda: bars.enter_context(make_bar(quiet)) or (lambda *_: None))
            return lambda *facts: shown()(*facts)

        yield ProgressCallbacks(late(picture_bar), late(download_bar))


@contextmanager
def answer_bar(pictures: int, quiet: bool) -> Iterator[tuple[Callable[[], object], Callable[[str], object]]]:
    """Draw a bar over pictures while their answers go into a file.

    Yields:
        A function to call after each picture, and one that writes a line to standard error.
    """
    # On the terminal the answers themselves show the progress. What reads a pipe may draw on the terminal, too.
    if quiet or not sys.stderr.isatty() or not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
        yield lambda: None, print_message
        return
    with _bar(total=pictures, unit="picture", leave=False) as bar:
        yield bar.update, lambda text: bar.write(text, file=sys.stderr)


@contextmanager
def epoch_lines(epochs: int, done: int, quiet: bool) -> Iterator[Callable[[Epoch], None]]:
    """Draw a bar on a terminal; elsewhere write a plain line for each epoch."""

    def line(epoch: Epoch) -> str:
        accuracy = "" if epoch.validation_accuracy is None else f", validation {epoch.validation_accuracy:.2%}"
        return f"cost {epoch.cost:.5f}{accuracy}"

    if quiet:
        yield lambda _epoch: None
    elif not sys.stderr.isatty():
        yield lambda epoch: print_message(f"epoch {epoch.number}/{epochs}: {line(epoch)}, {epoch.seconds:.2f} s")
    else:
        with _bar(total=epochs, initial=done, unit="epoch") as bar:

            def report(epoch: Epoch) -> None:
                bar.set_postfix_str(line(epoch), refresh=False)
                bar.update()

            yield report
