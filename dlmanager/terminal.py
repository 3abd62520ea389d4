"""What the command line shows of the queue: tables, lines, and live progress on a terminal."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from PySide6.QtCore import QObject, QTimer

from dlmanager.core.job import Job, Status
from dlmanager.core.progress import JobProgress, speed_in
from dlmanager.engine.clock import now_ms
from dlmanager.gui import formatting

REDRAW_INTERVAL_MS = 500
_BLANKS = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})
_ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


def job_table(jobs: Iterable[Job], at_ms: int, *, is_running: bool = True) -> list[str]:
    """One line a job, under a line of headings.

    is_running: whether a program works on the queue; if none does, a job that its row has in
    progress was interrupted.
    """
    rows: list[tuple[str, ...]] = [("ID", "STATUS", "SIZE", "DONE", "SPEED", "NAME", "")]
    rows += [_job_row(job, at_ms, is_running=is_running) for job in jobs]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = (
        f"{short_id:{widths[0]}}  {status:{widths[1]}}  {size:>{widths[2]}}  {done:>{widths[3]}}"
        f"  {speed:>{widths[4]}}  {name}  {words}"
        for short_id, status, size, done, speed, name, words in rows
    )
    return [line.rstrip() for line in lines]


def _job_row(job: Job, at_ms: int, *, is_running: bool) -> tuple[str, ...]:
    is_moving = job.status is Status.PROCESSING and is_running
    return (
        job.id[:8],
        job.status.value,
        _plain(formatting.size(job.bytes_total)),
        _plain(formatting.progress_text(job)),
        _plain(formatting.speed(speed_in(job.progress_summary) if is_moving else None)),
        job.display_name,
        _words(job, at_ms, is_running=is_running),
    )


def _words(job: Job, at_ms: int, *, is_running: bool) -> str:
    """What the state in its column leaves to be said."""
    match job.status:
        case Status.COMPLETED:
            return ""
        case Status.FAILED:
            return job.error_message or ""
        case Status.PROCESSING if not is_running:
            return "Interrupted, goes on at the next start"
        case _:
            return _plain(formatting.status_text(job, at_ms))


def _plain(text: str) -> str:
    """A text with ordinary blanks alone: a terminal breaks no lines, and grep looks for these."""
    return text.translate(_BLANKS)


def ended_line(job: Job) -> str:
    """One line on how a job ended."""
    if job.status is Status.COMPLETED:
        return f"{job.status}  {job.id}  {job.path}"
    return f"{job.status}  {job.id}  {job.display_name}  {job.error_message or ''}".rstrip()


def progress_line(job: Job, progress: JobProgress | None, at_ms: int, width: int) -> str:
    """How a running or waiting job stands, cut to a width in characters."""
    numbers = [
        formatting.progress_text(job, progress),
        formatting.size(formatting.size_of_job(job, progress)),
        formatting.speed(progress.speed_bytes_s if progress else None),
        formatting.duration(progress.eta_s if progress else None),
        formatting.status_text(job, at_ms, progress),
    ]
    text = _plain("  ".join(each for each in numbers if each))
    name_width = max(8, width - len(text) - 3)
    name = job.display_name
    if len(name) > name_width:
        name = f"{name[: name_width - 6]}…{name[-5:]}"
    return f"{name}  {text}"[:width]


class Report(QObject):
    """Tells of the queue's work: on a terminal live, else one line for each job that ended.

    failed: whether a job has failed since the report began.
    """

    def __init__(
        self,
        out: TextIO = sys.stdout,
        err: TextIO = sys.stderr,
        parent: QObject | None = None,
    ) -> None:
        """out: where ends and live progress go. err: where problems go."""
        super().__init__(parent)
        self.failed = False
        self._out = out
        self._err = err
        self._live = out.isatty()
        self._jobs: dict[str, Job] = {}
        self._told: dict[str, Status] = {}
        self._progress: dict[str, JobProgress] = {}
        self._drawn = 0
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_INTERVAL_MS)
        self._timer.timeout.connect(self._redraw)

    def on_jobs_changed(self, jobs: Sequence[Job]) -> None:
        """Note committed changes; say so where a job has ended."""
        for job in jobs:
            # What a full disk has paused has ended for now, and not well.
            is_stuck = job.status is Status.PAUSED and job.error_kind is not None
            if job.status in _ENDED or is_stuck:
                self._jobs.pop(job.id, None)
                self.failed = self.failed or is_stuck or job.status is Status.FAILED
                if self._told.get(job.id) is not job.status:
                    self._told[job.id] = job.status
                    self._say(ended_line(job))
                continue
            self._told.pop(job.id, None)
            if job.status in (Status.PROCESSING, Status.RETRYING):
                self._jobs[job.id] = job
            else:
                self._jobs.pop(job.id, None)
        for job in jobs:
            self._progress.pop(job.id, None)
        self._soon()

    def on_jobs_removed(self, job_ids: Sequence[str]) -> None:
        """Forget jobs that were taken off the list."""
        for job_id in job_ids:
            self._jobs.pop(job_id, None)
        self._soon()

    def on_progressed(self, progress: Sequence[JobProgress]) -> None:
        """Note live progress."""
        self._progress |= {each.job_id: each for each in progress}
        self._soon()

    def on_problem(self, problem: str | None) -> None:
        """Say why the queue cannot work."""
        if problem is not None:
            self._erase()
            self._out.flush()  # before the other stream says anything on the same terminal
            print(f"dlmanager: {problem}", file=self._err, flush=True)
            self._soon()

    def close(self) -> None:
        """Take the live lines away."""
        self._timer.stop()
        self._jobs.clear()
        self._erase()

    def _say(self, line: str) -> None:
        self._erase()
        print(line, file=self._out, flush=True)

    def _soon(self) -> None:
        if self._live and not self._timer.isActive():
            self._timer.start()

    def _redraw(self) -> None:
        self._erase()
        width = shutil.get_terminal_size().columns - 1
        for job in self._jobs.values():
            line = progress_line(job, self._progress.get(job.id), now_ms(), width)
            print(line, file=self._out)
        self._drawn = len(self._jobs)
        self._out.flush()
        if any(job.status is Status.RETRYING for job in self._jobs.values()):
            self._timer.start()  # their countdown goes on

    def _erase(self) -> None:
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0
