"""Fetches MNIST's four files; only the right bytes ever get a file's name.

A file is received under a hidden name in its own folder, checked by size and SHA-256, flushed to the disk and only
then renamed. What an interrupted download leaves under the hidden name, the next one goes on with.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from http.client import responses
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from mnistnet.datasets.clock import Clock, TimedResponse
from mnistnet.datasets.mnist import FILES, LocalFile, RemoteFile, sha256_of, verify
from mnistnet.datasets.part import part_file
from mnistnet.errors import DownloadError, OptionError
from mnistnet.saving import sync_folder

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
PIECE = 1 << 14  # bytes; one piece a time-out is the slowest line that counts as alive
MAX_PAUSE = 60.0  # seconds, whatever Retry-After asks for: who sits before it would rather be told
MAX_TIMEOUT = 86_400.0  # seconds; the system's clocks overflow somewhere above
MAX_REDIRECTS = 5
MAX_REASON = 200  # characters of what a server says in place of an answer


class Progress(NamedTuple):
    """How far one file is, in bytes of its gzipped form; `done` falls when a file has to start again."""

    name: str
    done: int
    total: int
    note: str = ""  # one line for the user, such as why a mirror was given up


Report = Callable[..., None]  # what a Progress of one file says: (done, note="")


def download(
    directory: Path,
    *,
    mirrors: Sequence[str] = MIRRORS,
    force: bool = False,
    timeout: float = 30.0,
    retries: int = 4,
    progress: Callable[[Progress], None] | None = None,
    files: Sequence[RemoteFile] = FILES,
) -> list[LocalFile]:
    """Bring MNIST's files to `directory`: fetch each one that is missing or damaged.

    Args:
        directory: made when it is missing.
        mirrors: http(s) addresses of folders that hold the files, asked in turn.
        force: fetch files even though they are right.
        timeout: seconds above 0 in which a server must be reached, then answer, then send each piece of 16 KiB.
        retries: how often, 0 or more, all mirrors are asked again after failures that may pass.
        progress: is told about every piece and every failure.
        files: what to fetch.

    Returns:
        For each file where it is, and which mirror sent it.

    Raises:
        DownloadError: a file could not be had or written.
        OptionError: an argument makes no sense.
    """
    check_arguments(mirrors, timeout, retries)
    mirrors = list(dict.fromkeys(mirrors))
    results = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for local in verify(directory, files):
            file, target = local.file, directory / local.file.name
            report = partial(_report, progress, file)
            if local.problem or force:
                if local.problem and target.exists():
                    report(0, f"{target} is damaged ({local.problem}); fetching it again")
                with part_file(directory, file.name) as path:
                    with path.open("rb+") as stream:
                        mirror = _ask_in_turn(file, stream, mirrors, timeout, retries, report)
                        os.fsync(stream.fileno())
                    path.replace(target)
                    sync_folder(directory)
                mirrors.sort(key=mirror.__ne__)  # the next file is asked of the one that works first
                local = LocalFile(file, target, mirror=mirror)
            results.append(local)
    except _FetchError as failure:
        raise DownloadError(
            f"{failure}; put MNIST's four files into {directory} by hand, "
            "name a mirror with 'mnistnet download --mirror URL', or use --data strokes, which needs no network"
        ) from None
    except BrokenPipeError:  # not the disk's: `progress` writes where nobody reads any more
        raise
    except OSError as error:
        where = error.filename2 or error.filename or directory
        raise DownloadError(
            f"{where}: {error.strerror or error}; MNIST can't be kept there, name another folder"
        ) from error
    return results


def check_arguments(mirrors: Sequence[str], timeout: float, retries: int) -> None:
    """Raise OptionError unless `download` can work with these."""
    if not 0 < timeout <= MAX_TIMEOUT:  # false for nan, too
        raise OptionError(f"timeout is {timeout}, expected more than 0 and at most {MAX_TIMEOUT:,.0f} seconds")
    if retries < 0:
        raise OptionError(f"retries is {retries}, expected 0 or more")
    if not mirrors:
        raise OptionError("no mirror given, expected at least one http(s) address")
    for number, mirror in enumerate(mirrors, start=1):
        try:
            parts = urlsplit(mirror)
            right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # a port above 65535, a half IPv6 address
            right = False
        if not right or not mirror.isprintable() or set("\\?# ") & set(mirror):
            # It isn't shown: without its parts nobody can tell where a password stands in it.
            which = "the mirror" if len(mirrors) == 1 else f"mirror {number} of {len(mirrors)}"
            raise OptionError(
                f"{which} is no address like https://example.org/mnist/ (http:// or https://, a host, a folder; "
                "nothing with '?' or '#' behind them)"
            )


def _report(progress: Callable[[Progress], None] | None, file: RemoteFile, done: int, note: str = "") -> None:
    if progress:
        progress(Progress(file.name, done, file.size, note))


class _FetchError(Exception):
    """A file was not had from a mirror, which need not be asked again; the text says why."""


class _PassingError(_FetchError):
    """The failure may pass; the server wants to be left alone for `pause` seconds."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class _WrongBytesError(_FetchError):
    """What was received are not the file's bytes."""


