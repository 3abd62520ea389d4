"""What the command line shows of the queue, on a terminal and in a pipe."""

import io
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QLocale, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dlmanager import terminal
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.terminal import REDRAW_INTERVAL_MS, Report, ended_line, job_table, progress_line

MakeJob = Callable[..., Job]
ERASE_ONE = "\x1b[1F\x1b[J"


@pytest.fixture(autouse=True)
def american_numbers() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def progress_of(job: Job, bytes_done: int, bytes_total: int | None = 1_000_000) -> JobProgress:
    return JobProgress(job.id, job.attempt, Phase.DOWNLOADING, bytes_done, bytes_total, 250_000.0)


class TestTheTable:
    def test_of_nothing_is_its_headings(self):
        assert job_table([], 0) == ["ID  STATUS  SIZE  DONE  SPEED  NAME"]

    def test_has_a_line_for_each_job_in_order(self, make_job: MakeJob):
        jobs = [
            make_job(id="11111111-aaaa", filename="a.iso", bytes_total=4_700_000_000),
            make_job(
                id="22222222-bbbb",
                status=Status.FAILED,
                error_message="The server says this file does not exist (404). Check the link.",
            ),
            make_job(
                id="33333333-cccc", status=Status.COMPLETED, filename="c.zip", bytes_total=1_000
            ),
        ]
        assert job_table(jobs, 0) == [
            "ID        STATUS       SIZE  DONE  SPEED  NAME",
            "11111111  PENDING    4.7 GB               a.iso  Waiting",
            "22222222  FAILED                          file.bin  The server says this file does "
            "not exist (404). Check the link.",
            "33333333  COMPLETED  1.0 KB               c.zip",
        ]

    def test_says_how_far_and_how_fast_a_job_is(self, make_job: MakeJob):
        job = make_job(status=Status.PROCESSING, phase=Phase.DOWNLOADING, bytes_done=430_000,
                       bytes_total=1_000_000,
                       progress_summary=progress_of(make_job(), 430_000).summary)  # fmt: skip
        assert job_table([job], 0) == [
            "ID        STATUS        SIZE  DONE     SPEED  NAME",
            "0f8d2c5e  PROCESSING  1.0 MB  43 %  250 KB/s  file.bin  Downloading",
        ]

    def test_says_that_a_job_was_interrupted_where_nothing_runs(self, make_job: MakeJob):
        job = make_job(status=Status.PROCESSING, phase=Phase.DOWNLOADING, bytes_done=430_000,
                       bytes_total=1_000_000,
                       progress_summary=progress_of(make_job(), 430_000).summary)  # fmt: skip
        (_, line) = job_table([job, make_job()], 0, is_running=False)[:2]
        assert line == (
            "0f8d2c5e  PROCESSING  1.0 MB  43 %         file.bin  "
            "Interrupted, goes on at the next start"
        )

    @pytest.mark.parametrize("locale", ["fr_FR", "de_DE", "en_US"])
    def test_has_ordinary_blanks_but_where_a_name_has_others(self, make_job: MakeJob, locale: str):
        QLocale.setDefault(QLocale(locale))
        name = "a\N{NO-BREAK SPACE}b.iso"
        jobs = [
            make_job(filename=name, bytes_total=4_700_000_000, bytes_done=2_000_000_000),
            make_job(filename=name, status=Status.RETRYING, retry_count=1_234, max_retries=-1,
                     next_retry_at=700_000),
        ]  # fmt: skip
        for line in job_table(jobs, 0)[1:]:
            assert name in line
            assert not set(line.replace(name, "")) & set("\u00a0\u202f")
        running = make_job(status=Status.PROCESSING, filename=name)
        line = progress_line(running, progress_of(running, 500_000), 0, 200)
        assert not set(line.replace(name, "")) & set("\u00a0\u202f")

    def test_says_when_a_job_is_tried_again(self, make_job: MakeJob):
        job = make_job(status=Status.RETRYING, retry_count=1, next_retry_at=12_000)
        (_, line) = job_table([job], 10_000)
        assert plain(line).endswith("file.bin  Retrying in 2 s (1 of 3)")


class TestAJobThatEnded:
    def test_well_is_told_with_its_path(self, make_job: MakeJob):
        job = make_job(id="1", status=Status.COMPLETED, final_path="/d/a b.iso", filename="a b.iso")
        assert ended_line(job) == "COMPLETED  1  /d/a b.iso"

    @pytest.mark.parametrize(
        "status, message, expected",
        [
            (Status.FAILED, "Check the link.", "FAILED  1  file.bin  Check the link."),
            (Status.FAILED, None, "FAILED  1  file.bin"),
            (Status.CANCELLED, None, "CANCELLED  1  file.bin"),
        ],
    )
    def test_otherwise_with_why(self, make_job: MakeJob, status, message, expected: str):
        assert ended_line(make_job(id="1", status=status, error_message=message)) == expected


