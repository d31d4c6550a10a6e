"""The base of every command: an example in its help, options set from the environment, and usage errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mnistnet.errors import OptionError

ENVIRONMENT_PREFIX = "MNISTNET"


def example(text: str) -> str:
    """Format an example for the end of a help text."""
    return f"\b\nExample:\n  {text}"


class Command(click.Command):
    """A command that turns OptionErrors into usage errors."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(f"{error}.", ctx) from None


def command(example_line: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function a command; the example ends its help."""
    environment = "Each option can be set in the environment, for example MNISTNET_TRAIN_EPOCHS=5."
    return click.command(cls=Command, epilog=f"{environment}\n\n{example(example_line)}")
