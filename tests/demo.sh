#!/bin/sh
# The main job from end to end, as a user types it: get the data, train, evaluate, read pictures of digits.
# Leaves the model and the page in build/. Run by `make demo`.
set -eu

mnistnet=$1
digits=$(cd "$(dirname "$0")/digits" && pwd)
mkdir -p "$(dirname "$0")/../build"
cd "$(dirname "$0")/../build"

run() {
    printf '\n$ mnistnet %s\n' "$*"
    "$mnistnet" "$@"
}

if [ -z "${MNISTNET_DATA:-}" ] && ! run download --quiet --timeout 5 --retries 0 2> /dev/null; then
    printf 'No mirror of MNIST is reached. The demo continues with the built-in strokes: MNISTNET_DATA=strokes\n'
    export MNISTNET_DATA=strokes
fi
run train
run evaluate
run predict "$digits"
run predict --show "$digits/7.png"
run page
printf '\nThe model and the page are in %s\n' "$(pwd)"
