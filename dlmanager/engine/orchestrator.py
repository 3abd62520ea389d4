"""The queue at work: it claims jobs, runs attempts, and turns their outcomes into states."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import QueueInUse, StoreUnusable, StoreUnusableNow, may_pass
from dlmanager.core.job import Job, NewJob, Wish
from dlmanager.core.mirrors import Mirror
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import Move
from dlmanager.core.settings import Settings
from dlmanager.core.stall import StallLimits
from dlmanager.engine.checksums import Checksums
from dlmanager.engine.clock import now_ms
from dlmanager.engine.database_keeper import DatabaseKeeper
from dlmanager.engine.disk_space import has_space_for
from dlmanager.engine.file_lock import job_lock, queue_lock
from dlmanager.engine.kept_parts import KeptParts
from dlmanager.engine.network_care import NetworkCare, SystemNetwork
from dlmanager.engine.orders import check_order
from dlmanager.engine.part_file import discard_part
from dlmanager.engine.patient_store import PatientStore
from dlmanager.engine.progress_board import ProgressBoard
from dlmanager.engine.runs import Runs
from dlmanager.engine.secret_keeper import SecretKeeper
from dlmanager.engine.slots import Slots
from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_care import WgetCare
from dlmanager.store import attempts, turns
from dlmanager.store.corrections import restore
from dlmanager.store.job_store import DueNow, JobStore
from dlmanager.store.mirrors import read as read_mirrors
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil, fulfil_all

if TYPE_CHECKING:
    from dlmanager.engine.file_check import HashingProgress

SPACE_RETRY_MS = 30_000
"""How long a job that a full disk has paused rests at least: the disk may say that there is room
where a quota says that there is none."""
MOST_QUIET_POLLS = 10
"""How often in a row an idle queue is only asked whether another process wrote to it."""
MAX_TIMER_MS = 60 * 60 * 1000
"""Qt's timers are 32 bits wide: a longer wait is made of several."""
LOCK_TRIES = 3
LOCK_PAUSE_S = 0.05
"""The lock of the queue may be taken for a moment by somebody who only looks who has it."""


