"""Tells outside of the window how the queue stands and what became of its jobs."""

import time
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from dlmanager.core.job import Job, Status
from dlmanager.core.notification import Notification
from dlmanager.core.progress import JobProgress
from dlmanager.core.settings import Settings
from dlmanager.gui.announcer import Announcer
from dlmanager.gui.queue import Queue
from dlmanager.gui.workload import Workload, stopped_by_itself


def steady_ms() -> int:
    """Milliseconds of a clock that nobody sets."""
    return time.monotonic_ns() // 1_000_000


class Herald(QObject):
    """Follows the queue; asks for notifications, and says what the tray's icon is to show.

    Signals:
        moved(): `fraction` or `unseen_failures` may differ.
    """

    moved = Signal()

    def __init__(
        self,
        queue: Queue,
        settings: Settings,
        *,
        show: Callable[[Notification], None],
        is_watched: Callable[[], bool],
        latest: Callable[[Job], Job] = lambda job: job,
        clock: Callable[[], int] = steady_ms,
        parent: QObject | None = None,
    ) -> None:
        """is_watched: whether the person looks at the window just now, and sees it there.

        latest: the newest known state of a job, as a late word of an old one may come.
        """
        super().__init__(parent)
        self._show = show
        self._is_watched = is_watched
        self._latest = latest
        self._clock = clock
        self._workload = Workload()
        self._announcer = Announcer(settings)
        self._unseen: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one may come too early
        self._timer.timeout.connect(self._on_due)
        queue.jobs_added.connect(self.note_jobs)
        queue.jobs_changed.connect(self.note_jobs)
        queue.jobs_removed.connect(self._on_removed)
        queue.progressed.connect(self._on_progressed)

    @property
    def fraction(self) -> float | None:
        """How much of all there is to do is done, 0.0 to 1.0; None if there is nothing to do."""
        return self._workload.fraction()

    @property
    def unseen_failures(self) -> int:
        """How many jobs stopped by themselves since the person last looked at the window."""
        return len(self._unseen)

    def set_settings(self, settings: Settings) -> None:
        """Follow other settings from now on."""
        self._announcer.set_settings(settings)

    def note_jobs(self, jobs: Iterable[Job]) -> None:
        """Take in jobs as they are after the commit."""
        jobs = [self._latest(job) for job in jobs]
        ended = self._workload.note(jobs)
        self._unseen -= {job.id for job in jobs if not stopped_by_itself(job)}
        if ended:
            self._note_ended(ended)
        if not self._workload.is_over:
            self._announcer.note_work()
        self._await_next()
        self.moved.emit()

    def note_seen(self) -> None:
        """The person looks at the window."""
        if self._unseen:
            self._unseen.clear()
            self.moved.emit()

    def _note_ended(self, ended: Sequence[Job]) -> None:
        now_ms = self._clock()
        for job in ended:
            self._announcer.note_ended(job, now_ms)
        if not self._is_watched():
            self._unseen |= {job.id for job in ended if job.status is not Status.COMPLETED}
        if self._workload.is_over:
            self._announcer.note_over(self._workload.completed, self._workload.stopped, now_ms)

    def _on_removed(self, job_ids: Sequence[str]) -> None:
        self._workload.remove(job_ids)
        self._unseen -= set(job_ids)
        self.moved.emit()

    def _on_progressed(self, progresses: Sequence[JobProgress]) -> None:
        self._workload.note_progress(progresses)
        self.moved.emit()

    def _on_due(self) -> None:
        notifications = self._announcer.take(self._clock())
        self._await_next()
        # Who looks at the window sees it there; a notification would only lie on top of it.
        if not self._is_watched():
            for notification in notifications:
                self._show(notification)

    def _await_next(self) -> None:
        due_ms = self._announcer.due_ms()
        if due_ms is None:
            self._timer.stop()
        else:
            self._timer.start(max(0, due_ms - self._clock()))
