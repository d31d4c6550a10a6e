"""`python -m mnistnet`, and the program `mnistnet`."""

import gc
import signal

BETWEEN_SEARCHES = 10_000  # new objects; what programs begin with is no garbage, and Python would look more often


def main() -> None:
    """Run the program."""
    gc.set_threshold(BETWEEN_SEARCHES)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports just ends, without a traceback
    from mnistnet.cli.commands import main as run

    run()


if __name__ == "__main__":
    main()
