"""How many tests passed and failed, from pytest's JUnit report."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """The numbers of a finished test run; an error in a fixture counts as failed."""

    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def read_tally(junit_xml: str) -> Tally:
    """Add up the suites of a JUnit report. Raises ElementTree.ParseError if it is cut off."""
    passed = failed = skipped = 0
    for suite in ElementTree.fromstring(junit_xml).iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left_out = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - left_out
        failed += bad
        skipped += left_out
    return Tally(passed, failed, skipped)