def _ask_in_turn(
    file: RemoteFile, stream: BinaryIO, mirrors: Sequence[str], timeout: float, retries: int, report: Report
) -> str:
    """Bring the right bytes into `stream`, and return the mirror that sent the last of them."""
    reasons = {}
    hopeful = list(mirrors)
    for attempt in range(retries + 1):
        pause: float = 2**attempt  # seconds
        for mirror in tuple(hopeful):
            try:
                _receive(file, stream, mirror, timeout, report)
                return mirror
            except _FetchError as failure:  # noqa: PERF203 - asking takes longer
                reasons[mirror] = f"{_shown(mirror)}: {failure}"
                report(stream.tell(), f"{file.name}: {reasons[mirror]}")
                if isinstance(failure, _PassingError):
                    pause = max(pause, failure.pause)
                else:
                    hopeful.remove(mirror)
        if not hopeful or attempt == retries:
            break
        pause = min(pause, MAX_PAUSE)
        report(stream.tell(), f"{file.name}: trying again in {pause:.0f} s")
        time.sleep(pause)
    raise _FetchError(f"{file.name} can't be had: {'; '.join(reasons.values())}")


def _shown(mirror: str) -> str:
    """Return a mirror's address without the name and password that it may hold."""
    return re.sub("//.*@", "//", mirror)


def _receive(file: RemoteFile, stream: BinaryIO, mirror: str, timeout: float, report: Report) -> None:
    """Add what `stream` lacks, in one request; raise _FetchError unless it holds the file then."""
    start = stream.seek(0, io.SEEK_END)
    try:
        if start > file.size:
            raise _WrongBytesError(f"expected {file.size:,} bytes, got {start:,}")
        if start < file.size:
            with closing(_pieces(f"{mirror.rstrip('/')}/{file.name}", file, start, timeout)) as pieces:
                for offset, piece in pieces:
                    stream.seek(offset)  # back, where a server starts again
                    stream.write(piece)
                    report(offset + len(piece))
        stream.seek(0)
        if (got := sha256_of(stream)) != file.sha256:
            raise _WrongBytesError(f"expected SHA-256 {file.sha256}, got {got}")
    except _WrongBytesError as error:
        stream.seek(0)
        stream.truncate()
        if not start:
            raise
        report(0, f"{file.name}: what an earlier download left doesn't fit ({error}); starting again")
        _receive(file, stream, mirror, timeout, report)


