"""The table of faults in ../README.md: python -m tests.integration.faults.table writes it anew.

The marks in the tests say which test proves what; this module knows what the faults are.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.closing_lines import ALL_FAULTS
from tests.integration.faults.answers import FAULTS

TESTS = Path(__file__).parents[2]
README = TESTS / "integration" / "README.md"
SCRIPTED = "integration/faults/test_answers.py::test_the_file_is_right_or_not_there"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"

WHAT = {
    1: "cut off, with a length: FIN, RST",
    2: "cut off, without a length",
    3: "cut inside a chunk and between two",
    4: "a range is ignored",
    5: "a range is ignored, and the file has changed",
    6: "the file has changed: 412",
    7: "the file has changed: ETag, weak ETag or Last-Modified differs",
    8: "the file has changed: another size, smaller than what we have",
    9: "the file has changed: no validator, same size",
    10: "416: fresh, complete, without a total",
    11: "206: unasked, short, shifted, without a range",
    12: "204, 205, 300",
    13: "401, 403, 404, 407, 410",
    14: "408, 5xx, 504",
    15: "Retry-After: seconds, a date, absurd",
    16: "redirects: in a loop, to file:, to ftp:, to nowhere",
    17: "a redirect to another origin, with secrets",
    18: "a stall in the headers or the body",
    19: "a drip of body or headers",
    20: "TLS: self-signed, wrong host, expired, stalled, plain HTTP",
    21: "HTTP/0.9, a bad status line, closed at once",
    22: "lengths: two, negative, huge, too small",
    23: "a header bomb, escape codes in headers",
    24: "gzip unasked, 103, no bytes at all",
    25: "hostile names",
    26: "wget is killed at random times",
    27: "the program is killed at random times",
    28: "the program is killed and its wget lives on",
    29: "a process id is another's by now",
    30: "killed between two steps of the end",
    31: "the machine was started anew",
    32: "a stale tail after a power cut",
    33: "the disk is full",
    34: "the folder: not writable, gone, read-only, a file",
    35: "the part: deleted, cut, replaced while it is written",
    36: "the final name: taken, taken meanwhile, other letters",
    37: "the same link twice; two programs",
    38: "cancelled in every state",
    39: "paused and resumed fifty times",
    40: "wget: missing, not executable, too old, exits 127",
    41: "wget's words: random bytes, split characters, a flood",
    42: "our thread stands still",
    43: "another language",
    44: "hostile wgetrc, netrc, proxies, environment",
    45: "hostile links and arguments",
    46: "secrets",
    47: "checksums",
    48: "mirrors",
    49: "the database: locked, read-only, gone, full, old, garbage",
    50: "killed in transactions",
    51: "the clock jumps",
    52: "the network is off",
    53: "a long queue and a long history",
    54: "told to end while ten run",
    55: "files over 4 GiB",
    56: "bad settings",
    57: "hostile imports",
    58: "limits, order, starvation",
}

NOT_YET = {
    48: "comes with Steering: there are no mirrors yet",
}
"""Faults of features that do not exist."""


def marked_tests() -> dict[int, list[str]]:
    """Return the tests of each fault, as path::name with the path from the folder of all tests."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        where = path.relative_to(TESTS).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, numbers in _marked_in(tree, _marks_of_module(tree)):
            for number in sorted(numbers):
                found[number].append(f"{where}::{name}")
    for fault in FAULTS:
        found[fault.number].append(f"{SCRIPTED}[{fault.name}]")
    return dict(found)


def _marked_in(
    scope: ast.Module | ast.ClassDef, inherited: set[int]
) -> Iterator[tuple[str, set[int]]]:
    for node in scope.body:
        if isinstance(node, ast.ClassDef):
            for name, numbers in _marked_in(node, inherited | _marks_in(node.decorator_list)):
                yield f"{node.name}::{name}", numbers
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            numbers = inherited | _marks_in(node.decorator_list)
            if numbers:
                yield node.name, numbers


def _marks_of_module(tree: ast.Module) -> set[int]:
    return {
        number
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark"
        for number in _marks_in([node.value])
    }


def _marks_in(expressions: list[ast.expr]) -> set[int]:
    """Return the numbers of `pytest.mark.fault(...)` in decorators, parameters included."""
    return {
        argument.value
        for expression in expressions
        for node in ast.walk(expression)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "fault"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }


def table() -> str:
    """Return the table as Markdown."""
    tests = marked_tests()
    lines = ["| # | fault | tests |", "|---|---|---|"]
    for number in sorted(ALL_FAULTS):
        names = "<br>".join(f"`{name}`" for name in tests.get(number, []))
        lines.append(f"| {number} | {WHAT[number]} | {names or NOT_YET.get(number, '-')} |")
    return "\n".join(lines)


def with_table(readme: str) -> str:
    """Return the page with its table replaced."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write the table into the page."""
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
