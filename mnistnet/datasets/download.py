"""Fetches MNIST's four files; only the right bytes ever get a file's name.

A file is received under a hidden temporary name in its own folder, checked by size and SHA-256, flushed to the disk
and only then renamed. What an interrupted download leaves under the temporary name, the next one goes on with.
"""

from __future__ import annotations

import hashlib
import os
import queue
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import responses
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from mnistnet.errors import DownloadError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")
Report = Callable[..., None]  # _report of one file: (done, note="")

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
PIECE = 1 << 14  # bytes; one piece per time-out is the slowest line that counts as alive
LONGEST_WAIT = 60.0  # seconds, whatever Retry-After asks for
LONGEST_TIMEOUT = 86_400.0  # seconds; the system's clocks overflow somewhere above
MOST_REDIRECTS = 5
MISSING = "missing"


@dataclass(frozen=True)
class RemoteFile:
    """One of MNIST's files: its name on the mirrors, and what it must be, gzipped and unpacked; sizes in bytes."""

    name: str
    size: int
    sha256: str
    raw_size: int
    raw_sha256: str


@dataclass(frozen=True)
class LocalFile:
    """What a folder holds of a remote file."""

    file: RemoteFile
    path: Path  # the copy that is right, gzipped or unpacked; when none is, where the gzipped one belongs
    problem: str | None = None  # None: right; else "missing", or what is wrong with it
    mirror: str | None = None  # where `download` has just fetched it from; None: it was there


@dataclass(frozen=True)
class Progress:
    """How far one file is, in bytes of its gzipped form; `done` falls when a file has to start again."""

    name: str
    done: int
    total: int
    note: str = ""  # one line for the user, e.g. why a mirror was given up


