from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from conftest import Program
from mnistnet.cli.program import COMMANDS
from mnistnet.model import load


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (("--epochs", "0"), "--epochs is 0, expected a whole number from 1 to 1,000,000. See"),
        (("--learning-rate", "nan"), "--learning-rate is nan, expected auto, or a number above 0"),
        (("--hidden", "20,"), "--hidden is 20,, expected none, or up to 8 whole numbers from 1 to 1000 such as 20,10"),
        (("--patience", "3", "--validation", "0"), "raise --validation, or leave out --patience"),
        (("--validation", "600"), "can't be held out of 600 training images; lower --validation"),
        (("--batch-size", "541"), "batch size is 541, but there are only 540 training images"),
        (("--history", "h.txt"), "--history is h.txt, expected a name that ends in .csv or .jsonl"),
        (("--bogus",), "No such option"),
    ],
)
def test_an_invalid_setting_is_wrong_usage_in_one_line(
    program: Program, tmp_path: Path, mnist_files: Path, options: tuple[str, ...], printed: str
) -> None:
    done = program("train", "--data", mnist_files, "-q", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert (done.stderr.count("\n"), done.stderr.startswith("Error: "), printed in done.stderr) == (1, True, True)
    assert not list(tmp_path.glob("*.npz"))


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("download", ("--timeout", "0")),
        ("download", ("--timeout", "nan")),
        ("download", ("--retries", "-1")),
        ("download", ("--mirror", "x")),
        *(("evaluate", ("--min-accuracy", nonsense)) for nonsense in ("nan", "98", "-1")),
        ("evaluate", ("--split", "tset")),
        ("evaluate", ("--data", "mnist", "--data", "strokes")),
        *(("predict", ("0.png", "--digits", count)) for count in ("0", "21", "-1", "two", "", "1.5", "²")),
        ("predict", ("0.png", "--format", "xml")),
        ("predict", ("0.png", "--top", "11")),
        ("predict", ("0.png", "--top", "2", "--format", "csv")),
        ("predict", ("0.png", "--show", "--format", "jsonl")),
        ("predict", ("0.png", "--invert", "maybe")),
        ("predict", ("-", "-")),
        ("predict", ("-", "--annotate", "copies")),
        ("predict", ()),
    ],
)
def test_an_invalid_value_is_wrong_usage_in_one_line(program: Program, command: str, options: tuple[str, ...]) -> None:
    done = program(command, *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(f" See 'mnistnet {command} --help'.\n")


def test_an_invalid_model_file_is_one_line_and_status_1(program: Program, tmp_path: Path, pngs: list[str]) -> None:
    (tmp_path / "text.npz").write_text("hello")
    for arguments, printed in (
        (("--model", "text.npz"), "text.npz: not a mnistnet model"),
        (("--model", "missing.npz"), "missing.npz: no such model file"),
        (("--model", pngs[1]), "1.png: not a mnistnet model"),
        (("--model", "."), ".: not a regular file; give another model file"),
    ):
        done = program("predict", pngs[0], *arguments)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert printed in done.stderr


def test_options_come_from_the_environment_as_the_help_says(program: Program, folder: Path) -> None:
    assert "MNISTNET_TRAIN_EPOCHS" in program("predict", "--help").stdout
    environment = {"MNISTNET_TRAIN_EPOCHS": "1", "MNISTNET_TRAIN_HIDDEN": "none", "MNISTNET_DATA": str(folder)}
    assert program("train", environment=environment).returncode == 0
    settings = load(folder.parent / "mnistnet.npz").settings
    assert (settings.epochs, settings.hidden) == (1, ())
    done = program("train", environment={**environment, "MNISTNET_TRAIN_DATA": "nowhere"})
    assert "nowhere: no such file or folder" in done.stderr


def test_an_error_of_a_value_from_the_environment_names_the_variable(program: Program) -> None:
    for command, variable, expected in (
        ("train", "MNISTNET_TRAIN_EPOCHS", "MNISTNET_TRAIN_EPOCHS is x, expected a whole number"),
        ("predict", "MNISTNET_PREDICT_SHOW", "Invalid value for MNISTNET_PREDICT_SHOW: "),
        ("download", "MNISTNET_DOWNLOAD_RETRIES", "Invalid value for MNISTNET_DOWNLOAD_RETRIES: "),
    ):
        done = program(command, *(["7.png"] if command == "predict" else []), environment={variable: "x"})
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith(f"Error: {expected}")


def test_an_error_of_the_default_data_or_model_names_the_variable(program: Program, pngs: list[str]) -> None:
    for command in ("train", "evaluate", "page"):
        done = program(command, "-q", environment={"MNISTNET_DATA": "nowhere"})
        assert (done.returncode, done.stderr.startswith("Error: MNISTNET_DATA: nowhere: ")) == (1, True)
    done = program("predict", "-q", pngs[0], environment={"MNISTNET_MODEL": "missing.npz"})
    assert (done.returncode, done.stderr.startswith("Error: MNISTNET_MODEL: missing.npz: ")) == (1, True)
    done = program("predict", pngs[0], "--model", "missing.npz", environment={"MNISTNET_MODEL": "missing.npz"})
    assert (done.returncode, done.stderr.startswith("Error: missing.npz: ")) == (1, True)


def test_help_is_everywhere_and_short_and_ends_with_an_example(program: Program, process: Program) -> None:
    assert program("-h").stdout == program("--help").stdout
    for command in ((), *((name,) for name in COMMANDS)):
        lines = program(*command, "--help").stdout.splitlines()
        assert (lines[-2].strip(), lines[-1].startswith("    mnistnet ")) == ("Example:", True)
        assert max(map(len, lines)) <= 80
    assert process("train", "--help", environment={"COLUMNS": "100"}).stdout.count("\n") <= 50


def test_every_command_has_the_short_help_of_the_list(program: Program) -> None:
    text = " ".join(program("--help").stdout.split())
    for name, short_help in COMMANDS.items():
        command = getattr(import_module(f"mnistnet.cli.{name}"), name)
        assert command.get_short_help_str(100) == short_help
        assert f" {name} {short_help}" in text


def test_the_version_is_printed(program: Program) -> None:
    assert program("--version").stdout.startswith("mnistnet, version ")
