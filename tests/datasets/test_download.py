"""Downloads from a real HTTP server on loopback; MNIST itself is played by two small files."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from email.utils import formatdate
from pathlib import Path

import numpy as np
import pytest

import mirror as answers
from mirror import Answer, Mirror
from mnistnet.datasets.download import (
    FILES,
    MIRRORS,
    LocalFile,
    Progress,
    RemoteFile,
    cache_directory,
    download,
    verify,
)
from mnistnet.errors import DownloadError

RAW = {"images": np.random.default_rng(1).bytes(200_000), "labels": bytes(range(10)) * 20}
CONTENT = {f"{name}.gz": gzip.compress(raw, mtime=0) for name, raw in RAW.items()}


def _remote(name: str) -> RemoteFile:
    gz, raw = CONTENT[f"{name}.gz"], RAW[name]
    return RemoteFile(f"{name}.gz", len(gz), hashlib.sha256(gz).hexdigest(), len(raw), hashlib.sha256(raw).hexdigest())


IMAGES, LABELS = FAKES = (_remote("images"), _remote("labels"))
NOWHERE = "http://127.0.0.1:9/"  # nothing listens there
HALF = len(CONTENT["images.gz"]) // 2

# Downloads as a process of its own; its arguments: the folder, the limit of a file's size or -1, the mirrors.
PROGRAM = """
import json, resource, sys
from pathlib import Path
from mnistnet.datasets.download import RemoteFile, download
from mnistnet.errors import DownloadError

folder, limit, *mirrors = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    download(Path(folder), mirrors=mirrors, timeout=5, files=[RemoteFile(**file) for file in json.load(sys.stdin)])
except DownloadError as error:
    sys.exit(str(error))
"""


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a download would have waited for; it doesn't."""
    naps: list[float] = []
    monkeypatch.setattr("mnistnet.datasets.download.time.sleep", naps.append)
    return naps


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    key = path.with_name("key.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mnistnet-test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def serve(*script: Answer, tls: ssl.SSLContext | None = None) -> Mirror:
    return Mirror(CONTENT, list(script) or [answers.ranged], tls)


def get(
    folder: Path,
    *mirrors: str,
    force: bool = False,
    timeout: float = 5.0,
    retries: int = 0,
    progress: Callable[[Progress], None] | None = None,
    files: Sequence[RemoteFile] = (IMAGES,),
) -> list[LocalFile]:
    return download(
        folder, mirrors=mirrors, force=force, timeout=timeout, retries=retries, progress=progress, files=files
    )


def refusal(folder: Path, *mirrors: str, timeout: float = 5.0, retries: int = 0) -> str:
    """The one line that a download which can't succeed ends with."""
    with pytest.raises(DownloadError) as caught:
        get(folder, *mirrors, timeout=timeout, retries=retries)
    message = str(caught.value)
    assert "\n" not in message
    return message


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_complete(folder: Path, files: Sequence[RemoteFile] = (IMAGES,)) -> None:
    """Every file is right, and there is nothing else."""
    assert names(folder) == sorted(file.name for file in files)
    for file in files:
        assert (folder / file.name).read_bytes() == CONTENT[file.name]


def leave_part(folder: Path, content: bytes) -> None:
    """What a killed download leaves."""
    (folder / ".images.gz.part").write_bytes(content)


def start(folder: Path, *mirrors: str, limit: int = -1, files: Sequence[RemoteFile] = FAKES) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(limit), *mirrors],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps([asdict(file) for file in files]))
    process.stdin.close()
    process.stdin = None
    return process


# What is there, and what is fetched


