"""The coverage that the tests must reach, and whether they did."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PACKAGE_AT_LEAST = 90.0
FILES_MORE_THAN: Mapping[str, float] = {
    "dlmanager/engine/base_process.py": 99.0,
    "dlmanager/engine/wget_process.py": 99.0,
}


@dataclass(frozen=True)
class Verdict:
    """What was measured against the bounds: one line for each, and whether all were reached."""

    lines: tuple[str, ...]
    reached: bool


def judge(report: Mapping[str, Any]) -> Verdict:
    """Hold a coverage report against the bounds.

    report: what `coverage json` writes. A file that is not in it counts as not reached.
    """
    package = line_coverage(report["totals"])
    lines = [
        _line("the package", package, f"at least {PACKAGE_AT_LEAST:g} %", _package_ok(package))
    ]
    reached = _package_ok(package)
    for name, bound in FILES_MORE_THAN.items():
        entry = report["files"].get(name)
        percent = None if entry is None else line_coverage(entry["summary"])
        file_reached = percent is not None and percent > bound
        lines.append(_line(name, percent, f"more than {bound:g} %", file_reached))
        reached = reached and file_reached
    return Verdict(tuple(lines), reached)


def line_coverage(summary: Mapping[str, Any]) -> float:
    """Give the share of executed lines in percent; 100 where there is nothing to execute."""
    statements = int(summary["num_statements"])
    return 100.0 * int(summary["covered_lines"]) / statements if statements else 100.0


def _package_ok(percent: float) -> bool:
    return percent >= PACKAGE_AT_LEAST


def _line(name: str, percent: float | None, bound: str, reached: bool) -> str:
    # Rounded down, so that a bound that was just missed does not look reached.
    shown = "not measured" if percent is None else f"{math.floor(percent * 100) / 100:.2f} %"
    return f"coverage of {name}: {shown} ({bound}): {'ok' if reached else 'TOO LOW'}"
