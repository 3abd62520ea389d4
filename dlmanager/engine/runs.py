"""The attempts that run: each begins with a claimed job and ends with the job's next state."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from dlmanager.core.attempt_record import AttemptEnding, AttemptNotes
from dlmanager.core.errors import ErrorKind, StoreUnusable, WgetUnusable
from dlmanager.core.job import Job, Phase, Status
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.progress import percent
from dlmanager.core.stall import StallLimits
from dlmanager.engine.attempt_row import AttemptVoid
from dlmanager.engine.clock import now_ms
from dlmanager.engine.file_lock import job_lock
from dlmanager.engine.network_care import NetworkCare
from dlmanager.engine.part_file import remove_published
from dlmanager.engine.patient_store import PatientStore
from dlmanager.engine.progress_board import ProgressBoard
from dlmanager.engine.publish import completed_facts
from dlmanager.engine.secret_keeper import SecretKeeper
from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_care import WgetSetup
from dlmanager.store import attempts, mirrors
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

if TYPE_CHECKING:
    from dlmanager.engine.attempt import Attempt

BUSY_DELAY_MS = 2000
"""How long a job waits for the process that still writes its part."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A running attempt. revision: of its row when it was claimed."""

    attempt: "Attempt"
    task: asyncio.Task[None]
    revision: int

    def lost_to(self, job: Job) -> bool:
        """Whether the row, as somebody changed it after the claim, is no longer this attempt's."""
        return job.revision > self.revision and (
            job.removed_at is not None
            or job.status is not Status.PROCESSING
            or job.attempt != self.attempt.job.attempt
        )


