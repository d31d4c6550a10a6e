"""Pictures read in several processes at once, on this machine or on many: joblib shares out the work."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mnistnet.errors import MnistnetError
from mnistnet.model import Model
from mnistnet.pictures.files import MAX_BYTES
from mnistnet.prediction import Answer, read_numbers
from mnistnet.signals import STOPS, undisturbed

try:
    from joblib.parallel import Parallel, ParallelBackendBase, delayed, parallel_config
except ImportError as error:
    raise MnistnetError("several jobs need joblib, which is not installed; install mnistnet[jobs]") from error

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# Of a block, which one process reads at once: to hand out a picture takes as long as to read a tenth of a small one,
# and of photographs, of which some take ten times as long as others, each goes to whoever is free.
MAX_PICTURES = 16
MAX_SIZE = 100_000  # bytes of all but the last

# A fork has all that this process has loaded; one that starts afresh takes half a second for it. Elsewhere than on
# Linux the system's own libraries forbid it.
START = "fork" if sys.platform == "linux" else "spawn"
MAX_ON_WINDOWS = 61  # processes that one can wait for there


def read_in_processes(
    model: Model, paths: Sequence[str], stdin: BinaryIO, invert: str = "auto", digits: int | None = None, jobs: int = 2
) -> Generator[Answer, None, None]:
    """Read pictures as `read_numbers` does, to the same bits, in several processes.

    The processes end when the generator is closed, or those opened after it are, and when this process ends in any way.
    On Linux they are forks of this process, which had better have no other threads when the first answer is asked for.

    Args:
        model: what classifies the digits.
        paths: picture files; `-` is `stdin`.
        stdin: where `-` is read from, before all else.
        invert: as in `read_number`.
        digits: how many each picture shows; None finds out for each.
        jobs: how many processes, at least 2.

    Returns:
        An Answer for each path, in the order given.

    Raises:
        ValueError: fewer processes are asked for.
    """
    if jobs < 2:
        raise ValueError(f"jobs is {jobs}, expected at least 2; read_numbers reads in this process")
    content = stdin.read(MAX_BYTES + 1) if "-" in paths else b""
    with parallel_config(_Processes(model), n_jobs=jobs):
        return _read_blocks(_read_here, paths, content, invert, digits)


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
    """
    return _read_blocks(partial(_read, model), paths, stdin, invert, digits)


def _read_blocks(
    read: Callable[..., list[Answer]], paths: Sequence[str], stdin: bytes, invert: str, digits: int | None
) -> Generator[Answer, None, None]:
    jobs = (delayed(read)(block, content, invert, digits) for block, content in _blocks(paths, stdin))
    return _in_order(Parallel(return_as="generator"), jobs)


def _blocks(paths: Sequence[str], stdin: bytes) -> Iterator[tuple[Sequence[str], bytes]]:
    """Yield paths in blocks, with the content of standard input where it is first read."""
    block: list[str] = []
    size = 0
    for path in paths:
        block.append(path)
        size += len(stdin) if path == "-" else _size(path)
        if len(block) == MAX_PICTURES or size > MAX_SIZE:
            yield block, stdin if "-" in block else b""
            stdin = b"" if "-" in block else stdin
            block, size = [], 0
    if block:
        yield block, stdin if "-" in block else b""


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):  # whoever reads it says what is wrong with it
        return 0


def _read(model: Model, paths: Sequence[str], stdin: bytes, invert: str, digits: int | None) -> list[Answer]:
    return list(read_numbers(model, paths, io.BytesIO(stdin), invert, digits))


def _in_order(parallel: Parallel, jobs: Iterator[Any]) -> Generator[Answer, None, None]:
    with ExitStack() as ending:
        with undisturbed():
            results = parallel(jobs)
            ending.callback(_close, results)
        try:
            for answers in results:
                yield from answers
        except BrokenProcessPool as error:
            raise MnistnetError("a process that read pictures was killed; fewer --jobs need less memory") from error


def _close(results: Generator[list[Answer], None, None]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib counts the jobs that nobody waited for
        results.close()


class _Processes(ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """A backend of joblib: processes of this machine. Each gets the model once, when it starts."""

    supports_retrieve_callback = True
    supports_return_generator = True

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model

    def effective_n_jobs(self, n_jobs: int) -> int:
        return min(n_jobs, MAX_ON_WINDOWS) if sys.platform == "win32" else n_jobs

    def configure(self, n_jobs: int, parallel: Parallel, **_: object) -> int:
        self.parallel = parallel
        context = get_context(START)
        theirs, self._lifeline = context.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(n_jobs, context, _begin, (theirs, self._lifeline, self._model))
        gc.freeze()  # a search for garbage writes to all that there is, and would part what forks share
        self._submit(os.getpid)  # starts them, or the first of them
        gc.unfreeze()
        return n_jobs

    def submit(self, func: Callable[[], Any], callback: Callable[[Future[Any]], None]) -> Future[Any]:
        future = self._submit(func)
        future.add_done_callback(callback)
        return future

    def _submit(self, func: Callable[[], Any]) -> Future[Any]:
        with _masked():  # it may start another process
            return self._executor.submit(func)

    def retrieve_result_callback(self, future: Future[Any]) -> Any:
        return future.result()

    def terminate(self) -> None:
        self._lifeline.close()
        self._executor.shutdown()

    def abort_everything(self, **_: object) -> None:
        self.terminate()


@contextmanager
def _masked() -> Iterator[None]:
    """Mask the signals that stop the program in processes that start afresh, until they are whole: see `_begin`."""
    if START == "fork" or not hasattr(signal, "pthread_sigmask"):  # forks are whole at once
        yield
        return
    resource_tracker.ensure_running()  # else it would be started with the mask, and unmask them too early
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_model: Model  # of a process that was started to read


def _begin(lifeline: Connection, other_end: Connection, model: Model) -> None:
    """Make this process one that reads, deaf to Ctrl-C, which a terminal sends to all: the program is what ends it.

    Args:
        lifeline: breaks when the program ends in any way, or lets go of its end.
        other_end: this process's copy of that, which would keep the lifeline whole.
        model: what classifies the digits.
    """
    global _model
    other_end.close()
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    _model = model


def _end_with(lifeline: Connection) -> None:
    lifeline.poll(None)
    os._exit(1)  # in the middle of whatever it reads


def _read_here(*arguments: Any) -> list[Answer]:
    return _read(_model, *arguments)
