"""How far and how fast the running jobs are just now, and in the last minutes."""

import time
from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from dlmanager.core.job import Job, Status
from dlmanager.core.progress import JobProgress
from dlmanager.core.speed_history import SpeedHistories

SECOND_MS = 1000
SILENCE_S = 3.0
"""How long a report counts for the present speed."""


class LiveProgress(QObject):
    """The latest report of each running job, and its speeds; nothing to do while nothing runs.

    Signals:
        second_noted(): the histories hold another second.
    """

    second_noted = Signal()

    def __init__(
        self, parent: QObject | None = None, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock_s = clock_s
        self._reports: dict[str, JobProgress] = {}
        self._heard_s: dict[str, float] = {}
        self._histories = SpeedHistories()
        self._timer = QTimer(self)
        self._timer.setInterval(SECOND_MS)
        self._timer.timeout.connect(self._on_second)

    def of(self, job: Job) -> JobProgress | None:
        """The latest report of a job's present attempt; None where there is none."""
        report = self._reports.get(job.id)
        return report if report is not None and report.attempt == job.attempt else None

    def note_progress(self, reports: Iterable[JobProgress]) -> None:
        """Take in what the queue tells."""
        now_s = self._clock_s()
        for report in reports:
            self._reports[report.job_id] = report
            self._heard_s[report.job_id] = now_s
        if self._reports and not self._timer.isActive():
            self._timer.start()

    def note_jobs(self, jobs: Iterable[Job]) -> None:
        """Forget the reports of jobs that run no more, or in another attempt."""
        for job in jobs:
            report = self._reports.get(job.id)
            if report is not None and (
                job.status is not Status.PROCESSING or job.attempt > report.attempt
            ):
                self.forget([job.id])

    def forget(self, job_ids: Iterable[str]) -> None:
        """Forget the reports of jobs that are gone; what they did in the last minutes stays."""
        for job_id in job_ids:
            self._reports.pop(job_id, None)
            self._heard_s.pop(job_id, None)

    def speeds_of_queue(self) -> list[float]:
        """The speed of the whole queue in each second of the window, bytes/s, oldest first."""
        return self._histories.speeds_of_queue(self._clock_s())

    def speeds_of_job(self, job_id: str) -> list[float] | None:
        """The same of one job; None if it has not moved for as long."""
        return self._histories.speeds_of_job(job_id, self._clock_s())

    def _on_second(self) -> None:
        now_s = self._clock_s()
        self._histories.note(now_s, self._speeds(now_s))
        if not self._reports:
            self._timer.stop()
        self.second_noted.emit()

    def _speeds(self, now_s: float) -> Mapping[str, float]:
        return {
            job_id: report.speed_bytes_s or 0.0
            for job_id, report in self._reports.items()
            if now_s - self._heard_s[job_id] < SILENCE_S
        }
