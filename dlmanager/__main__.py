"""`python -m dlmanager`, and the console script."""

import gc
import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    # Collecting while everything is imported finds nothing and costs a fifth of the start. What
    # runs for long collects on its own terms (dlmanager.garbage).
    gc.disable()
    from dlmanager.cli import run

    status = run(sys.argv[1:])
    # Nor does it find anything at the end: all that must be closed has been, by name.
    gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())
