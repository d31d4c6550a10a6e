"""Downloads from a real HTTP server on loopback: what is fetched, resumed, retried, and left on the disk."""

from __future__ import annotations

import os
import stat
import time
from email.utils import formatdate
from pathlib import Path

import pytest

import mirror as answers
from conftest import Program
from fetching import (
    CONTENT,
    FAKES,
    HALF,
    IMAGES,
    LABELS,
    NOWHERE,
    RAW,
    assert_complete,
    get,
    names,
    refusal,
    serve,
    start,
)
from mirror import Answer
from mnistnet.datasets.download import Progress
from mnistnet.datasets.mnist import LocalFile

PART = ".images.gz.1.part"


pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a download would have paused for; it doesn't."""
    naps: list[float] = []
    monkeypatch.setattr("mnistnet.datasets.download.time.sleep", naps.append)
    return naps


# What is there, and what is fetched


def test_files_are_fetched_and_told(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    heard: list[Progress] = []
    with serve() as mirror:
        found = get(folder, mirror.url, files=FAKES, progress=heard.append)
        assert found == [LocalFile(file, folder / file.name, mirror=mirror.url) for file in FAKES]
    assert_complete(folder, FAKES)
    for file in FAKES:
        done = [progress.done for progress in heard if progress.name == file.name]
        assert done == sorted(done)
        assert done[-1] == file.size
    assert not any(progress.note for progress in heard)


def test_right_files_are_not_fetched_again_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    (tmp_path / "labels").write_bytes(RAW["labels"])
    with serve() as mirror:
        found = get(tmp_path, mirror.url, files=FAKES)
        assert mirror.seen == []
        assert found == [LocalFile(IMAGES, tmp_path / "images.gz"), LocalFile(LABELS, tmp_path / "labels")]
        get(tmp_path, mirror.url, files=FAKES, force=True)
        assert len(mirror.seen) == 2


@pytest.mark.parametrize(
    "damaged",
    [b"", CONTENT["images.gz"][:-1], CONTENT["images.gz"] + b"!", bytes(IMAGES.size), b"<html>"],
    ids=["empty", "cut", "too long", "zeros", "html"],
)
def test_a_damaged_file_is_replaced_once_there_is_a_right_one(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "images.gz").write_bytes(damaged)
    refusal(tmp_path, NOWHERE)
    assert (tmp_path / "images.gz").read_bytes() == damaged
    notes: list[str] = []
    with serve() as mirror:
        get(tmp_path, mirror.url, progress=lambda progress: notes.append(progress.note))
    assert_complete(tmp_path)
    assert f"{tmp_path / 'images.gz'} is damaged (expected" in notes[0]


def test_one_bad_file_among_right_ones_is_fetched_alone(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    (tmp_path / "labels.gz").write_bytes(b"damaged")
    with serve() as mirror:
        get(tmp_path, mirror.url, files=FAKES)
        assert [seen.path for seen in mirror.seen] == ["/mnist/labels.gz"]
    assert_complete(tmp_path, FAKES)


# Mirrors that fail, and mirrors that lie


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_mirror_that_refuses_is_asked_once_and_the_next_one_serves(tmp_path: Path, code: int) -> None:
    with serve(answers.status(code)) as bad, serve() as good:
        found = get(tmp_path, bad.url, good.url, retries=4, files=FAKES)
        assert len(bad.seen) == 1  # for the second file, the mirror that worked was asked first
        assert found[0].mirror == good.url
    assert_complete(tmp_path, FAKES)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answers.html, f"expected {IMAGES.size:,} bytes of data, got an HTML page"),
        (answers.wrong, f"expected SHA-256 {IMAGES.sha256}, got "),
        (answers.shorter, f"expected {IMAGES.size:,} bytes, got a Content-Length of '{IMAGES.size - 1}'"),
        (answers.too_many, f"expected {IMAGES.size:,} bytes, got a Content-Length of '{IMAGES.size + 1}'"),
        (answers.endless, f"expected {IMAGES.size:,} bytes, got more"),
        (answers.redirect(), "more than 5 redirects"),
        (answers.redirect("ftp://127.0.0.1/"), "redirects to an address that doesn't begin with https:// or http://"),
        (answers.redirect("http://[/"), "an address that can't be used"),
        (answers.status(200, Content_Length="many"), f"expected {IMAGES.size:,} bytes, got a Content-Length of 'many'"),
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


TOO_SLOW = "too slow (no answer, or less than 16,384 bytes, in 0.3 s)"


@pytest.mark.parametrize(
    ("answer", "timeout", "reason"),
    [
        (answers.status(500), 5, "500 Internal Server Error"),
        (answers.status(429), 5, "429 Too Many Requests"),
        (answers.status(599), 5, "599"),
        (answers.half, 5, f"expected {IMAGES.size:,} bytes, got {HALF:,}"),
        (answers.half_without_length, 5, f"expected {IMAGES.size:,} bytes, got {HALF:,}"),
        (answers.reset, 5, "Connection reset by peer"),
        (answers.silence, 0.3, TOO_SLOW),
        (answers.trickle(0.1), 0.3, TOO_SLOW),
        (answers.trickling_head, 0.3, TOO_SLOW),
        (answers.trickling_chunk, 0.3, TOO_SLOW),
        (answers.endless_trailer, 0.3, TOO_SLOW),
        (answers.endless_interim, 0.3, TOO_SLOW),
    ],
    ids=["500", "429", "599", "half", "no length", "reset", "silence", "trickle", "head", "chunk", "trailer", "100s"],
)
def test_a_failure_that_may_pass_is_tried_again(
    tmp_path: Path, pauses: list[float], answer: Answer, timeout: float, reason: str
) -> None:
    notes: list[str] = []
    with serve(answer, answers.ranged) as mirror:
        began = time.monotonic()
        get(tmp_path, mirror.url, retries=1, timeout=timeout, progress=lambda progress: notes.append(progress.note))
        assert len(mirror.seen) == 2
        assert time.monotonic() - began < timeout + 2
    assert_complete(tmp_path)
    assert pauses == [1]
    assert list(filter(None, notes)) == [f"images.gz: {mirror.url}: {reason}", "images.gz: trying again in 1 s"]


@pytest.mark.usefixtures("pauses")
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


def test_pauses_double_up_to_a_minute(tmp_path: Path, pauses: list[float]) -> None:
    refusal(tmp_path, NOWHERE, retries=8)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_retry_after_in_seconds_is_honoured(tmp_path: Path) -> None:
    with serve(answers.status(503, Retry_After=2), answers.ranged) as mirror:
        began = time.monotonic()
        get(tmp_path, mirror.url, retries=1)
        assert time.monotonic() - began >= 2
    assert_complete(tmp_path)


def test_retry_after_as_a_date_is_honoured(tmp_path: Path, pauses: list[float]) -> None:
    with serve(answers.status(429, Retry_After=formatdate(time.time() + 40, usegmt=True)), answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
    assert 35 < pauses[0] <= 40


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("soon", 1),
        ("-1", 1),
        ("1e9", 1),
        ("9" * 5000, 1),
        ("Sat, 99 Foo 2999 99:99:99 GMT", 1),
        ("61", 60),
        ("99999999", 60),
        ("Fri, 31 Dec 2999 23:59:59 GMT", 60),
    ],
)
def test_no_retry_after_is_waited_for_longer_than_a_minute(
    tmp_path: Path, pauses: list[float], value: str, pause: float
) -> None:
    with serve(answers.status(503, Retry_After=value), answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
    assert pauses == [pause]


def test_a_busy_mirror_holds_nobody_up_while_another_serves(tmp_path: Path) -> None:
    with serve(answers.status(503, Retry_After=50)) as busy, serve() as good:
        began = time.monotonic()
        get(tmp_path, busy.url, good.url, retries=4, files=FAKES)
        assert time.monotonic() - began < 5
    assert_complete(tmp_path, FAKES)


@pytest.mark.parametrize("answer", [answers.labelled_gzip, answers.chunked, answers.half_without_length])
def test_no_kind_of_transfer_changes_a_byte(tmp_path: Path, answer: Answer) -> None:
    with serve(answer, answers.ranged) as mirror, serve(answers.redirect(mirror.url)) as first:
        get(tmp_path, first.url, retries=1)
        assert mirror.seen[0].headers["Accept-Encoding"] == "identity"
    assert_complete(tmp_path)


def test_the_rest_of_a_file_may_come_without_its_length(tmp_path: Path) -> None:
    with serve(answers.half, answers.rest_without_length, answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
        assert len(mirror.seen) == 2
    assert_complete(tmp_path)


# The disk


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, int, list[str]]] = []

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        kind = "folder" if stat.S_ISDIR(status.st_mode) else "file"
        flushed.append((kind, status.st_size if kind == "file" else 0, names(tmp_path)))

    monkeypatch.setattr(os, "fsync", fsync)
    with serve() as mirror:
        get(tmp_path, mirror.url)
    assert flushed == [("file", IMAGES.size, [PART]), ("folder", 0, ["images.gz"])]


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


