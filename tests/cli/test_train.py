from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conftest import QUICK, Program, write_class_folders, write_idx
from mnistnet.cli.train import summary
from mnistnet.datasets import Dataset
from mnistnet.model import Model, load
from mnistnet.prediction import is_unsure


def test_training_writes_a_model_and_a_plain_line_for_each_epoch(program: Program, folder: Path) -> None:
    done = program("train", *QUICK, "--data", folder, "--output", "a b.npz", "--resume")
    assert (done.returncode, done.stdout) == (0, "")
    lines = done.stderr.splitlines()
    assert lines[:2] == [f"Reading {folder}", "There is no a b.npz to resume; training a new model"]
    assert [line.split(":")[0] for line in lines[2:4]] == ["epoch 1/2", "epoch 2/2"]
    assert lines[-1] == "The model is in a b.npz"
    assert load(folder.parent / "a b.npz").epoch == 2


# Send this process a signal when an epoch is trained but not yet saved, and Ctrl-C once more while it ends.
STOP = """
import atexit, os, signal
from mnistnet.cli.history import History
def stop(history, epoch):
    if epoch.number == {epoch}:
        os.kill(os.getpid(), {stop})
    record(history, epoch)
record, History.record = History.record, stop
atexit.register(os.kill, os.getpid(), signal.SIGINT)
"""


