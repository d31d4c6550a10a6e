"""What the README promises exists, and what exists is in the README."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from mnistnet.cli.answers import ANSWER_FORMATS
from mnistnet.cli.commands import main
from mnistnet.datasets.sources import SOURCES
from mnistnet.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    told = set(re.findall(r"`mnistnet (\w+)", README))
    assert set(main.commands) <= told
    assert set(re.findall(r"^\$? ?mnistnet (\w+)", README, re.MULTILINE)) <= set(main.commands)


def test_every_option_that_the_readme_names_exists() -> None:
    options = {name for command in main.commands.values() for param in command.params for name in param.opts}
    assert set(re.findall(r"(?<!-)--[a-z][a-z-]+", README)) <= options | {"--help"}


def test_every_word_that_an_option_takes_is_in_the_readme() -> None:
    words = set(ANSWER_FORMATS) | {source.name for source in SOURCES if source.is_meant(source.name)}
    for field in fields(Settings):
        if field.name in ("activation", "cost"):
            words |= set(field.metadata["kind"].meanings)
    assert words <= set(re.findall(r"`([\w-]+)`", README))


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README.split("## Developing")[0].split("```")[1]))
    named |= set(re.findall(r"`make ([a-z]+)`", README))
    assert {"demo", "test"} <= named <= targets
