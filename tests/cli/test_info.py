from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Program
from mnistnet.model import load


def test_info_prints_what_a_model_file_holds(program: Program, trained: Path) -> None:
    done = program("info", trained.name)
    assert (done.returncode, done.stderr) == (0, "")
    rows = dict(line.split(None, 1) for line in done.stdout.splitlines() if not line.startswith("validation"))
    assert (rows["layers"], rows["parameters"], rows["epochs"]) == ("784-20-10-10", "16,020", "2")
    assert f"validation accuracy {load(trained).validation_accuracy:.2%}\n" in done.stdout
    assert "--epochs 2 --batch-size 32 " in rows["settings"]


def test_info_is_json_for_scripts(program: Program, trained: Path) -> None:
    done = program("info", "--json")
    assert (done.returncode, done.stderr) == (0, "Using mnistnet.npz\n")
    values, model = json.loads(done.stdout), load(trained)
    assert (values["model"], values["sizes"], values["epoch"]) == ("mnistnet.npz", [784, 20, 10, 10], 2)
    assert values["data_digest"] == model.data_digest
    assert values["settings"]["inputs"] == "directions"
    assert values["validation_accuracy"] == pytest.approx(model.validation_accuracy)
    assert set(values["versions"]) == {"mnistnet", "numpy"}
    assert json.loads(program("info", "builtin", "--json").stdout)["model"] == "builtin"
