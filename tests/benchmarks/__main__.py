"""The measurements and their table: python -m tests.benchmarks [NAME...]."""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import PySide6

from tests.benchmarks.faults import measure_faults
from tests.benchmarks.hash import measure_hash
from tests.benchmarks.loop import measure_loop
from tests.benchmarks.measuring import Failed, Figure, Options, wget_path
from tests.benchmarks.start import measure_start
from tests.benchmarks.transfer import measure_cpu, measure_transfer
from tests.benchmarks.window import measure_window
from tests.integration.loopback_server import parse_size

MEASUREMENTS: dict[str, Callable[[Options], list[Figure]]] = {
    "start": measure_start,
    "transfer": measure_transfer,
    "cpu": measure_cpu,
    "loop": measure_loop,
    "hash": measure_hash,
    "window": measure_window,
    "faults": measure_faults,
}
_HEADINGS = ("", "median", "min - max", "", "x wget", "budget", "")


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for and print the table; 1 if a budget was exceeded."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # ends the children too
    _write(machine_line())
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="dlmanager-bench-") as folder:
        asked = Options(options.runs, options.size, parse_size(options.size), Path(folder))
        try:
            for name in options.names or MEASUREMENTS:
                figures += MEASUREMENTS[name](asked)
        except Failed as error:
            sys.stderr.write(f"bench: {error}\n")
            return 2
        except KeyboardInterrupt:
            return 130
    for line in table(figures):
        _write(line)
    if options.json:
        options.json.write_text(json.dumps(as_json(figures), indent=2) + "\n")
    return int(any(figure.is_over for figure in figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure the speed, on loopback alone."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", type=_name, help=f"of: {', '.join(MEASUREMENTS)}"
    )
    parser.add_argument("--runs", type=_count, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--size", type=_size, default="1G", help="of the file (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values there")
    return parser


def _name(text: str) -> str:
    if text not in MEASUREMENTS:
        raise argparse.ArgumentTypeError(f"no measurement {text!r}")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number of 1 or more")
    return int(text)


def _size(text: str) -> str:
    try:
        parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def machine_line() -> str:
    """On what the figures were measured."""
    wget = subprocess.run(
        [wget_path(), "--version"], capture_output=True, text=True, timeout=10, check=True
    ).stdout.splitlines()[0]
    return (
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {wget}; "
        f"Python {platform.python_version()}; PySide {PySide6.__version__}; "
        f"Linux {platform.release()}; files in {tempfile.gettempdir()}"
    )


def table(figures: Sequence[Figure]) -> list[str]:
    """One line a figure, under a line of headings."""
    rows = [_HEADINGS, *map(_row, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return [
        "  ".join(
            text.ljust(width) if column in (0, 3) else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(figure: Figure) -> tuple[str, ...]:
    low, high = min(figure.values), max(figure.values)
    return (
        figure.name,
        f"{figure.median:.2f}",
        f"{low:.2f} - {high:.2f}" if len(figure.values) > 1 else "",
        figure.unit,
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        "" if figure.limit is None else f"{figure.limit:.2f}",
        {None: "", True: "over", False: "ok"}[figure.is_over],
    )


def as_json(figures: Sequence[Figure]) -> dict[str, object]:
    """All that was measured, for a later comparison."""
    return {
        "machine": machine_line(),
        "figures": [
            {
                "name": figure.name,
                "unit": figure.unit,
                "values": figure.values,
                "median": figure.median,
                "ratio": figure.ratio,
                "limit": figure.limit,
                "is_over": figure.is_over,
            }
            for figure in figures
        ],
    }


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