class TestAJobThatRuns:
    def test_is_told_in_numbers(self, make_job: MakeJob):
        job = make_job(status=Status.PROCESSING, phase=Phase.DOWNLOADING, filename="a.iso")
        line = progress_line(job, progress_of(job, 500_000), 0, 200)
        assert plain(line) == "a.iso  50 %  1.0 MB  250 KB/s  2 s  Downloading"

    def test_without_progress_by_its_row(self, make_job: MakeJob):
        job = make_job(status=Status.PROCESSING, phase=Phase.CONNECTING)
        assert plain(progress_line(job, None, 0, 200)) == "file.bin  Connecting"

    def test_of_unknown_size_by_what_has_come(self, make_job: MakeJob):
        job = make_job(status=Status.PROCESSING, phase=Phase.DOWNLOADING)
        line = progress_line(job, progress_of(job, 500_000, None), 0, 200)
        assert plain(line) == "file.bin  500 KB  250 KB/s  Downloading"

    @pytest.mark.parametrize("width", [79, 60, 20, 8, 1])
    def test_never_takes_more_than_a_line(self, make_job: MakeJob, width: int):
        job = make_job(
            status=Status.PROCESSING, phase=Phase.DOWNLOADING, filename="long-" * 30 + ".iso"
        )
        line = progress_line(job, progress_of(job, 500_000), 0, width)
        assert len(line) <= width
        if width >= 60:
            assert "…-.iso  " in line  # the end of a name tells more than its middle
            assert plain(line).endswith("Downloading")


