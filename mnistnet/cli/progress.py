"""Progress on standard error: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mnistnet.cli.messages import print_message

if TYPE_CHECKING:  # slow to import
    from tqdm import tqdm

    from mnistnet.training import Epoch


def progress_bar(**options: Any) -> tqdm[Any]:
    """Draw a bar on standard error."""
    for name in [name for name in os.environ if name.startswith("TQDM_")]:
        del os.environ[name]  # tqdm takes its defaults from there, and fails when one of them is invalid
    from tqdm import tqdm  # late: slow to import, and only terminals have bars

    return tqdm(dynamic_ncols=True, miniters=1, **options)


@contextmanager
def answer_bar(pictures: int, quiet: bool) -> Iterator[tuple[Callable[[], object], Callable[[str], object]]]:
    """Draw a bar that counts pictures, if the answers are written to a file.

    Yields:
        A function to call after each picture, and one that writes a line to standard error.
    """
    # No bar where the answers may appear on the terminal, directly or through a pipe.
    if quiet or not sys.stderr.isatty() or not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
        yield lambda: None, print_message
        return
    with progress_bar(total=pictures, unit="picture", leave=False) as bar:
        yield bar.update, lambda text: bar.write(text, file=sys.stderr)


@contextmanager
def epoch_lines(epochs: int, done: int, quiet: bool) -> Iterator[Callable[[Epoch], None]]:
    """Yield a function that reports an epoch: as a bar on a terminal, elsewhere as a plain line."""

    def line(epoch: Epoch) -> str:
        accuracy = "" if epoch.validation_accuracy is None else f", validation {epoch.validation_accuracy:.2%}"
        return f"cost {epoch.cost:.5f}{accuracy}"

    if quiet:
        yield lambda _epoch: None
    elif not sys.stderr.isatty():
        yield lambda epoch: print_message(f"epoch {epoch.number}/{epochs}: {line(epoch)}, {epoch.seconds:.2f} s")
    else:
        with progress_bar(total=epochs, initial=done, unit="epoch") as bar:

            def report(epoch: Epoch) -> None:
                bar.set_postfix_str(line(epoch), refresh=False)
                bar.update()

            yield report
