"""The queue at work: it claims jobs, runs attempts, and turns their outcomes into states."""

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from dlmanager import __version__
from dlmanager.core.errors import ErrorKind, QueueInUse, StoreUnusable, WgetUnusable
from dlmanager.core.job import Job, NewJob, Phase, Status, Wish
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.progress import percent
from dlmanager.core.stall import StallLimits
from dlmanager.engine.attempt import Attempt, AttemptVoid, WgetSetup
from dlmanager.engine.clock import now_ms
from dlmanager.engine.database_keeper import DatabaseKeeper
from dlmanager.engine.disk_space import has_space_for
from dlmanager.engine.file_lock import job_lock, queue_lock
from dlmanager.engine.network_care import NetworkCare, SystemNetwork
from dlmanager.engine.orders import check_order
from dlmanager.engine.part_file import discard_part, remove_published
from dlmanager.engine.patient_store import PatientStore
from dlmanager.engine.progress_board import ProgressBoard
from dlmanager.engine.publish import completed_facts
from dlmanager.engine.secret_keeper import SecretKeeper
from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_check import SEARCH_PATH, check_wget, find_setpriv, find_wget
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil, fulfil_all

BUSY_DELAY_MS = 2000
"""How long a job waits for the process that still writes its part."""
SPACE_RETRY_MS = 30_000
"""How long a job that a full disk has paused rests at least: the disk may say that there is room
where a quota says that there is none."""
MAX_TIMER_MS = 60 * 60 * 1000
"""Qt's timers are 32 bits wide: a longer wait is made of several."""
WGET_CHECK_INTERVAL_MS = 5000
LOCK_TRIES = 3
LOCK_PAUSE_S = 0.05
"""The lock of the queue may be taken for a moment by somebody who only looks who has it."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A running attempt. revision: of its row when it was claimed."""

    attempt: Attempt
    task: asyncio.Task[None]
    revision: int

    def lost_to(self, job: Job) -> bool:
        """Whether the row, as somebody changed it after the claim, is no longer this attempt's."""
        return job.revision > self.revision and (
            job.removed_at is not None
            or job.status is not Status.PROCESSING
            or job.attempt != self.attempt.job.attempt
        )


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
        noticed(str): a sentence about something that was done about the database; also from
            within `start`.
    """

    jobs_added = Signal(object)
    jobs_changed = Signal(object)
    jobs_removed = Signal(object)
    progressed = Signal(object)
    problem_changed = Signal(object)
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
        system_network: SystemNetwork | None = None,
        proxy: str = "",
        parent: QObject | None = None,
    ) -> None:
        """db: the path of the database file; made when missing.

        wget_executable_path: None for the first wget on PATH. low_speed_*, header_timeout_s: see
        `core.stall.StallLimits`. system_network: None where the system does not tell.
        proxy: the setting; empty for none.
        """
        super().__init__(parent)
        self._logger = logger or logging.getLogger("dlmanager.engine")
        self._wget_executable_path = wget_executable_path
        self._max_concurrent_downloads = max_concurrent_downloads
        self._max_retries = max_retries
        self._stall_limits = StallLimits(
            low_speed_limit_bytes_s, low_speed_time_s, header_timeout_s
        )

        # One database, one lock, whatever name it was given by.
        self._db = Path(db).resolve()
        self._store = StoreThread(self._db)
        self._secrets = SecretKeeper(self._db, proxy, self._logger)
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
        self._board.progressed.connect(self._network.note_progress)

        self._home = self._db.parent / "run"
        self._life = asyncio.Lock()
        self._stopping = False
        self._runs: dict[str, _Run] = {}
        self._setup: WgetSetup | None = None
        self._worker: asyncio.Task[None] | None = None
        self._wget_check: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._given_up = False
        self._parts_left = True
        self._wget_problem: str | None = None
        self._store_problem: str | None = None
        self._told_problem: str | None = None

        self._patient = PatientStore(
            self._store, poll_interval_ms, self._set_store_problem, self._wake.set
        )
        self._poll_timer = QTimer(self, interval=poll_interval_ms)
        self._poll_timer.timeout.connect(self._wake.set)
        self._retry_timer = QTimer(self, singleShot=True)
        self._retry_timer.timeout.connect(self._wake.set)
        self._wget_timer = QTimer(self, interval=WGET_CHECK_INTERVAL_MS)
        self._wget_timer.timeout.connect(self._begin_wget_check)
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
        return self._wget_problem or self._store_problem

    async def start(self, *, awaits_wget: bool = True) -> None:
        """Put in order what an earlier run left (zombie sweep), then work on the queue.

        awaits_wget: return once it is known whether wget can be used, which takes up to
        `wget_check.CHECK_TIMEOUT_S` where it hangs; else `problem_changed` tells later.
        Raises QueueInUse if another process works on this database, StoreUnusable if it cannot
        be read or written. An unusable wget is no error here: see `problem`; the queue waits.
        """
        async with self._life:
            if not self.is_running:
                await self._start(awaits_wget=awaits_wget)

    async def _start(self, *, awaits_wget: bool) -> None:
        await self._take_lock()
        try:
            await self._keeper.put_in_order()
            await self._secrets.put_in_order(self._store, self._home)
            await self._network.start()
            if awaits_wget:
                await self._check_wget()
        except BaseException:
            self._store.close()
            self._lock.release()
            raise
        self._watch()
        self._patient.wait_again()
        self._poll_timer.start()
        self._wake.set()
        self._idle.clear()
        self._stopping = self._given_up = False
        self._worker = asyncio.ensure_future(self._work())
        if not awaits_wget:
            self._begin_wget_check()

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
            raise StoreUnusable(
                f"The data folder {self._db.parent} cannot be used ({error.strerror}). "
                "Check that it exists and that you may write there."
            ) from error

    async def stop(self) -> None:
        """End every wget, write every row, and give the queue back; no retry is spent."""
        async with self._life:
            if self._worker is not None:
                await self._stop(self._worker)

    async def _stop(self, worker: asyncio.Task[None]) -> None:
        for timer in (self._poll_timer, self._retry_timer, self._wget_timer):
            timer.stop()
        if watched := self._watcher.files():
            self._watcher.removePaths(watched)
        # Not cancelled: a claim that is being committed must get its run, to be given back below.
        self._stopping = True
        if self._wget_check is not None:
            self._wget_check.cancel()
        self._patient.wait_no_more()
        self._wake.set()
        await asyncio.wait([worker])
        self._worker = None
        await self._network.stop()
        await self._board.flush()
        await self._give_back(list(self._runs.values()))
        self._board.stop()
        await self._tasks.settle()
        await self._keeper.stop()
        await asyncio.to_thread(self._store.close)
        self._keeper.note_end(is_well=self._store_problem is None and not self._given_up)
        self._lock.release()

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
    ) -> NewJob:
        """Check what somebody wants to add; raises BadInput with one plain sentence."""
        return check_order(
            url,
            target_directory,
            filename,
            max_retries=self._max_retries if max_retries is None else max_retries,
            paused=paused,
        )

    def enqueue_download(
        self,
        url: str,
        target_directory: str | os.PathLike[str],
        *,
        filename: str | None = None,
        max_retries: int | None = None,
        paused: bool = False,
    ) -> str:
        """Add a download and return its id; it is durable when this returns.

        Blocks for one commit; a window uses `add`. Raises BadInput, StoreUnusable, SecretsUnusable.
        """
        order = self.order(url, target_directory, filename, max_retries=max_retries, paused=paused)
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

    async def cancel_job(self, job_id: str) -> bool:
        """Cancel one job; True if there was something to cancel."""
        return bool(await self.cancel([job_id]))

    async def pause(self, job_ids: Sequence[str]) -> list[Job]:
        """Pause jobs, bytes kept; returns those that changed."""
        return await self._wish(Wish.PAUSE, job_ids)

    async def resume(self, job_ids: Sequence[str]) -> list[Job]:
        """Let paused jobs go on; returns those that changed."""
        return await self._wish(Wish.RESUME, job_ids)

    async def cancel(self, job_ids: Sequence[str]) -> list[Job]:
        """Cancel jobs and throw their parts away; returns those that changed."""
        return await self._wish(Wish.CANCEL, job_ids)

    async def retry(self, job_ids: Sequence[str]) -> list[Job]:
        """Try jobs again now, with all their retries; returns those that changed."""
        return await self._wish(Wish.RETRY, job_ids)

    async def accept(self, job_ids: Sequence[str]) -> list[Job]:
        """Fetch and keep the web pages that came in place of files; returns what changed."""
        return await self._wish(Wish.ACCEPT, job_ids)

    async def remove(self, job_ids: Sequence[str]) -> None:
        """Take jobs off the list and throw their parts away; finished files stay."""
        await self._wish(Wish.REMOVE, job_ids)

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
        if wish in (Wish.RETRY, Wish.RESUME):
            self._network.note_wish(jobs, lifts_pauses=wish is Wish.RETRY)
        await self._obey(jobs)
        return jobs

    async def _obey(self, jobs: Sequence[Job]) -> None:
        """Tell of rows that somebody changed, and end the attempts that are theirs no more."""
        # Decided before anything is awaited: later these rows may be out of date.
        disowned = [run for job in jobs if (run := self._runs.get(job.id)) and run.lost_to(job)]
        self._announce(jobs)
        for run in disowned:
            self._tasks.start(run.attempt.stop())
        if disowned:
            await asyncio.wait([run.task for run in disowned])
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
        free = self._max_concurrent_downloads - len(self._runs)
        if free <= 0 or self._setup is None or self._stopping or self._network.is_hopeless:
            return
        jobs = await self._store.run(
            JobStore.claim,
            free,
            now_ms(),
            list(self._runs),
            self._network.closed_hosts,
            self._network.is_away,
        )
        for job in jobs:
            self._start_run(job, self._setup)
        self._announce(jobs)

    async def _look_ahead(self, asked_at: int) -> None:
        """Have us woken when the next job is due that was not due yet when jobs were claimed."""
        if self._runs:
            self._idle.clear()
        elif await self._store.run(JobStore.count_unfinished) == 0 and not self._wake.is_set():
            self._idle.set()
        # What is due already and was not taken waits for a slot: the end of a run wakes us.
        due_at = await self._store.run(JobStore.next_retry_at, asked_at)
        delays_ms = [self._network.opens_in_ms, None if due_at is None else due_at - now_ms()]
        if known_ms := [each for each in delays_ms if each is not None]:
            self._retry_timer.start(max(1, min(MAX_TIMER_MS, *known_ms)))

    def _start_run(self, job: Job, setup: WgetSetup) -> None:
        attempt = Attempt(
            job,
            setup,
            lock=job_lock(self._db, job.id),
            record=lambda facts: self._record(job, facts),
            on_progress=lambda: self._board.mark(job.id),
            stall_limits=self._stall_limits,
            pack=self._secrets.luggage_for,
            logger=self._logger,
        )
        self._board.add(attempt)
        task = asyncio.ensure_future(self._run(attempt))
        self._runs[job.id] = _Run(attempt, task, job.revision)

    async def _record(self, job: Job, facts: dict[str, Any]) -> Job | None:
        if self._given_up:
            return None
        recorded = await self._patient.run(JobStore.record, job.id, job.attempt, now_ms(), facts)
        if recorded is not None:
            self.jobs_changed.emit([recorded])
        return recorded

    async def _run(self, attempt: Attempt) -> None:
        job_id = attempt.job.id
        try:
            outcome = await self._outcome_of(attempt)
            await asyncio.to_thread(attempt.close)
            self._board.remove(attempt)
            if outcome is not None:
                await self._settle(attempt, outcome)
        except StoreUnusable as error:
            self._logger.error("job %s: its state could not be written: %s", job_id, error)
        except Exception:
            self._logger.exception("job %s: its end met an error", job_id)
        finally:
            attempt.close()
            self._board.remove(attempt)
            del self._runs[job_id]
            self._wake.set()

    async def _outcome_of(self, attempt: Attempt) -> Outcome | None:
        """Run an attempt; None if the row was taken from it meanwhile."""
        try:
            return await attempt.run()
        except AttemptVoid:
            return None
        except WgetUnusable as error:
            return Outcome(Ending.INSTALLATION, ErrorKind.WGET, str(error))
        except StoreUnusable as error:
            return Outcome(Ending.BUSY, ErrorKind.BUSY, str(error))
        except Exception:
            self._logger.exception("job %s: the attempt broke off", attempt.job.id)
            return Outcome(
                Ending.RETRY,
                ErrorKind.INTERRUPTED,
                "Something went wrong inside dlmanager; the log tells more.",
            )

    async def _settle(self, attempt: Attempt, outcome: Outcome) -> None:
        """Turn the outcome of an attempt into the job's next state."""
        self._network.note_outcome(attempt.job, outcome)
        status, facts = self._next_state(attempt, outcome)
        job = await self._patient.run(
            JobStore.finish, attempt.job.id, attempt.job.attempt, status, now_ms(), facts
        )
        if job is not None:
            self.jobs_changed.emit([job])
        elif outcome.ending is Ending.DONE and attempt.final_path is not None:
            row = await self._patient.run(JobStore.get, attempt.job.id)
            if row is None or row.status is not Status.COMPLETED:
                # A wish came in the very moment of publishing, and it counts.
                await asyncio.to_thread(remove_published, attempt.final_path, attempt.job)
        if outcome.ending is Ending.INSTALLATION:
            self._setup = None
            self._set_wget_problem(outcome.error_message)

    def _next_state(self, attempt: Attempt, outcome: Outcome) -> tuple[Status, dict[str, Any]]:
        job = attempt.job
        facts: dict[str, Any] = {"http_status": outcome.http_status}
        if outcome.ending is Ending.DONE:
            assert attempt.final_path is not None
            return Status.COMPLETED, facts | completed_facts(attempt.final_path, now_ms())
        facts |= {
            "bytes_done": job.bytes_done,
            "progress_percent": percent(job.bytes_done, job.bytes_total),
        }
        if outcome.ending is Ending.INSTALLATION:
            return Status.PENDING, facts
        facts |= {"error_kind": outcome.error_kind, "error_message": outcome.error_message}
        if outcome.ending is Ending.BUSY:
            return Status.RETRYING, facts | {"next_retry_at": now_ms() + BUSY_DELAY_MS}
        if outcome.ending is Ending.DISK_FULL:
            return Status.PAUSED, facts
        if outcome.ending is Ending.RETRY:
            planned = self._network.next_try(job, outcome, attempt.new_bytes)
            facts |= {
                "retry_count": planned.retry_count,
                "next_retry_at": planned.next_retry_at,
                "waiting_for": planned.waiting_for,
            }
            if planned.status is Status.RETRYING:
                return Status.RETRYING, facts
        return Status.FAILED, facts | {"finished_at": now_ms()}

    async def _give_back(self, runs: Sequence[_Run]) -> None:
        """End attempts for a clean stop: PENDING, no retry spent; files being published are."""
        attempts = [(run.attempt.job.id, run.attempt.job.attempt) for run in runs]
        try:
            self._announce(await self._store.run(JobStore.give_back, attempts, now_ms()))
        except StoreUnusable as error:
            # The next start finds them in progress, and lets them go on for one retry.
            self._given_up = True
            self._logger.error("downloads could not be given back: %s", error)
        await asyncio.gather(
            *(run.attempt.stop() for run in runs if run.attempt.job.phase is not Phase.FINALISING)
        )
        if runs:
            await asyncio.wait([run.task for run in runs])

    async def _discard_left_parts(self) -> None:
        is_left = False
        for job in await self._store.run(JobStore.left_parts):
            if job.id in self._runs:
                continue
            if await asyncio.to_thread(discard_part, job, job_lock(self._db, job.id)):
                forgotten = await self._store.run(JobStore.forget_part, job.id, now_ms())
                if forgotten is not None:
                    self.jobs_changed.emit([forgotten])
            else:
                is_left = True  # an orphan still writes it, or the disk keeps it
        self._parts_left = is_left

    # wget and other surroundings

    def _begin_wget_check(self) -> None:
        """Check wget beside everything else; one check at a time, as one that hangs takes long."""
        if self._wget_check is None or self._wget_check.done():
            self._wget_check = asyncio.ensure_future(self._check_wget())
            self._tasks.keep(self._wget_check)

    async def _check_wget(self) -> None:
        """Find out whether wget can be used; while it cannot, look again now and then."""
        if self._setup is not None:
            return
        try:
            wget_path = find_wget(self._wget_executable_path)
            version = await check_wget(wget_path)
            self._home.mkdir(mode=0o700, exist_ok=True)
        except WgetUnusable as error:
            self._set_wget_problem(str(error))
            return
        except OSError as error:
            self._set_wget_problem(f"The folder {self._home} cannot be made ({error.strerror}).")
            return
        self._logger.info("using %s, version %s", wget_path, version)
        self._setup = WgetSetup(
            wget_path=wget_path,
            setpriv_path=find_setpriv(),
            search_path=SEARCH_PATH,
            home=self._home,
            user_agent=f"dlmanager/{__version__}",
        )
        self._set_wget_problem(None)
        self._wget_timer.stop()
        self._wake.set()

    def _set_wget_problem(self, problem: str | None) -> None:
        self._wget_problem = problem
        if problem is not None and not self._stopping:
            self._wget_timer.start()
        self._tell_problem()

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