class DownloadQueueOrchestrator(QObject):
    """Works on the queue in a database: at most `max_concurrent_downloads` wgets at once.

    Needs a running Qt event loop that is also the asyncio loop (qasync); a QCoreApplication is
    enough. Every transition is committed to the database before it is acted on or told.

    Signals (all times are milliseconds since the epoch, all sizes bytes):
        jobs_added(object): list[Job], new rows.
        jobs_changed(object): list[Job], rows as committed.
        jobs_removed(object): list[str], ids.
        progressed(object): list[JobProgress], live, at most five times a second.
        problem_changed(object): str | None, why the queue as a whole cannot work.
        network_away_changed(bool): whether no server can be reached, from now on.
        noticed(str): a sentence about something that was done about the database; also from
            within `start`.
    """

    jobs_added = Signal(object)
    jobs_changed = Signal(object)
    jobs_removed = Signal(object)
    progressed = Signal(object)
    problem_changed = Signal(object)
    network_away_changed = Signal(bool)
    noticed = Signal(str)

    def __init__(
        self,
        *,
        db: str | os.PathLike[str],
        wget_executable_path: str | None = None,
        logger: logging.Logger | None = None,
        max_concurrent_downloads: int = 3,
        poll_interval_ms: int = 1000,
        max_retries: int = 3,
        initial_retry_delay_ms: int = 2000,
        progress_throttle_ms: int = 500,
        low_speed_limit_bytes_s: float = 512.0,
        low_speed_time_s: float = 60.0,
        header_timeout_s: float = 60.0,
        max_downloads_per_host: int = 4,
        low_priority_wait_s: float = 600.0,
        system_network: SystemNetwork | None = None,
        proxy: str = "",
        no_proxy: str = "",
        parent: QObject | None = None,
    ) -> None:
        """db: the path of the database file; made when missing.

        wget_executable_path: None for the first wget on PATH. low_speed_*, header_timeout_s: see
        `core.stall.StallLimits`. max_downloads_per_host: 0 for any number. low_priority_wait_s: how
        long a level waits at most for a slot, 0 for ever. system_network: None where the system
        does not tell. proxy, no_proxy: the settings; empty for none.
        """
        super().__init__(parent)
        self._logger = logger or logging.getLogger("dlmanager.engine")
        self._max_retries = max_retries

        # One database, one lock, whatever name it was given by.
        self._db = Path(db).resolve()
        self._store = StoreThread(self._db)
        self._secrets = SecretKeeper(self._db, proxy, no_proxy, self._logger)
        self._checksums = Checksums(self._store)
        self._lock = queue_lock(self._db)
        self._keeper = DatabaseKeeper(self._store, self._lock, self._logger, self.noticed.emit)
        self._tasks = Tasks(self._logger)
        self._board = ProgressBoard(
            self._store, progress_throttle_ms, self._tasks, self._logger, self
        )
        self._board.progressed.connect(self.progressed)
        self._board.store_failed.connect(self._on_store_failed)

        self._network = NetworkCare(
            self._store,
            self._tasks,
            self._logger,
            initial_retry_delay_ms=initial_retry_delay_ms,
            system=system_network,
            probe_address=self._secrets.probe_address,
            parent=self,
        )
        self._network.jobs_changed.connect(self.jobs_changed)
        self._network.away_changed.connect(self.network_away_changed)
        self._board.progressed.connect(self._network.note_progress)

        self._home = self._db.parent / "run"
        self._wget = WgetCare(wget_executable_path, self._home, self._tasks, self._logger, self)
        self._wget.changed.connect(self._on_wget_changed)
        self._life = asyncio.Lock()
        self._stopping = False
        self._worker: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._parts_left = True
        self._discarding = asyncio.Lock()
        self._kept_parts = KeptParts(self)
        self._kept_parts.expired.connect(self._on_kept_parts_expired)
        self._store_problem: str | None = None
        self._told_problem: str | None = None

        self._patient = PatientStore(
            self._store, poll_interval_ms, self._set_store_problem, self._wake.set
        )
        self._runs = Runs(
            self._store,
            self._patient,
            self._board,
            self._network,
            self._secrets,
            StallLimits(low_speed_limit_bytes_s, low_speed_time_s, header_timeout_s),
            self._tasks,
            self._logger,
            self,
        )
        self._runs.jobs_changed.connect(self.jobs_changed)
        self._runs.ended.connect(self._wake.set)
        self._runs.wget_failed.connect(self._wget.note_failure)
        self._slots = Slots(
            self._store,
            self._runs,
            max_concurrent_downloads,
            max_downloads_per_host,
            low_priority_wait_s,
        )

        self._poll_timer = QTimer(self, interval=poll_interval_ms)
        self._poll_timer.timeout.connect(self._poll)
        self._quiet_polls = 0
        self._retry_timer = QTimer(self, singleShot=True)
        self._retry_timer.timeout.connect(self._wake.set)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._wake.set)
        self._network.opened.connect(self._wake.set)

    # Life

    @property
    def is_running(self) -> bool:
        """Whether the queue is being worked on."""
        return self._worker is not None

    @property
    def problem(self) -> str | None:
        """Why the queue as a whole cannot work, in one sentence; None while it can."""
        return self._wget.problem or self._store_problem

    @property
    def network_is_away(self) -> bool:
        """Whether no server can be reached; see `network_away_changed`."""
        return self._network.is_away

    @property
    def max_retries(self) -> int:
        """How often a job is tried again unless its order says something else; -1: for ever."""
        return self._max_retries

    async def start(self, *, awaits_wget: bool = True) -> None:
        """Put in order what an earlier run left (zombie sweep), then work on the queue.

        awaits_wget: return once it is known whether wget can be used, which takes up to
        `wget_check.CHECK_TIMEOUT_S` where it hangs; else `problem_changed` tells later.
        Raises QueueInUse if another process works on this database, StoreUnusable if it cannot
        be read or written. After StoreUnusableNow, which is the queue's `problem` until a later
        start, nothing can be asked of the queue; try again. An unusable wget is no error here: see
        `problem`; the queue waits.
        """
        async with self._life:
            if not self.is_running:
                try:
                    await self._start(awaits_wget=awaits_wget)
                except StoreUnusableNow as error:
                    self._store.refuse(str(error))
                    self._set_store_problem(str(error))
                    raise

    async def _start(self, *, awaits_wget: bool) -> None:
        self._store.refuse(None)
        await self._take_lock()
        self._wget.start()
        try:
            await self._keeper.put_in_order()
            await self._secrets.put_in_order(self._store, self._home)
            await self._network.start()
            if awaits_wget:
                await self._wget.check()
        except BaseException:
            self._wget.stop()
            self._store.close()
            self._lock.release()
            raise
        self._watch()
        self._patient.wait_again()
        self._poll_timer.start()
        self._wake.set()
        self._idle.clear()
        self._stopping = False
        self._slots.begin()
        self._runs.begin()
        self._worker = asyncio.ensure_future(self._work())
        if not awaits_wget:
            self._wget.begin_check()

    def _watch(self) -> None:
        self._watcher.addPath(f"{self._db}-wal")

    async def _take_lock(self) -> None:
        try:
            for _ in range(LOCK_TRIES):
                if self._lock.acquire():
                    break
                await asyncio.sleep(LOCK_PAUSE_S)
            else:
                raise QueueInUse(
                    "Another dlmanager already works on this queue. Use its window, or end it."
                )
            self._home.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            self._lock.release()
            kind = StoreUnusableNow if may_pass(error) else StoreUnusable
            raise kind(
                f"The data folder {self._db.parent} cannot be used ({error.strerror}). "
                "Check that it exists and that you may write there."
            ) from error

    async def stop(self) -> None:
        """End every wget, write every row, and give the queue back; no retry is spent."""
        async with self._life:
            if self._worker is not None:
                await self._stop(self._worker)

    async def _stop(self, worker: asyncio.Task[None]) -> None:
        self._poll_timer.stop()
        self._retry_timer.stop()
        self._wget.stop()
        if watched := self._watcher.files():
            self._watcher.removePaths(watched)
        # Not cancelled: a claim that is being committed must get its run, to be given back below.
        self._stopping = True
        self._patient.wait_no_more()
        self._wake.set()
        await asyncio.wait([worker])
        self._worker = None
        await self._network.stop()
        await self._checksums.stop_all()
        await self._board.flush()
        await self._runs.give_back()
        self._board.stop()
        await self._discard_kept_parts()
        await self._tasks.settle()
        await self._keeper.stop()
        await asyncio.to_thread(self._store.close)
        self._keeper.note_end(is_well=self._store_problem is None and not self._runs.given_up)
        self._lock.release()

    def use_settings(self, settings: Settings) -> None:
        """Work by these settings from now on; attempts that run go on as they began.

        Where more run than may, the last in the queue's order are PENDING again, bytes kept.
        """
        self._slots.use_limits(
            settings.max_concurrent_downloads,
            settings.max_downloads_per_host,
            settings.low_priority_wait_s,
        )
        self._max_retries = settings.max_retries
        self._poll_timer.setInterval(settings.poll_interval_ms)
        self._patient.set_retry_delay(settings.poll_interval_ms)
        self._board.set_throttle(settings.progress_throttle_ms)
        self._network.initial_retry_delay_ms = settings.initial_retry_delay_ms
        self._runs.stall_limits = StallLimits(
            settings.low_speed_limit_bytes_s,
            settings.low_speed_time_s,
            settings.header_timeout_s,
        )
        self._secrets.use_proxy(settings.proxy, settings.no_proxy)
        self._wget.use(settings.wget_executable_path or None)
        self._wake.set()

    async def wait_until_idle(self) -> None:
        """Return once nothing is pending, processing or retrying."""
        await self._idle.wait()

    # What people and scripts ask

    def order(
        self,
        url: str,
        target_directory: str | os.PathLike[str],
        filename: str | None = None,
        *,
        max_retries: int | None = None,
        paused: bool = False,
        checksum: Checksum | None = None,
        mirrors: Sequence[str] = (),
        expected_bytes: int | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> NewJob:
        """Check what somebody wants to add; raises BadInput with one plain sentence.

        mirrors: further links to the same file. expected_bytes: the size it is said to have.
        """
        return check_order(
            url,
            target_directory,
            filename,
            max_retries=self._max_retries if max_retries is None else max_retries,
            paused=paused,
            checksum=checksum,
            mirrors=mirrors,
            expected_bytes=expected_bytes,
            priority=priority,
        )

    def enqueue_download(
        self,
        url: str,
        target_directory: str | os.PathLike[str],
        *,
        filename: str | None = None,
        max_retries: int | None = None,
        paused: bool = False,
        checksum: Checksum | None = None,
        mirrors: Sequence[str] = (),
        priority: Priority = Priority.NORMAL,
    ) -> str:
        """Add a download and return its id; it is durable when this returns.

        Blocks for one commit; a window uses `add`. Raises BadInput, StoreUnusable, SecretsUnusable.
        """
        order = self.order(
            url,
            target_directory,
            filename,
            max_retries=max_retries,
            paused=paused,
            checksum=checksum,
            mirrors=mirrors,
            priority=priority,
        )
        jobs = self._secrets.add_now(self._store, [order])
        self._announce_added(jobs)
        return jobs[0].id

    async def add(self, orders: Sequence[NewJob]) -> list[Job]:
        """Add downloads, all or none; they are durable when this returns.

        Raises StoreUnusable, SecretsUnusable.
        """
        jobs = await self._secrets.add(self._store, orders)
        self._announce_added(jobs)
        return jobs

    def get_job_status(self, job_id: str) -> Job | None:
        """The job as last committed, or None; blocks for one query. Raises StoreUnusable."""
        return self._store.call(JobStore.get, job_id)

    async def list_jobs(self) -> list[Job]:
        """Every job of the queue, oldest first. Raises StoreUnusable."""
        return await self._store.run(JobStore.list_jobs)

    async def mirrors(self, job_id: str) -> list[Mirror]:
        """The links of a job that has several, with their records; empty if it has but one.

        Raises StoreUnusable.
        """
        return await self._store.run(read_mirrors, job_id)

    async def attempts(self, job_id: str) -> list[AttemptRecord]:
        """What is remembered of the attempts at a job, oldest first, with the one that runs.

        Raises StoreUnusable.
        """
        records = await self._store.run(attempts.read, job_id)
        notes = self._runs.notes_of(job_id)
        if notes is not None and records and records[-1].ended_at is None:
            records[-1] = replace(records[-1], from_byte=notes.from_byte, log=notes.log)
        return records

    def live_log(self, job_id: str) -> str | None:
        """wget's words in the running attempt up to now, without secrets; None if none runs."""
        notes = self._runs.notes_of(job_id)
        return None if notes is None else notes.log

    async def cancel_job(self, job_id: str) -> bool:
        """Cancel one job; True if there was something to cancel."""
        return bool(await self.cancel([job_id]))

    async def pause(self, job_ids: Sequence[str]) -> list[Job]:
        """Pause jobs, bytes kept; returns those that changed."""
        return await self._wish(Wish.PAUSE, job_ids)

    async def resume(self, job_ids: Sequence[str]) -> list[Job]:
        """Let paused jobs go on; returns those that changed."""
        return await self._wish(Wish.RESUME, job_ids)

    async def start_now(self, job_ids: Sequence[str]) -> list[Job]:
        """Let waiting or paused jobs run at once; returns those that changed.

        Where a limit is reached, of all jobs or of their host, the last running ones in the queue's
        order make room: they are PENDING again, bytes kept and no retry spent. Of more jobs than
        may run, the rest is next.
        """
        return await self._wish(Wish.START, job_ids)

    async def prioritize(self, job_ids: Sequence[str], priority: Priority) -> list[Job]:
        """Give unfinished jobs a level; returns those that changed."""
        return await self._rearranged(turns.prioritize, job_ids, priority)

    async def move(self, job_ids: Sequence[str], where: Move) -> list[Job]:
        """Move jobs inside their levels; returns those that have another place now."""
        return await self._rearranged(turns.move, job_ids, where)

    async def put(
        self, job_ids: Sequence[str], priority: Priority, following: str | None
    ) -> list[Job]:
        """Put jobs into a level before one of its jobs, or at its end; returns what changed."""
        return await self._rearranged(turns.put, job_ids, priority, following)

    async def _rearranged(
        self, rearrange: Callable[..., list[Job]], *arguments: object
    ) -> list[Job]:
        jobs = await self._store.run(rearrange, *arguments, now_ms())
        self._announce(jobs)
        return jobs

    async def cancel(self, job_ids: Sequence[str]) -> list[Job]:
        """Cancel jobs and throw their parts away; returns those that changed."""
        return await self._wish(Wish.CANCEL, job_ids)

    async def retry(self, job_ids: Sequence[str]) -> list[Job]:
        """Try jobs again now, with all their retries; returns those that changed."""
        return await self._wish(Wish.RETRY, job_ids)

    async def accept(self, job_ids: Sequence[str]) -> list[Job]:
        """Fetch and keep the web pages that came in place of files; returns what changed."""
        return await self._wish(Wish.ACCEPT, job_ids)

    async def remove(self, job_ids: Sequence[str], *, undo_ms: int = 0) -> None:
        """Take jobs off the list and throw their parts away; finished files stay.

        undo_ms: for so long, but not beyond the next removal with an undo or the end of the
        queue's work, the parts are kept, and `restore` brings all back.
        """
        if undo_ms:
            self._kept_parts.keep(job_ids, undo_ms)
        await self._wish(Wish.REMOVE, job_ids)

    async def restore(self, job_ids: Sequence[str]) -> list[Job]:
        """Put removed jobs back into the list, with what is left of their bytes; returns them."""
        # A part that is being thrown away must be known to be gone before its job is back.
        async with self._discarding:
            jobs = await self._store.run(restore, job_ids, now_ms())
        if jobs:
            self._announce_added(jobs)
        return jobs

    async def download_again(self, job_ids: Sequence[str]) -> list[Job]:
        """Add the same downloads once more, as new jobs; returns those.

        Raises StoreUnusable, SecretsUnusable.
        """
        found = [await self._store.run(JobStore.get, job_id) for job_id in job_ids]
        orders = [
            await self._secrets.order_again(job, await self.mirrors(job.id))
            for job in found
            if job is not None
        ]
        return await self.add(orders)

    async def change_link(self, job_id: str, link: str) -> None:
        """Give a job another link to its file; its bytes stay if the new server has that very file.

        A running attempt is ended, and the job goes on with the new link.
        Raises InvalidUrl, UnknownJob, BadInput, StoreUnusable, SecretsUnusable.
        """
        await self._board.flush()
        try:
            await self._secrets.change_link(self._store, job_id, link)
        finally:
            job = await self._store.run(JobStore.get, job_id)
            if job is not None:
                self._network.note_wish([job], lifts_pauses=False)
                await self._obey([job])

    async def expect_checksum(self, job_id: str, checksum: Checksum | None) -> None:
        """Hold a job's file against a checksum from now on, or (None) against none.

        One that failed stays so until a retry. Raises UnknownJob, BadInput, StoreUnusable.
        """
        self._announce([await self._checksums.expect(job_id, checksum)])

    async def verify(
        self,
        job_id: str,
        checksum: Checksum | None = None,
        on_progress: "HashingProgress" = lambda done, total: None,
    ) -> Job | None:
        """Hold the finished file of a job against a checksum; None: the one that is remembered.

        Returns the job with what was found; None if `stop_verifying` or the end of the work came
        first. Raises UnknownJob, BadInput, CannotOpen, StoreUnusable.
        """
        job = await self._checksums.verify(job_id, checksum, on_progress)
        if job is not None:
            self._announce([job])
        return job

    def stop_verifying(self, job_id: str | None = None) -> None:
        """End what `verify` does for a job, or for all."""
        self._checksums.stop(job_id)

    async def pause_all(self) -> None:
        """Pause everything that is not finished."""
        await self._board.flush()
        await self._obey(await self._store.run(fulfil_all, Wish.PAUSE, now_ms()))

    async def resume_all(self) -> None:
        """Let every paused job go on."""
        await self._obey(await self._store.run(fulfil_all, Wish.RESUME, now_ms()))

    async def _wish(self, wish: Wish, job_ids: Sequence[str]) -> list[Job]:
        if wish in (Wish.PAUSE, Wish.CANCEL, Wish.REMOVE):
            await self._board.flush()
        jobs = await self._store.run(fulfil, wish, job_ids, now_ms())
        if wish in (Wish.RETRY, Wish.RESUME, Wish.START):
            self._network.note_wish(jobs, lifts_pauses=wish is not Wish.RESUME)
        await self._obey(jobs)
        return jobs

    async def _obey(self, jobs: Sequence[Job]) -> None:
        """Tell of rows that somebody changed, and end the attempts that are theirs no more."""
        # Decided before anything is awaited: later these rows may be out of date.
        disowned = self._runs.disowned_by(jobs)
        self._announce(jobs)
        await self._runs.end(disowned)
        await self._discard_left_parts()
        self._wake.set()

    def _announce(self, jobs: Sequence[Job]) -> None:
        if removed := [job.id for job in jobs if job.removed_at is not None]:
            self.jobs_removed.emit(removed)
        if changed := [job for job in jobs if job.removed_at is None]:
            self.jobs_changed.emit(changed)

    def _announce_added(self, jobs: list[Job]) -> None:
        self._idle.clear()
        self.jobs_added.emit(jobs)
        self._wake.set()

    # The work

    async def _work(self) -> None:
        """Whenever something woke us: see what others changed, fill the free slots."""
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._store_problem is not None:
                    # What follows may do no more than read, and that is no proof.
                    await self._store.run(JobStore.prove_writable)
                await self._take_changes()
                if self._parts_left:
                    await self._discard_left_parts()
                await self._resume_where_space_returned()
                await self._network.tend()
                asked_at = now_ms()
                await self._fill()
                await self._look_ahead(asked_at)
                if await self._keeper.look_after():
                    self._watch()
            except StoreUnusable as error:
                self._set_store_problem(str(error))
            except Exception:
                # One bad turn must not end the queue's work; the poll brings the next.
                self._logger.exception("the queue met an error")
            else:
                if not self._patient.is_waiting:
                    self._set_store_problem(None)

    def _poll(self) -> None:
        """Look, though nothing told us to; an idle queue costs next to nothing."""
        is_quiet = self._idle.is_set() and self._store_problem is None and not self._parts_left
        if is_quiet and self._quiet_polls < MOST_QUIET_POLLS:
            self._quiet_polls += 1
            self._tasks.start(self._wake_if_changed())
        else:
            self._quiet_polls = 0
            self._wake.set()

    async def _wake_if_changed(self) -> None:
        try:
            has_changed = await self._store.run(JobStore.has_changed)
        except StoreUnusable:
            has_changed = True  # the look that follows tells
        if has_changed:
            self._wake.set()

    async def _take_changes(self) -> None:
        """Follow what other processes wrote to the queue."""
        if jobs := await self._store.run(JobStore.changes):
            self._idle.clear()
            self._tasks.start(self._obey(jobs))
            await asyncio.sleep(0)  # it begins before the next claim

    async def _resume_where_space_returned(self) -> None:
        """Let jobs go on that a full disk has paused, once what they need is free."""
        now = now_ms()
        jobs = await self._store.run(JobStore.waiting_for_space, now - SPACE_RETRY_MS, now)
        if not jobs:
            return
        ready = await asyncio.to_thread(lambda: [job.id for job in jobs if has_space_for(job)])
        if ready:
            self._announce(await self._store.run(fulfil, Wish.RESUME, ready, now_ms()))

    async def _fill(self) -> None:
        # Taken once: wget may turn out to be gone while jobs are claimed, and these must get a run.
        setup = self._wget.setup
        if setup is None or self._stopping or self._network.is_hopeless:
            return
        closed_hosts, is_away = self._network.closed_hosts, self._network.is_away
        due = DueNow(now_ms(), list(self._runs.job_ids), closed_hosts, is_away)
        if await self._slots.needs_room():
            await self._make_room(due)
        free = self._slots.free
        jobs = await self._slots.claim(free, due)
        for job in jobs:
            self._runs.start(job, setup)
        self._announce(jobs)
        await self._slots.note_waits(due, jobs, is_full=len(jobs) >= free)
        self._announce(await self._slots.note_held(due))

    async def _make_room(self, due: DueNow) -> None:
        """Stop the runs of jobs that are too many; their end wakes us."""
        await self._board.flush()
        if given := await self._slots.take_back(due):
            self._logger.info("making room: %s", ", ".join(job.id for job in given))
            self._tasks.start(self._obey(given))
            await asyncio.sleep(0)  # it begins before the next claim

    async def _look_ahead(self, asked_at: int) -> None:
        """Have us woken when the next job is due that was not due yet when jobs were claimed."""
        if self._runs.job_ids:
            self._idle.clear()
        elif await self._store.run(JobStore.count_unfinished) == 0 and not self._wake.is_set():
            self._idle.set()
        # What is due already and was not taken waits for a slot: the end of a run wakes us.
        due_at = await self._store.run(JobStore.next_retry_at, asked_at)
        delays_ms = [self._network.opens_in_ms, None if due_at is None else due_at - now_ms()]
        if known_ms := [each for each in delays_ms if each is not None]:
            self._retry_timer.start(max(1, min(MAX_TIMER_MS, *known_ms)))

    def _on_kept_parts_expired(self) -> None:
        self._parts_left = True
        self._wake.set()

    async def _discard_kept_parts(self) -> None:
        self._kept_parts.let_go()
        if self._parts_left:
            try:
                await self._discard_left_parts()
            except StoreUnusable as error:
                # The next start throws them away.
                self._logger.warning("parts of removed downloads are left: %s", error)

    async def _discard_left_parts(self) -> None:
        async with self._discarding:
            await self._discard_unkept_parts()

    async def _discard_unkept_parts(self) -> None:
        is_left = False
        for job in await self._store.run(JobStore.left_parts):
            if job.id in self._runs.job_ids or job.id in self._kept_parts:
                continue
            if await asyncio.to_thread(discard_part, job, job_lock(self._db, job.id)):
                forgotten = await self._store.run(JobStore.forget_part, job.id, now_ms())
                if forgotten is not None:
                    self.jobs_changed.emit([forgotten])
            else:
                is_left = True  # an orphan still writes it, or the disk keeps it
        self._parts_left = is_left

    # Surroundings

    def _on_wget_changed(self) -> None:
        self._tell_problem()
        if self._wget.setup is not None:
            self._wake.set()

    def _set_store_problem(self, problem: str | None) -> None:
        self._store_problem = problem
        self._tell_problem()

    def _on_store_failed(self, problem: str) -> None:
        self._set_store_problem(problem)

    def _tell_problem(self) -> None:
        if self.problem != self._told_problem:
            self._told_problem = self.problem
            if self.problem is not None:
                self._logger.error("%s", self.problem)
            self.problem_changed.emit(self.problem)
