"""The program: its commands, its standard streams, one line for each error, and the exit status."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

from mnistnet import __version__
from mnistnet.cli.command import ENVIRONMENT_PREFIX, example
from mnistnet.cli.messages import print_message
from mnistnet.errors import MnistnetError, one_line

# Each name is a module of mnistnet.cli and the function in it; the module is imported when the command runs.
COMMANDS = {
    "download": "Download MNIST's four files.",
    "evaluate": "Measure how well a model reads labelled digits.",
    "info": "Print what a model file holds.",
    "page": "Write an HTML page that shows a model at work.",
    "predict": "Read the digit or the number in each picture.",
    "train": "Train a network by gradient descent, and save it after every epoch.",
}
# The environment variables that limit the threads of NumPy's BLAS library, whichever it is. For products as small as
# ours, two threads take up to eight times as long as one. `training.py` limits them for users of the library.
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# Exit statuses: 128 + the signal's number, as in shells
INTERRUPTED, TERMINATED, BROKEN_PIPE = 130, 143, 141


class Terminated(KeyboardInterrupt):
    """SIGTERM was received; it is handled like Ctrl-C."""


class CommandLine(click.Group):
    """A group that imports a command when it runs, prints each error as one line, and sets the exit status."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program."""
        _prepare_streams()
        warnings.filterwarnings("ignore", module="PIL")  # Pillow warns of odd metadata, which no user can change
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminate)
        with _exit_status():
            return super().main(*args, **extra)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the arguments; help and version are printed here."""
        with _exit_status():
            return super().make_context(*args, **extra)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command; until then the group holds only its name and its short help."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            os.environ.update(dict.fromkeys(VARIABLES, "1"))  # before NumPy is imported
            command = getattr(import_module(f"mnistnet.cli.{command.name}"), str(command.name))
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, which returns the exit status; None is 0."""
        with _exit_status():
            status = super().invoke(ctx)
            sys.stdout.flush()
            ctx.exit(status or 0)


@click.group(
    cls=CommandLine,
    commands=[click.Command(name, short_help=text) for name, text in COMMANDS.items()],
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": ENVIRONMENT_PREFIX,
        "show_default": True,
        "max_content_width": 100,
    },
    epilog=example("mnistnet train --epochs 30 && mnistnet predict digit.png"),
)
@click.version_option(__version__, prog_name="mnistnet", allow_from_autoenv=False)  # not MNISTNET_VERSION
def main() -> None:
    """A neural network from scratch that reads handwritten digits."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


@contextmanager
def _exit_status() -> Iterator[None]:
    """Exit with 1 after a failure, 2 after wrong usage, 130 or 143 after a signal, 141 after a broken pipe."""
    try:
        yield
    except KeyboardInterrupt as error:
        for number in (signal.SIGINT, signal.SIGTERM):  # a second signal would end the clean-up with a traceback
            signal.signal(number, signal.SIG_IGN)
        sys.exit(TERMINATED if isinstance(error, Terminated) else INTERRUPTED)
    except BrokenPipeError:
        _discard_output()
        sys.exit(BROKEN_PIPE)
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "mnistnet"
        message = one_line(error.format_message()).rstrip(".")
        print_message(f"Error: {message}{'' if message.endswith('?') else '.'} See '{command} --help'.")
        sys.exit(error.exit_code)
    except (MnistnetError, OSError, MemoryError) as error:
        print_message(f"Error: {one_line(_reason(error))}")
        if isinstance(error, OSError):
            _discard_output()
        sys.exit(1)


def _reason(error: MnistnetError | OSError | MemoryError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'standard output'}: {error.strerror}"
    return str(error) or "not enough memory"


def _discard_output() -> None:
    """Discard buffered output that can't be written: Python would try again at exit, and print a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _prepare_streams() -> None:
    """Reopen closed standard streams on the null device, and make the outputs accept any file name."""
    # After `>&-`, the next opened file would get the stream's descriptor, and messages would be written into that file.
    # Writing to a closed standard output must fail, as on a full disk, so its null device is opened for reading only.
    for name, access, mode in (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, access), mode))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
