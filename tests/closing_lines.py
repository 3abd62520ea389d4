"""What a test run says at its end: how many faults passed, and how many kills were survived."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# The list is the table in tests/integration/README.md.
ALL_FAULTS = frozenset(range(1, 59))


@dataclass
class Kills:
    """The kill rounds of a test; it notes each of its rounds and asserts for itself."""

    survived: int = 0
    lost: list[str] = field(default_factory=list)

    def record(self, survived: bool, about: str) -> None:
        """Note what became of a round; about: its seed, say, so that it can be repeated."""
        if survived:
            self.survived += 1
        else:
            self.lost.append(about)


KILLS = pytest.StashKey[Kills]()


class ClosingLines:
    """A plugin of pytest that counts by fault instead of by test.

    A fault has passed when each of its tests has: failed and skipped ones count against it, and in
    a run of the whole suite so does a fault without any test. Long tests of a short run are not
    meant to run and say nothing, as long as the fault has others.

    All that it knows comes with the reports: the tests may run in processes of their own.
    """

    def __init__(self) -> None:
        self._kills = Kills()
        self._is_whole = False
        self._is_long = False
        self._file: Path | None = None
        self._tests: dict[int, set[str]] = defaultdict(set)
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

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        # Plain values: a report may cross from one process to another.
        if self._is_long or item.get_closest_marker("long") is None:
            report.faults = faults_of(item)
        kills = item.stash.get(KILLS, None)
        if report.when == "teardown" and kills is not None:
            report.kills_survived, report.kills_lost = kills.survived, kills.lost
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for number in getattr(report, "faults", ()):
            self._tests[number].add(report.nodeid)
        self._kills.survived += getattr(report, "kills_survived", 0)
        self._kills.lost += getattr(report, "kills_lost", [])
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
        kills = self._kills.survived + len(self._kills.lost)
        if kills:
            names = f" (not: {'; '.join(self._kills.lost)})" if self._kills.lost else ""
            lines.append(f"kills survived: {self._kills.survived} / {kills}{names}")
        return lines

    def _has_passed(self, number: int) -> bool:
        tests = self._tests.get(number, set())
        return bool(tests) and tests <= self._passed - self._bad


def faults_of(item: pytest.Item) -> list[int]:
    """Return the faults that a test proves; it may be several, by several marks."""
    return sorted({number for mark in item.iter_markers("fault") for number in mark.args})
