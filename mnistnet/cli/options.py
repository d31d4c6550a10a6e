"""The options of the commands, made from what the library says of the values they take."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from mnistnet.datasets.sources import SOURCES, SOURCES_HELP
from mnistnet.errors import OptionError
from mnistnet.settings import Rule, Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MODEL_HERE = "mnistnet.npz"
BUILT_IN = "builtin"
DEFAULT_SOURCE = "mnist"
Function = TypeVar("Function", bound=Callable[..., Any])


class Value(click.ParamType):  # type: ignore[type-arg]  # newer versions of click give it an argument
    """The value of an option, parsed and checked by a rule of the library."""

    name = "value"

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Tell what stands for a value in the help."""
        return self.rule.metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Turn what was typed into a value."""
        try:
            parsed = self.rule.parse(value) if isinstance(value, str) else value
        except ValueError:
            parsed = value
        if self.rule.accepts(parsed):
            return parsed
        name = param.opts[0] if param else "value"
        raise click.UsageError(f"{name} is {value}, expected {self.rule.expected}.", ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the words of a choice."""
        words = self.rule.meanings
        return _begins(words, incomplete) or super().shell_complete(ctx, param, incomplete)


class SourceName(click.Path):
    """Where data come from: a word or a folder. In the environment, several are separated as in $PATH."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the words, and folders."""
        words = {source.name: source.description for source in SOURCES if source.is_meant(source.name)}
        # bash clears the list when it comes to the request for folders, so that it has to come first.
        return [*click.Path(file_okay=False).shell_complete(ctx, param, incomplete), *_begins(words, incomplete)]


def _begins(words: Mapping[str, str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # late: only who presses the tabulator key waits for it

    return [CompletionItem(word, help=meaning) for word, meaning in words.items() if word.startswith(incomplete)]


def option(*names: str, rule: Rule | None = None, help: str, **more: Any) -> Callable[[Function], Function]:  # noqa: A002
    """Make an option that can come from the environment, as its help tells.

    Args:
        names: as they are typed.
        rule: which values it takes; None for a flag or another type of click's.
        help: what it means; the words of a choice and the default are added.
        more: see `click.option`.
    """
    if rule is not None:
        more["type"] = Value(rule)
    words = {} if rule is None else rule.meanings
    meanings = " " + "; ".join(f"{word}: {meaning}" for word, meaning in words.items()) + "." if words else ""
    return click.option(*names, help=help + meanings, show_envvar=True, **more)


def example(text: str) -> str:
    """Return a command as the end of a help text."""
    return f"\b\nExample:\n  {text}"


def settings_options(command: Function) -> Function:
    """Add an option for each setting of a training run."""
    for each in reversed(fields(Settings)):
        rule = each.metadata["rule"]
        name = f"--{each.name.replace('_', '-')}"
        command = option(name, rule=rule, help=each.metadata["help"], default=rule.format(each.default))(command)
    return command


def settings_of(ctx: click.Context, choices: Mapping[str, Any], before: Settings | None) -> Settings:
    """Return the settings that were chosen. When a run goes on, they are those it had: only the epochs may change."""
    if before is None:
        return Settings(**choices)
    given = {name for name in choices if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT}
    asked = replace(before, **{name: choices[name] for name in given})
    for each in fields(Settings):
        rule, was = each.metadata["rule"], getattr(before, each.name)
        same = getattr(asked, each.name) == was or (
            each.name == "learning_rate" and asked.learning_rate_in_use == before.learning_rate_in_use
        )
        if each.name != "epochs" and not same:
            name = f"--{each.name.replace('_', '-')}"
            raise OptionError(f"{name} was {rule.format(was)} and can't change half-way; leave out {name} or --resume")
    return asked


def source_option(help: str) -> Callable[[Function], Function]:  # noqa: A002
    """Make the option that says where data come from; `help` ends the sentence."""
    return option(
        "--data",
        metavar="SOURCE",
        multiple=True,
        type=SourceName(),
        default=lambda: [os.environ.get("MNISTNET_DATA") or DEFAULT_SOURCE],
        show_default=f"$MNISTNET_DATA, else {DEFAULT_SOURCE}",
        help=f"{SOURCES_HELP}{help}",
    )


model_option = option(
    "-m",
    "--model",
    metavar="FILE",
    type=click.Path(),
    show_default=f"$MNISTNET_MODEL, else {MODEL_HERE} in this folder, else {BUILT_IN}",
    help=f"The model file, or {BUILT_IN} for the one that comes with mnistnet.",
)
quiet_option = option("-q", "--quiet", is_flag=True, help="No bars and no notes; warnings and errors stay.")
