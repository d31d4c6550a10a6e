"""Matrix products in one thread, while ours are computed.

Products as small as these go up to eight times slower when two threads share one. What the caller computes besides
keeps its threads.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks through the loaded libraries, which takes a millisecond or two


def one_thread() -> AbstractContextManager[Any]:
    """A context in which the BLAS library that NumPy uses keeps to one thread."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit
