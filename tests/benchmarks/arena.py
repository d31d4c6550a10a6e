"""Contestants measured in turn, each in a process of its own: on one core, with one thread, none while another runs."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from contestants import CONTESTANTS, PER_IMAGE, Contestant, Data, PerImage
from mnistnet.settings import Settings

ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}
FEW_IMAGES = 3000  # for what takes seconds for an epoch


class Learned(NamedTuple):
    """How a contestant came to the accuracy that was asked for."""

    epochs: int
    seconds: float
    accuracy: float  # on the test images, 0 to 1


def pin_to_one_core() -> str:
    """Keep this process and those that it starts to one core and one thread; says how."""
    os.environ.update(ONE_THREAD)
    if not hasattr(os, "sched_setaffinity"):
        return "one thread"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"one thread on core {core}"


class Seat:
    """A contestant's process, idle until it is asked; `missing` says why it has no contestant."""

    def __init__(self, name: str, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(name, folder, other), daemon=True)
        self.process.start()
        other.close()  # so that a process that dies is noticed
        try:
            self.missing: str | None = self.connection.recv()
        except EOFError:
            self.missing = "its process died"

    def epoch(self, batch_size: int) -> float:
        """Seconds of one more epoch at that batch size."""
        self.connection.send((batch_size, 0, None))
        return float(self.connection.recv())

    def learn(self, batch_size: int, seed: int, target: float) -> Learned:
        """Train a new network until it reads that share of the test images."""
        self.connection.send((batch_size, seed, target))
        return Learned(*self.connection.recv())


@contextmanager
def seats(folder: Path) -> Iterator[dict[str, Seat]]:
    """A seat for every contestant; `folder` holds the data that `save` wrote."""
    taken = {name: Seat(name, folder) for name in CONTESTANTS}
    try:
        yield taken
    finally:
        for seat in taken.values():
            seat.process.terminate()


def save(data: Data, folder: Path) -> None:
    """Write the data where contestants find it."""
    for name, array in data._asdict().items():
        np.save(folder / f"{name}.npy", array)


def _serve(name: str, folder: Path, connection: Connection) -> None:
    data = Data(*(np.load(folder / f"{field}.npy") for field in Data._fields))
    try:
        CONTESTANTS[name](data, Settings())
    except ImportError as error:
        connection.send(str(error))
        return
    connection.send(None)
    at_work: dict[int, Contestant] = {}
    while True:
        batch_size, seed, target = connection.recv()
        settings = replace(Settings(), batch_size=batch_size, seed=seed)
        if target is not None:
            connection.send(_learn(CONTESTANTS[name](data, settings), data, target, settings.epochs))
            continue
        if batch_size not in at_work:
            at_work[batch_size] = (
                PerImage(data, settings, FEW_IMAGES) if name == PER_IMAGE else CONTESTANTS[name](data, settings)
            )
            at_work[batch_size].epoch()  # the first one fills caches and is not measured
        connection.send(at_work[batch_size].epoch())


def _learn(contestant: Contestant, data: Data, target: float, most: int) -> Learned:
    seconds: list[float] = []
    accuracy = 0.0
    while accuracy < target and len(seconds) < most:
        seconds.append(contestant.epoch())
        accuracy = float((contestant.predict(data.test_inputs) == data.test_labels).mean())
    return Learned(len(seconds), sum(seconds), accuracy)
