from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np  # its BLAS library is the one that is limited
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mnistnet.cli.program import VARIABLES
from mnistnet.datasets import Dataset
from mnistnet.model import Model
from mnistnet.network import Network
from mnistnet.settings import Settings
from mnistnet.training import fit


def blas_threads() -> set[int]:
    """Return the numbers of threads of the BLAS libraries that are loaded."""
    np.dot(np.ones((2, 2)), np.ones((2, 2)))
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def several_threads() -> Iterator[None]:
    with threadpool_limits(2):
        if blas_threads() == {1}:
            pytest.skip("BLAS has only one thread here")
        yield


def test_training_uses_one_thread_and_restores_the_limit(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    before = blas_threads()
    seen = []
    gradient = Network.backpropagate

    def record(self: Network, *arguments: Any) -> Any:
        seen.append(blas_threads())
        return gradient(self, *arguments)

    monkeypatch.setattr(Network, "backpropagate", record)
    list(fit(digits, None, Settings(epochs=1, batch_size=100)))
    assert seen == [{1}] * 6
    assert blas_threads() == before


def test_outputs_are_the_same_to_the_bit_with_any_number_of_threads(model: Model, digits: Dataset) -> None:
    with threadpool_limits(1):
        alone = model.outputs(digits.images)
    for threads in (2, 4):
        with threadpool_limits(threads):
            assert np.array_equal(model.outputs(digits.images), alone)


BEGINS = """
import contextlib
from mnistnet.cli.program import main
with contextlib.suppress(SystemExit):
    main(["info", "--json", "builtin"])
from threadpoolctl import threadpool_info
print({library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"})
"""


def test_the_program_begins_with_one_thread() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run([sys.executable, "-c", BEGINS], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines()[1:], done.stderr) == (["{1}"], "")
