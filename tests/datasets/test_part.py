"""Parts of files: gone on with, checked like all else, and one process's alone."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import mirror as answers
from fetching import (
    CONTENT,
    FAKES,
    HALF,
    IMAGES,
    assert_complete,
    get,
    names,
    refusal,
    serve,
    start,
)
from mirror import Answer
from mnistnet.datasets.download import Progress
from mnistnet.datasets.mnist import verify

PART = ".images.gz.1.part"


pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.mark.parametrize("answer", [answers.half, answers.reset])
def test_an_interrupted_file_goes_on_where_it_was(tmp_path: Path, answer: Answer) -> None:
    with serve(answer, answers.ranged) as mirror:
        get(tmp_path, mirror.url, retries=1)
        first, second = mirror.ranges
        assert first is None
        assert HALF - (1 << 14) < int((second or "")[6:-1]) <= HALF
    assert_complete(tmp_path)


def test_another_run_and_another_mirror_go_on_where_the_first_was(tmp_path: Path) -> None:
    with serve(answers.half) as first:
        assert f"expected {IMAGES.size:,} bytes, got {HALF:,}" in refusal(tmp_path, first.url)
    assert names(tmp_path) == [PART]
    with serve() as second:
        get(tmp_path, second.url)
        assert second.ranges == [f"bytes={HALF}-"]
    assert_complete(tmp_path)


def test_a_server_without_ranges_starts_again(tmp_path: Path) -> None:
    (tmp_path / PART).write_bytes(CONTENT["images.gz"][:HALF])
    with serve(answers.whole) as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [f"bytes={HALF}-"]
    assert_complete(tmp_path)


@pytest.mark.parametrize("answer", [answers.misplaced, answers.unplaced, answers.status(416)])
def test_a_range_that_was_not_asked_for_starts_afresh(tmp_path: Path, answer: Answer) -> None:
    (tmp_path / PART).write_bytes(CONTENT["images.gz"][:HALF])
    with serve(answer, answers.ranged) as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [f"bytes={HALF}-", None]
    assert_complete(tmp_path)


@pytest.mark.parametrize(
    ("part", "ranges"),
    [
        (b"", [None]),
        (bytes(HALF), [f"bytes={HALF}-", None]),
        (bytes(IMAGES.size), [None]),
        (bytes(IMAGES.size + 1), [None]),
        (CONTENT["images.gz"], []),
    ],
    ids=["empty", "wrong", "wrong to its end", "too long", "the whole file"],
)
def test_what_was_left_is_checked_like_all_else(tmp_path: Path, part: bytes, ranges: list[str | None]) -> None:
    (tmp_path / PART).write_bytes(part)
    with serve() as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == ranges
    assert_complete(tmp_path)


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_what_is_no_plain_file_is_not_written_to(tmp_path: Path, kind: str) -> None:
    part, precious = tmp_path / PART, tmp_path / "precious"
    if kind == "folder":
        part.mkdir()
    elif kind == "pipe":
        os.mkfifo(part)
    else:
        part.symlink_to(precious)
        if kind == "link":
            precious.write_bytes(b"precious")
    before = names(tmp_path)
    with serve() as mirror:
        get(tmp_path, mirror.url)
    assert names(tmp_path) == sorted([*before, "images.gz"])
    assert kind != "link" or precious.read_bytes() == b"precious"


def test_ctrl_c_leaves_only_what_the_next_run_goes_on_with(tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done > HALF:
            raise KeyboardInterrupt

    with serve() as mirror:
        with pytest.raises(KeyboardInterrupt):
            get(tmp_path, mirror.url, progress=interrupt)
        assert names(tmp_path) == [PART]
        get(tmp_path, mirror.url)
        assert int((mirror.ranges[1] or "")[6:-1]) > HALF
    assert_complete(tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_download_leaves_no_wrong_file_and_the_next_goes_on(tmp_path: Path, seed: int) -> None:
    with serve(answers.paced(0.02)) as mirror:
        process = start(tmp_path, mirror.url)
        part = tmp_path / PART
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


@pytest.mark.parametrize("locks", [True, False])
def test_four_at_once_do_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: bool) -> None:
    if not locks:
        monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows: importing it fails
    with serve(answers.paced(0.01)) as mirror:
        threads = [threading.Thread(target=get, args=(tmp_path, mirror.url)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mirror.ranges == [None] * len(mirror.seen)  # none went on with what another was writing
    assert_complete(tmp_path)


def test_four_processes_at_once_all_succeed(tmp_path: Path) -> None:
    with serve(answers.paced(0.01)) as mirror:
        processes = [start(tmp_path, mirror.url) for _ in range(4)]
        assert [process.communicate(timeout=20)[1] for process in processes] == [""] * 4
        assert [process.returncode for process in processes] == [0] * 4
    assert_complete(tmp_path, FAKES)


def test_without_locks_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with serve(answers.half) as mirror:
        refusal(tmp_path, mirror.url)
    assert names(tmp_path) == []


def test_a_part_that_was_renamed_by_its_owner_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl", reason="needs flock")
    flock = fcntl.flock
    part, theirs = tmp_path / PART, tmp_path / "theirs"
    part.write_bytes(b"theirs")

    def lock_late(*arguments: object) -> None:
        if not theirs.exists():
            part.rename(theirs)
        flock(*arguments)

    monkeypatch.setattr(fcntl, "flock", lock_late)
    with serve() as mirror:
        get(tmp_path, mirror.url)
        assert mirror.ranges == [None]
    assert theirs.read_bytes() == b"theirs"
    assert names(tmp_path) == ["images.gz", "theirs"]
