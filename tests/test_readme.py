"""What the README promises exists, and what exists is in the README."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from distributed import LocalCluster

from conftest import HANG, Program
from mnistnet.cli.answers import ANSWER_FORMATS
from mnistnet.cli.program import COMMANDS
from mnistnet.datasets.sources import SOURCES
from mnistnet.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    documented = set(re.findall(r"`mnistnet (\w+)", README))
    assert set(COMMANDS) <= documented
    assert set(re.findall(r"^\$? ?mnistnet (\w+)", README, re.MULTILINE)) <= set(COMMANDS)


def test_every_option_in_the_readme_exists() -> None:
    commands = [getattr(import_module(f"mnistnet.cli.{name}"), name) for name in COMMANDS]
    options = {name for command in commands for param in command.params for name in param.opts}
    assert set(re.findall(r"(?<!-)--[a-z][a-z-]+", README)) <= options | {"--help"}


def test_every_word_that_an_option_takes_is_in_the_readme() -> None:
    words = set(ANSWER_FORMATS) | {source.name for source in SOURCES if source.matches(source.name)}
    assert words <= set(re.findall(r"`([\w-]+)`", README))


@pytest.mark.parametrize(
    ("name", "documented"),
    [
        ("activation", re.findall(r"`([\w-]+)`", README.split("`--activation` ")[1].split(";")[0])),
        ("cost", re.findall(r"`([\w-]+)`", README.split("`--cost` ")[1].split(";")[0])),
        ("inputs", re.findall(r"^\| `(\w+)`", README.split("### What the 784 inputs are")[1], re.MULTILINE)),
    ],
)
def test_the_words_of_the_settings_are_those_in_the_readme(name: str, documented: list[str]) -> None:
    (field,) = (field for field in fields(Settings) if field.name == name)
    assert set(documented) == set(field.metadata["rule"].meanings)


def test_the_first_example_is_what_the_program_prints(program: Program) -> None:
    (example,) = re.findall(r"```\n\$ mnistnet (predict --show \S+)\n(.*?)\n```", README, re.DOTALL)
    command, expected = example
    printed = program(*command.split(), "--quiet", cwd=ROOT).stdout
    assert [line.rstrip() for line in printed.splitlines() if line.strip()] == [
        line for line in expected.splitlines() if line
    ]


def code_with(words: str, language: str) -> str:
    """The block of code in the README that has these words in it."""
    (block,) = (block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if words in block)
    return str(block)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of ten pictures, of the digits that are their names."""
    return Path(shutil.copytree(ROOT / "tests" / "digits", tmp_path / "pictures"))


def test_the_recipe_for_many_machines_reads_a_shared_folder_on_two(pictures: Path) -> None:
    recipe = code_with("dask.distributed", "python")
    assert len(recipe.splitlines()) <= 10
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
    ) as cluster:
        for given, here in (
            ("tcp://scheduler:8786", cluster.scheduler_address),
            ("/shared/pictures", str(pictures)),
        ):
            assert recipe.count(given) == 1
            recipe = recipe.replace(given, here)
        done = subprocess.run([sys.executable, "-c", recipe], capture_output=True, text=True, check=False, timeout=HANG)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{pictures / f'{digit}.png'} {digit}" for digit in range(10)]


def test_the_python_of_the_readme_runs(tmp_path: Path, pictures: Path) -> None:
    recipe = code_with("mnistnet.train(", "python").replace("epochs=5", "epochs=1")
    done = subprocess.run(
        [sys.executable, "-c", recipe.replace("tests/digits", str(pictures))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert done.returncode == 0, done.stderr
    accuracy, number, _, unsure, *_reasons = done.stdout.split()
    assert float(accuracy) > 0.9
    assert number.isdigit()
    assert unsure in ("True", "False")


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README.split("## Developing")[0].split("```")[1]))
    named |= set(re.findall(r"`make ([a-z]+)`", README))
    assert {"demo", "test"} <= named <= targets
