"""`python -m dlmanager`, and the console script."""

import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    from dlmanager.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
