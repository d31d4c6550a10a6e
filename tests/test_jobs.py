"""Pictures read in several processes: the same answers, and nothing left behind."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import pytest
from distributed import Client, LocalCluster, get_task_stream
from PIL import Image
from threadpoolctl import threadpool_info

from conftest import Program
from mnistnet.datasets import Dataset
from mnistnet.errors import MnistnetError, ModelError
from mnistnet.images import ByteArray, FloatArray
from mnistnet.jobs import MAX_PICTURES, MAX_SIZE, _blocks, read_in_jobs, read_in_processes
from mnistnet.model import Model, load
from mnistnet.prediction import Answer, read_numbers

OWN = sorted(Path(__file__).with_name("digits").iterdir())  # pictures of digits, one for each
SLOW = 2000  # pixels: such a picture takes long enough for a signal to come while it is read
MANY = 10_000  # names, more than a pipe holds: joblib passes them to each process that it starts
NOTE = "Using the model that comes with mnistnet\n"
PROMPT = 10  # seconds in which all must have ended


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of pictures, of which some can't be read."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(43):
        (folder / f"{index:02}.png").write_bytes(b"" if index % 10 == 3 else OWN[index % len(OWN)].read_bytes())
    return folder


def bits(answer: Answer) -> tuple[object, ...]:
    """All that there is in an answer, to be compared to the bit."""
    digits = [(digit.image.tobytes(), digit.outputs.tobytes(), digit.box) for digit in answer.digits]
    return answer.path, answer.error, answer.contested, digits


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_the_program_says_the_same_with_several_jobs(program: Program, folder: Path, form: str) -> None:
    arguments = ["predict", "-q", "--format", form, folder, "-", OWN[4], "none.png", "-", folder]
    one, two = (program(*arguments, "--jobs", jobs, stdin=OWN[7].read_bytes()) for jobs in ("1", "2"))
    assert one.returncode == 1
    assert one.stdout.count("\n") >= 80
    assert (two.returncode, two.stdout, two.stderr) == (one.returncode, one.stdout, one.stderr)


def test_small_pictures_are_handed_out_together_and_large_ones_singly(folder: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(MAX_SIZE + 1))
    small = sorted(map(str, folder.iterdir()))
    paths = [*small[:2], str(large), str(large), "-", *small, "-", "none.png"]
    blocks = list(_blocks(paths, b"content"))
    assert [path for block, _ in blocks for path in block] == paths
    assert [len(block) for block, _ in blocks] == [3, 1, MAX_PICTURES, MAX_PICTURES, len(small) + 3 - 2 * MAX_PICTURES]
    assert [content for _, content in blocks] == [b"", b"", b"content", b"", b""]  # once: then it has been read


def test_without_joblib_one_line_says_what_to_install(program: Program, tmp_path: Path) -> None:
    (tmp_path / "joblib.py").write_text("raise ImportError")
    done = program("predict", "-q", "--jobs", "2", OWN[0])
    expected = "Error: several jobs need joblib, which is not installed; install mnistnet[jobs]\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
    assert program("predict", "-q", OWN[0]).returncode == 0


AFRESH = """
import mnistnet.jobs
from mnistnet.__main__ import main
mnistnet.jobs.START = "spawn"
if __name__ == "__main__":
    main()
"""


@pytest.fixture
def reading(request: pytest.FixtureRequest, tmp_path: Path, digits: Dataset) -> Iterator[subprocess.Popen[str]]:
    """The program at work on many pictures in two processes, as the leader of a group of processes."""
    Image.fromarray(255 - digits.images[0]).resize((SLOW, SLOW)).save(tmp_path / "slow.png")
    code = AFRESH if getattr(request, "param", "") == "spawn" else "from mnistnet.__main__ import main\nmain()"
    (tmp_path / "program.py").write_text(code)
    program = subprocess.Popen(
        [sys.executable, "program.py", "predict", "--jobs", "2", *["slow.png"] * MANY],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with program:
        yield program
        if alive(program.pid):
            os.killpg(program.pid, signal.SIGKILL)


def alive(group: int) -> list[str]:
    """The processes of a group that haven't ended."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("needs /proc to see processes")
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group, *_ = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(its_group) == group and state not in "ZX":
            found.append(stat.parent.name)
    return found


def ends(group: int) -> bool:
    """Whether all processes of a group end soon."""
    limit = time.monotonic() + PROMPT
    while alive(group) and time.monotonic() < limit:
        time.sleep(0.05)
    return not alive(group)