def _pieces(url: str, file: RemoteFile, start: int, timeout: float) -> Generator[tuple[int, bytes], None, None]:
    """Ask for `file` from byte `start` on; yield each piece and, before it, at which byte of the file it belongs."""
    clock = Clock(timeout)
    try:
        with _Session(clock) as session, _answer(session, url, start, clock) as response:
            offset = _check_head(response, file, start)
            response.raw.enforce_content_length = False  # a short body is counted below
            while piece := response.raw.read(PIECE, decode_content=False):
                if offset + len(piece) > file.size:
                    raise _WrongBytesError(f"expected {file.size:,} bytes, got more")
                yield offset, piece
                offset += len(piece)
                clock.restart()
            if offset < file.size:
                raise _PassingError(f"expected {file.size:,} bytes, got {offset:,}")
    except ValueError:  # its text may be an address with a password
        raise _FetchError("an address that can't be used (the mirror's, a redirect's or the proxy's)") from None
    except exceptions.ProxyError as error:
        raise _PassingError(f"proxy: {_reason(error, timeout)}") from error
    except exceptions.SSLError as error:
        raise _FetchError(_reason(error, timeout)) from error
    except (exceptions.ConnectionError, exceptions.Timeout, HTTPError) as error:
        raise _PassingError(_reason(error, timeout)) from error
    except OSError as error:  # such as a CA bundle that isn't there
        raise _FetchError(_reason(error, timeout)) from error


def _answer(session: requests.Session, url: str, start: int, clock: Clock) -> requests.Response:
    """Return the answer at the end of the redirects, its body still to come."""
    # The .gz as it is: nothing on the way is to compress or unpack it.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    for _ in range(MAX_REDIRECTS + 1):
        if urlsplit(url).scheme == "https":
            session.adapters.pop("http://", None)  # from here on nothing is sent or received in the clear
        clock.restart()
        response = session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=clock.timeout)
        location = session.get_redirect_target(response)
        if location is None:
            return response
        response.close()
        url = urljoin(url, location)
        if not url.startswith(tuple(session.adapters)):
            raise _FetchError(f"redirects to an address that doesn't begin with {' or '.join(session.adapters)}")
    raise _FetchError(f"more than {MAX_REDIRECTS} redirects")


class _Session(requests.Session):
    """A session whose answers come in time or not at all, and whose redirects are followed by `_answer`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        for scheme in tuple(self.adapters):
            self.mount(scheme, _Adapter(clock))

    def resolve_redirects(self, *_args: Any, **_extra: Any) -> Iterator[Any]:
        """Yield nothing: requests would unpack the body of a redirect in memory, even of one it doesn't follow."""
        yield from ()


class _Adapter(HTTPAdapter):
    """Has every connection read its answers against a clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def get_connection_with_tls_context(self, *args: Any, **extra: Any) -> Any:
        try:
            pool: Any = super().get_connection_with_tls_context(*args, **extra)
        except TypeError as error:  # what requests makes of a proxy without a host, such as http://bob:secret@
            raise exceptions.InvalidProxyURL from error
        timed = {"response_class": partial(TimedResponse, self.clock)}
        pool.ConnectionCls = type("TimedConnection", (pool.ConnectionCls,), timed)
        return pool


def _check_head(response: requests.Response, file: RemoteFile, start: int) -> int:
    """Judge an answer by its status and headers; return the byte of the file that its body begins with."""
    status = response.status_code
    got = f"{status} {responses.get(status, '')}".strip()
    if status in (408, 425, 429) or status >= 500:
        raise _PassingError(got, _retry_after(response))
    if status == 416 and start:
        raise _WrongBytesError(got)
    if status not in (200, 206):
        raise _FetchError(got)
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise _FetchError(f"expected {file.size:,} bytes of data, got an HTML page")
    content_range = response.headers.get("Content-Range", "")
    if status == 206 and content_range not in (f"bytes {start}-{file.size - 1}/{total}" for total in (file.size, "*")):
        raise _WrongBytesError(f"expected bytes {start}-{file.size - 1}, got {content_range[:MAX_REASON]!r}")
    offset = start if status == 206 else 0
    length = response.headers.get("Content-Length", str(file.size - offset))
    if length != str(file.size - offset):
        raise _FetchError(f"expected {file.size - offset:,} bytes, got a Content-Length of {length[:MAX_REASON]!r}")
    return offset


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that the server asks for, by number or by date; 0 when it says nothing that can be read."""
    with suppress(InvalidHeader, ValueError, OverflowError):
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    return 0.0


def _reason(error: BaseException, timeout: float) -> str:
    """Return what lies at the bottom of an error of requests, whose own text is long and names objects in memory."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    if isinstance(error, TimeoutError):
        return f"too slow (no answer, or less than {PIECE:,} bytes, in {timeout:g} s)"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:MAX_REASON]