FILES = (
    RemoteFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    RemoteFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


def cache_directory() -> Path:
    """Where MNIST is kept unless the user says otherwise: $XDG_CACHE_HOME/mnistnet, else ~/.cache/mnistnet."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # the XDG specification: a relative path is to be ignored
        try:
            base = Path.home() / ".cache"
        except RuntimeError as error:
            raise DownloadError("no home folder to keep MNIST in; set HOME or name a folder") from error
    return base / "mnistnet"


def verify(directory: Path, files: Sequence[RemoteFile] = FILES) -> list[LocalFile]:
    """Checks each file in `directory` by size and SHA-256, gzipped, or unpacked under the name without .gz."""
    return [_local(directory, file) for file in files]


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
    """Makes every file be in `directory`, and right; fetches what is missing or damaged.

    Args:
        directory: made when it is missing.
        mirrors: http(s) addresses of folders that hold the files, asked in turn.
        force: fetch the files that are right, too.
        timeout: seconds above 0 in which a server must answer, and then send each piece of 16 KiB.
        retries: how often, 0 or more, each mirror is asked again after a failure that may pass.
        progress: is told about every piece and every failure, in the caller's thread.
        files: what to fetch.

    Raises:
        DownloadError: a file could not be had or written, or an argument makes no sense.
    """
    _check_arguments(mirrors, timeout, retries)
    mirrors = list(dict.fromkeys(mirrors))
    results = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file in files:
            report = partial(_report, progress, file)
            with _lock(directory, timeout, report) as alone, _temporary(directory, file, alone) as temporary:
                local = _local(directory, file)
                if local.problem or force:
                    if local.problem and local.path.exists():
                        report(0, f"{local.path} is damaged ({local.problem}); fetching it again")
                    mirror = _obtain(file, temporary, mirrors, timeout, retries, report)
                    local = LocalFile(file, directory / file.name, mirror=mirror)
                    temporary.replace(local.path)
                    _sync_directory(directory)
                    mirrors.sort(key=mirror.__ne__)  # what works is asked first for the next file
                results.append(local)
    except _FetchError as failure:
        raise DownloadError(
            f"{failure}; put MNIST's four files into {directory} by hand, "
            "name a mirror with 'mnistnet download --mirror URL', or use --data strokes, which needs no network"
        ) from None
    except BrokenPipeError:  # no disk's error: `progress` writes where nobody reads any more
        raise
    except OSError as error:
        where = error.filename2 or error.filename or directory
        raise DownloadError(
            f"{where}: {error.strerror or error}; MNIST can't be kept there, name another folder"
        ) from error
    return results


def _check_arguments(mirrors: Sequence[str], timeout: float, retries: int) -> None:
    if not 0 < timeout <= LONGEST_TIMEOUT:  # false for nan, too
        raise DownloadError(f"timeout is {timeout}, expected more than 0 and at most {LONGEST_TIMEOUT:,.0f} seconds")
    if retries < 0:
        raise DownloadError(f"retries is {retries}, expected 0 or more")
    if not mirrors:
        raise DownloadError("no mirror given, expected at least one http(s) address")
    for mirror in mirrors:
        try:
            parts = urlsplit(mirror)
            right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            right = right and mirror.isprintable() and not parts.query and not parts.fragment
        except ValueError:  # a port above 65535, a half IPv6 address
            right = False
        if not right:
            raise DownloadError(f"mirror {_shown(mirror)!r} is no address like https://example.org/mnist/")


def _local(directory: Path, file: RemoteFile) -> LocalFile:
    gzipped = directory / file.name
    raw = directory / file.name.removesuffix(".gz")
    problem = _problem(gzipped, file.size, file.sha256)
    # A damaged gzipped file counts even beside a right unpacked one: whoever reads the folder takes it first.
    if problem == MISSING and not _problem(raw, file.raw_size, file.raw_sha256):
        return LocalFile(file, raw)
    return LocalFile(file, gzipped, problem)


def _problem(path: Path, size: int, sha256: str) -> str | None:
    """What keeps `path` from being the file of this size and SHA-256; None: nothing."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            return "not a file"
        if path.stat().st_size != size:
            return f"expected {size:,} bytes, got {path.stat().st_size:,}"
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except FileNotFoundError:
        return MISSING
    except OSError as error:
        return error.strerror or str(error)
    return None if digest.hexdigest() == sha256 else f"expected SHA-256 {sha256}, got {digest.hexdigest()}"


def _report(progress: Callable[[Progress], None] | None, file: RemoteFile, done: int, note: str = "") -> None:
    if progress:
        progress(Progress(file.name, done, file.size, note))


@contextmanager
def _lock(directory: Path, patience: float, report: Report) -> Iterator[bool]:
    """Keeps other downloads out of `directory`; gives False when it can't.

    The lock is on the folder itself: it needs no file, and ends with the process, however that dies. It can't be
    had where there is no flock (Windows, some network file systems), nor from a download that holds it while
    nothing in the folder changes for `patience` seconds.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        yield False
        return
    try:
        seen, since = None, time.monotonic()
        while (locked := _try_lock(descriptor)) is None and time.monotonic() - since <= patience:
            sizes = {path: _size(path) for path in directory.iterdir()}
            if seen is None:
                report(0, f"another download is at work in {directory}; waiting for it")
            if sizes != seen:
                seen, since = sizes, time.monotonic()
            time.sleep(0.05)
        yield bool(locked)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool | None:
    """True: locked. False: there are no locks here. None: another one has it."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except (ImportError, OSError):
        return False
    return True


@contextmanager
def _temporary(directory: Path, file: RemoteFile, alone: bool) -> Iterator[Path]:
    """A hidden name beside the file's own; what stays there is kept only where a later download can go on with it."""
    token = "" if alone else f".{secrets.token_hex(4)}"  # never share a name with a download that may be at work
    path = directory / f".{file.name}{token}.part"
    try:
        yield path
    except BaseException as error:
        # An OSError: the disk is full, or worse; its space is given back.
        if not alone or isinstance(error, OSError) or _size(path) <= 0:
            _remove(path)
        raise
    _remove(path)


def _size(path: Path) -> int:
    """The size of a plain file in bytes; -1 when there is none."""
    with suppress(OSError):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            return status.st_size
    return -1


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _sync_directory(directory: Path) -> None:
    """Makes a renaming last through a power cut, where the system lets a folder be flushed."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _FetchError(Exception):
    """No file was had; the text says why."""


class _RefusedError(_FetchError):
    """It is no use asking this mirror again."""


class _WrongBytesError(_FetchError):
    """What was received are not the file's bytes."""


class _BusyError(_FetchError):
    """The failure may pass; the server wants to be left alone for `wait` seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass
class _Turn:
    """When a mirror may be asked again, as time.monotonic() has it, and how long to wait after its next failure."""

    mirror: str
    wait: float
    ready: float = 0.0
    failures: int = 0

    def put_off(self, wait: float) -> None:
        self.failures += 1
        self.ready = time.monotonic() + min(max(self.wait, wait), LONGEST_WAIT)
        self.wait = min(2 * self.wait, LONGEST_WAIT)


def _obtain(
    file: RemoteFile,
    temporary: Path,
    mirrors: Sequence[str],
    timeout: float,
    retries: int,
    report: Report,
) -> str:
    """Brings the right bytes to `temporary`; always asks the mirror that may be asked soonest, and returns the last."""
    turns = [_Turn(mirror, wait=min(1.0, timeout)) for mirror in mirrors]
    reasons = {}
    while turns:
        turn = min(turns, key=lambda turn: turn.ready)  # of equals the first
        time.sleep(max(0.0, turn.ready - time.monotonic()))
        try:
            _receive(file, temporary, turn.mirror, timeout, report)
            return turn.mirror
        except _FetchError as failure:
            reasons[turn.mirror] = f"{_shown(turn.mirror)}: {failure}"
            if isinstance(failure, _BusyError) and turn.failures < retries:
                turn.put_off(failure.wait)
            else:
                turns.remove(turn)
            report(max(0, _size(temporary)), f"{file.name}: {reasons[turn.mirror]}{_next(turns)}")
    raise _FetchError(f"{file.name} can't be had: {'; '.join(reasons.values())}")


def _next(turns: Sequence[_Turn]) -> str:
    """What a note says of the mirror that is asked next."""
    if not turns:
        return ""
    turn = min(turns, key=lambda turn: turn.ready)
    wait = turn.ready - time.monotonic()
    return f"; trying {_shown(turn.mirror)}" + (f" in {wait:.2g} s" if wait > 0.1 else "")


def _shown(mirror: str) -> str:
    """A mirror's address without the name and password that it may hold."""
    return re.sub("//[^/]*@", "//", mirror)


def _receive(file: RemoteFile, temporary: Path, mirror: str, timeout: float, report: Report) -> None:
    """Adds to `temporary` what it lacks, in one request; raises _FetchError unless it is the file then."""
    import requests

    start = _size(temporary)
    if not 0 < start <= file.size:  # nothing, too much, or a link that leads elsewhere
        _remove(temporary)
        start = 0
    answer = _pieces(requests.Session(), f"{mirror.rstrip('/')}/{file.name}", file, start, timeout)
    try:
        with temporary.open("ab") as stream, closing(_in_time(answer, timeout)) as pieces:
            if start < file.size:
                for offset, piece in pieces:
                    stream.truncate(offset)  # a server that starts again makes worthless what was there
                    stream.write(piece)
                    report(offset + len(piece))
            stream.flush()
            os.fsync(stream.fileno())
        if problem := _problem(temporary, file.size, file.sha256):
            raise _WrongBytesError(problem)
    except _WrongBytesError as error:
        _remove(temporary)
        if not start:
            raise
        report(0, f"{file.name}: what an earlier download left doesn't fit ({error}); starting again")
        _receive(file, temporary, mirror, timeout, report)


def _in_time(items: Generator[T, None, None], timeout: float) -> Generator[T, None, None]:
    """Runs `items` in a thread of its own; raises _BusyError when one of them takes longer than `timeout` seconds.

    The time-outs of requests bound a single recv() or connect(): a server that sends a byte a second, or a name with
    twenty dead addresses, passes all of them. The thread is left behind then, and ends with its connection.
    """
    arrivals: queue.SimpleQueue[T | Exception | None] = queue.SimpleQueue()
    unwanted = threading.Event()

    def run() -> None:
        try:
            with closing(items):
                for item in items:
                    arrivals.put(item)
                    if unwanted.is_set():
                        break
            arrivals.put(None)
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            arrivals.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        while (item := arrivals.get(timeout=timeout)) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    except queue.Empty:
        raise _BusyError(f"too slow (no answer, or less than {PIECE:,} bytes, in {timeout:g} s)") from None
    finally:
        unwanted.set()


def _pieces(
    session: requests.Session, url: str, file: RemoteFile, start: int, timeout: float
) -> Generator[tuple[int, bytes], None, None]:
    """Asks for `file` from byte `start` on; yields each piece and, before it, at which byte of the file it belongs."""
    from requests import exceptions
    from urllib3.exceptions import HTTPError

    try:
        with session, _answer(session, url, start, timeout) as response:
            offset = _accept(response, file, start)
            yield offset, b""  # an answer is a sign of life
            response.raw.enforce_content_length = False  # a short body is counted below
            while piece := response.raw.read(PIECE, decode_content=False):
                if offset + len(piece) > file.size:
                    raise _WrongBytesError(f"expected {file.size:,} bytes, got more")
                yield offset, piece
                offset += len(piece)
            if offset < file.size:
                raise _BusyError(f"expected {file.size:,} bytes, got {offset:,}")
    except exceptions.SSLError as error:
        raise _RefusedError(_reason(error)) from error
    except exceptions.ProxyError as error:
        raise _BusyError(f"proxy: {_reason(error)}") from error
    except (exceptions.ConnectionError, exceptions.Timeout, HTTPError) as error:
        raise _BusyError(_reason(error)) from error
    except (OSError, ValueError) as error:  # an address, proxy or CA bundle that requests can't use
        raise _RefusedError(_reason(error)) from error


def _answer(session: requests.Session, url: str, start: int, timeout: float) -> requests.Response:
    """The answer at the end of the redirects; from https they lead nowhere but to https."""
    # The .gz as it is: nothing on the way is to compress or unpack it.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    for _ in range(MOST_REDIRECTS + 1):
        response = session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=timeout)
        location = session.get_redirect_target(response)
        if location is None:
            return response
        response.close()
        target = urljoin(url, location)
        if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
            raise _RefusedError(f"redirects from https to {target!r}, which is not safe")
        url = target
    raise _RefusedError(f"more than {MOST_REDIRECTS} redirects")