STOPS: dict[str, tuple[Callable[[subprocess.Popen[str]], None], int]] = {
    "ctrl-c": (lambda program: os.killpg(program.pid, signal.SIGINT), 130),  # as a terminal sends it
    "terminate": (lambda program: program.terminate(), 143),
    "kill": (lambda program: program.kill(), -signal.SIGKILL),
    "nobody reads": (lambda program: program.stdout.close() if program.stdout else None, 141),
}


@pytest.mark.parametrize("how", STOPS)
def test_however_the_program_is_stopped_no_process_stays(reading: subprocess.Popen[str], how: str) -> None:
    stop, status = STOPS[how]
    assert reading.stdout is not None
    assert reading.stderr is not None
    assert reading.stdout.readline().startswith("slow.png: ")
    assert len(alive(reading.pid)) >= 3
    stop(reading)
    assert reading.wait(PROMPT) == status
    assert ends(reading.pid)
    said = reading.stderr.read()
    assert said.startswith(NOTE)
    assert said == NOTE or how == "kill"  # then what is left of shared memory is tidied away, with a warning


@pytest.mark.parametrize("seconds", [0.3, 0.5, 0.7, 0.9, 1.2])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("reading", ["fork", "spawn"], indirect=True)
def test_a_signal_to_all_while_they_start_ends_all_of_them(
    reading: subprocess.Popen[str], seconds: float, stop: signal.Signals
) -> None:
    time.sleep(seconds)
    os.killpg(reading.pid, stop)
    status = reading.wait(PROMPT)
    assert ends(reading.pid)
    assert reading.stdout is not None
    assert reading.stderr is not None
    said = reading.stderr.read()
    assert status in {128 + stop, -stop}, said  # before there is a handler, it just ends
    assert said.startswith(NOTE) or not reading.stdout.read()  # joblib may say what it gave up


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_what_the_program_ignores_stops_none_of_them(stop: signal.Signals) -> None:
    ignoring = f"import signal; signal.signal({int(stop)}, signal.SIG_IGN); from mnistnet.__main__ import main; main()"
    command = [
        sys.executable,
        "-c",
        ignoring,
        "predict",
        "-q",
        "--format",
        "plain",
        "--jobs",
        "2",
        *[str(OWN[7])] * 500,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"7\n"
        os.killpg(program.pid, stop)
        assert program.stdout.read() == b"7\n" * 499
        assert program.stderr is not None
        assert program.stderr.read() == b""
    assert program.returncode == 0


class Telling(Model):
    """A model that tells of its process instead of answering."""

    def outputs(self, images: ByteArray) -> FloatArray:  # noqa: ARG002
        raise ModelError(f"{os.getpid()} {[each['num_threads'] for each in threadpool_info()]}")


class Deadly(Model):
    """A model that ends its process."""

    def outputs(self, images: ByteArray) -> FloatArray:  # noqa: ARG002
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_each_process_has_one_thread_for_matrix_products_and_its_errors_come_through(model: Model) -> None:
    with pytest.raises(ModelError) as raised:
        list(read_in_processes(Telling(**vars(model)), [str(OWN[0])], io.BytesIO()))
    process, threads = str(raised.value).split(" ", 1)
    assert int(process) != os.getpid()
    assert threads == "[1]"


def test_a_process_that_is_killed_is_an_error_in_a_line(model: Model) -> None:
    with pytest.raises(MnistnetError, match="a process that read pictures was killed; fewer --jobs need less memory"):
        list(read_in_processes(Deadly(**vars(model)), [str(OWN[0])], io.BytesIO()))


def test_one_process_is_no_jobs(model: Model, folder: Path) -> None:
    with pytest.raises(ValueError, match="jobs is 1, expected at least 2"):
        read_in_processes(model, [str(folder)], io.BytesIO(), jobs=1)


def test_a_dask_cluster_reads_a_shared_folder(model_file: Path, folder: Path) -> None:
    model = load(model_file)
    paths = sorted(map(str, folder.iterdir()))
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
        get_task_stream(client) as tasks,
        joblib.parallel_config(backend="dask"),
    ):
        answers = [bits(answer) for answer in read_in_jobs(model, paths)]
    assert len({task["worker"] for task in tasks.data}) == 2
    assert answers == [bits(answer) for answer in read_numbers(model, paths, io.BytesIO())]
    assert sum(error is not None for _, error, *_ in answers) == 4
