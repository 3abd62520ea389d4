"""The developer's commands; ./dev starts this once it has found a Python."""

import sys
from pathlib import Path

from dev_script.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], root=Path(__file__).resolve().parent.parent))
