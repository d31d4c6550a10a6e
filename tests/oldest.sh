#!/bin/sh
# Install the oldest allowed version of each library under Python 3.11, in build/oldest, and run tests with them.
# Arguments: the tests. Run by `make oldest`.
set -eu
cd "$(dirname "$0")/.."
folder=build/oldest

for python in python3.11 "$HOME"/.pyenv/versions/3.11.*/bin/python3.11 none; do
    if "$python" -c '' 2> /dev/null; then break; fi
done
if [ "$python" = none ]; then
    echo "There is no Python 3.11 here, in PATH or in ~/.pyenv: the oldest versions are not tested" >&2
    exit 0
fi

[ -x $folder/bin/python ] || "$python" -m venv $folder
$folder/bin/python - > $folder/constraints.txt << 'END'
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
print("\n".join(project["dependencies"] + extras["heic"] + extras["jobs"]).replace(">=", "=="))
END
$folder/bin/python -m pip install --quiet --constraint $folder/constraints.txt --editable '.[dev]'
# Old libraries warn of one another: that is no failure here.
exec $folder/bin/python -m pytest -W default --numprocesses auto --dist worksteal "$@"
