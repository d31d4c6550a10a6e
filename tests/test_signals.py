"""Signals that wait until a block is over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from mnistnet.signals import STOPS, undisturbed


@pytest.fixture
def got() -> Iterator[list[int]]:
    """The signals that a handler was called with."""
    got: list[int] = []
    before = {number: signal.signal(number, lambda number, _frame: got.append(number)) for number in STOPS}
    yield got
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_first_signal_comes_after_the_block(got: list[int]) -> None:
    with undisturbed():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert got == []
    assert got == [signal.SIGTERM]
    signal.raise_signal(signal.SIGINT)
    assert got == [signal.SIGTERM, signal.SIGINT]


def test_a_signal_comes_after_a_block_that_fails_too(got: list[int]) -> None:
    def fail() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert got == [signal.SIGINT]


def test_a_signal_that_is_ignored_stays_ignored(got: list[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with undisturbed():
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)
    assert got == []


def test_another_thread_may_use_it_though_signals_are_not_its_own(got: list[int]) -> None:
    ran = []

    def work() -> None:
        with undisturbed():
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran
    signal.raise_signal(signal.SIGINT)
    assert got == [signal.SIGINT]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forks while there are threads, such as a BLAS library's
def test_a_process_that_is_forked_in_the_block_is_deaf(got: list[int]) -> None:
    with undisturbed():
        child = os.fork()
        if child == 0:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            os._exit(7)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    assert got == []
