"""`python -m mnistnet`, and the program `mnistnet`."""

import atexit
import gc
import signal


def main() -> None:
    """Run the program."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while the imports run just ends, without a traceback
    # Python ends with a last look for garbage, through all that was ever imported: a tenth of the time of a short run.
    atexit.register(gc.freeze)
    from mnistnet.cli.commands import main as run

    run()


if __name__ == "__main__":
    main()
