"""How the program runs and ends: its streams, the signals that stop it, errors in one line, and the exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from mnistnet.errors import MnistnetError, one_line

STOPS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """Ctrl-C or SIGTERM came; it is no error, and nothing but the end of the program catches it."""


class CommandLine(click.Group):
    """The one owner of the exit status, and the one place that turns errors into a line."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; stopped by a signal it ends with the 130 or 143 that shells expect."""
        _prepare_streams()
        for number in STOPS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, _stop)
        try:
            return super().main(*args, **extra)
        except Stopped as stopped:
            sys.exit(128 + stopped.args[0])

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse; help and version are printed here."""
        with _errors_in_a_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _errors_in_a_line():
            result = super().invoke(ctx)
            sys.stdout.flush()
        return result


@contextmanager
def _errors_in_a_line() -> Iterator[None]:
    """End with 1 for what failed, 2 for wrong usage, 141 where nobody reads the output any more."""
    try:
        yield
    except BrokenPipeError:
        _give_up_output()
        raise click.exceptions.Exit(128 + signal.SIGPIPE) from None
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "mnistnet"
        message = one_line(error.format_message()).rstrip(".")
        say(f"Error: {message}{'' if message.endswith('?') else '.'} See '{command} --help'.")
        raise click.exceptions.Exit(error.exit_code) from None
    except (MnistnetError, OSError, MemoryError) as error:
        say(f"Error: {one_line(_message(error))}")
        if isinstance(error, OSError):
            _give_up_output()
        raise click.exceptions.Exit(1) from None


def _give_up_output() -> None:
    """Throw away what can't be written: Python would try again at exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _prepare_streams() -> None:
    """Have all three standard streams, and let none fail on a file name that it can't spell."""
    # Where one was closed (`>&-`), the next file to be opened would take its place, and what is said would go into it.
    # Answers that go nowhere are an error, as on a full disk: that null device can only be read. Notes may be lost.
    for name, access, mode in (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, access), mode))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)  # the first one has its way; a second would disturb the tidying up
    raise Stopped(number)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal that comes now wait for the end of the block: the middle of a file is no place to stop."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _message(error: MnistnetError | OSError | MemoryError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'standard output'}: {error.strerror}"
    return str(error) or "not enough memory"


def say(text: str) -> None:
    """Notes, warnings and errors go to standard error; standard output is for results."""
    try:
        click.echo(text, err=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass  # a full disk under the notes is no reason to stop, and nobody could be told
