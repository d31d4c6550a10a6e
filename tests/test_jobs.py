"""Pictures read in several processes: the same answers, and the same ways to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dask
import joblib
import pytest
from distributed import Client, LocalCluster, get_task_stream

from conftest import HANG, Program, Start, code_with
from mnistnet.errors import MnistnetError
from mnistnet.images import ByteArray, FloatArray
from mnistnet.jobs import read_in_jobs
from mnistnet.model import Model
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


def test_the_program_prints_the_same_with_several_jobs(program: Program, folder: Path) -> None:
    arguments = ["predict", "-q", "--format", "jsonl", folder, OWN[4], "none.png", folder]
    one, two = (program(*arguments, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.returncode == 1
    assert one.stdout.count("\n") >= 80
    assert (two.returncode, two.stdout, two.stderr) == (one.returncode, one.stdout, one.stderr)


def test_without_joblib_one_line_says_what_to_install(process: Program, tmp_path: Path) -> None:
    (tmp_path / "joblib.py").write_text("raise ImportError")
    done = process("predict", "-q", "--jobs", "2", OWN[0])
    expected = "Error: several jobs need joblib, which is not installed; install mnistnet[jobs]\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


STOPS: dict[str, tuple[Callable[[subprocess.Popen[str]], None], int]] = {
    "ctrl-c": (lambda process: os.killpg(process.pid, signal.SIGINT), 130),  # as a terminal sends it
    "terminate": (lambda process: process.terminate(), 143),
    "broken pipe": (lambda process: process.stdout.close() if process.stdout else None, 141),
}


@pytest.mark.parametrize("how", STOPS)
def test_a_stopped_program_ends_quietly(start: Start, how: str) -> None:
    stop, status = STOPS[how]
    with start("predict", "-q", "--jobs", "2", *[OWN[7]] * 10_000, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(f"{OWN[7]}: 7")
        stop(process)
        assert (process.wait(HANG), process.stderr.read()) == (status, "")


class Deadly(Model):
    """A model that kills its process."""

    def outputs(self, images: ByteArray) -> FloatArray:  # noqa: ARG002
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_a_killed_process_is_an_error_in_a_line(model: Model) -> None:
    with pytest.raises(MnistnetError, match="a process that read pictures was killed; fewer --jobs need less memory"):
        list(read_in_jobs(Deadly(**vars(model)), [str(OWN[0])], jobs=2))


def test_a_dask_cluster_reads_a_shared_folder_also_by_the_recipe_of_the_readme(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", f"{HANG}s")
    dask.config.refresh()
    paths = sorted(map(str, folder.iterdir()))
    recipe = code_with("dask.distributed", "python")
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
    ) as cluster:
        with (
            Client(cluster) as client,  # type: ignore[no-untyped-call]
            get_task_stream(client) as tasks,
            joblib.parallel_config(backend="dask"),
        ):
            answers = [bits(answer) for answer in read_in_jobs(model, paths)]
        for given, here in (
            ("tcp://scheduler:8786", cluster.scheduler_address),
            ("/shared/pictures", str(OWN[0].parent)),
        ):
            assert recipe.count(given) == 1
            recipe = recipe.replace(given, here)
        done = subprocess.run([sys.executable, "-c", recipe], capture_output=True, text=True, check=False, timeout=HANG)
    assert len({task["worker"] for task in tasks.data}) == 2
    assert answers == [bits(answer) for answer in read_numbers(model, paths)]
    assert sum(error is not None for _, error, *_ in answers) == 4
    assert (done.stdout.splitlines(), done.stderr) == ([f"{path} {path.stem}" for path in OWN], "")
