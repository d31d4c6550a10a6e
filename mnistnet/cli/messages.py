"""Messages on standard error; standard output is for results."""

from __future__ import annotations

from typing import TextIO

import click

from mnistnet.errors import one_line


def print_message(text: str) -> None:
    """Write a note, a warning or an error to standard error."""
    try:
        click.echo(text, err=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass  # a message that can't be written must not stop the command


def print_notes(quiet: bool, *lines: str) -> None:
    """Write lines to standard error, unless --quiet is given."""
    for line in () if quiet else lines:
        print_message(one_line(line))


def can_encode(text: str, stream: TextIO) -> bool:
    """Return whether a stream's encoding can represent a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
