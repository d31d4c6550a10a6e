"""Fill the page: one HTML file from its plain files, a model, and what was measured on it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

import mnistnet
from mnistnet.datasets import Dataset
from mnistnet.model import Model, load
from mnistnet.page.measure import measure, shown_neurons
from mnistnet.page.snapshots import Snapshots, read_snapshots
from mnistnet.page.textbook import TEXTBOOK_HISTORY, TEXTBOOK_WORDS
from mnistnet.prediction import MIN_LEAD, MIN_SURE

HERE = Path(__file__).parent
# What is removed when the modules become one: imports, lines for the type checker, and the word `export`
IMPORT = re.compile(r"^import \{[^}]*\} from \"\./\w+\.js\";\n|^/\*\* @import .*\n|^// @ts-check\n", re.MULTILINE)
IMPORTED = re.compile(r"^import \{[^}]*\} from \"\./(\w+\.js)\";$", re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)
RATE, OTHER_RATE = 0.3, 0.01  # initial learning rate of a lesson: sigmoid with mse; others, whose gradients are larger
TITLES = {"directions": "Edges", "moments": "Upright pixels", "pixels": "This model"}  # of the model's own tab


def fill_page(model: Model, name: str, dataset: Dataset, data: str) -> str:
    """Return the HTML page about a model.

    Args:
        model: the model.
        name: its name, in words.
        dataset: labelled images to measure it on, at least one.
        data: the dataset's name, in words.
    """
    style, script = (HERE / "style.css").read_text(encoding="utf-8"), _one_script()
    policy = f"default-src 'none'; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; base-uri 'none'"
    return Template((HERE / "index.html").read_text(encoding="utf-8")).substitute(
        policy=policy, style=style, script=script, data=_as_json(_data(model, name, dataset, data))
    )


def _one_script() -> str:
    """Join the JavaScript modules into one, each after those that it imports; no two define the same name."""
    modules: dict[str, str] = {}

    def add(name: str) -> None:
        text = (HERE / name).read_text(encoding="utf-8")
        for imported in IMPORTED.findall(text):
            if imported not in modules:
                add(imported)
        modules[name] = EXPORT.sub("", IMPORT.sub("", text))

    add("main.js")
    return "\n".join(modules.values())


def _sha256(text: str) -> str:
    """Return the digest by which a Content-Security-Policy allows a script or a style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _as_json(data: dict[str, Any]) -> str:
    """Return JSON without "<": the name of a model may hold `</script>`."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _data(model: Model, name: str, dataset: Dataset, data: str) -> dict[str, Any]:
    """Return the data that `main.js` reads."""
    own_snapshots, twin_snapshots, twin = read_snapshots()
    is_built_in = np.array_equal(model.network.parameters, load().network.parameters)
    measured = measure(model, twin, dataset, data)
    return {
        "name": name,
        "version": mnistnet.__version__,
        "models": [
            _model_data(model, TITLES[model.settings.inputs], own_snapshots if is_built_in else None)
            | measured.models[0],
            _model_data(twin, "Pixels", twin_snapshots) | measured.models[1],
        ],
        "thresholds": {"sure": MIN_SURE, "lead": MIN_LEAD},
        "training": {
            "epoch": model.epoch,
            "history": np.round(model.history, 6).tolist(),
            "textbook": {"history": TEXTBOOK_HISTORY, "words": TEXTBOOK_WORDS},
        },
        "measured": measured.figures,
        "sprite": _base64(zlib.compress(measured.images.tobytes(), 9)),
    }


def _model_data(model: Model, title: str, snapshots: Snapshots | None) -> dict[str, Any]:
    """Return the data that `model.js` reads, except the measurements."""
    settings, network = model.settings, model.network
    is_derived = (settings.activation, settings.cost) == ("sigmoid", "mse")
    return {
        "title": title,
        "sizes": list(network.sizes),
        "activation": settings.activation,
        "cost": settings.cost,
        "parameters": _base64(network.parameters.astype("<f4").tobytes()),
        "shown": shown_neurons(network),
        "inputs": {
            "encoding": settings.inputs,
            "scale": model.inputs.encoding.scale,
            "mean": _base64(model.inputs.mean.astype("<f4").tobytes()),
        },
        "rate": RATE if is_derived else OTHER_RATE,
        "snapshots": None if snapshots is None else _snapshot_data(snapshots),
    }


def _snapshot_data(snapshots: Snapshots) -> dict[str, Any]:
    pairs = zip(snapshots.parameters, snapshots.scales, strict=True)
    return {
        "epochs": snapshots.epochs,
        "parameters": [{"values": _base64(values.tobytes()), "scales": scales.tolist()} for values, scales in pairs],
        "accuracy": np.round(snapshots.validation_accuracy, 4).tolist(),
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
