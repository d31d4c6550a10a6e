"""Downloads from a real HTTP server on loopback: what is fetched, tried again, and left on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

import mirror as answers
from conftest import HANG, Program
from fetching import CONTENT, FAKES, HALF, IMAGES, NOWHERE, assert_complete, get, names, refusal, serve, start
from mirror import Answer, Request
from mnistnet.datasets.dataset import Progress

pytestmark = pytest.mark.usefixtures("plain_environment")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a download would have paused for; it doesn't."""
    naps: list[float] = []
    monkeypatch.setattr("mnistnet.datasets.download.time.sleep", naps.append)
    return naps


# What is there, and what is fetched


def test_files_are_downloaded_and_their_progress_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    reported: list[Progress] = []
    with serve() as mirror:
        get(folder, mirror.url, files=FAKES, progress=reported.append)
    assert_complete(folder, FAKES)
    for file in FAKES:
        done = [progress.done for progress in reported if progress.name == file.name]
        assert done == sorted(done)
        assert done[-1] == file.size
    assert not any(progress.note for progress in reported)


def test_right_files_are_not_downloaded_again_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(CONTENT["images.gz"])
    (tmp_path / "labels.gz").write_bytes(CONTENT["labels.gz"])
    with serve() as mirror:
        get(tmp_path, mirror.url, files=FAKES)
        assert mirror.seen == []
        get(tmp_path, mirror.url, files=FAKES, force=True)
        assert len(mirror.seen) == 2


@pytest.mark.parametrize(
    "damaged",
    [b"", CONTENT["images.gz"][:-1], CONTENT["images.gz"] + b"!", bytes(IMAGES.size)],
    ids=["empty", "cut", "too long", "zeros"],
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


# Mirrors that fail, and mirrors that lie


@pytest.mark.parametrize("code", [400, 404])
def test_a_mirror_that_refuses_is_tried_once_and_the_next_one_serves(tmp_path: Path, code: int) -> None:
    with serve(answers.status(code)) as bad, serve() as good:
        get(tmp_path, bad.url, good.url, retries=4, files=FAKES)
        assert len(bad.seen) == 1  # the second file came from the mirror that had worked
    assert_complete(tmp_path, FAKES)


UNUSABLE = "an unusable URL (the mirror's, a redirect's or the proxy's)"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answers.wrong, f"expected SHA-256 {IMAGES.sha256}, got "),
        (answers.endless, f"expected SHA-256 {IMAGES.sha256}, got "),
        (answers.redirect(), "Exceeded 30 redirects."),
        (answers.redirect("ftp://127.0.0.1/"), UNUSABLE),
        (answers.redirect("http://[/"), UNUSABLE),
    ],
    ids=["wrong", "endless", "redirect loop", "ftp", "no URL"],
)
def test_a_mirror_that_lies_is_tried_once(tmp_path: Path, answer: Answer, reason: str) -> None:
    with serve(answer) as bad, serve() as good:
        message = refusal(tmp_path, bad.url, retries=4)
        assert message.startswith(f"images.gz could not be downloaded: {reason}")
        assert len(bad.seen) == (31 if "redirects" in reason else 1)
        assert names(tmp_path) == []
        get(tmp_path, bad.url, good.url)
    assert_complete(tmp_path)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answers.status(500), "500 Internal Server Error"),
        (answers.status(429), "429 Too Many Requests"),
        (answers.half, f"expected {IMAGES.size:,} bytes, got {HALF:,}"),
        (answers.half_without_length, f"expected {IMAGES.size:,} bytes, got {HALF:,}"),
        (answers.reset, "Connection reset by peer"),
    ],
    ids=["500", "429", "half", "no length", "reset"],
)
def test_a_failure_that_may_pass_is_tried_again(
    tmp_path: Path, pauses: list[float], answer: Answer, reason: str
) -> None:
    notes: list[str] = []
    with serve(answer, answers.whole) as mirror:
        get(tmp_path, mirror.url, retries=1, progress=lambda progress: notes.append(progress.note))
        assert len(mirror.seen) == 2
    assert_complete(tmp_path)
    assert pauses == [1]
    assert list(filter(None, notes)) == [f"images.gz: {mirror.url}: {reason}", "images.gz: trying again in 1 s"]