def _accept(response: requests.Response, file: RemoteFile, start: int) -> int:
    """Judges an answer by its status and headers; returns the byte of the file that its body begins with."""
    status = response.status_code
    got = f"{status} {responses.get(status, '')}".strip()
    if status in (408, 425, 429) or status >= 500:
        raise _BusyError(got, _retry_after(response))
    if status == 416 and start:
        raise _WrongBytesError(got)
    if status not in (200, 206):
        raise _RefusedError(got)
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise _RefusedError(f"expected {file.size:,} bytes of data, got an HTML page")
    content_range = response.headers.get("Content-Range", "")
    if status == 206 and content_range not in (f"bytes {start}-{file.size - 1}/{total}" for total in (file.size, "*")):
        raise _WrongBytesError(f"expected bytes {start}-{file.size - 1}/{file.size}, got {content_range!r}")
    offset = start if status == 206 else 0
    length = int(response.headers.get("Content-Length", file.size - offset))
    if offset + length != file.size:
        raise _RefusedError(f"expected {file.size:,} bytes, got {offset + length:,}")
    return offset


def _retry_after(response: requests.Response) -> float:
    """The seconds that the server asks for, as a number or as a date; 0 when it says nothing that can be read."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    with suppress(InvalidHeader, ValueError, OverflowError):
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    return 0.0


def _reason(error: BaseException) -> str:
    """What lies at the bottom of an error of requests, whose own text is long and names objects in memory."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
