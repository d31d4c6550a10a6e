"""`python -m mnistnet`, and the program `mnistnet`."""

import signal


def main() -> None:
    """Run the program."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports just ends, without a traceback
    from mnistnet.cli.commands import main as run

    run()


if __name__ == "__main__":
    main()
