"""`python -m mnistnet`, and the program `mnistnet`."""

import gc
import sys


def main() -> None:
    """Run the program."""
    # Collect garbage rarely, and never at exit: searching all imported modules takes a sixth of a short run.
    gc.set_threshold(10_000)
    try:
        from mnistnet.cli.program import main as run  # late: so that Ctrl-C during the import prints no traceback

        run()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
