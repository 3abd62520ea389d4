"""What a test run says at its end: how many faults passed, and how many kills were survived."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# The list is the table in tests/integration/README.md.
ALL_FAULTS = frozenset(range(1, 59))


@dataclass
class Kills:
    """The kill rounds of a run; a test notes each of its rounds and asserts for itself."""

    survived: int = 0
    lost: list[str] = field(default_factory=list)

    def record(self, survived: bool, about: str) -> None:
        """Note what became of a round; about: its seed, say, so that it can be repeated."""
        if survived:
            self.survived += 1
        else:
            self.lost.append(about)

    @property
    def total(self) -> int:
        """How many rounds there were."""
        return self.survived + len(self.lost)


class ClosingLines:
    """A plugin of pytest that counts by fault instead of by test.

    A fault has passed when each of its tests has: failed and skipped ones count against it, and in
    a run of the whole suite so does a fault without any test. Long tests of a short run are not
    meant to run and say nothing, as long as the fault has others.
    """

    def __init__(self) -> None:
        self.kills = Kills()
        self._is_whole = False
        self._is_long = False
        self._file: Path | None = None
        self._tests: dict[int, set[str]] = {}
        self._passed: set[str] = set()
        self._bad: set[str] = set()

    def pytest_configure(self, config: pytest.Config) -> None:
        self._is_long = config.getoption("--long")
        self._is_whole = (
            config.args_source is pytest.Config.ArgsSource.TESTPATHS
            and not config.getoption("keyword")
            and not config.getoption("markexpr")
        )
        file = config.getoption("--closing-lines")
        self._file = Path(file) if file else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._tests = {
            number: {item.nodeid for item in of_fault if self._is_meant_to_run(item)}
            for number, of_fault in items_by_fault(items).items()
        }

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        is_passed = report.passed and not hasattr(report, "wasxfail")
        if not is_passed:
            self._bad.add(report.nodeid)
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.lines():
            terminalreporter.write_line(line)
        if self._file is not None:
            self._file.write_text("".join(f"{line}\n" for line in self.lines()), encoding="utf-8")

    def lines(self) -> Sequence[str]:
        """Return the lines, without those of which this run has nothing to say."""
        lines = []
        faults = ALL_FAULTS if self._is_whole else self._tests.keys()
        if faults:
            failed = sorted(number for number in faults if not self._has_passed(number))
            names = f" (not: {', '.join(map(str, failed))})" if failed else ""
            lines.append(f"faults passed: {len(faults) - len(failed)} / {len(faults)}{names}")
        if self.kills.total:
            names = f" (not: {'; '.join(self.kills.lost)})" if self.kills.lost else ""
            lines.append(f"kills survived: {self.kills.survived} / {self.kills.total}{names}")
        return lines

    def _is_meant_to_run(self, item: pytest.Item) -> bool:
        return self._is_long or item.get_closest_marker("long") is None

    def _has_passed(self, number: int) -> bool:
        tests = self._tests.get(number, set())
        return bool(tests) and tests <= self._passed - self._bad


def items_by_fault(items: Iterable[pytest.Item]) -> dict[int, list[pytest.Item]]:
    """Return the tests of each fault; a test may prove several, by several marks."""
    found: dict[int, list[pytest.Item]] = defaultdict(list)
    for item in items:
        for mark in item.iter_markers("fault"):
            for number in mark.args:
                if item not in found[number]:
                    found[number].append(item)
    return dict(found)