def test_a_pipe_that_nobody_reads_is_not_taken_for_the_disk(tmp_path: Path) -> None:
    def write(_: Progress) -> None:
        raise BrokenPipeError

    with serve() as mirror, pytest.raises(BrokenPipeError):
        get(tmp_path, mirror.url, progress=write)
    assert names(tmp_path) == []


def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with serve() as mirror:
        assert "Permission denied; MNIST can't be kept there" in refusal(tmp_path, mirror.url)
    tmp_path.chmod(0o700)
    assert names(tmp_path) == []


def test_a_folder_that_is_none_or_has_one_in_the_way_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"precious")
    assert refusal(file, NOWHERE).startswith(f"{file}: File exists; MNIST can't be kept there")
    assert refusal(file / "folder", NOWHERE).startswith(f"{file / 'folder'}: Not a directory; ")
    assert file.read_bytes() == b"precious"
    (tmp_path / "images.gz").mkdir()
    with serve() as mirror:
        assert refusal(tmp_path, mirror.url).startswith(f"{tmp_path / 'images.gz'}: Is a directory; ")
    assert names(tmp_path) == ["file", "images.gz"]


def test_the_program_tells_each_failure_of_a_mirror_in_a_line_and_the_whole_once(program: Program) -> None:
    mirrors = ("http://127.0.0.1:1/", "http://127.0.0.1:2/")
    named = [option for mirror in mirrors for option in ("--mirror", mirror)]
    done = program("download", "--directory", "here", "--retries", "0", *named)
    assert (done.returncode, done.stdout) == (1, "")
    name = "train-images-idx3-ubyte.gz"
    *failures, whole = done.stderr.splitlines()
    assert failures == [f"{name}: {mirror}: Connection refused" for mirror in mirrors]
    assert whole.startswith(f"Error: {name} can't be had: {mirrors[0]}: Connection refused; {mirrors[1]}: Connection ")
    assert whole.endswith(
        "; put MNIST's four files into here by hand, name a mirror with "
        "'mnistnet download --mirror URL', or use --data strokes, which needs no network"
    )


def test_training_says_at_once_what_it_reads_and_in_a_line_that_it_cannot_be_had(program: Program) -> None:
    dead = dict.fromkeys(("https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:1")
    done = program("train", environment={**dead, "no_proxy": "", "NO_PROXY": ""})
    assert done.returncode == 1
    assert done.stderr.startswith("Reading mnist\n")
    assert done.stderr.splitlines()[-1].startswith("Error: train-images-idx3-ubyte.gz can't be had: ")
    assert "Traceback" not in done.stderr
