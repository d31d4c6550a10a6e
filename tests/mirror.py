"""A mirror on loopback: a real HTTP server in a thread, whose responses a test chooses."""

from __future__ import annotations

import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Any


class Request(BaseHTTPRequestHandler):
    """A request, with the methods that a response needs."""

    server: _Server

    def do_GET(self) -> None:
        mirror = self.server.mirror
        with mirror.busy:
            mirror.seen.append(Seen(self.path, self.headers))
            answer = mirror.answers.pop(0) if len(mirror.answers) > 1 else mirror.answers[0]
        answer(self, mirror.files.get(self.path.rpartition("/")[2], b""))

    def send(self, status: int, body: bytes = b"", **headers: object) -> None:
        """Send a whole response; underscores in the names of headers become hyphens."""
        self.send_head(status, **{"Content_Length": len(body), **headers})
        self.wfile.write(body)

    def send_head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def wait(self, seconds: float) -> bool:
        """Wait; return whether the mirror closes meanwhile."""
        return self.server.mirror.closing.wait(seconds)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


Answer = Callable[[Request, bytes], None]


@dataclass(frozen=True)
class Seen:
    """A request that the mirror received."""

    path: str
    headers: Message


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for every response to end, so that no test leaves a thread behind
    request_queue_size = 32
    mirror: Mirror

    def handle_error(self, *_: Any) -> None:
        """Print nothing: the tests close connections early."""


@dataclass
class Mirror:
    """Serve `files` by name, with one answer per request in turn; the last one is repeated."""

    files: Mapping[str, bytes]
    answers: list[Answer]
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    busy: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Mirror:
        self.server = _Server(("127.0.0.1", 0), Request)
        self.server.mirror = self
        if self.tls:
            # The handshake runs in a request's thread: a client that refuses the certificate mustn't stop the server.
            self.server.socket = self.tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server.server_address[1]}/mnist/"


def whole(request: Request, body: bytes) -> None:
    request.send(200, body)


def paced(seconds: float, size: int = 1 << 14) -> Answer:
    """The file, so many bytes every so many seconds."""

    def answer(request: Request, body: bytes) -> None:
        request.send_head(200, Content_Length=len(body))
        for begin in range(0, len(body), size):
            request.wfile.write(body[begin : begin + size])
            request.wfile.flush()
            if request.wait(seconds):
                return

    return answer


def chunked(request: Request, body: bytes) -> None:
    request.send_head(200, Transfer_Encoding="chunked")
    for begin in range(0, len(body), 1000):
        piece = body[begin : begin + 1000]
        request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    request.wfile.write(b"0\r\n\r\n")


def labelled_gzip(request: Request, body: bytes) -> None:
    """The header that servers send with a .gz that they take for a compressed transfer."""
    request.send(200, body, Content_Encoding="gzip")


def status(code: int, **headers: object) -> Answer:
    return lambda request, _: request.send(code, b"no", **headers)


def cut(share: float, with_length: bool) -> Answer:
    """Send this share of the file, with the length of the whole or without, and close."""

    def answer(request: Request, body: bytes) -> None:
        request.send_head(200, Content_Length=len(body) if with_length else None)
        request.wfile.write(body[: int(len(body) * share)])

    return answer


half, half_without_length, without_length = cut(0.5, True), cut(0.5, False), cut(1, False)


def wrong(request: Request, body: bytes) -> None:
    """The right number of wrong bytes."""
    request.send(200, bytes(byte ^ 1 for byte in body))


def endless(request: Request, body: bytes) -> None:
    request.send_head(200)
    while not request.wait(0):
        request.wfile.write(bytes(len(body)))


def silence(request: Request, _: bytes) -> None:
    """Receive the request and never respond."""
    request.server.mirror.closing.wait()


def reset(request: Request, body: bytes) -> None:
    """Send half of the file and reset the connection."""
    half(request, body)
    request.wfile.flush()
    request.wait(0.05)
    request.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()


def redirect(target: str | None = None, body: bytes = b"", **headers: object) -> Answer:
    """Redirect to `target`, else to the same URL."""

    def answer(request: Request, _: bytes) -> None:
        location = request.path if target is None else target + request.path.rpartition("/")[2]
        request.send(302, body, Location=location, **headers)

    return answer
