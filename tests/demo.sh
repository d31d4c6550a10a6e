#!/bin/sh
# The main job from end to end, as a user types it: get the data, train, evaluate, read pictures of digits.
# Works in a temporary folder and leaves nothing behind but the page, in build/. Run by `make demo`.
set -eu

mnistnet=$1
digits=$(cd "$(dirname "$0")/digits" && pwd)
mkdir -p "$(dirname "$0")/../build"
build=$(cd "$(dirname "$0")/../build" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work"

run() {
    printf '\n$ mnistnet %s\n' "$*"
    "$mnistnet" "$@"
}

if [ -z "${MNISTNET_DATA:-}" ] && ! run download --timeout 5 --retries 0; then
    printf '\nNo network, or no mirror answers: going on with the built-in digits drawn from pen strokes.\n'
    printf '\n$ export MNISTNET_DATA=strokes\n'
    export MNISTNET_DATA=strokes
fi
run train
run evaluate
run predict "$digits"
run predict --show "$digits/7.png"
run page --output "$build/mnistnet.html"
