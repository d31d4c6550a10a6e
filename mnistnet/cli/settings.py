"""The options for the settings of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import click
from click.core import ParameterSource

from mnistnet.cli.options import Function, option
from mnistnet.errors import OptionError
from mnistnet.model import Model
from mnistnet.settings import Settings
from mnistnet.training import ARCHITECTURE


def settings_options(function: Function) -> Function:
    """Add an option for each setting of a training run."""
    for each in reversed(fields(Settings)):
        rule = each.metadata["rule"]
        name = f"--{each.name.replace('_', '-')}"
        function = option(name, rule=rule, help=each.metadata["help"], default=rule.format(each.default))(function)
    return function


def chosen_settings(
    ctx: click.Context, values: Mapping[str, Any], resumed: Model | None = None, start: Model | None = None
) -> Settings:
    """Return the settings of a run.

    Args:
        ctx: the command's context, which distinguishes given values from defaults.
        values: the values of the options.
        resumed: the model whose training continues, with its settings; only the epochs may change.
        start: the initial model for fine-tuning; its architecture is the default.

    Raises:
        OptionError: a value is invalid, or can't change.
    """
    given = {name: values[name] for name in values if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT}
    if start is not None:
        return Settings(**{**{name: getattr(start.settings, name) for name in ARCHITECTURE}, **given})
    if resumed is None:
        return Settings(**values)
    settings = replace(resumed.settings, **given)
    for each in fields(Settings):
        rule, was = each.metadata["rule"], getattr(resumed.settings, each.name)
        if each.name != "epochs" and getattr(settings, each.name) != was:
            name = f"--{each.name.replace('_', '-')}"
            raise OptionError(f"{name} was {rule.format(was)} and can't change; leave out {name} or --resume")
    return settings