def test_files_are_fetched_and_told(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    with serve() as mirror:
        found = get(folder, mirror.url, files=FAKES)
        assert found == [LocalFile(file, folder / file.name, mirror=mirror.url) for file in FAKES]
    assert_complete(folder, FAKES)


def test_right_files_are_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    (tmp_path / "labels").write_bytes(RAW["labels"])
    with serve() as mirror:
        found = get(tmp_path, mirror.url, files=FAKES)
        assert mirror.seen == []
    assert found == [LocalFile(IMAGES, tmp_path / "images.gz"), LocalFile(LABELS, tmp_path / "labels")]


def test_force_fetches_right_files_too(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    with serve() as mirror:
        get(tmp_path, mirror.url, force=True)
        assert len(mirror.seen) == 1
    assert_complete(tmp_path)


@pytest.mark.parametrize(
    "damaged",
    [b"", CONTENT["images.gz"][:-1], CONTENT["images.gz"] + b"!", bytes(IMAGES.size), b"<html>"],
    ids=["empty", "cut", "too long", "zeros", "html"],
)
def test_a_damaged_file_is_replaced(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "images.gz").write_bytes(damaged)
    notes: list[str] = []
    with serve() as mirror:
        get(tmp_path, mirror.url, progress=lambda progress: notes.append(progress.note))
    assert_complete(tmp_path)
    assert f"{tmp_path / 'images.gz'} is damaged (expected" in notes[0]


def test_a_damaged_file_stays_until_there_is_a_right_one(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(b"damaged")
    refusal(tmp_path, NOWHERE)
    assert names(tmp_path) == ["images.gz"]


def test_verify_tells_right_missing_and_damaged_files_apart(tmp_path: Path) -> None:
    gz = tmp_path / "images.gz"
    assert verify(tmp_path / "nowhere", [IMAGES])[0].problem == "missing"
    assert verify(tmp_path, [IMAGES]) == [LocalFile(IMAGES, gz, "missing")]
    gz.write_bytes(CONTENT["images.gz"][:-1])
    assert verify(tmp_path, [IMAGES])[0].problem == f"expected {IMAGES.size:,} bytes, got {IMAGES.size - 1:,}"
    gz.write_bytes(bytes(IMAGES.size))
    assert f"expected SHA-256 {IMAGES.sha256}, got " in (verify(tmp_path, [IMAGES])[0].problem or "")
    (tmp_path / "images").write_bytes(RAW["images"])
    assert verify(tmp_path, [IMAGES])[0].path == gz  # the damaged one would be read first
    gz.unlink()
    assert verify(tmp_path, [IMAGES]) == [LocalFile(IMAGES, tmp_path / "images")]
    gz.write_bytes(CONTENT["images.gz"])
    assert verify(tmp_path, [IMAGES]) == [LocalFile(IMAGES, gz)]


def test_verify_does_not_wait_for_a_pipe_or_read_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "images.gz")
    (tmp_path / "labels.gz").mkdir()
    assert [local.problem for local in verify(tmp_path, FAKES)] == ["not a file", "not a file"]


@pytest.mark.mnist
def test_the_real_files_are_those_that_we_expect() -> None:
    folder = os.environ.get("MNISTNET_DATA")
    if folder is None:
        pytest.skip("MNISTNET_DATA does not say where MNIST is")
    assert [local.problem for local in verify(Path(folder))] == [None] * 4


def test_progress_counts_every_byte_of_every_file(tmp_path: Path) -> None:
    heard: list[Progress] = []
    with serve() as mirror:
        get(tmp_path, mirror.url, progress=heard.append, files=FAKES)
    for file in FAKES:
        done = [progress.done for progress in heard if progress.name == file.name]
        assert done == sorted(done)
        assert done[-1] == file.size
    assert not any(progress.note for progress in heard)


# Mirrors that fail, and mirrors that lie


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_mirror_that_refuses_is_asked_once_and_the_next_one_serves(tmp_path: Path, code: int) -> None:
    with serve(answers.status(code)) as bad, serve() as good:
        found = get(tmp_path, bad.url, good.url, retries=4)
        assert len(bad.seen) == 1
        assert found[0].mirror == good.url
    assert_complete(tmp_path)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answers.html, f"expected {IMAGES.size:,} bytes of data, got an HTML page"),
        (answers.wrong, f"expected SHA-256 {IMAGES.sha256}, got "),
        (answers.shorter, f"expected {IMAGES.size:,} bytes, got {IMAGES.size - 1:,}"),
        (answers.too_many, f"expected {IMAGES.size:,} bytes, got {IMAGES.size + 1:,}"),
        (answers.endless, f"expected {IMAGES.size:,} bytes, got more"),
        (answers.redirect(), "more than 5 redirects"),
        (answers.redirect("ftp://127.0.0.1/"), "No connection adapters were found for 'ftp://127.0.0.1/images.gz'"),
        (answers.redirect("http://[/"), "Invalid IPv6 URL"),
        (answers.status(200, Content_Length="many"), "invalid literal"),
    ],
    ids=["html", "wrong", "shorter", "too many", "endless", "redirect loop", "ftp", "no address", "no length"],
)
def test_a_mirror_that_lies_is_asked_once_and_named(tmp_path: Path, answer: Answer, reason: str) -> None:
    with serve(answer) as bad, serve() as good:
        message = refusal(tmp_path, bad.url, retries=4)
        assert f"images.gz can't be had: {bad.url}: {reason}" in message
        assert len(bad.seen) == (6 if reason == "more than 5 redirects" else 1)
        assert names(tmp_path) == []
        get(tmp_path, bad.url, good.url)
    assert_complete(tmp_path)


