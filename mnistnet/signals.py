"""The signals that stop the program, held back while it does what no signal may break off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold signals back until the end of the block. A process that is forked in it is deaf to them."""
    waiting: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # Python runs handlers in no other
    handlers = {number: signal.getsignal(number) for number in STOPS if is_main}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}  # not what is ignored
    for number in held:
        signal.signal(number, lambda got, _frame: waiting.append(got))
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        for got in waiting[:1]:
            signal.raise_signal(got)
