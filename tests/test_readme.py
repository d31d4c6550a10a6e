"""What the README promises exists, and what exists is in the README."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from conftest import HANG, README, ROOT, Program, code_with, write_class_folders
from mnistnet.cli.answers import ANSWER_FORMATS
from mnistnet.cli.program import COMMANDS
from mnistnet.datasets import Dataset
from mnistnet.datasets.sources import SOURCES
from mnistnet.settings import Settings


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    assert set(re.findall(r"(?:`|^|^\$ )mnistnet (\w+)", README, re.MULTILINE)) == set(COMMANDS)


def test_every_option_in_the_readme_exists() -> None:
    commands = [getattr(import_module(f"mnistnet.cli.{name}"), name) for name in COMMANDS]
    options = {name for command in commands for param in command.params for name in param.opts}
    assert set(re.findall(r"(?<!-)--[a-z][a-z-]+", README)) <= options | {"--help"}


def test_every_word_that_an_option_takes_is_in_the_readme() -> None:
    words = set(ANSWER_FORMATS) | {word for each in SOURCES if each.matches(word := each.description.split()[0])}
    assert words <= set(re.findall(r"`([\w-]+)`", README))


@pytest.mark.parametrize(
    ("name", "documented"),
    [
        ("activation", re.findall(r"`([\w-]+)`", README.split("`--activation` ")[1].split(";")[0])),
        ("cost", re.findall(r"`([\w-]+)`", README.split("`--cost` ")[1].split(";")[0])),
        ("inputs", re.findall(r"^\| `(\w+)`", README.split("## Accuracy")[1], re.MULTILINE)),
    ],
)
def test_the_words_of_the_settings_are_those_in_the_readme(name: str, documented: list[str]) -> None:
    (field,) = (field for field in fields(Settings) if field.name == name)
    assert set(documented) == set(field.metadata["rule"].meanings)


def test_the_first_example_is_what_the_program_prints(program: Program) -> None:
    (example,) = re.findall(r"```\n\$ mnistnet (predict --show \S+)\n(.*?)\n```", README, re.DOTALL)
    command, expected = example
    printed = program(*command.split(), "--model", "builtin", "--quiet", cwd=ROOT).stdout
    assert [line.rstrip() for line in printed.splitlines() if line.strip()] == [
        line for line in expected.splitlines() if line
    ]


def test_the_commands_of_the_readme_run_one_after_the_other(tmp_path: Path, mnist_files: Path, few: Dataset) -> None:
    shutil.copytree(ROOT / "tests" / "digits", tmp_path / "tests" / "digits")
    write_class_folders(tmp_path / "my-digits", few)
    blocks = [block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "make " not in block]
    script = "".join(blocks).replace("0.99", "0.4")  # of some hundred drawn digits
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MNISTNET_")}
    done = subprocess.run(
        ["bash", "-e", "-c", script],  # noqa: S607
        cwd=tmp_path,
        env={**inherited, "PATH": path, "HOME": str(tmp_path), "MNISTNET_DATA": str(mnist_files)},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert (done.returncode, "\ngood enough\n" in done.stdout) == (0, True), done.stderr
    written = {path.name for path in tmp_path.iterdir()}
    assert {"mnistnet.npz", "mine.npz", "digits.csv", "copies", "misread", "report.txt", "digits.html"} <= written


@pytest.mark.usefixtures("few_strokes")
def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = code_with("mnistnet.train(", "python").replace("epochs=5", "epochs=40, batch_size=10")
    exec(recipe.replace("tests/digits", str(ROOT / "tests" / "digits")), {})  # noqa: S102
    accuracy, number, _, unsure, *_reasons = capsys.readouterr().out.split()
    assert float(accuracy) > 0.4
    assert number.isdigit()
    assert unsure in ("True", "False")


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "install"} <= named <= targets
