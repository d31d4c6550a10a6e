"""Options that several commands share; the rules in `settings` parse and check their values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from mnistnet.cli.messages import print_notes
from mnistnet.errors import ModelError
from mnistnet.model import BUILT_IN, Model, load
from mnistnet.settings import Rule

MODEL_HERE = "mnistnet.npz"
Function = TypeVar("Function", bound=Callable[..., Any])


class Value(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click only
    """The value of an option, parsed and checked by a rule."""

    name = "value"

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return the placeholder in the help."""
        return self.rule.metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse and check a value."""
        try:
            parsed = self.rule.parse(value) if isinstance(value, str) else value
        except ValueError:
            parsed = value
        if self.rule.accepts(parsed):
            return parsed
        name = param.get_error_hint(ctx) if param else "value"
        raise click.UsageError(f"{name} is {value}, expected {self.rule.expected}.", ctx)

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the words of a choice."""
        words = [word for word in self.rule.meanings if word.startswith(incomplete)]
        return [CompletionItem(word, help=self.rule.meanings[word]) for word in words]


class Option(click.Option):
    """An option whose errors name the environment variable if the value comes from one."""

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return the name of the environment variable or of the option."""
        if ctx and self.name and ctx.get_parameter_source(self.name) is ParameterSource.ENVIRONMENT:
            return str(self.envvar or f"{ctx.auto_envvar_prefix}_{self.name}".upper())
        return self.opts[0]


def option(*names: str, rule: Rule | None = None, help: str, **more: Any) -> Callable[[Function], Function]:  # noqa: A002
    """Return a decorator that adds an option.

    Args:
        names: such as `-m` and `--model`.
        rule: the valid values; None for a flag or one of click's own types.
        help: the help text; the words of a choice and the default are appended.
        more: see `click.option`.
    """
    if rule is not None:
        more["type"] = Value(rule)
    elif more.get("metavar") in ("FILE", "DIR", "SOURCE"):
        more["type"] = click.Path()  # completed by the shell
    words = {} if rule is None else rule.meanings
    meanings = " " + "; ".join(f"{word}: {meaning}" for word, meaning in words.items()) + "." if words else ""
    return click.option(*names, cls=Option, help=help + meanings, **more)


model_option = option(
    "-m",
    "--model",
    metavar="FILE",
    show_default=f"$MNISTNET_MODEL, else {MODEL_HERE} in this folder, else {BUILT_IN}",
    help=f"Model file, or {BUILT_IN}.",
)
quiet_option = option("-q", "--quiet", is_flag=True, help="Hide progress bars and notes, but not warnings and errors.")


def choose_model(path: str | None, quiet: bool) -> str:
    """Return the model file that --model names, or else the default one, and print which one that is."""
    if path is not None:
        return path
    here = MODEL_HERE if Path(MODEL_HERE).exists() else BUILT_IN
    path = os.environ.get("MNISTNET_MODEL") or here
    print_notes(quiet, "Using the built-in model" if path == BUILT_IN else f"Using {path}")
    return path


def load_chosen_model(path: str | None, quiet: bool) -> tuple[str, Model]:
    """Return the name of the model that `choose_model` chooses, and the model; see `load` for errors."""
    name = choose_model(path, quiet)
    try:
        return name, load(name)
    except ModelError as error:
        is_from_variable = path is None and name == os.environ.get("MNISTNET_MODEL")
        raise ModelError(f"MNISTNET_MODEL: {error}" if is_from_variable else str(error)) from None
