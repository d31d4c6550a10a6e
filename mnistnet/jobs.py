"""Pictures read in several processes at once, on this machine or on many: joblib shares out the work."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from types import ModuleType
from typing import Any, BinaryIO

from mnistnet.errors import MnistnetError
from mnistnet.model import Model
from mnistnet.pictures.files import MAX_BYTES
from mnistnet.prediction import Answer, read_numbers

PICTURES = 4  # of a job: photographs are shared out evenly, and joblib makes one parcel of many small jobs
STOPS = (signal.SIGINT, signal.SIGTERM)
LOOK = 0.5  # seconds between two looks at whether the program is still there


def read_in_processes(
    model: Model, paths: Sequence[str], stdin: BinaryIO, invert: str = "auto", digits: int | None = None, jobs: int = 2
) -> Generator[Answer, None, None]:
    """Read pictures as `read_numbers` does, to the same bits, in several processes.

    The processes end when the generator is closed, and soon after this process ended in any way.

    Args:
        model: what classifies the digits.
        paths: picture files; `-` is `stdin`.
        stdin: where `-` is read from, before all else.
        invert: as in `read_number`.
        digits: how many each picture shows; None finds out for each.
        jobs: how many processes.

    Returns:
        An Answer for each path, in the order given.

    Raises:
        MnistnetError: joblib is missing.
    """
    content = stdin.read(MAX_BYTES + 1) if "-" in paths else b""
    with _joblib().parallel_config(
        "loky", n_jobs=jobs, inner_max_num_threads=1, initializer=_end_with, initargs=(os.getpid(),)
    ):
        return _and_end_processes(read_in_jobs(model, paths, content, invert, digits))


def read_in_jobs(
    model: Model, paths: Sequence[str], stdin: bytes = b"", invert: str = "auto", digits: int | None = None
) -> Generator[Answer, None, None]:
    """Read pictures as `read_numbers` does, to the same bits, wherever `joblib.parallel_config` sends the work.

    Answers that are ready wait in memory for those before them to be taken.

    Args:
        model: what classifies the digits.
        paths: picture files, by names that hold where they are read; `-` is `stdin`.
        stdin: a picture file's content.
        invert: as in `read_number`.
        digits: how many each picture shows; None finds out for each.

    Returns:
        An Answer for each path, in the order given.

    Raises:
        MnistnetError: joblib is missing.
    """
    joblib = _joblib()
    read = joblib.delayed(_read)
    jobs = (read(model, *block, invert, digits) for block in _blocks(paths, stdin))
    return _in_order(joblib.Parallel(return_as="generator"), jobs)


def _joblib() -> ModuleType:
    try:
        import joblib  # late: an extra
    except ImportError as error:
        raise MnistnetError("several jobs need joblib, which is not installed; install mnistnet[jobs]") from error
    return joblib  # type: ignore[no-any-return]


def _blocks(paths: Sequence[str], stdin: bytes) -> Iterator[tuple[Sequence[str], bytes]]:
    for start in range(0, len(paths), PICTURES):
        block = paths[start : start + PICTURES]
        if "-" in block:
            yield block, stdin
            stdin = b""  # it has been read
        else:
            yield block, b""


def _read(model: Model, paths: Sequence[str], stdin: bytes, invert: str, digits: int | None) -> list[Answer]:
    return list(read_numbers(model, paths, io.BytesIO(stdin), invert, digits))


def _in_order(parallel: Any, jobs: Iterator[Any]) -> Generator[Answer, None, None]:
    with ExitStack() as ending:
        with _undisturbed():
            results = parallel(jobs)
            ending.callback(_close, results)
        try:
            for answers in results:
                yield from answers
        except BrokenProcessPool as error:
            raise MnistnetError("a process that read pictures was killed; fewer --jobs need less memory") from error


def _and_end_processes(answers: Generator[Answer, None, None]) -> Generator[Answer, None, None]:
    """Kill the processes that joblib would keep for later: at the end of the program it may wait for them long."""
    from joblib.externals.loky import get_reusable_executor

    try:
        yield from answers
    finally:
        get_reusable_executor(reuse=True).shutdown(kill_workers=True)


def _close(results: Generator[list[Answer], None, None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib counts the jobs that nobody waited for
        results.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Start processes whole, for joblib forgets one whose start is interrupted, and deaf to what stops the program.

    A terminal sends Ctrl-C to all processes, but it is the program that ends the others.
    """
    resource_tracker.ensure_running()  # Python's keeper of shared memory: when it starts later, it lifts the block
    waiting: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # Python runs handlers in no other
    handlers = {number: signal.getsignal(number) for number in STOPS if is_main}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in held:
        signal.signal(number, lambda got, _frame: waiting.append(got))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # processes that are started inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in held.items():
            signal.signal(number, handler)
        for got in waiting[:1]:
            signal.raise_signal(got)


def _end_with(parent: int) -> None:
    """End this process soon after the one that started it: killed, that one can't do it any more."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
