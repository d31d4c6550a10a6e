"""Progress on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from mnistnet.cli.program import say
from mnistnet.datasets.sources import Watchers
from mnistnet.errors import one_line

if TYPE_CHECKING:
    from mnistnet.datasets.download import Progress
    from mnistnet.training import Epoch


@contextmanager
def download_bar(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A bar of bytes over each file; its notes are lines."""
    if quiet:
        yield None
        return
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread would get the signals that have to wait for the end of a save
    with tqdm(unit="B", unit_scale=True, leave=False, dynamic_ncols=True, disable=None) as bar:  # None: on a terminal
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
    """A bar over the pictures of a folder."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(unit="picture", leave=False, dynamic_ncols=True) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


@contextmanager
def watchers(quiet: bool) -> Iterator[Watchers]:
    """Bars over what the loading of data may have to wait for; each one appears when there is something to show."""
    if quiet:
        yield Watchers()
        return
    with ExitStack() as bars:

        def late(make_bar: Callable[[bool], AbstractContextManager[Callable[..., None] | None]]) -> Callable[..., None]:
            shown = cache(lambda: bars.enter_context(make_bar(quiet)) or (lambda *_: None))
            return lambda *facts: shown()(*facts)

        yield Watchers(late(picture_bar), late(download_bar))


@contextmanager
def epoch_lines(epochs: int, done: int, quiet: bool) -> Iterator[Callable[[Epoch], None]]:
    """On a terminal a bar; elsewhere a plain line for each epoch."""

    def line(epoch: Epoch) -> str:
        accuracy = "" if epoch.validation_accuracy is None else f", validation {epoch.validation_accuracy:.2%}"
        return f"cost {epoch.cost:.5f}{accuracy}"

    if quiet:
        yield lambda _epoch: None
    elif not sys.stderr.isatty():
        yield lambda epoch: say(f"epoch {epoch.number}/{epochs}: {line(epoch)}, {epoch.seconds:.2f} s")
    else:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # as above
        with tqdm(total=epochs, initial=done, unit="epoch", dynamic_ncols=True) as bar:

            def report(epoch: Epoch) -> None:
                bar.set_postfix_str(line(epoch), refresh=False)
                bar.update()

            yield report
