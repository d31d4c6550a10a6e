"""Pictures read in several processes: the same answers, and the same ways to stop."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import pytest
from distributed import Client, LocalCluster, get_task_stream
from threadpoolctl import threadpool_info

from conftest import Program
from mnistnet.errors import MnistnetError, ModelError
from mnistnet.images import ByteArray, FloatArray
from mnistnet.jobs import read_in_jobs
from mnistnet.model import Model, load
from mnistnet.prediction import Answer, read_numbers

OWN = sorted(Path(__file__).with_name("digits").iterdir())  # a picture of each digit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of pictures, of which some can't be read."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(43):
        (folder / f"{index:02}.png").write_bytes(b"" if index % 10 == 3 else OWN[index % len(OWN)].read_bytes())
    return folder


def bits(answer: Answer) -> tuple[object, ...]:
    """Return all that is in an answer, to be compared to the bit."""
    digits = [(digit.image.tobytes(), digit.outputs.tobytes(), digit.box) for digit in answer.digits]
    return answer.path, answer.error, answer.doubts, digits


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_the_program_prints_the_same_with_several_jobs(program: Program, folder: Path, form: str) -> None:
    arguments = ["predict", "-q", "--format", form, folder, "-", OWN[4], "none.png", folder]
    one, two = (program(*arguments, "--jobs", jobs, stdin=OWN[7].read_bytes()) for jobs in ("1", "2"))
    assert one.returncode == 1
    assert one.stdout.count("\n") >= 80
    assert (two.returncode, two.stdout, two.stderr) == (one.returncode, one.stdout, one.stderr)


def test_without_joblib_one_line_says_what_to_install(program: Program, tmp_path: Path) -> None:
    (tmp_path / "joblib.py").write_text("raise ImportError")
    done = program("predict", "-q", "--jobs", "2", OWN[0])
    expected = "Error: several jobs need joblib, which is not installed; install mnistnet[jobs]\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
    assert program("predict", "-q", OWN[0]).returncode == 0


STOPS: dict[str, tuple[Callable[[subprocess.Popen[str]], None], int]] = {
    "ctrl-c": (lambda process: os.killpg(process.pid, signal.SIGINT), 130),  # as a terminal sends it
    "terminate": (lambda process: process.terminate(), 143),
    "broken pipe": (lambda process: process.stdout.close() if process.stdout else None, 141),
}


@pytest.mark.parametrize("how", STOPS)
def test_a_stopped_program_ends_quietly(tmp_path: Path, how: str) -> None:
    stop, status = STOPS[how]
    with subprocess.Popen(
        [sys.executable, "-m", "mnistnet", "predict", "-q", "--jobs", "2", *[str(OWN[7])] * 10_000],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(f"{OWN[7]}: 7")
        stop(process)
        assert (process.wait(20), process.stderr.read()) == (status, "")


class Reporting(Model):
    """A model that raises an error about its process."""

    def outputs(self, images: ByteArray) -> FloatArray:  # noqa: ARG002
        raise ModelError(f"{os.getpid()} {[each['num_threads'] for each in threadpool_info()]}")


class Deadly(Model):
    """A model that kills its process."""

    def outputs(self, images: ByteArray) -> FloatArray:  # noqa: ARG002
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_errors_of_a_process_are_raised_here(model: Model) -> None:
    with pytest.raises(ModelError) as raised:
        list(read_in_jobs(Reporting(**vars(model)), [str(OWN[0])], jobs=2))
    process, _ = str(raised.value).split(" ", 1)
    assert int(process) != os.getpid()


def test_a_killed_process_is_an_error_in_a_line(model: Model) -> None:
    with pytest.raises(MnistnetError, match="a process that read pictures was killed; fewer --jobs need less memory"):
        list(read_in_jobs(Deadly(**vars(model)), [str(OWN[0])], jobs=2))


def test_a_dask_cluster_reads_a_shared_folder(model_file: Path, folder: Path) -> None:
    model = load(model_file)
    paths = sorted(map(str, folder.iterdir()))
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,  # type: ignore[no-untyped-call]
        get_task_stream(client) as tasks,
        joblib.parallel_config(backend="dask"),
    ):
        answers = [bits(answer) for answer in read_in_jobs(model, paths)]
    assert len({task["worker"] for task in tasks.data}) == 2
    assert answers == [bits(answer) for answer in read_numbers(model, paths, io.BytesIO())]
    assert sum(error is not None for _, error, *_ in answers) == 4
