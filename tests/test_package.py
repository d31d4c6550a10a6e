"""What the package is to Python and to those who install it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest

import mnistnet

ROOT = Path(__file__).parents[1]


def test_the_package_has_six_public_names_and_no_others() -> None:
    assert mnistnet.__all__ == ["Answer", "MnistnetError", "Model", "load", "read", "train"]
    for name in mnistnet.__all__:
        assert getattr(mnistnet, name).__module__.startswith("mnistnet.")
    assert mnistnet.Model.__module__ == "mnistnet.model"
    with pytest.raises(AttributeError, match="module 'mnistnet' has no attribute 'Network'"):
        getattr(mnistnet, "Network")  # noqa: B009


MODULES = "sorted(name for name in sys.modules if name == 'numpy' or name.startswith('mnistnet'))"
IMPORTS = f"""
import sys
import mnistnet
from mnistnet import MnistnetError
print(*{MODULES})
import mnistnet.network
print(*{MODULES})
"""


def test_the_package_imports_no_numpy_and_the_equations_nothing_but_numpy() -> None:
    printed = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True).stdout
    first, second = (line.split() for line in printed.splitlines())
    assert first == ["mnistnet", "mnistnet.errors"]
    assert set(second) - set(first) == {"mnistnet.images", "mnistnet.network", "numpy"}


def test_the_package_is_under_the_mit_licence_and_holds_its_text() -> None:
    package = metadata("mnistnet")
    assert package["License-Expression"] == "MIT"
    assert package.get_all("Project-URL") is None
    text = Path(mnistnet.__file__).with_name("LICENSE").read_text()
    assert text.startswith("MIT License\n")
    assert re.search(r"^Copyright .*the mnistnet authors$", text, re.MULTILINE)
    assert "git clone " in (ROOT / "README.md").read_text()
