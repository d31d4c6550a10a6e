"""`mnistnet info`: print what a model file holds."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import click

from mnistnet.cli.command import command
from mnistnet.cli.options import choose_model, option
from mnistnet.errors import one_line
from mnistnet.model import BUILT_IN, PRETRAINED
from mnistnet.model_file import network_of, read_model_file
from mnistnet.settings import Settings


@command("mnistnet info mnistnet.npz")
@click.argument("model", required=False, metavar="[MODEL]", type=click.Path())
@option("--json", "as_json", is_flag=True, envvar="MNISTNET_INFO_JSON", help="Write one JSON object.")
def info(model: str | None, as_json: bool) -> None:
    """Print what a model file holds.

    MODEL is a file or builtin; the default is the model that predict uses.
    """
    name = choose_model(model, quiet=False)
    contents = read_model_file(PRETRAINED if name == BUILT_IN else name)
    settings, facts = contents.settings, contents.facts
    if as_json:
        keys = ("epoch", "best_epoch", "validation_accuracy", "data_digest", "versions")
        values = {"model": name, "sizes": settings.sizes, **{key: facts.get(key) for key in keys}}
        click.echo(json.dumps({**values, "settings": asdict(settings)}))
        return
    accuracy, best, versions = facts["validation_accuracy"], facts["best_epoch"], facts.get("versions")
    options = (
        f"--{each.name.replace('_', '-')} {each.metadata['rule'].format(getattr(settings, each.name))}"
        for each in fields(Settings)
    )
    rows = {
        "model": name,
        "layers": "-".join(map(str, settings.sizes)),
        "parameters": f"{len(network_of(settings).parameters):,}",
        "epochs": f"{facts['epoch']}" + ("" if best == facts["epoch"] else f" (best: {best})"),
        "validation accuracy": "not measured" if accuracy is None else f"{accuracy:.2%}",
        "training data": f"SHA-256 {facts['data_digest']}",
        "written by": ", ".join(f"{key} {value}" for key, value in dict(versions or {}).items()),
        "settings": " ".join(options),
    }
    for label, value in rows.items():
        click.echo(f"{label:<20}{one_line(value)}")
