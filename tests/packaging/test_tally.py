import xml.etree.ElementTree as ElementTree

import pytest

from .dev_script import load

tally = load("tally")


def suites(*attributes):
    return "<testsuites>" + "".join(f"<testsuite {a}/>" for a in attributes) + "</testsuites>"


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (suites('tests="3" failures="0" errors="0" skipped="0"'), "3 passed, 0 failed"),
        (suites('tests="9" failures="2" errors="1" skipped="0"'), "6 passed, 3 failed"),
        (suites('tests="9" failures="0" errors="0" skipped="4"'), "5 passed, 0 failed, 4 skipped"),
        (suites('tests="2"', 'tests="3" failures="1"'), "4 passed, 1 failed"),
        (suites(), "0 passed, 0 failed"),
    ],
    ids=["all passed", "failures and errors", "skipped", "two suites", "nothing"],
)
def test_the_counts_are_read_from_all_suites(xml, text):
    assert str(tally.read_tally(xml)) == text


def test_a_report_that_was_cut_off_is_refused():
    with pytest.raises(ElementTree.ParseError):
        tally.read_tally("<testsuites><testsuite")
