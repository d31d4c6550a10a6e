from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Program, write_class_folders, write_mnist
from mnistnet.cli.commands import main
from mnistnet.datasets import Dataset
from mnistnet.model import load_model
from mnistnet.pictures.files import FORMAT_NAMES
from mnistnet.prediction import is_unsure

QUICK = ("--epochs", "2", "--validation", "100")


@pytest.fixture
def folder(tmp_path: Path, digits: Dataset) -> Path:
    """MNIST-format files of drawn digits."""
    return write_mnist(tmp_path / "files", digits, digits.take(np.arange(100)))


@pytest.fixture
def trained(program: Program, folder: Path) -> Path:
    done = program("train", *QUICK, "--data", folder, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder.parent / "mnistnet.npz"


@pytest.fixture
def pngs(tmp_path: Path, digits: Dataset) -> list[str]:
    """Three pictures of drawn digits, dark on light."""
    names = ["0.png", "1.png", "2.png"]
    for name, image in zip(names, digits.images, strict=False):
        Image.fromarray(255 - image).resize((84, 84)).save(tmp_path / name)
    return names


def test_training_writes_a_model_and_a_plain_line_for_each_epoch(program: Program, folder: Path) -> None:
    done = program("train", *QUICK, "--data", folder, "--output", "a b.npz")
    assert (done.returncode, done.stdout) == (0, "")
    lines = done.stderr.splitlines()
    assert lines[0] == f"Reading {folder}"
    assert [line.split(":")[0] for line in lines[1:3]] == ["epoch 1/2", "epoch 2/2"]
    assert lines[-1] == "The model is in a b.npz"
    assert load_model(folder.parent / "a b.npz").epoch == 2


def test_the_same_command_gives_the_same_bytes(program: Program, folder: Path) -> None:
    for name in ("a.npz", "b.npz"):
        program("train", *QUICK, "--data", folder, "-o", name, "-q")
    assert (folder.parent / "a.npz").read_bytes() == (folder.parent / "b.npz").read_bytes()


@pytest.mark.parametrize("options", [(), ("--patience", "10", "--learning-rate", "4"), ("--augment", "1")])
def test_a_run_stopped_after_any_epoch_and_resumed_equals_one_that_was_not(
    program: Program, folder: Path, options: tuple[str, ...]
) -> None:
    """Ctrl-C, SIGTERM or SIGKILL after each epoch, at once when its line appears; then the same command again."""
    train = ("train", "--epochs", "40", "--validation", "100", "--data", str(folder), *options)
    program(*train, "-o", "whole.npz", "--history", "whole.csv")
    whole = (folder.parent / "whole.npz").read_bytes()
    for lines, stop in ((1, signal.SIGINT), (2, signal.SIGTERM), (3, signal.SIGKILL)):
        output = folder.parent / f"{stop.name}.npz"
        command = [*train, "-o", output.name, "--history", f"{stop.name}.jsonl"]
        process = subprocess.Popen(
            [sys.executable, "-m", "mnistnet", *command], cwd=folder.parent, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        for _ in range(1 + lines):  # the first says what is read
            process.stderr.readline()
        process.send_signal(stop)
        rest = process.stderr.read()
        process.stderr.close()
        assert process.wait() in (-signal.SIGKILL, 130, 143)  # not 0: it was stopped, not done
        assert "Traceback" not in rest
        done = program(*command, "--resume")
        assert done.returncode == 0
        assert output.read_bytes() == whole
        epochs = [json.loads(line)["epoch"] for line in (folder.parent / f"{stop.name}.jsonl").read_text().splitlines()]
        assert epochs == list(range(1, len(epochs) + 1))
        # Only what is killed in the middle of a save can't tidy up.
        assert stop == signal.SIGKILL or not list(folder.parent.glob(".*.tmp"))


def test_a_finished_run_can_be_asked_for_more_epochs(program: Program, folder: Path, trained: Path) -> None:
    done = program("train", "--resume", "--epochs", "3", "--data", folder)
    assert (done.returncode, done.stderr.count("epoch 3/3: "), done.stderr.count("epoch ")) == (0, 1, 1)
    assert load_model(trained).epoch == 3


def test_what_came_of_a_training_is_told(program: Program, folder: Path) -> None:
    train = ("train", "--validation", "100", "--data", folder)
    hopeless = program(*train, "--epochs", "1", "--learning-rate", "1e-6", "-o", "a.npz").stderr
    assert "It has learned next to nothing: raise --learning-rate (auto is 2), or give it more --epochs\n" in hopeless
    hopeless = program(*train, "--epochs", "2", "--learning-rate", "300", "-o", "a.npz").stderr
    assert "It has learned next to nothing: lower --learning-rate (auto is 2), or give it more --epochs\n" in hopeless
    again = program(*train, "--epochs", "1", "-o", "a.npz").stderr
    assert again.startswith("a.npz is there already; it will be replaced after the first epoch\n")
    assert "It has learned next to nothing: give it more --epochs, or more images\n" in again


@pytest.mark.parametrize("patience", [False, True])
def test_the_last_and_the_best_epoch_are_told(program: Program, folder: Path, patience: bool) -> None:
    options = ("--epochs", "40", "--learning-rate", "9", *(("--patience", "2") if patience else ()))
    said = program("train", "--validation", "100", "--data", folder, *options).stderr
    model = load_model(folder.parent / "mnistnet.npz")
    accuracies = model.history[:, 2]
    best = int(accuracies.argmax()) + 1
    last = f"Epoch {model.epoch}, the last: cost {model.history[-1, 0]:.5f}, validation {accuracies[-1]:.2%}\n"
    assert last in said
    assert best < model.epoch
    kept = "it is the one that is kept" if patience else "--patience would keep it"
    assert f"{last}Epoch {best}, the best: validation {accuracies[best - 1]:.2%}; {kept}\n" in said
    assert (model.best_epoch == best) is patience
    again = program("train", "--validation", "100", "--data", folder, *options, "--resume").stderr
    assert f"Nothing was left to train after {model.epoch} epochs" in again


def test_the_summary_without_held_out_images_is_the_cost(program: Program, folder: Path) -> None:
    said = program("train", "--validation", "0", "--epochs", "2", "--data", folder).stderr
    cost = load_model(folder.parent / "mnistnet.npz").history[-1, 0]
    assert f"\nEpoch 2, the last: cost {cost:.5f}\nThe model is in mnistnet.npz\n" in said


def test_resuming_with_other_settings_or_other_data_is_refused(program: Program, folder: Path, trained: Path) -> None:
    before = trained.read_bytes()
    done = program("train", "--resume", "--seed", "1", "--data", folder)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: --seed was 0 and can't change half-way; leave out --seed or --resume."
        " See 'python -m mnistnet train --help'.\n"
    )
    done = program("train", "--resume", "--hidden", "30", "--data", folder)
    assert done.stderr.startswith("Error: --hidden was 20,10 and can't change half-way")
    done = program("train", "--resume", "--epochs", "3", "--data", "strokes", "-q")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "trained on other images" in done.stderr
    assert trained.read_bytes() == before


@pytest.mark.parametrize(("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_training_says_how_to_go_on(folder: Path, stop: signal.Signals, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistnet", "train", "--epochs", "9999", "--validation", "0", "--data", str(folder)],
        cwd=folder.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "epoch 1/" not in process.stderr.readline():
        pass
    process.send_signal(stop)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait() == status
    assert "Traceback" not in rest
    assert "Stopped. mnistnet.npz holds the last whole epoch; the same command with --resume goes on." in rest
    assert load_model(folder.parent / "mnistnet.npz").epoch >= 1
    assert not list(folder.parent.glob(".*.tmp"))


def test_evaluation_is_a_table_for_people_and_json_for_scripts(program: Program, folder: Path, trained: Path) -> None:
    done = program("evaluate", "--data", folder)
    assert done.returncode == 0
    assert done.stderr == "Using mnistnet.npz\n"
    assert max(map(len, done.stdout.splitlines())) <= 80
    facts = json.loads(program("evaluate", "--data", folder, "--json").stdout)
    expected = {"model", "data", "split", "images", "correct", "accuracy", "cost", "digits", "confusion", "mistakes"}
    assert set(facts) == expected
    assert len(facts["mistakes"]) == facts["images"] - facts["correct"]
    assert (facts["images"], facts["split"], facts["model"]) == (100, "test", "mnistnet.npz")
    assert facts["correct"] == sum(facts["confusion"][digit][digit] for digit in range(10))
    assert f"{facts['correct']} of 100 right" in done.stdout
    validation = json.loads(program("evaluate", "--data", folder, "--json", "--split", "validation").stdout)
    assert validation["accuracy"] == pytest.approx(load_model(trained).validation_accuracy)


@pytest.mark.usefixtures("trained")
def test_the_gate_decides_the_exit_status(program: Program, folder: Path) -> None:
    accuracy = json.loads(program("evaluate", "--data", folder, "--json").stdout)["accuracy"]
    assert program("evaluate", "--data", folder, "--min-accuracy", str(accuracy)).returncode == 0
    below = program("evaluate", "--data", folder, "--min-accuracy", str(accuracy + 0.001), "-q")
    assert below.returncode == 1
    assert below.stderr == f"Error: the accuracy {accuracy:.2%} is below --min-accuracy {accuracy + 0.001:.2%}\n"
    assert program("evaluate", "--data", folder, "--data", "strokes").returncode == 2
    for nonsense in ("nan", "98", "-1"):
        assert program("evaluate", "--data", folder, "--min-accuracy", nonsense).returncode == 2


@pytest.mark.usefixtures("trained")
def test_mistakes_are_written_as_pictures_and_never_among_other_files(
    program: Program, folder: Path, digits: Dataset
) -> None:
    facts = json.loads(program("evaluate", "--data", folder, "--json", "--mistakes", "wrong").stdout)
    files = sorted((folder.parent / "wrong").iterdir())
    assert len(files) == facts["images"] - facts["correct"] > 0
    true, read, index = (int(part.split("-")[1]) for part in files[0].stem.split("_"))
    assert digits.labels[index] == true != read
    with Image.open(files[0]) as picture:
        assert np.array_equal(np.asarray(picture), digits.images[index])
    again = program("evaluate", "--data", folder, "--mistakes", "wrong")
    assert (again.returncode, again.stderr.splitlines()[-1]) == (
        1,
        "Error: wrong: not empty; name a new folder for the mistakes",
    )


@pytest.mark.usefixtures("trained")
def test_a_folder_of_pictures_with_a_broken_one_is_measured_but_fails(
    program: Program, tmp_path: Path, digits: Dataset
) -> None:
    write_class_folders(tmp_path / "own", digits.take(np.arange(10)))
    assert program("evaluate", "--data", "own").returncode == 0
    (tmp_path / "own" / "7").mkdir(exist_ok=True)
    (tmp_path / "own" / "7" / "broken.png").touch()
    done = program("evaluate", "--data", "own", "--json", "-q")
    assert (done.returncode, json.loads(done.stdout)["images"]) == (1, 10)
    assert done.stderr.startswith("Error: own/7/broken.png: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("trained")
def test_of_a_folder_of_pictures_each_mistake_and_each_file_left_out_is_named(
    program: Program, tmp_path: Path, digits: Dataset
) -> None:
    wrong = Dataset(digits.images[:20], np.full(20, 7, np.uint8))
    write_class_folders(tmp_path / "own", wrong)
    (tmp_path / "own" / "7" / "IMG_1234.CR2").touch()
    done = program("evaluate", "--data", "own", "--json", "--mistakes", "wrong")
    assert done.returncode == 0
    assert done.stderr.splitlines()[1:] == [
        "own: no pictures of 0, 1, 2, 3, 4, 5, 6, 8, 9",
        f"own: 1 file that is not {', '.join(FORMAT_NAMES)}: IMG_1234.CR2; save it as JPEG",
    ]
    mistakes = json.loads(done.stdout)["mistakes"]
    assert {f"true-7_read-{each['read']}_{Path(each['path']).name}" for each in mistakes} == {
        path.name for path in (tmp_path / "wrong").iterdir()
    }
    done = program("evaluate", "--data", "own", "--split", "validation")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert "own: a folder of pictures has no validation images, it is taken whole; use --split test" in done.stderr


@pytest.mark.usefixtures("trained")
def test_predictions_in_every_format(program: Program, pngs: list[str], digits: Dataset) -> None:
    objects = [json.loads(line) for line in program("predict", *pngs, "--format", "jsonl").stdout.splitlines()]
    assert [facts["path"] for facts in objects] == pngs
    for facts in objects:
        assert facts["digit"] == int(np.argmax(facts["outputs"]))
        assert facts["number"] == str(facts["digit"])
        assert facts["probability"] == max(facts["outputs"])
    for facts, image in zip(objects, digits.images, strict=False):
        ((left, top, right, bottom),) = (digit["box"] for digit in facts["digits"])
        ys, xs = np.nonzero(image >= 128)  # each of its pixels became three wide
        ink = (3 * xs.min(), 3 * ys.min(), 3 * xs.max() + 3, 3 * ys.max() + 3)
        assert np.abs(np.subtract((left, top, right, bottom), ink)).max() <= 6
    read = [str(facts["digit"]) for facts in objects]

    done = program("predict", *pngs)
    assert (done.returncode, done.stderr) == (0, "Using mnistnet.npz\n")
    for line, facts in zip(done.stdout.splitlines(), objects, strict=True):
        places = 0 if facts["unsure"] else 1
        assert line.startswith(f"{facts['path']}: {facts['digit']} ({facts['probability'] * 100:.{places}f} %")
        assert ("unsure: " in line) is facts["unsure"]
    assert program("predict", *pngs, "--format", "plain").stdout.split() == read
    rows = list(csv.reader(program("predict", *pngs, "--format", "csv").stdout.splitlines()))
    assert rows[0] == ["path", "number", "probability", "unsure", "error"]
    assert [row[:2] for row in rows[1:]] == [list(pair) for pair in zip(pngs, read, strict=True)]


@pytest.mark.usefixtures("trained")
def test_the_best_few_digits_are_told_on_request(program: Program, pngs: list[str]) -> None:
    line = program("predict", pngs[0], "--top", "3", "-q").stdout
    assert line.count("%") == 3
    facts = json.loads(program("predict", pngs[0], "--top", "3", "-q", "--format", "jsonl").stdout)
    assert [each["probability"] for each in facts["top"]] == sorted(facts["outputs"], reverse=True)[:3]


@pytest.mark.parametrize("count", ["0", "21", "-1", "two", "", "1.5", "²"])
def test_a_count_of_digits_that_makes_no_sense_is_wrong_usage(program: Program, pngs: list[str], count: str) -> None:
    done = program("predict", pngs[0], "--digits", count)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"--digits is {count}, expected auto, or a whole number from 1 to 20" in done.stderr


@pytest.mark.usefixtures("trained")
def test_one_digit_can_be_asked_for(program: Program, pngs: list[str]) -> None:
    for digits in ("1", "auto"):
        assert program("predict", *pngs, "--digits", digits, "-q", "--format", "plain").stdout.count("\n") == 3


def test_the_model_is_found_in_its_order(program: Program, trained: Path, pngs: list[str]) -> None:
    other = trained.parent / "other.npz"
    other.write_bytes((trained.parent / "mnistnet.npz").read_bytes())
    trained.write_text("not a model")
    done = program("predict", pngs[0], "--model", "other.npz")
    assert (done.returncode, done.stderr) == (0, "")
    assert "mnistnet.npz: not a mnistnet model" in program("predict", pngs[0]).stderr
    trained.unlink()
    assert program("predict", pngs[0]).stderr == "Using the model that comes with mnistnet\n"


def test_the_model_that_comes_with_mnistnet_can_be_asked_for_by_name(
    program: Program, trained: Path, pngs: list[str]
) -> None:
    here = program("predict", pngs[0], "--format", "jsonl", "-q").stdout
    builtin = program("predict", pngs[0], "--format", "jsonl", "-m", "builtin")
    assert builtin.stderr == ""
    assert builtin.stdout != here
    by_variable = program("predict", pngs[0], "--format", "jsonl", environment={"MNISTNET_MODEL": "builtin"})
    assert by_variable.stdout == builtin.stdout
    assert by_variable.stderr == "Using the model that comes with mnistnet\n"
    done = program("predict", pngs[0], "--format", "jsonl", environment={"MNISTNET_MODEL": ""})
    assert (done.stdout, done.stderr) == (here, "Using mnistnet.npz\n")
    trained.rename(trained.with_name("other.npz"))
    environment = {"MNISTNET_MODEL": "other.npz"}
    done = program("predict", pngs[0], "--format", "jsonl", environment=environment)
    assert (done.stdout, done.stderr) == (here, "Using other.npz\n")
    done = program("predict", pngs[0], "--format", "jsonl", "--model", "builtin", environment=environment)
    assert (done.stdout, done.stderr) == (builtin.stdout, "")
    facts = json.loads(program("evaluate", "--data", "strokes", "--json", "-m", "builtin").stdout)
    assert facts["model"] == "builtin"


def test_an_unsure_answer_fails_on_request(program: Program, tmp_path: Path, digits: Dataset) -> None:
    for index in range(300):
        Image.fromarray(digits.images[index]).save(tmp_path / f"{index}.png")
    answers = map(json.loads, program("predict", ".", "-q", "--format", "jsonl").stdout.splitlines())
    some = {answer["unsure"]: answer["path"] for answer in answers if "error" not in answer}
    for unsure in (True, False):
        assert program("predict", some[unsure]).returncode == 0
        assert program("predict", some[unsure], "--fail-unsure").returncode == int(unsure)


@pytest.mark.usefixtures("trained")
def test_folders_in_a_folder_are_read_on_request(program: Program, tmp_path: Path, pngs: list[str]) -> None:
    for name in ("own/a/1.png", "own/2.png", "own/IMG.CR2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((tmp_path / pngs[0]).read_bytes())
    assert program("predict", "own", "-q").stdout.count("\n") == 1
    done = program("predict", "own", "--recursive")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["own/2.png", "own/a/1.png"]
    assert "\nown: 1 file that is not PNG, " in done.stderr
    assert ": IMG.CR2; save it as JPEG\n" in done.stderr
    assert program("predict", "own", "--recursive", "-q").stderr == ""


@pytest.mark.usefixtures("trained")
def test_a_pattern_or_an_address_gets_a_hint(program: Program) -> None:
    done = program("predict", "-q", "*.jpg", "https://example.org/7.png")
    assert done.returncode == 1
    pattern, address = done.stderr.splitlines()
    assert pattern.startswith("Error: *.jpg: no such file; a shell fills in the names")
    assert address == "Error: https://example.org/7.png: an address; save the picture to a file and give that"


def test_somebodys_own_file_is_no_history_to_replace(program: Program, folder: Path) -> None:
    notes = folder.parent / "notes.csv"
    notes.write_text("name,age\nBob,7\n")
    done = program("train", *QUICK, "--data", folder, "--history", "notes.csv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "notes.csv: not a record of a training run" in done.stderr
    assert notes.read_text() == "name,age\nBob,7\n"
    assert not (folder.parent / "mnistnet.npz").exists()
    for said in ("", "h.csv is there already; it will be replaced after the first epoch\n"):
        done = program("train", *QUICK, "--data", folder, "--history", "h.csv", "-o", f"{len(said)}.npz")
        assert done.stderr.startswith(f"{said}Reading ")


def test_a_network_without_hidden_layers_can_be_trained(program: Program, folder: Path) -> None:
    assert program("train", *QUICK, "--data", folder, "--hidden", "none").returncode == 0
    assert load_model(folder.parent / "mnistnet.npz").network.sizes == (784, 10)
    assert program("evaluate", "--data", folder).returncode == 0


def test_a_few_pictures_of_ones_own_can_be_trained_on(program: Program, tmp_path: Path, digits: Dataset) -> None:
    write_class_folders(tmp_path / "own", digits.take(np.arange(54)))
    done = program("train", "--epochs", "1", "--data", "own")
    assert done.returncode == 0
    assert ", validation " in done.stderr
    assert "It has learned next to nothing" in done.stderr
    done = program("evaluate", "--data", "own")
    unsure = int(is_unsure(load_model(tmp_path / "mnistnet.npz").outputs(digits.images[:54])).sum())
    assert unsure > 0
    assert done.stdout.endswith(f"; {unsure} unsure\n")


def test_a_picture_from_standard_input(program: Program, trained: Path, pngs: list[str]) -> None:
    by_name = program("predict", pngs[0], "--format", "plain", "-q").stdout
    content = (trained.parent / pngs[0]).read_bytes()
    assert program("predict", "-", "--format", "plain", "-q", stdin=content).stdout == by_name
    assert program("predict", "-", "-q", stdin=b"").returncode == 1


def test_a_picture_that_cannot_be_read_has_its_place_in_every_format(
    program: Program, trained: Path, pngs: list[str]
) -> None:
    (trained.parent / "1.png").write_bytes(b"no picture")
    for form, place in (
        ("text", None),
        ("plain", ""),
        ("csv", '1.png,,,,"1.png: '),
        ("jsonl", '{"path": "1.png", "error": "'),
    ):
        done = program("predict", *pngs, "--format", form, "-q")
        assert done.returncode == 1
        assert done.stderr.startswith("Error: 1.png: ")
        assert len(done.stderr.splitlines()) == 1
        lines = done.stdout.splitlines()[1 if form == "csv" else 0 :]
        assert len(lines) == (2 if place is None else 3)
        assert place is None or lines[1].startswith(place)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--epochs", "0"), "--epochs is 0, expected a whole number from 1 to 1,000,000. See"),
        (("--epochs", "x"), "--epochs is x, expected a whole number"),
        (("--learning-rate", "nan"), "--learning-rate is nan, expected auto, or a number above 0"),
        (("--learning-rate", "1e400"), "--learning-rate is 1e400, expected"),
        (("--momentum", "1"), "--momentum is 1, expected a number of 0 or more and below 1"),
        (("--hidden", "20,"), "--hidden is 20,, expected none, or up to 8 whole numbers from 1 to 1000 such as 20,10"),
        (("--hidden", "-3"), "--hidden is -3, expected"),
        (("--patience", "3", "--validation", "0"), "patience is 3, but validation is 0"),
        (("--patience", "3", "--validation", "0"), "raise --validation, or leave out --patience"),
        (("--augment", "2", "--epochs", "2"), "2 epochs see at most 1; lower --augment"),
        (("--validation", "30000"), "can't be held out of 30000 training images; lower --validation"),
        (("--batch-size", "27001"), "batch size is 27001, but there are only 27000 training images"),
        (("--cost", "mae"), "--cost is mae, expected one of mse, cross-entropy, softmax"),
        (("--history", "h.txt"), "--history is h.txt, expected a name that ends in .csv or .jsonl"),
        (("--bogus",), "No such option"),
    ],
)
def test_nonsense_options_are_wrong_usage_in_one_line(
    program: Program, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    done = program("train", "--data", "strokes", "-q", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not list(tmp_path.glob("*.npz"))


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("download", ("--timeout", "0")),
        ("download", ("--timeout", "nan")),
        ("download", ("--retries", "-1")),
        ("download", ("--mirror", "x")),
        ("download", ("--mirror", "file:")),
        ("download", ("--mirror", "")),
        ("evaluate", ("--min-accuracy", "1.5")),
        ("evaluate", ("--min-accuracy", "nan")),
        ("evaluate", ("--split", "tset")),
        ("evaluate", ("--data", "mnist", "--data", "strokes")),
        ("predict", ("0.png", "--format", "xml")),
        ("predict", ("0.png", "--top", "11")),
        ("predict", ("0.png", "--top", "2", "--format", "csv")),
        ("predict", ("0.png", "--show", "--format", "jsonl")),
        ("predict", ("0.png", "--invert", "maybe")),
        ("predict", ()),
    ],
)
def test_every_value_that_makes_no_sense_is_wrong_usage(
    program: Program, command: str, options: tuple[str, ...]
) -> None:
    done = program(command, *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(f" See 'python -m mnistnet {command} --help'.\n")


def test_what_can_only_fail_later_is_found_out_before_training(program: Program, folder: Path) -> None:
    for arguments, said in (
        (("--data", folder, "-o", "none/model.npz"), "none/model.npz: can't be written (No such file or directory)"),
        (("--data", folder, "-o", folder), "can't be written (Is a directory)"),
        (("--data", folder, "--history", "none/h.csv"), "none/h.csv: can't be written"),
        (("--data", "nowhere"), "nowhere: no such folder"),
    ):
        done = program("train", *QUICK, "-q", *arguments)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert said in done.stderr
    assert not list(folder.parent.glob("*.npz"))


def test_a_model_file_that_is_none_is_one_line_and_status_1(program: Program, tmp_path: Path, pngs: list[str]) -> None:
    (tmp_path / "text.npz").write_text("hello")
    for arguments, said in (
        (("--model", "text.npz"), "text.npz: not a mnistnet model"),
        (("--model", "missing.npz"), "missing.npz: no such model file"),
        (("--model", pngs[1]), "1.png: not a mnistnet model"),
        (("--model", "."), ".: can't be read (Is a directory)"),
    ):
        done = program("predict", pngs[0], *arguments)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert said in done.stderr


def test_options_come_from_the_environment_too(program: Program, folder: Path) -> None:
    environment = {"MNISTNET_TRAIN_EPOCHS": "1", "MNISTNET_TRAIN_VALIDATION": "100", "MNISTNET_DATA": str(folder)}
    done = program("train", environment=environment)
    assert done.returncode == 0
    assert "\nepoch 1/1: " in done.stderr
    done = program("train", environment={**environment, "MNISTNET_TRAIN_DATA": "nowhere"})
    assert "nowhere: no such folder" in done.stderr


def test_a_shell_script_can_train_and_check(folder: Path, digits: Dataset) -> None:
    Image.fromarray(255 - digits.images[0]).resize((84, 84)).save(folder.parent / "digit.png")
    mnistnet = f"{sys.executable} -m mnistnet"
    script = (
        f"{mnistnet} train -q --epochs 40 --validation 0 && "
        f'test "$({mnistnet} predict --format plain digit.png)" = {digits.labels[0]}'
    )
    environment = {**os.environ, "MNISTNET_DATA": str(folder)}
    assert subprocess.run(["sh", "-c", script], cwd=folder.parent, env=environment, check=False).returncode == 0  # noqa: S607


def test_output_that_nobody_reads_ends_quietly(trained: Path, pngs: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistnet", "predict", "-q", *pngs * 2000],
        cwd=trained.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith("0.png: ")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 141


def test_file_names_with_line_breaks_and_odd_bytes_stay_on_their_line(program: Program, trained: Path) -> None:
    folder = trained.parent / "odd"
    folder.mkdir()
    picture = trained.parent / "x.png"
    Image.new("L", (40, 40), 255).save(picture)
    names = [b"two\nlines.png", b"byte\xff.png", b"-dash.png", "ü.png".encode()]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(picture.read_bytes())
    done = program("predict", "-q", "odd", *(f"odd/{n}" for n in ("-dash.png",)), environment={"LC_ALL": "C"})
    assert done.returncode == 1  # blank
    assert len(done.stderr.splitlines()) == 5
    assert "Traceback" not in done.stderr
    assert "two\\nlines.png" in done.stderr


def test_help_is_everywhere_and_ends_with_an_example(program: Program) -> None:
    assert program("-h").stdout == program("--help").stdout
    for command in (None, *main.commands):
        arguments = ["--help"] if command is None else [command, "--help"]
        text = program(*arguments, environment={"COLUMNS": "80"}).stdout
        assert text.rstrip().splitlines()[-2].strip() == "Example:"
        assert text.rstrip().splitlines()[-1].startswith("  " + "  mnistnet ")
        assert max(map(len, text.splitlines())) <= 80


def test_the_version_is_told(program: Program) -> None:
    assert program("--version").stdout.startswith("mnistnet, version ")
