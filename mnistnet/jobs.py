"""Read pictures in several processes, on this machine or on a cluster, through joblib."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from mnistnet.errors import MnistnetError
from mnistnet.model import Model
from mnistnet.prediction import Answer, read_numbers

try:
    from joblib import Parallel, delayed
except ImportError as error:
    raise MnistnetError("several jobs need joblib, which is not installed; install mnistnet[jobs]") from error

CHUNK = 8  # pictures per task


def read_in_jobs(
    model: Model,
    paths: Sequence[str],
    invert: str = "auto",
    digits: int | None = None,
    jobs: int | None = None,
) -> Generator[Answer, None, None]:
    """Read pictures as `read_numbers` does, to the same bits, in several processes.

    Args:
        model: the classifier.
        paths: picture files, at paths that are valid where the processes run.
        invert: see `mnistnet.read`.
        digits: how many digits each picture shows; None detects it.
        jobs: number of processes; None takes it, and the backend, from `joblib.parallel_config`.

    Yields:
        An Answer for each path, in the order given.

    Raises:
        MnistnetError: a process was killed.
    """
    tasks = (
        delayed(_read_chunk)(model, paths[start : start + CHUNK], invert, digits)
        for start in range(0, len(paths), CHUNK)
    )
    parallel = Parallel(n_jobs=jobs, return_as="generator")
    with _ignored_interrupt():
        results = parallel(tasks)
    try:
        for answers in results:
            yield from answers
    except BrokenProcessPool as error:
        raise MnistnetError("a process that read pictures was killed; fewer --jobs need less memory") from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib warns of unfinished tasks
            results.close()


@contextmanager
def _ignored_interrupt() -> Iterator[None]:
    """Ignore Ctrl-C while processes start, so that they ignore it, too; only this process reacts, and ends them."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread can set signal handlers
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _read_chunk(model: Model, paths: Sequence[str], invert: str, digits: int | None) -> list[Answer]:
    return list(read_numbers(model, paths, invert, digits))
