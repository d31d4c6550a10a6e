"""`python -m mnistnet`, and the program `mnistnet`."""

import sys


def main() -> None:
    """Run the program."""
    try:
        from mnistnet.cli.program import main as run  # late: so that Ctrl-C during the import prints no traceback

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
