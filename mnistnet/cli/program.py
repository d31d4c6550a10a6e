"""How the program runs and ends: its streams, the signals that stop it, errors in one line, and the exit status."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

import click

from mnistnet.errors import MnistnetError, OptionError, one_line
from mnistnet.signals import STOPS

NOBODY_READS = 141  # 128 + SIGPIPE, as shells expect it
TIDYING = 3.0  # seconds that the program may take to end
PREFIX = "MNISTNET"  # of the environment variables that are options
SHARED_VARIABLES = {"MNISTNET_DATA", "MNISTNET_MODEL"}  # the defaults of an option that several commands have


class Stopped(BaseException):
    """Ctrl-C or SIGTERM came. It is not an error, and nothing but the end of the program catches it."""


class Command(click.Command):
    """A command for which a choice that makes no sense is wrong usage, and which names variables that nobody reads."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        if not ctx.params.get("quiet"):
            for name in sorted(_unknown_variables(ctx.find_root())):
                say(f"{one_line(name)} in the environment is no option of mnistnet; it is ignored")
        try:
            return super().invoke(ctx)
        except OptionError as error:
            raise click.UsageError(f"{error}.", ctx) from None


class CommandLine(click.Group):
    """The one owner of the exit status, and the one place that turns errors into a line."""

    command_class = Command

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; when a signal stops it, end with the 130 or 143 that shells expect."""
        _prepare_streams()
        for number in STOPS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
                signal.signal(number, _stop)
        try:
            with _errors_in_a_line():
                return super().main(*args, **extra)
        except Stopped as stopped:
            for number in STOPS:
                signal.signal(number, signal.SIG_IGN)  # at its end Python takes its own handlers away
            sys.exit(128 + stopped.args[0])
        finally:
            # Python ends by searching everything it ever imported for garbage: a tenth of the time of a short run.
            gc.freeze()

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the arguments; help and version are printed here."""
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
        sys.exit(NOBODY_READS)
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "mnistnet"
        message = one_line(error.format_message()).rstrip(".")
        say(f"Error: {message}{'' if message.endswith('?') else '.'} See '{command} --help'.")
        sys.exit(error.exit_code)
    except (MnistnetError, OSError, MemoryError) as error:
        say(f"Error: {one_line(_message(error))}")
        if isinstance(error, OSError):
            _give_up_output()
        sys.exit(1)


def can_write(text: str, stream: TextIO) -> bool:
    """Return whether a stream's encoding has all letters of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _give_up_output() -> None:
    """Discard what can't be written: Python would try again at exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _prepare_streams() -> None:
    """Make sure that all three standard streams exist, and that none fails on a file name that it can't encode."""
    # Where one was closed (`>&-`), the next file to be opened would take its place, and messages would go into it.
    # Answers that go nowhere are an error, as on a full disk, so that null device is open for reading only. Notes may
    # be lost.
    for name, access, mode in (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, access), mode))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _stop(number: int, _frame: FrameType | None) -> None:
    """Stop at the first signal, and ignore the next ones for a while: they would disturb the tidying up."""
    over = time.monotonic() + TIDYING

    def wait(number: int, frame: FrameType | None) -> None:
        if time.monotonic() > over:  # the exception was lost, as one out of a destructor is
            _stop(number, frame)

    for each in STOPS:
        # Not SIG_IGN yet: Python complains when a signal that came at the same moment has no handler any more.
        signal.signal(each, wait)

    def stop_outside_of_imports(frame: FrameType, *_: object) -> None:
        if not _imports(frame):  # it would turn the exception into an error of its own, or drop it
            raise Stopped(number)  # Python then takes this function away again

    sys.setprofile(stop_outside_of_imports)  # called at whatever is called next, or returns: the first is _stop itself


def _imports(frame: FrameType | None) -> bool:
    """Return whether a frame is a part of an import that the program began."""
    while frame is not None and frame.f_code is not CommandLine.main.__code__:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _unknown_variables(root: click.Context) -> set[str]:
    """Return the variables that look like options but are none, such as misspelt ones."""
    known = set(SHARED_VARIABLES)
    for command in root.command.commands.values() if isinstance(root.command, click.Group) else ():
        for param in command.params:
            known.add(str(param.envvar or f"{PREFIX}_{command.name}_{param.name}".upper()))
    return {name for name in os.environ if name.startswith(f"{PREFIX}_")} - known


def _message(error: MnistnetError | OSError | MemoryError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'standard output'}: {error.strerror}"
    return str(error) or "not enough memory"


def say(text: str) -> None:
    """Write a note, a warning or an error to standard error; standard output is for results."""
    try:
        click.echo(text, err=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass  # a full disk for the notes is no reason to stop, and there is nobody left to tell
