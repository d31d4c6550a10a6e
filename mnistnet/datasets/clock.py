"""An HTTP answer that is read against a clock.

A socket's own time-out bounds a single recv(), which a server that sends one byte a second never exceeds, be it in
the body, in a header or between the chunks.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any


class Clock:
    """What is left of the `timeout` seconds since it was last restarted."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.restart()

    def restart(self) -> None:
        """Begin again, after a sign of life."""
        self.end = time.monotonic() + self.timeout

    def check(self) -> None:
        """Raise TimeoutError when nothing is left."""
        if time.monotonic() > self.end:
            raise TimeoutError


class TimedResponse(HTTPResponse):
    """An answer that fails with TimeoutError at the first recv() after a clock has run out."""

    def __init__(self, clock: Clock, sock: socket.socket, *args: Any, **extra: Any) -> None:
        super().__init__(sock, *args, **extra)
        self.fp = io.BufferedReader(_TimedStream(clock, self.fp.detach()))


class _TimedStream(io.RawIOBase):
    def __init__(self, clock: Clock, stream: io.RawIOBase) -> None:
        self.clock, self.stream = clock, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self.clock.check()
        return self.stream.readinto(buffer)

    def close(self) -> None:
        self.stream.close()
        super().close()