class Screen(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def take(self) -> str:
        """What was written since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return plain(text)


@pytest.fixture
def running(make_job: MakeJob) -> Job:
    return make_job(id="1", status=Status.PROCESSING, phase=Phase.DOWNLOADING, filename="a.iso")


def is_waiting(report: Report) -> bool:
    return report.findChildren(QTimer)[0].isActive()


def redraw(report: Report) -> None:
    """Fire the timer now."""
    (timer,) = report.findChildren(QTimer)
    timer.stop()
    timer.timeout.emit()


class TestAReportInAPipe:
    @pytest.fixture
    def screen(self) -> Screen:
        return Screen(is_terminal=False)

    @pytest.fixture
    def errors(self) -> Screen:
        return Screen(is_terminal=False)

    @pytest.fixture
    def report(self, screen: Screen, errors: Screen, qapp: QApplication) -> Report:
        return Report(screen, errors)

    def test_tells_of_the_ends_alone(
        self, report: Report, screen: Screen, running: Job, make_job: MakeJob
    ):
        report.on_jobs_changed([running])
        report.on_progressed([progress_of(running, 500_000)])
        assert not is_waiting(report)
        assert screen.take() == ""
        done = make_job(id="1", status=Status.COMPLETED, final_path="/d/a.iso")
        report.on_jobs_changed([done])
        assert screen.take() == "COMPLETED  1  /d/a.iso\n"
        report.close()
        assert screen.take() == ""

    def test_tells_of_each_end_once(self, report: Report, screen: Screen, make_job: MakeJob):
        # The row changes again when the part of a cancelled job has been thrown away.
        cancelled = make_job(id="1", status=Status.CANCELLED)
        for _ in range(2):
            report.on_jobs_changed([cancelled])
        assert screen.take() == "CANCELLED  1  file.bin\n"
        report.on_jobs_changed([make_job(id="1", status=Status.PENDING)])  # tried again
        report.on_jobs_changed([cancelled])
        assert screen.take() == "CANCELLED  1  file.bin\n"

    @pytest.mark.parametrize(
        "fields, failed",
        [
            ({"status": Status.COMPLETED}, False),
            ({"status": Status.CANCELLED}, False),
            ({"status": Status.PAUSED}, False),
            ({"status": Status.RETRYING, "error_kind": ErrorKind.SERVER}, False),
            ({"status": Status.FAILED}, True),
            ({"status": Status.PAUSED, "error_kind": ErrorKind.DISK_FULL}, True),
        ],
        ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
    )
    def test_remembers_whether_something_failed(
        self, report: Report, make_job: MakeJob, fields: dict[str, object], failed: bool
    ):
        assert not report.failed
        report.on_jobs_changed([make_job(**fields)])
        report.on_jobs_changed([make_job(id="2", status=Status.COMPLETED)])
        assert report.failed is failed

    def test_tells_of_a_problem_and_not_of_its_end(
        self, report: Report, screen: Screen, errors: Screen
    ):
        report.on_problem("wget was not found.")
        report.on_problem(None)
        assert errors.take() == "dlmanager: wget was not found.\n"
        assert screen.take() == ""


class TestAReportOnATerminal:
    @pytest.fixture
    def screen(self) -> Screen:
        return Screen(is_terminal=True)

    @pytest.fixture
    def report(
        self, screen: Screen, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Report]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(terminal, "now_ms", lambda: 10_000)
        report = Report(screen, screen)
        yield report
        report.close()

    def test_draws_a_line_for_each_job_that_runs_and_draws_over_it(
        self, report: Report, screen: Screen, running: Job
    ):
        report.on_jobs_changed([running])
        assert screen.take() == ""  # not with every change
        redraw(report)
        assert screen.take() == "a.iso  Downloading\n"
        report.on_progressed([progress_of(running, 500_000)])
        redraw(report)
        assert screen.take() == ERASE_ONE + "a.iso  50 %  1.0 MB  250 KB/s  2 s  Downloading\n"

    def test_waits_a_while_between_two_pictures(
        self, report: Report, screen: Screen, running: Job, qtbot: QtBot
    ):
        report.on_jobs_changed([running])
        (timer,) = report.findChildren(QTimer)
        assert timer.interval() == REDRAW_INTERVAL_MS
        assert is_waiting(report)
        qtbot.waitUntil(lambda: bool(screen.getvalue()), timeout=5000)
        assert not is_waiting(report)  # nothing moves: nothing is drawn

    def test_puts_the_ends_above_what_still_runs(
        self, report: Report, screen: Screen, running: Job, make_job: MakeJob
    ):
        other = make_job(id="2", status=Status.PROCESSING, phase=None, filename="b.iso")
        report.on_jobs_changed([running, other])
        redraw(report)
        assert screen.take() == "a.iso  Downloading\nb.iso  Connecting\n"
        report.on_jobs_changed([make_job(id="1", status=Status.COMPLETED, final_path="/d/a.iso")])
        assert screen.take() == "\x1b[2F\x1b[JCOMPLETED  1  /d/a.iso\n"
        redraw(report)
        assert screen.take() == "b.iso  Connecting\n"

    def test_counts_down_while_a_job_waits(
        self, report: Report, screen: Screen, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
    ):
        job = make_job(status=Status.RETRYING, retry_count=1, next_retry_at=12_000)
        report.on_jobs_changed([job])
        redraw(report)
        assert screen.take() == "file.bin  Retrying in 2 s (1 of 3)\n"
        assert is_waiting(report)
        monkeypatch.setattr(terminal, "now_ms", lambda: 11_000)
        redraw(report)
        assert screen.take() == ERASE_ONE + "file.bin  Retrying in 1 s (1 of 3)\n"

    @pytest.mark.parametrize("status", [Status.PAUSED, Status.PENDING])
    def test_forgets_what_runs_no_more(
        self, report: Report, screen: Screen, running: Job, make_job: MakeJob, status: Status
    ):
        report.on_jobs_changed([running])
        redraw(report)
        screen.take()
        report.on_jobs_changed([make_job(id="1", status=status)])
        redraw(report)
        assert screen.take() == ERASE_ONE

    def test_forgets_what_was_removed(self, report: Report, screen: Screen, running: Job):
        report.on_jobs_changed([running])
        redraw(report)
        screen.take()
        report.on_jobs_removed(["1", "no such job"])
        redraw(report)
        assert screen.take() == ERASE_ONE

    def test_shows_no_progress_of_an_earlier_state(
        self, report: Report, screen: Screen, running: Job
    ):
        report.on_jobs_changed([running])
        report.on_progressed([progress_of(running, 500_000)])
        report.on_jobs_changed([running])
        redraw(report)
        assert screen.take() == "a.iso  Downloading\n"

    def test_puts_a_problem_above_too(self, report: Report, screen: Screen, running: Job):
        report.on_jobs_changed([running])
        redraw(report)
        screen.take()
        report.on_problem("The disk is full.")
        assert screen.take() == ERASE_ONE + "dlmanager: The disk is full.\n"
        redraw(report)
        assert screen.take() == "a.iso  Downloading\n"

    def test_leaves_no_live_line_behind(self, report: Report, screen: Screen, running: Job):
        report.on_jobs_changed([running])
        redraw(report)
        screen.take()
        report.on_progressed([progress_of(running, 1)])
        report.close()
        assert screen.take() == ERASE_ONE
        assert not is_waiting(report)