class Runs(QObject):
    """Runs attempts at claimed jobs, and writes what each has come to.

    Signals:
        jobs_changed(object): list[Job], rows as committed.
        ended(): an attempt is over; its slot is free.
        wget_failed(str): wget could not be started; a sentence for people.
    """

    jobs_changed = Signal(object)
    ended = Signal()
    wget_failed = Signal(str)

    def __init__(
        self,
        store: StoreThread,
        patient: PatientStore,
        board: ProgressBoard,
        network: NetworkCare,
        secrets: SecretKeeper,
        stall_limits: StallLimits,
        tasks: Tasks,
        logger: logging.Logger,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._patient = patient
        self._board = board
        self._network = network
        self._secrets = secrets
        self.stall_limits = stall_limits
        self._tasks = tasks
        self._logger = logger
        self._runs: dict[str, _Run] = {}
        self._given_up = False

    @property
    def job_ids(self) -> Collection[str]:
        """The jobs whose attempts are not over."""
        return self._runs.keys()

    @property
    def hosts(self) -> Mapping[str, int]:
        """How many attempts that are not over each host has."""
        hosts = [run.attempt.job.host for run in self._runs.values()]
        return Counter(host for host in hosts if host is not None)

    @property
    def given_up(self) -> bool:
        """Whether the last `give_back` could not be written."""
        return self._given_up

    def notes_of(self, job_id: str) -> AttemptNotes | None:
        """What the running attempt at a job knows; None if none runs."""
        run = self._runs.get(job_id)
        return None if run is None else run.attempt.notes

    def begin(self) -> None:
        """Forget the end of an earlier life of the queue."""
        self._given_up = False

    def start(self, job: Job, setup: WgetSetup) -> None:
        """Begin an attempt at a job that was claimed."""
        from dlmanager.engine.attempt import Attempt  # here: a start without a job goes without

        attempt = Attempt(
            job,
            setup,
            lock=job_lock(self._store.path, job.id),
            record=lambda facts: self._record(job, facts),
            on_progress=lambda: self._board.mark(job.id),
            stall_limits=self.stall_limits,
            pack=self._secrets.luggage_for,
            read_mirrors=lambda job_id: self._store.run(mirrors.read, job_id),
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

    async def _run(self, attempt: "Attempt") -> None:
        job_id = attempt.job.id
        try:
            outcome = await self._outcome_of(attempt)
            await asyncio.to_thread(attempt.close)
            self._board.remove(attempt)
            if outcome is not None:
                await self._settle(attempt, outcome)
            else:
                await self._keep_notes(attempt)
        except StoreUnusable as error:
            self._logger.error("job %s: its state could not be written: %s", job_id, error)
        except Exception:
            self._logger.exception("job %s: its end met an error", job_id)
        finally:
            attempt.close()
            self._board.remove(attempt)
            del self._runs[job_id]
            self.ended.emit()

    async def _outcome_of(self, attempt: "Attempt") -> Outcome | None:
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

    async def _keep_notes(self, attempt: "Attempt") -> None:
        """Write down what an attempt knows that somebody else has ended."""
        job = attempt.job
        try:
            await self._store.run(attempts.note, job.id, job.attempt, attempt.notes)
        except StoreUnusable as error:
            self._logger.info("job %s: the log of its attempt is lost: %s", job.id, error)

    async def _settle(self, attempt: "Attempt", outcome: Outcome) -> None:
        """Turn the outcome of an attempt into the job's next state."""
        self._network.note_outcome(attempt.job, outcome)
        if attempt.job.mirror is None:
            status, facts = next_state(attempt, outcome, self._network)
            job = await self._patient.run(
                JobStore.finish,
                attempt.job.id,
                attempt.job.attempt,
                status,
                now_ms(),
                facts,
                attempt.notes,
            )
        else:
            job = await self._settle_mirror(attempt, outcome)
        if job is not None:
            self.jobs_changed.emit([job])
        else:
            await self._keep_notes(attempt)
        if job is None and outcome.ending is Ending.DONE and attempt.final_path is not None:
            row = await self._patient.run(JobStore.get, attempt.job.id)
            if row is None or row.status is not Status.COMPLETED:
                # A wish came in the very moment of publishing, and it counts.
                await asyncio.to_thread(remove_published, attempt.final_path, attempt.job)
        if outcome.ending is Ending.INSTALLATION:
            self.wget_failed.emit(outcome.error_message)

    async def _settle_mirror(self, attempt: "Attempt", outcome: Outcome) -> Job | None:
        """The same for a job of several mirrors: another one may go on."""
        from dlmanager.engine.mirror_turn import take_turn  # here: few jobs have mirrors

        job = attempt.job
        known = await self._patient.run(mirrors.read, job.id)
        turn = take_turn(attempt, outcome, known, self._network.closed_hosts)
        if turn.is_at_once:
            status, facts = Status.PENDING, how_it_ended(attempt, turn.outcome)
        else:
            status, facts = next_state(attempt, turn.outcome, self._network)
        if "url" in turn.facts:
            goes_to = turn.facts["mirror"], job.mirror_count
            self._logger.info("job %s: going on with mirror %d of %d", job.id, *goes_to)
        return await self._patient.run(
            mirrors.finish,
            job.id,
            job.attempt,
            status,
            now_ms(),
            facts | turn.facts,
            attempt.notes,
            turn.records,
            AttemptEnding.OTHER_MIRROR if turn.is_at_once else None,
        )

    def disowned_by(self, jobs: Sequence[Job]) -> list[_Run]:
        """The runs whose rows, as somebody changed them, are theirs no more."""
        return [run for job in jobs if (run := self._runs.get(job.id)) and run.lost_to(job)]

    async def end(self, runs: Sequence[_Run]) -> None:
        """End these runs, whose rows already say why."""
        for run in runs:
            self._tasks.start(run.attempt.stop())
        if runs:
            await asyncio.wait([run.task for run in runs])

    async def give_back(self) -> None:
        """End attempts for a clean stop: PENDING, no retry spent; files being published are."""
        runs = list(self._runs.values())
        running = [(run.attempt.job.id, run.attempt.job.attempt) for run in runs]
        try:
            given = await self._store.run(JobStore.give_back, running, now_ms())
            if given:
                self.jobs_changed.emit(given)
        except StoreUnusable as error:
            # The next start finds them in progress, and lets them go on for one retry.
            self._given_up = True
            self._logger.error("downloads could not be given back: %s", error)
        await asyncio.gather(
            *(run.attempt.stop() for run in runs if run.attempt.job.phase is not Phase.FINALISING)
        )
        if runs:
            await asyncio.wait([run.task for run in runs])


def next_state(
    attempt: "Attempt", outcome: Outcome, network: NetworkCare
) -> tuple[Status, dict[str, Any]]:
    """The state that an outcome leads to, and what is written with it."""
    job = attempt.job
    facts: dict[str, Any] = {"http_status": outcome.http_status}
    if outcome.ending is Ending.DONE:
        assert attempt.final_path is not None
        return Status.COMPLETED, facts | completed_facts(attempt.final_path, now_ms())
    if outcome.ending is Ending.INSTALLATION:
        return Status.PENDING, facts | _how_far(job)
    facts = how_it_ended(attempt, outcome)
    if outcome.ending is Ending.BUSY:
        return Status.RETRYING, facts | {"next_retry_at": now_ms() + BUSY_DELAY_MS}
    if outcome.ending is Ending.DISK_FULL:
        return Status.PAUSED, facts
    if outcome.ending is Ending.RETRY:
        planned = network.next_try(job, outcome, attempt.new_bytes)
        facts |= {
            "retry_count": planned.retry_count,
            "next_retry_at": planned.next_retry_at,
            "waiting_for": planned.waiting_for,
            "unresolved_count": planned.unresolved_count,
        }
        if planned.status is Status.RETRYING:
            return Status.RETRYING, facts
    return Status.FAILED, facts | {"finished_at": now_ms()}


def how_it_ended(attempt: "Attempt", outcome: Outcome) -> dict[str, Any]:
    """What is written of an attempt that failed, whatever becomes of its job."""
    return {
        "http_status": outcome.http_status,
        **_how_far(attempt.job),
        "error_kind": outcome.error_kind,
        "error_message": outcome.error_message,
    }


def _how_far(job: Job) -> dict[str, Any]:
    return {
        "bytes_done": job.bytes_done,
        "progress_percent": percent(job.bytes_done, job.bytes_total),
    }
