from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np  # its BLAS library is the one that is limited
import pytest
from threadpoolctl import threadpool_info

from mnistnet.datasets import Dataset
from mnistnet.model import Model, fit
from mnistnet.network import Network
from mnistnet.settings import Settings
from mnistnet.threads import VARIABLES, one_thread


def blas_threads() -> set[int]:
    """How many threads the BLAS libraries that are loaded use."""
    np.dot(np.ones((2, 2)), np.ones((2, 2)))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def several_threads() -> None:
    if blas_threads() == {1}:
        pytest.skip("BLAS has one thread only to begin with")


def test_the_limit_holds_inside_and_is_lifted_after() -> None:
    before = blas_threads()
    with one_thread():
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_a_block_within_a_block_lifts_nothing() -> None:
    with one_thread():
        with one_thread():
            pass
        assert blas_threads() == {1}


def test_threads_take_turns_and_leave_the_limit_as_it_was() -> None:
    before = blas_threads()
    seen: list[set[int]] = []
    inside = 0

    def compute() -> None:
        nonlocal inside
        for _ in range(20):
            with one_thread():
                inside += 1
                seen.append(blas_threads())
                time.sleep(0.001)  # the others would come in now
                assert inside == 1
                inside -= 1

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(compute) for _ in range(4)]:
            done.result()
    assert seen == [{1}] * 80
    assert blas_threads() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_while_another_thread_computes_can_compute() -> None:
    entered, leave = threading.Event(), threading.Event()

    def compute() -> None:
        with one_thread():
            entered.set()
            leave.wait(30)

    other = threading.Thread(target=compute)
    other.start()
    assert entered.wait(30)
    child = multiprocessing.get_context("fork").Process(target=_compute_once)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later advise against it
        child.start()
    child.join(30)
    leave.set()
    other.join()
    assert child.exitcode == 0


def _compute_once() -> None:
    with one_thread():
        pass


def test_a_model_computes_in_one_thread_and_so_does_training(
    model: Model, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[set[int]]] = {}

    def record(name: str) -> None:
        original = getattr(Network, name)

        def recording(self: Network, *arguments: Any) -> Any:
            seen.setdefault(name, []).append(blas_threads())
            return original(self, *arguments)

        monkeypatch.setattr(Network, name, recording)

    for name in ("forward", "cost", "gradient"):
        record(name)
    model.outputs(digits.images)
    assert seen.pop("forward") == [{1}] * 5  # blocks
    model.cost(digits.images, digits.labels)
    assert seen.pop("cost") == [{1}] * 5
    list(fit(digits, digits.take(np.arange(10)), Settings(epochs=1, batch_size=100)))
    assert seen == {"gradient": [{1}] * 6, "cost": [{1}], "forward": [{1}]}


BEGINS = """
import sys
from mnistnet.threads import begin_with_one_thread, one_thread
begin_with_one_thread()
import numpy
with one_thread():
    numpy.dot(numpy.ones((2, 2)), numpy.ones((2, 2)))
assert "threadpoolctl" not in sys.modules
from threadpoolctl import threadpool_info
print({library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"})
"""


def test_a_program_can_begin_with_one_thread_and_needs_no_limit() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run([sys.executable, "-c", BEGINS], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{1}\n", "")
    several = subprocess.run(
        [sys.executable, "-c", f"import numpy{BEGINS}".replace("assert ", "assert not ")],  # it was loaded before
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (several.stdout, several.stderr) == (f"{blas_threads()}\n", "")
