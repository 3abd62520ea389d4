import pytest

from .dev_script import load

coverage_bounds = load("coverage_bounds")

BASE = "dlmanager/engine/base_process.py"
WGET = "dlmanager/engine/wget_process.py"


def summary(covered, statements):
    return {"covered_lines": covered, "num_statements": statements}


def report(package=(90, 100), base=(100, 100), wget=(100, 100)):
    files = {BASE: base, WGET: wget}
    return {
        "totals": summary(*package),
        "files": {name: {"summary": summary(*n)} for name, n in files.items() if n is not None},
    }


@pytest.mark.parametrize(
    ("measured", "reached"),
    [
        pytest.param({}, True, id="package exactly at its bound"),
        pytest.param({"package": (8999, 10000)}, False, id="package just below"),
        pytest.param({"base": (991, 1000)}, True, id="base just above"),
        pytest.param({"base": (99, 100)}, False, id="base exactly 99 is not more than 99"),
        pytest.param({"wget": (99, 100)}, False, id="wget exactly 99 is not more than 99"),
        pytest.param({"wget": None}, False, id="wget not in the report"),
        pytest.param({"base": (0, 0)}, True, id="a file without statements"),
        pytest.param({"package": (0, 0)}, True, id="an empty package"),
    ],
)
def test_each_bound_has_to_be_reached(measured, reached):
    assert coverage_bounds.judge(report(**measured)).reached is reached


def test_each_bound_gets_a_line_with_its_figure():
    lines = coverage_bounds.judge(report((93456, 100000), (99, 100), None)).lines
    assert lines == (
        "coverage of the package: 93.45 % (at least 90 %): ok",
        f"coverage of {BASE}: 99.00 % (more than 99 %): TOO LOW",
        f"coverage of {WGET}: not measured (more than 99 %): TOO LOW",
    )


def test_a_figure_just_below_its_bound_is_not_rounded_up_to_it():
    (line, *_) = coverage_bounds.judge(report((899999, 1000000))).lines
    assert "89.99 %" in line


def test_branches_do_not_count():
    entry = {**summary(50, 100), "covered_branches": 100, "num_branches": 100}
    assert coverage_bounds.line_coverage(entry) == 50.0