@pytest.mark.parametrize(
    ("options", "epoch", "stop", "status"),
    [
        ((), 2, signal.SIGINT, 130),
        (("--patience", "10", "--learning-rate", "4"), 3, signal.SIGTERM, 143),
        (("--augment", "1"), 4, signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_run_that_is_stopped_says_how_to_continue_and_resumed_ends_in_the_same_bytes(
    program: Program, process: Program, folder: Path, options: tuple[str, ...], epoch: int, stop: int, status: int
) -> None:
    train = ("train", "--epochs", "15", "--validation", "100", "--data", str(folder), *options)
    program(*train, "-o", "whole.npz")
    command = [*train, "-o", "stopped.npz", "--history", "stopped.jsonl"]
    done = process(*command, before=STOP.format(epoch=epoch, stop=int(stop)))
    assert (done.returncode, "Traceback" in done.stderr, "KeyboardInterrupt" in done.stderr) == (status, False, False)
    said = "Stopped. stopped.npz holds the last complete epoch; continue with --resume."
    assert (said in done.stderr) == (stop != signal.SIGKILL)
    assert not list(folder.parent.glob(".*.tmp"))
    assert program(*command, "--resume").returncode == 0
    assert (folder.parent / "stopped.npz").read_bytes() == (folder.parent / "whole.npz").read_bytes()
    recorded = [json.loads(line)["epoch"] for line in (folder.parent / "stopped.jsonl").read_text().splitlines()]
    assert recorded == list(range(1, len(recorded) + 1))


def test_a_finished_run_can_be_trained_longer(program: Program, folder: Path, trained: Path) -> None:
    done = program("train", "--resume", "--epochs", "3", "--data", folder)
    assert (done.returncode, done.stderr.count("epoch 3/3: "), done.stderr.count("\nepoch ")) == (0, 1, 1)
    assert "will be replaced" not in done.stderr
    assert load(trained).epoch == 3


def test_a_training_that_failed_gets_advice(program: Program, folder: Path) -> None:
    train = ("train", "--validation", "100", "--data", folder)
    hopeless = program(*train, "--epochs", "1", "--learning-rate", "1e-6", "-o", "a.npz").stderr
    assert "The network learned almost nothing: raise --learning-rate (auto is 2), or try more --epochs\n" in hopeless
    hopeless = program(*train, "--epochs", "2", "--learning-rate", "300", "-o", "a.npz").stderr
    assert "The network learned almost nothing: lower --learning-rate (auto is 2), or try more --epochs\n" in hopeless
    again = program(*train, "--epochs", "1", "-o", "a.npz").stderr
    assert "\na.npz exists; it will be replaced after the first epoch\n" in again
    assert "The network learned almost nothing: few images need more steps; try --batch-size 10 --epochs 300\n" in again


@pytest.mark.parametrize(
    ("accuracies", "kept", "best"),
    [
        ([0.8, 0.9], 2, []),
        ([0.9, 0.8], 2, ["Best epoch 1: validation 90.00%; the final one is saved"]),
        ([0.9, 0.8], 1, ["Best epoch 1: validation 90.00%; it is saved"]),
    ],
)
def test_the_summary_names_the_final_epoch_and_the_best_one_if_that_is_another(
    model: Model, accuracies: list[float], kept: int, best: list[str]
) -> None:
    history = np.column_stack([[0.5, 0.25], [0.1, 0.1], accuracies])
    trained = replace(model, history=history, best_epoch=kept, validation_accuracy=accuracies[kept - 1])
    final = f"Final epoch 2: cost 0.25000, validation {accuracies[-1]:.2%}"
    assert list(summary(trained, 0, 60_000)) == [final, *best]
    assert list(summary(trained, 2, 60_000)) == ["Already trained for 2 epochs; train longer with --epochs"]
    once = replace(trained, epoch=1, history=history[:1], best_epoch=1)
    assert list(summary(once, 1, 60_000)) == ["Already trained for 1 epoch; train longer with --epochs"]


def test_fine_tuning_starts_with_the_weights_of_another_model(
    program: Program, tmp_path: Path, digits: Dataset, trained: Path
) -> None:
    write_class_folders(tmp_path / "own", digits.take(np.arange(40)))
    tune = ("train", "--data", "own", "-q", "--batch-size", "10", "--validation", "0", "-o", "tuned.npz")
    assert program(*tune, "--epochs", "1", "--start", trained.name).returncode == 0
    tuned, start = load(tmp_path / "tuned.npz"), load(trained)
    assert 0 < np.abs(tuned.network.parameters - start.network.parameters).max() < 0.5
    assert program(*tune, "--epochs", "2", "--resume").returncode == 0
    assert load(tmp_path / "tuned.npz").epoch == 2
    for options, error in (
        (("--start", "builtin", "--resume"), "--start and --resume can't be combined"),
        (("--start", "builtin", "--hidden", "30"), "hidden is"),
    ):
        done = program(*tune, *options)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert error in done.stderr


def test_the_summary_without_a_validation_set_is_the_cost(program: Program, folder: Path) -> None:
    printed = program("train", "--validation", "0", "--epochs", "2", "--data", folder).stderr
    cost = load(folder.parent / "mnistnet.npz").history[-1, 0]
    assert f"\nFinal epoch 2: cost {cost:.5f}\nThe model is in mnistnet.npz\n" in printed


def test_resuming_with_other_settings_or_other_data_is_refused(
    program: Program, folder: Path, trained: Path, digits: Dataset
) -> None:
    before = trained.read_bytes()
    done = program("train", "--resume", "--seed", "1", "--data", folder)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: --seed was 0 and can't change; leave out --seed or --resume. See 'mnistnet train --help'.\n"
    )
    done = program("train", "--resume", "--hidden", "30", "--data", folder)
    assert done.stderr.startswith("Error: --hidden was 20,10 and can't change")
    write_idx(folder / "train-labels-idx1-ubyte.gz", digits.labels[::-1])
    done = program("train", "--resume", "--epochs", "3", "--data", folder, "-q")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "trained on other images" in done.stderr
    assert trained.read_bytes() == before
    replace(load(trained), velocity=None).save(trained)
    done = program("train", "--resume", "--epochs", "3", "--data", folder, "-q")
    assert (done.returncode, "for inference only and can't be resumed" in done.stderr) == (1, True)


def test_a_history_that_will_be_replaced_is_named(program: Program, folder: Path) -> None:
    for is_there in (False, True):
        done = program("train", *QUICK, "--data", folder, "--history", "h.csv", "-o", f"{is_there}.npz")
        assert ("h.csv exists; it will be replaced after the first epoch\n" in done.stderr) is is_there


def test_fifty_pictures_can_be_trained_on_and_get_advice(program: Program, tmp_path: Path, digits: Dataset) -> None:
    few = digits.take(np.flatnonzero(digits.labels != 4)[:54])
    write_class_folders(tmp_path / "own", few)
    done = program("train", "--epochs", "1", "--data", "own")
    assert (done.returncode, "\nown: no pictures of 4\n" in done.stderr) == (0, True)
    assert ", validation " in done.stderr
    assert "The network learned almost nothing" in done.stderr
    done = program("evaluate", "--data", "own")
    unsure = int(is_unsure(load(tmp_path / "mnistnet.npz").outputs(few.images)).sum())
    assert unsure > 0
    assert done.stdout.endswith(f"; {unsure} unsure\n")


def test_unwritable_outputs_are_errors_before_training(program: Program, folder: Path) -> None:
    for arguments, printed in (
        (("-o", "none/model.npz"), "none/model.npz: can't be written (No such file or directory)"),
        (("-o", folder), "can't be written (Is a directory)"),
        (("--history", "none/h.csv"), "none/h.csv: can't be written"),
    ):
        done = program("train", *QUICK, "-q", "--data", folder, *arguments)
        assert (done.returncode, done.stderr.count("\n"), printed in done.stderr) == (1, 1, True)
    assert not list(folder.parent.glob("*.npz"))
