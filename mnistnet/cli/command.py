"""The base of every command: an example in its help, options set from the environment, and usage errors."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from mnistnet.cli.messages import print_notes
from mnistnet.errors import OptionError

ENVIRONMENT_PREFIX = "MNISTNET"
SHARED_VARIABLES = {"MNISTNET_DATA", "MNISTNET_MODEL"}  # defaults of options that several commands have


def example(text: str) -> str:
    """Format an example for the end of a help text."""
    return f"\b\nExample:\n  {text}"


def variable_of(param: click.Parameter, ctx: click.Context) -> str:
    """Return the environment variable that sets a parameter."""
    return str(param.envvar or f"{ctx.auto_envvar_prefix}_{param.name}".upper())


class Command(click.Command):
    """A command that turns OptionErrors into usage errors, and reports unknown environment variables."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        notes = [f"{name} in the environment isn't an option of mnistnet; ignored" for name in _unknown_variables(ctx)]
        print_notes(bool(ctx.params.get("quiet")), *notes)
        try:
            return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(f"{error}.", ctx) from None


def command(example_line: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function a command; the example ends its help."""
    epilog = (
        f"Each option can be set in the environment, for example MNISTNET_TRAIN_EPOCHS=5.\n\n{example(example_line)}"
    )
    return click.command(cls=Command, epilog=epilog)


def _unknown_variables(ctx: click.Context) -> list[str]:
    """Return the MNISTNET_ variables that set no option; those of other commands aren't checked."""
    group = ctx.find_root().command
    commands = list(group.commands) if isinstance(group, click.Group) else []
    others = tuple(f"{ENVIRONMENT_PREFIX}_{name}_".upper() for name in commands if name != ctx.info_name)
    known = SHARED_VARIABLES | {variable_of(param, ctx) for param in ctx.command.params}
    return sorted(
        name
        for name in os.environ
        if name.startswith(f"{ENVIRONMENT_PREFIX}_") and not name.startswith(others) and name not in known
    )