@pytest.mark.parametrize(
    ("answer", "timeout", "reason"),
    [
        (answers.status(500), 5, "500 Internal Server Error"),
        (answers.status(429), 5, "429 Too Many Requests"),
        (answers.status(599), 5, "599"),
        (answers.half, 5, f"expected {IMAGES.size:,} bytes, got {HALF:,}"),
        (answers.half_without_length, 5, f"expected {IMAGES.size:,} bytes, got {HALF:,}"),
        (answers.reset, 5, "Connection reset by peer"),
        (answers.silence, 0.3, ""),
        (answers.trickle(0.1), 0.3, "too slow (no answer, or less than 16,384 bytes, in 0.3 s)"),
        (answers.trickling_head(0.1), 0.3, "too slow (no answer, or less than 16,384 bytes, in 0.3 s)"),
    ],
    ids=["500", "429", "599", "half", "no length", "reset", "silence", "trickle", "trickling head"],
)
def test_a_failure_that_may_pass_is_tried_again(
    tmp_path: Path, waits: list[float], answer: Answer, timeout: float, reason: str
) -> None:
    notes: list[str] = []
    with serve(answer, answers.ranged) as mirror:
        began = time.monotonic()
        get(tmp_path, mirror.url, retries=1, timeout=timeout, progress=lambda progress: notes.append(progress.note))
        assert len(mirror.seen) == 2
        assert time.monotonic() - began < timeout + 2
    assert_complete(tmp_path)
    assert waits == pytest.approx([0, min(1, timeout)], abs=0.1)
    [note] = filter(None, notes)
    assert note.startswith(f"images.gz: {mirror.url}: {reason}")
    assert f"; trying {mirror.url} in " in note


@pytest.mark.usefixtures("waits")
def test_retries_end_and_the_last_line_names_every_mirror_and_what_to_do(tmp_path: Path) -> None:
    with serve(answers.status(503)) as busy, serve(answers.status(404)) as empty:
        message = refusal(tmp_path, busy.url, empty.url, NOWHERE, retries=2)
        assert len(busy.seen) == 3
        assert len(empty.seen) == 1
    assert message == (
        f"images.gz can't be had: {busy.url}: 503 Service Unavailable; {empty.url}: 404 Not Found; "
        f"{NOWHERE}: Connection refused; put MNIST's four files into {tmp_path} by hand, "
        "name a mirror with 'mnistnet download --mirror URL', or use --data strokes, which needs no network"
    )
    assert names(tmp_path) == []


def test_retry_after_in_seconds_is_honoured(tmp_path: Path) -> None:
    with serve(answers.status(503, Retry_After=1), answers.ranged) as mirror:
        began = time.monotonic()
        get(tmp_path, mirror.url, retries=1, timeout=0.5)
        assert time.monotonic() - began >= 1
    assert_complete(tmp_path)


