"""Download MNIST's four files from one of several mirrors.

Each file, at most 9.9 MB, is received in memory and checked by size and SHA-256. Then it is written to a temporary file
and renamed. So an interrupted download leaves no partial file, and two downloads at once are safe.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

import requests
from requests import exceptions
from urllib3.exceptions import HTTPError

from mnistnet.datasets.dataset import Progress, ProgressCallback, ignore
from mnistnet.datasets.mnist import FILES, MISSING, RemoteFile, verify
from mnistnet.errors import DownloadError, OptionError
from mnistnet.saving import replace_file, writing

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
URL = re.compile(r"https?://[^/][^\s?#\\]*")
CHUNK = 1 << 16  # bytes; a server that sends less within a time-out counts as failed
MAX_PAUSE = 60  # seconds between two attempts
MAX_TIMEOUT = 86_400.0  # seconds; the system's clocks overflow somewhere above
MAX_REASON = 200  # characters of a server's response that a message quotes


class _MirrorError(Exception):
    """A mirror did not send the file; `may_pass`: another attempt may succeed."""

    def __init__(self, reason: str, may_pass: bool = False) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


def download(
    directory: Path,
    *,
    mirrors: Sequence[str] = MIRRORS,
    force: bool = False,
    timeout: float = 30.0,
    retries: int = 4,
    progress: ProgressCallback = ignore,
    files: Sequence[RemoteFile] = FILES,
) -> None:
    """Download each of MNIST's files that is missing or damaged in `directory`.

    Args:
        directory: created if it is missing.
        mirrors: http(s) URLs of folders that hold the files, tried in turn.
        force: download valid files again.
        timeout: seconds, above 0, for connecting, each packet of a response's headers, and each 64 KiB of its body.
        retries: 0 or more; how often the mirrors are tried again after temporary failures.
        progress: called for every chunk and every failure.
        files: what to download.

    Raises:
        DownloadError: a file could not be downloaded.
        OptionError: an argument is invalid.
        MnistnetError: a file can't be written.
    """
    _check_arguments(mirrors, timeout, retries)
    mirrors = list(dict.fromkeys(mirrors))
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
    try:
        problems = verify(directory, files)
        for file in files if force else problems:
            target, problem = directory / file.name, problems.get(file, MISSING)
            if problem != MISSING:
                progress(Progress(file.name, 0, file.size, f"{target} is damaged ({problem}); replacing it"))
            content, mirror = _try_mirrors(file, mirrors, timeout, retries, progress)
            replace_file(target, content)
            mirrors.sort(key=mirror.__ne__)  # try the mirror that works first for the next file
    except _MirrorError as failure:
        raise DownloadError(
            f"{failure}; give MNIST's four .gz files with --data FOLDER, or another mirror with "
            "'mnistnet download --mirror URL'; --data strokes works offline"
        ) from None


def _check_arguments(mirrors: Sequence[str], timeout: float, retries: int) -> None:
    if not 0 < timeout <= MAX_TIMEOUT:  # false for nan, too
        raise OptionError(f"timeout is {timeout}, expected more than 0 and at most {MAX_TIMEOUT:,.0f} seconds")
    if retries < 0:
        raise OptionError(f"retries is {retries}, expected 0 or more")
    if not mirrors or not all(map(URL.fullmatch, mirrors)):
        # Without the URL, because in a malformed one a password can't be recognized
        raise OptionError("each mirror must be a URL like https://example.org/mnist/ (a host, a folder; no '?' or '#')")


def _try_mirrors(
    file: RemoteFile, mirrors: Sequence[str], timeout: float, retries: int, progress: ProgressCallback
) -> tuple[bytes, str]:
    """Return the file's bytes and the mirror that sent them."""
    reasons: dict[str, str] = {}
    left = list(mirrors)
    for attempt in range(retries + 1):
        if attempt > 0:
            pause = min(2 ** (attempt - 1), MAX_PAUSE)
            progress(Progress(file.name, 0, file.size, f"{file.name}: trying again in {pause} s"))
            time.sleep(pause)
        for mirror in left.copy():
            try:
                return _receive(f"{mirror.rstrip('/')}/{file.name}", file, timeout, progress), mirror
            except _MirrorError as failure:  # noqa: PERF203 - a request takes longer
                shown = re.sub("//.*@", "//", mirror)  # without user name and password
                if reasons.get(mirror) != str(failure):
                    progress(Progress(file.name, 0, file.size, f"{file.name}: {shown}: {failure}"))
                reasons[mirror] = str(failure)
                if not failure.may_pass:
                    left.remove(mirror)
        if not left:
            break
    # Each reason once, because all mirrors fail alike without a network; the notes before this name the mirrors.
    raise _MirrorError(f"{file.name} could not be downloaded: {'; '.join(dict.fromkeys(reasons.values()))}")


def _receive(url: str, file: RemoteFile, timeout: float, progress: ProgressCallback) -> bytes:
    headers = {"Accept-Encoding": "identity"}  # the .gz as it is: it must not be compressed again or unpacked
    content = b""
    try:
        response = requests.get(
            url, headers=headers, hooks={"response": _drop_redirect_body}, stream=True, timeout=timeout
        )
        with response:
            if (status := response.status_code) != 200:
                may_pass = status in (408, 425, 429) or status >= 500
                raise _MirrorError(f"{status} {response.reason}"[:MAX_REASON], may_pass)
            response.raw.enforce_content_length = False  # a short body gets our own message
            while len(content) < file.size:
                goal, end = min(len(content) + CHUNK, file.size), time.monotonic() + timeout
                # `read1` returns after each packet: a socket's time-out never expires while single bytes trickle in.
                while len(content) < goal and time.monotonic() < end:
                    if not (block := response.raw.read1(goal - len(content), decode_content=False)):
                        raise _MirrorError(f"expected {file.size:,} bytes, got {len(content):,}", may_pass=True)
                    content += block
                if len(content) < goal:
                    raise TimeoutError
                progress(Progress(file.name, len(content), file.size))
    except BrokenPipeError:  # comes from `progress`, not from the mirror
        raise
    except (ValueError, TypeError):  # requests raises both for malformed URLs, and quotes them with their passwords
        raise _MirrorError("an unusable URL (the mirror's, a redirect's or the proxy's)") from None
    except (OSError, HTTPError) as error:  # errors of requests are OSErrors
        is_futile = isinstance(error, (exceptions.SSLError, exceptions.TooManyRedirects))
        raise _MirrorError(_reason(error, timeout), not is_futile) from error
    if (sha256 := hashlib.sha256(content).hexdigest()) != file.sha256:
        raise _MirrorError(f"expected SHA-256 {file.sha256}, got {sha256}")
    return content


def _drop_redirect_body(response: requests.Response, **_options: object) -> None:
    """Close a redirect, so that requests doesn't unpack its body in memory."""
    if response.is_redirect:
        response.close()


def _reason(error: BaseException, timeout: float) -> str:
    """Return the root cause of an error of requests, whose own text is long and contains memory addresses."""
    proxy = "proxy: " if isinstance(error, exceptions.ProxyError) else ""
    while cause := error.__cause__ or error.__context__:
        error = cause
    if isinstance(error, TimeoutError):
        return f"{proxy}too slow (no response, or less than {CHUNK:,} bytes, in {timeout:g} s)"
    return proxy + (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:MAX_REASON]