@pytest.mark.parametrize("answer", [answers.silence, answers.paced(0.1, size=1)], ids=["silence", "trickle"])
def test_a_mirror_that_is_too_slow_is_tried_again(tmp_path: Path, pauses: list[float], answer: Answer) -> None:
    with serve(answer) as mirror:
        message = refusal(tmp_path, mirror.url, timeout=0.3, retries=1)
    assert ": too slow (no response, or less than 65,536 bytes, in 0.3 s); give " in message
    assert pauses == [1]


@pytest.mark.usefixtures("pauses")
def test_retries_end_and_the_last_line_names_every_reason_and_what_to_do(tmp_path: Path) -> None:
    with serve(answers.status(503)) as busy, serve(answers.status(404)) as empty:
        message = refusal(tmp_path, busy.url, empty.url, NOWHERE, retries=2)
        assert len(busy.seen) == 3
        assert len(empty.seen) == 1
    assert message == (
        "images.gz could not be downloaded: 503 Service Unavailable; 404 Not Found; Connection refused; "
        "give MNIST's four .gz files with --data FOLDER, or another mirror with 'mnistnet download --mirror URL'; "
        "--data strokes works offline"
    )
    assert names(tmp_path) == []


def test_pauses_double_up_to_a_minute(tmp_path: Path, pauses: list[float]) -> None:
    refusal(tmp_path, NOWHERE, retries=8)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def one_byte_more(request: Request, body: bytes) -> None:
    request.send(200, body + b"!")


@pytest.mark.parametrize("answer", [answers.labelled_gzip, answers.chunked, answers.without_length, one_byte_more])
def test_no_kind_of_transfer_changes_a_byte(tmp_path: Path, answer: Answer) -> None:
    with serve(answer) as mirror, serve(answers.redirect(mirror.url)) as first:
        get(tmp_path, first.url)
        assert mirror.seen[0].headers["Accept-Encoding"] == "identity"
    assert_complete(tmp_path)


# The disk


def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "labels.gz").write_bytes(b"old")
    with serve() as mirror:
        process = start(tmp_path, mirror.url, limit=100_000)
        _, message = process.communicate(timeout=HANG)
    assert process.returncode == 1
    assert message.endswith(": can't be written (File too large); make room, or choose another name\n")
    assert message.count("\n") == 1
    assert names(tmp_path) == ["labels.gz"]
    assert (tmp_path / "labels.gz").read_bytes() == b"old"


def test_a_closed_pipe_of_the_progress_callback_is_not_taken_for_a_mirrors_or_the_disks(tmp_path: Path) -> None:
    def write(_: Progress) -> None:
        raise BrokenPipeError

    with serve() as mirror, pytest.raises(BrokenPipeError):
        get(tmp_path, mirror.url, progress=write)
    assert names(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_or_a_folder_in_that_of_a_file_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"precious")
    assert refusal(file, NOWHERE).startswith(f"{file}: can't be written (File exists); ")
    assert refusal(file / "folder", NOWHERE).startswith(f"{file / 'folder'}: can't be written (Not a dir")
    assert file.read_bytes() == b"precious"
    (tmp_path / "images.gz").mkdir()
    with serve() as mirror:
        assert refusal(tmp_path, mirror.url).startswith(
            f"{tmp_path / 'images.gz'}: can't be written (Is a directory); "
        )
    assert names(tmp_path) == ["file", "images.gz"]


def test_the_program_prints_each_failure_of_a_mirror_in_a_line_and_all_of_them_once(program: Program) -> None:
    mirrors = ("http://127.0.0.1:1/", "http://127.0.0.1:2/")
    named = [option for mirror in mirrors for option in ("--mirror", mirror)]
    done = program("download", "--directory", "here", "--retries", "0", *named)
    assert (done.returncode, done.stdout) == (1, "")
    name = "train-images-idx3-ubyte.gz"
    *failures, whole = done.stderr.splitlines()
    assert failures == [f"{name}: {mirror}: Connection refused" for mirror in mirrors]
    assert whole.startswith(f"Error: {name} could not be downloaded: Connection refused; give ")


def test_training_prints_at_once_what_it_reads_and_then_that_it_could_not_be_downloaded(program: Program) -> None:
    dead = dict.fromkeys(("https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:1")
    done = program("train", environment={**dead, "no_proxy": "", "NO_PROXY": ""})
    assert done.returncode == 1
    assert done.stderr.startswith("Reading mnist\n")
    assert done.stderr.splitlines()[-1].startswith("Error: train-images-idx3-ubyte.gz could not be downloaded: ")
    assert "Traceback" not in done.stderr