def test_retry_after_as_a_date_is_honoured(tmp_path: Path, waits: list[float]) -> None:
    with serve(answers.status(429, Retry_After=formatdate(time.time() + 40, usegmt=True)), answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
    assert 35 < waits[1] <= 40
    assert_complete(tmp_path)


@pytest.mark.parametrize("value", ["soon", "-1", "9" * 5000, "Sat, 99 Foo 2999 99:99:99 GMT", "1e9"])
def test_a_retry_after_that_makes_no_sense_does_no_harm(tmp_path: Path, waits: list[float], value: str) -> None:
    with serve(answers.status(503, Retry_After=value), answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
    assert 0.9 < waits[1] <= 60
    assert_complete(tmp_path)


def test_waits_double_up_to_a_minute(tmp_path: Path, waits: list[float]) -> None:
    refusal(tmp_path, NOWHERE, retries=8)
    assert [round(wait) for wait in waits] == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_another_mirror_is_asked_while_a_busy_one_rests(tmp_path: Path) -> None:
    with serve(answers.status(503, Retry_After=50)) as busy, serve() as good:
        began = time.monotonic()
        get(tmp_path, busy.url, good.url, retries=4, files=FAKES)
        assert time.monotonic() - began < 5
        assert len(busy.seen) == 1  # the mirror that worked was asked first for the second file
    assert_complete(tmp_path, FAKES)


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    with serve() as good, serve(answers.redirect(good.url)) as first:
        get(tmp_path, first.url)
    assert_complete(tmp_path)


def test_a_gzip_label_on_the_transfer_changes_no_byte(tmp_path: Path) -> None:
    def labelled(request: answers.Request, body: bytes) -> None:
        request.send(200, body, Content_Encoding="gzip")

    with serve(labelled) as mirror:
        get(tmp_path, mirror.url)
        assert mirror.seen[0].headers["Accept-Encoding"] == "identity"
    assert_complete(tmp_path)


# Going on with what is there


@pytest.mark.parametrize("answer", [answers.half, answers.reset])
@pytest.mark.usefixtures("waits")
def test_an_interrupted_file_goes_on_where_it_was(tmp_path: Path, answer: Answer) -> None:
    with serve(answer, answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
        first, second = mirror.ranges
        assert first is None
        assert second is not None
        assert HALF - (1 << 14) < int(second[6:-1]) <= HALF
    assert_complete(tmp_path)


def test_another_run_and_another_mirror_go_on_where_the_first_was(tmp_path: Path) -> None:
    with serve(answers.half) as first:
        assert f"expected {IMAGES.size:,} bytes, got {HALF:,}" in refusal(tmp_path, first.url)
    assert names(tmp_path) == [".images.gz.part"]
    with serve() as second:
        get(tmp_path, second.url)
        assert second.ranges == [f"bytes={HALF}-"]
    assert_complete(tmp_path)


def test_a_server_without_ranges_starts_again(tmp_path: Path) -> None:
    leave_part(tmp_path, CONTENT["images.gz"][:HALF])
    with serve(answers.whole) as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [f"bytes={HALF}-"]
    assert_complete(tmp_path)


def misplaced(request: answers.Request, body: bytes) -> None:
    request.send(206, body[5:], Content_Range=f"bytes 5-{len(body) - 1}/{len(body)}")


def unplaced(request: answers.Request, body: bytes) -> None:
    request.send(206, body[HALF:])


@pytest.mark.parametrize("answer", [misplaced, unplaced, answers.status(416)])
def test_a_range_that_was_not_asked_for_starts_afresh(tmp_path: Path, answer: Answer) -> None:
    leave_part(tmp_path, CONTENT["images.gz"][:HALF])
    with serve(answer, answers.ranged) as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [f"bytes={HALF}-", None]
    assert_complete(tmp_path)


def test_a_part_that_leads_to_the_wrong_file_is_dropped(tmp_path: Path) -> None:
    leave_part(tmp_path, bytes(HALF))
    with serve() as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [f"bytes={HALF}-", None]
    assert_complete(tmp_path)


@pytest.mark.parametrize("part", [b"", bytes(IMAGES.size), bytes(IMAGES.size + 1)], ids=["empty", "full", "over"])
def test_a_part_that_nothing_can_be_added_to_is_dropped(tmp_path: Path, part: bytes) -> None:
    leave_part(tmp_path, part)
    with serve() as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [None]
    assert_complete(tmp_path)


def test_a_part_that_is_the_whole_file_needs_no_server(tmp_path: Path) -> None:
    leave_part(tmp_path, CONTENT["images.gz"])
    get(tmp_path, NOWHERE)
    assert_complete(tmp_path)


def test_a_part_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / ".images.gz.part").symlink_to(precious)
    with serve() as mirror:
        get(folder, mirror.url)
    assert precious.read_bytes() == b"precious"
    assert_complete(folder)


def test_a_part_is_removed_when_the_file_was_placed_by_hand(tmp_path: Path) -> None:
    leave_part(tmp_path, b"part")
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    get(tmp_path, NOWHERE)
    assert_complete(tmp_path)


def test_ctrl_c_leaves_only_what_the_next_run_goes_on_with(tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done > HALF:
            raise KeyboardInterrupt

    with serve() as mirror:
        with pytest.raises(KeyboardInterrupt):
            get(tmp_path, mirror.url, progress=interrupt)
        assert names(tmp_path) == [".images.gz.part"]
        get(tmp_path, mirror.url)
        assert int((mirror.ranges[1] or "")[6:-1]) > HALF
    assert_complete(tmp_path)


def test_a_pipe_that_nobody_reads_is_not_taken_for_the_disk(tmp_path: Path) -> None:
    def write(_: Progress) -> None:
        raise BrokenPipeError

    with serve() as mirror, pytest.raises(BrokenPipeError):
        get(tmp_path, mirror.url, progress=write)
    assert names(tmp_path) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_download_leaves_no_wrong_file_and_the_next_goes_on(tmp_path: Path, seed: int) -> None:
    with serve(answers.paced(0.02)) as mirror:
        process = start(tmp_path, mirror.url)
        part = tmp_path / ".images.gz.part"
        while not (part.exists() and part.stat().st_size) and process.poll() is None:
            time.sleep(0.005)
        time.sleep(float(np.random.default_rng(seed).uniform(0, 0.2)))
        process.kill()
        process.communicate()
        assert all(local.problem in (None, "missing") for local in verify(tmp_path, FAKES))
        asked = len(mirror.seen)
        left = part.stat().st_size if part.exists() else 0
        get(tmp_path, mirror.url, files=FAKES)
        assert not left or mirror.ranges[asked] == f"bytes={left}-"
    assert_complete(tmp_path, FAKES)


# Several at once


def test_four_processes_in_one_folder_fetch_each_file_once(tmp_path: Path) -> None:
    with serve(answers.paced(0.01)) as mirror:
        processes = [start(tmp_path, mirror.url) for _ in range(4)]
        assert [process.communicate(timeout=20)[1] for process in processes] == [""] * 4
        assert [process.returncode for process in processes] == [0] * 4
        assert len(mirror.seen) == len(FAKES)
    assert_complete(tmp_path, FAKES)


def test_four_threads_do_no_damage_where_there_are_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows: importing it fails
    with serve(answers.paced(0.01)) as mirror:
        threads = [threading.Thread(target=get, args=(tmp_path, mirror.url)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert_complete(tmp_path)


def test_without_locks_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with serve(answers.half) as mirror:
        refusal(tmp_path, mirror.url)
    assert names(tmp_path) == []


def test_a_download_that_stands_still_does_not_hold_up_another(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="needs flock")
    leave_part(tmp_path, b"part of the one that stands still")
    notes: list[str] = []
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with serve() as mirror:
            get(tmp_path, mirror.url, timeout=0.3, progress=lambda progress: notes.append(progress.note))
    finally:
        os.close(descriptor)
    assert notes[0] == f"another download is at work in {tmp_path}; waiting for it"
    assert names(tmp_path) == [".images.gz.part", "images.gz"]
    assert verify(tmp_path, [IMAGES])[0].problem is None


# A disk that is full, read-only, or no folder


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "labels.gz").write_bytes(b"old")
    with serve() as mirror:
        process = start(tmp_path, mirror.url, limit=100_000)
        _, message = process.communicate(timeout=20)
    assert process.returncode == 1
    assert message.endswith(": File too large; MNIST can't be kept there, name another folder\n")
    assert message.count("\n") == 1
    assert names(tmp_path) == ["labels.gz"]
    assert (tmp_path / "labels.gz").read_bytes() == b"old"


def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with serve() as mirror:
        assert "Permission denied; MNIST can't be kept there" in refusal(tmp_path, mirror.url)
    tmp_path.chmod(0o700)
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"precious")
    assert refusal(file, NOWHERE).startswith(f"{file}: File exists; MNIST can't be kept there")
    assert refusal(file / "folder", NOWHERE).startswith(f"{file / 'folder'}: Not a directory; ")
    assert file.read_bytes() == b"precious"


def test_a_folder_under_the_name_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "images.gz").mkdir()
    with serve() as mirror:
        assert refusal(tmp_path, mirror.url).startswith(f"{tmp_path / 'images.gz'}: Is a directory; ")
    assert names(tmp_path) == ["images.gz"]


# TLS, proxies, addresses and numbers


def test_an_untrusted_certificate_is_refused_at_once(tmp_path: Path, tls: ssl.SSLContext) -> None:
    with serve(tls=tls) as mirror:
        message = refusal(tmp_path, mirror.url, retries=4)
        assert mirror.seen == []
    assert "certificate verify failed: self-signed certificate" in message
    assert names(tmp_path) == []


def test_the_ca_bundle_of_the_environment_is_trusted(
    tmp_path: Path, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serve(tls=tls) as mirror:
        get(tmp_path, mirror.url)
    assert_complete(tmp_path)


def test_https_never_becomes_http(
    tmp_path: Path, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serve() as plain, serve(answers.redirect(plain.url), tls=tls) as secure:
        message = refusal(tmp_path, secure.url)
        assert f"redirects from https to '{plain.url}images.gz', which is not safe" in message
        assert plain.seen == []
    assert all(mirror.startswith("https://") for mirror in MIRRORS)


def test_http_may_become_https(
    tmp_path: Path, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serve(tls=tls) as secure, serve(answers.redirect(secure.url)) as plain:
        get(tmp_path, plain.url)
    assert_complete(tmp_path)


def test_the_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        get(tmp_path, "http://mnist.invalid/folder")
        assert [seen.path for seen in proxy.seen] == ["http://mnist.invalid/folder/images.gz"]
    assert_complete(tmp_path)


def test_a_dead_proxy_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", NOWHERE)
    assert "https://mnist.invalid/: proxy: Connection refused" in refusal(tmp_path, "https://mnist.invalid/")


def test_a_password_in_a_mirror_is_used_and_never_shown(tmp_path: Path) -> None:
    with serve(answers.status(403)) as mirror:
        message = refusal(tmp_path, mirror.url.replace("//", "//user:secret@"))
        assert mirror.seen[0].headers["Authorization"].startswith("Basic ")
    assert "secret" not in message
    assert f"{mirror.url}: 403 Forbidden" in message


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_timeout_that_makes_no_sense_is_refused(tmp_path: Path, timeout: float) -> None:
    assert f"timeout is {timeout}, expected more than 0" in refusal(tmp_path, NOWHERE, timeout=timeout)


def test_negative_retries_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, NOWHERE, retries=-1) == "retries is -1, expected 0 or more"


@pytest.mark.parametrize(
    "mirror",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "file:///tmp",
        "http://",
        "https:///x",
        "http://x:99999/",
        "http://[",
        "http://x/?y=z",
        "http://x/#y",
        "http://x/\n\x1b[31m",
    ],
)
def test_a_mirror_that_is_no_web_address_is_refused(tmp_path: Path, mirror: str) -> None:
    folder = tmp_path / "never made"
    assert refusal(folder, mirror) == f"mirror {mirror!r} is no address like https://example.org/mnist/"
    assert not folder.exists()


def test_no_mirror_at_all_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "no mirror given, expected at least one http(s) address"


# The cache


@pytest.mark.parametrize(
    ("variable", "expected"), [("/x/y", "/x/y"), ("", "/home/me/.cache"), ("x", "/home/me/.cache")]
)
def test_the_cache_is_where_xdg_says(variable: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", variable)
    assert cache_directory() == Path(expected) / "mnistnet"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path("/home/me/.cache/mnistnet")


def test_importing_the_module_is_cheap() -> None:
    program = "import sys, mnistnet.datasets.download; print({'numpy', 'requests', 'tqdm', 'click'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_the_four_files_of_mnist_are_listed() -> None:
    assert [file.name for file in FILES] == [
        f"{name}.gz"
        for name in (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        )
    ]
    assert [file.raw_size for file in FILES] == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]
