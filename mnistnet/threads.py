"""Hold the matrix products of the process to one thread while mnistnet computes.

Two threads that share products as small as these take up to eight times as long as one.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# What the BLAS libraries that NumPy may be built with read when they are loaded.
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class _Turns:
    """Whose turn it is to compute, and how many blocks of that thread stand inside one another."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.depth = 0


_turns = _Turns()
_is_single = False  # whether there never is more than one thread


def begin_with_one_thread() -> None:
    """Make NumPy begin with one thread and stay with it, where it isn't loaded yet.

    That is for a program of its own: a library must leave those alone that compute beside it. It spares the program
    the search for libraries to limit, and a process that has never had other threads can be forked safely.
    """
    global _is_single
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
        _is_single = True


def _begin_anew() -> None:
    """Forget, in a forked process, the turns of threads that it doesn't have."""
    global _turns
    _turns = _Turns()


if hasattr(os, "register_at_fork"):  # where there is fork
    os.register_at_fork(after_in_child=_begin_anew)


@cache
def _controller() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController  # late: a program that begins with one thread needs none

    return ThreadpoolController()  # looks through the loaded libraries, which takes a millisecond or two


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit the BLAS library that NumPy uses to one thread.

    The limit is the whole process's, so threads take turns: were one to lift it while another computes, the other's
    sums would be added in another order, and its results differ in their last bits.
    """
    if _is_single:
        yield
        return
    turns = _turns
    with turns.lock:
        turns.depth += 1
        try:
            if turns.depth > 1:
                yield
            else:
                with _controller().limit(limits=1, user_api="blas"):
                    yield
        finally:
            turns.depth -= 1
