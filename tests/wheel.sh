#!/bin/sh
# Install a wheel into a clean environment of each of the oldest and the newest Python, outside of the repository, and
# run the demo there. Argument: the wheel. Run by `make dist`.
set -eu
wheel=$(realpath "$1")
demo=$(realpath "$(dirname "$0")")/demo.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for version in 3.10 3.13; do
    for python in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python none; do
        if "$python" -c '' 2> /dev/null; then break; fi
    done
    if [ "$python" = none ]; then
        echo "There is no Python $version here, in PATH or in ~/.pyenv: the wheel is not tested with it" >&2
        continue
    fi
    "$python" -m venv "$version"
    "$version/bin/python" -m pip install --quiet "$wheel"
    echo "The demo from the wheel, with Python $version:"
    "$demo" "$work/$version/bin/mnistnet"
done
