import json
from pathlib import Path

import pytest

from .dev_script import load

commands = load("commands")

GOOD_COVERAGE = {
    "totals": {"covered_lines": 95, "num_statements": 100},
    "files": {
        f"dlmanager/engine/{name}.py": {"summary": {"covered_lines": 10, "num_statements": 10}}
        for name in ("base_process", "wget_process")
    },
}
LOW_COVERAGE = {**GOOD_COVERAGE, "totals": {"covered_lines": 89, "num_statements": 100}}
JUNIT = '<testsuites><testsuite tests="7" failures="0" errors="0" skipped="0"/></testsuites>'


@pytest.fixture
def pytest_runs(monkeypatch):
    """Stands in for the set-up and for pytest; writes the reports that pytest would."""
    runs = PytestRuns()
    monkeypatch.setattr(commands, "set_up", lambda root, extras=(): root / "python")
    monkeypatch.setattr(commands, "meet_program_needs", lambda: None)
    monkeypatch.setattr(commands, "meet_test_wishes", lambda: None)
    monkeypatch.setattr(commands, "run_limited", runs.run)
    return runs


class PytestRuns:
    """Remembers the last run."""

    def __init__(self):
        self.command = None
        self.environ = None
        self.status = 0
        self.coverage = GOOD_COVERAGE
        self.junit = JUNIT
        self.closing_lines = "faults passed: 58 / 58\nkills survived: 8 / 8\n"

    def run(self, command, *, folder, environ, limit_s):
        self.command, self.environ = list(command), environ
        for word in command:
            if word.startswith("--cov-report=json:") and self.coverage is not None:
                Path(word.partition(":")[2]).write_text(json.dumps(self.coverage))
            if word.startswith("--junit-xml=") and self.junit is not None:
                Path(word.partition("=")[2]).write_text(self.junit)
            if word.startswith("--closing-lines=") and self.junit is not None:
                Path(word.partition("=")[2]).write_text(self.closing_lines)
        return self.status


def test_the_tests_run_without_a_screen_and_with_coverage(pytest_runs, tmp_path):
    commands.main(["test"], tmp_path)
    assert pytest_runs.environ["QT_QPA_PLATFORM"] == "offscreen"
    assert pytest_runs.environ["QT_API"] == "pyside6"
    assert pytest_runs.command[:4] == [str(tmp_path / "python"), "-m", "pytest", "--cov=dlmanager"]


@pytest.mark.parametrize(
    ("coverage", "pytest_status", "status"),
    [(GOOD_COVERAGE, 0, 0), (LOW_COVERAGE, 0, 1), (GOOD_COVERAGE, 2, 2), (LOW_COVERAGE, 2, 2)],
    ids=["good", "coverage too low", "tests failed", "both"],
)
@pytest.mark.parametrize("arguments", [[], ["--long"]], ids=["short", "long"])
def test_a_full_run_holds_the_coverage_against_its_bounds(
    pytest_runs, tmp_path, capsys, arguments, coverage, pytest_status, status
):
    pytest_runs.coverage, pytest_runs.status = coverage, pytest_status
    assert commands.main(["test", *arguments], tmp_path) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == ["faults passed: 58 / 58", "kills survived: 8 / 8", "7 passed, 0 failed"]
    assert ("TOO LOW" in lines[-6]) is (coverage is LOW_COVERAGE)
    assert pytest_runs.command[-len(arguments) :] == (arguments or pytest_runs.command)


def test_a_partial_run_is_pytests_alone(pytest_runs, tmp_path, capsys):
    pytest_runs.coverage = LOW_COVERAGE
    assert commands.main(["test", "-q", "tests/core"], tmp_path) == 0
    assert pytest_runs.command[-2:] == ["-q", "tests/core"]
    assert capsys.readouterr().out == ""


def test_a_run_that_was_cut_short_does_not_count_as_passed(pytest_runs, tmp_path, capsys):
    pytest_runs.junit, pytest_runs.coverage = None, None
    assert commands.main(["test"], tmp_path) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "coverage: not measured",
        "The run was cut short: there are no counts.",
    ]


def test_a_set_up_that_stops_says_why_and_fails(monkeypatch, tmp_path, capsys):
    def stop(*_):
        raise commands.SetUpStopped("Type this line: ...")

    monkeypatch.setattr(commands, "set_up", stop)
    assert commands.main(["check"], tmp_path) == 1
    assert capsys.readouterr().err == "Type this line: ...\n"


def test_without_a_display_run_says_so_before_any_set_up(monkeypatch, tmp_path, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(commands.sys, "platform", "linux")
    monkeypatch.setattr(commands, "set_up", lambda *_: pytest.fail("was set up"))
    assert commands.main(["run"], tmp_path) == 2
    assert capsys.readouterr().err.splitlines() == [commands.NO_DISPLAY]


def test_without_a_display_the_application_judges_what_is_no_link(monkeypatch, tmp_path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    become = []
    monkeypatch.setattr(commands, "set_up", lambda root: root / "python")
    monkeypatch.setattr(commands, "meet_program_needs", lambda: None)
    monkeypatch.setattr(commands, "_become", lambda command: become.extend(command) or 0)
    assert commands.main(["run", "frobnicate"], tmp_path) == 0
    assert become[-1] == "frobnicate"
