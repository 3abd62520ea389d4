"""The live progress of all running attempts: shown five times a second, stored less often."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from dlmanager.core.errors import StoreUnusable
from dlmanager.core.progress import JobProgress
from dlmanager.engine.clock import now_ms
from dlmanager.engine.coalescer import Coalescer
from dlmanager.engine.part_file import Look
from dlmanager.engine.tasks import Tasks
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

if TYPE_CHECKING:
    from dlmanager.engine.attempt import Attempt

SHOW_INTERVAL_MS = 200


class ProgressBoard(QObject):
    """Gathers progress: wget's stderr says that something moved, the part files say how far.

    Signals:
        progressed(object): list[JobProgress], at most every SHOW_INTERVAL_MS.
        store_failed(str): the progress could not be written; a sentence for people.
    """

    progressed = Signal(object)
    store_failed = Signal(str)

    def __init__(
        self,
        store: StoreThread,
        throttle_ms: int,
        tasks: Tasks,
        logger: logging.Logger,
        parent: QObject | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._tasks = tasks
        self._logger = logger
        self._clock_s = clock_s
        self._attempts: dict[str, Attempt] = {}
        self._unwritten: dict[str, JobProgress] = {}
        self._show = Coalescer(SHOW_INTERVAL_MS, self)
        self._save = Coalescer(throttle_ms, self)
        self._show.due.connect(lambda ids: self._tasks.start(self._show_some(ids)))
        self._save.due.connect(lambda ids: self._tasks.start(self._save_all()))

    def set_throttle(self, throttle_ms: int) -> None:
        """Change how often progress is written at most."""
        self._save.set_interval(throttle_ms)

    def add(self, attempt: "Attempt") -> None:
        """Follow an attempt."""
        self._attempts[attempt.job.id] = attempt

    def remove(self, attempt: "Attempt") -> None:
        """Follow an attempt no more; its unwritten progress is out of date."""
        if self._attempts.get(attempt.job.id) is attempt:
            del self._attempts[attempt.job.id]
            self._unwritten.pop(attempt.job.id, None)

    def mark(self, job_id: str) -> None:
        """Note that a job's transfer has moved."""
        self._show.mark(job_id)

    def stop(self) -> None:
        """Show and write no more."""
        self._show.drop()
        self._save.drop()

    async def flush(self) -> None:
        """Look at every running attempt and write what is found, now."""
        await self._show_some(set(self._attempts))
        await self._save_all()

    async def _show_some(self, job_ids: set[str]) -> None:
        attempts = [self._attempts[each] for each in job_ids if each in self._attempts]
        looks = await asyncio.to_thread(lambda: [_look_at(attempt) for attempt in attempts])
        now_s = self._clock_s()
        progress = [
            noted
            for attempt, look in zip(attempts, looks, strict=True)
            if look is not None
            and self._attempts.get(attempt.job.id) is attempt
            and (noted := attempt.note(look, now_s)) is not None
        ]
        if progress:
            self.progressed.emit(progress)
        for each in progress:
            self._unwritten[each.job_id] = each
            self._save.mark(each.job_id)

    async def _save_all(self) -> None:
        progress, self._unwritten = list(self._unwritten.values()), {}
        if not progress:
            return
        try:
            await self._store.run(JobStore.write_progress, progress, now_ms())
        except StoreUnusable as error:
            # Nothing is lost: the part files know better, and the next write brings it all.
            self._logger.warning("progress was not written: %s", error)
            self.store_failed.emit(str(error))


def _look_at(attempt: "Attempt") -> Look | None:
    try:
        return attempt.look()
    except OSError:
        return None  # the attempt itself will meet the error, and tell of it
