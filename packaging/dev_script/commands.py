"""The verbs of ./dev."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from .coverage_bounds import Verdict, judge
from .display import NO_DISPLAY, has_display, wants_window
from .environment import set_up
from .errors import SetUpStopped
from .limited_run import run_limited
from .system_needs import meet_program_needs, meet_test_wishes
from .tally import read_tally

USAGE = """\
Usage: ./dev VERB [ARGUMENTS]

  run [ARGUMENTS]          start dlmanager; `./dev run --help` lists its own commands
  test [--long] [PYTEST]   run the tests; without PYTEST arguments also hold the coverage bounds
                           (--no-cov leaves the table out, as in `./dev test --no-cov tests/core`)
  check                    formatting, lint and types
  bench [ARGUMENTS]        measure the speed
  screenshots              draw the pictures of the documentation
  translate                bring the translations up to the words in the code
  help                     show this text

Each sets up what it needs: the first time takes a minute or two, later a moment.
"""

TEST_LIMIT_S = 40 * 60
CHECKS: Mapping[str, Sequence[str]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
}
TEST_EXTRAS = ("test",)


def main(words: Sequence[str], root: Path) -> int:
    """Do what the words ask and give the exit status.

    0: done. 1: the set-up or the command failed. 2: the words or the surroundings do not allow it.
    """
    verb, *arguments = words or ["help"]
    if verb in {"help", "--help", "-h"}:
        print(USAGE, end="")
        return 0
    act = VERBS.get(verb)
    if act is None:
        print(f"./dev does not know {verb!r}.\n\n{USAGE}", end="", file=sys.stderr)
        return 2
    try:
        return act(root, arguments)
    except SetUpStopped as stopped:
        print(stopped, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def run(root: Path, arguments: Sequence[str]) -> int:
    """Become the application, so that signals reach it and nothing stays in between."""
    if wants_window(arguments) and not has_display(sys.platform, os.environ):
        print(NO_DISPLAY, file=sys.stderr)
        return 2
    python = str(set_up(root))
    meet_program_needs()
    # -P: a json.py in the folder where somebody types this must not become our json.
    return _become([python, "-P", "-m", "dlmanager", *arguments])


def test(root: Path, arguments: Sequence[str]) -> int:
    """Run the tests, and after a full run hold the coverage against its bounds."""
    python = _set_up_tests(root)
    meet_test_wishes()
    with tempfile.TemporaryDirectory(prefix="dlmanager-test-") as folder:
        coverage_json, junit_xml = Path(folder, "coverage.json"), Path(folder, "junit.xml")
        closing_lines = Path(folder, "closing-lines.txt")
        command = [python, "-m", "pytest", "--cov=dlmanager"]
        command += ["--cov-report=term-missing:skip-covered"]
        is_full = set(arguments) <= {"--long"}
        if is_full:
            command += [f"--cov-report=json:{coverage_json}", f"--junit-xml={junit_xml}"]
            command += [f"--closing-lines={closing_lines}"]
            command += ["--numprocesses=logical", "--dist=worksteal"]
        status = run_limited(
            [*command, *arguments], folder=root, environ=_test_environ(), limit_s=TEST_LIMIT_S
        )
        if not is_full:
            return status
        return _conclude(status, coverage_json, closing_lines, junit_xml)


def check(root: Path, arguments: Sequence[str]) -> int:
    """Run all checks, also after one has failed, and sum them up."""
    if arguments:
        print("./dev check takes no arguments.", file=sys.stderr)
        return 2
    python = _set_up_tests(root)
    failed = {}
    for name, words in CHECKS.items():
        print(f"$ {' '.join(words)}", flush=True)
        failed[name] = subprocess.run([python, "-m", *words], cwd=root).returncode != 0
    print(", ".join(f"{name} {'FAILED' if bad else 'ok'}" for name, bad in failed.items()))
    return int(any(failed.values()))


def bench(root: Path, arguments: Sequence[str]) -> int:
    """Run the benchmarks, offscreen like the tests, so that their numbers can be compared."""
    command = [_set_up_tests(root), "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=root, env=_test_environ()).returncode


def screenshots(root: Path, arguments: Sequence[str]) -> int:
    """Draw the pictures of the documentation."""
    command = [_set_up_tests(root), "packaging/screenshots.py", *arguments]
    environ = dict(os.environ)
    if not has_display(sys.platform, environ):
        environ["QT_QPA_PLATFORM"] = "offscreen"
    return subprocess.run(command, cwd=root, env=environ).returncode


def translate(root: Path, arguments: Sequence[str]) -> int:
    """Bring the translations up to the words in the code; says what is left to translate."""
    command = [_set_up_tests(root), "packaging/translate.py", *arguments]
    return subprocess.run(command, cwd=root).returncode


VERBS: Mapping[str, Callable[[Path, Sequence[str]], int]] = {
    act.__name__: act for act in (run, test, check, bench, screenshots, translate)
}


def _become(command: list[str]) -> NoReturn:
    os.execv(command[0], command)


def _set_up_tests(root: Path) -> str:
    python = set_up(root, TEST_EXTRAS)
    meet_program_needs()
    return str(python)


def _test_environ() -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_API": "pyside6"}


def _conclude(status: int, coverage_json: Path, closing_lines: Path, junit_xml: Path) -> int:
    """Print the verdict on the coverage, what the tests say at their end, the counts last."""
    verdict = _read_verdict(coverage_json)
    print("\n".join(("", *verdict.lines)))
    with contextlib.suppress(FileNotFoundError):  # the run was cut short, as the next line says
        print(closing_lines.read_text(encoding="utf-8"), end="")
    try:
        print(read_tally(junit_xml.read_text(encoding="utf-8")))
    except (OSError, ElementTree.ParseError):
        print("The run was cut short: there are no counts.")
    return status or int(not verdict.reached)


def _read_verdict(coverage_json: Path) -> Verdict:
    try:
        return judge(json.loads(coverage_json.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Verdict(("coverage: not measured",), reached=False)
