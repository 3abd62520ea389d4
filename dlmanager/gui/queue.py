"""What the window needs of the queue; the engine's orchestrator is one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import SignalInstance

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.job import Job, NewJob
from dlmanager.core.mirrors import Mirror
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import Move


class AttemptSource(Protocol):
    """What tells of the attempts at a job, and of its mirrors."""

    async def mirrors(self, job_id: str) -> list[Mirror]:
        """Return the links of a job that has several, with their records; else none."""
        ...

    async def attempts(self, job_id: str) -> list[AttemptRecord]:
        """Return what is remembered of the attempts at a job, oldest first."""
        ...

    def live_log(self, job_id: str) -> str | None:
        """Return wget's words in the running attempt up to now; None if none runs."""
        ...


class Queue(AttemptSource, Protocol):
    """The queue, as seen by the window.

    Signals:
        jobs_added(list[Job]), jobs_changed(list[Job]): as they are after the commit. What another
            process added comes as a change.
        jobs_removed(list[str]): their ids.
        progressed(list[JobProgress]): live and not committed, at most 5 times a second.
        problem_changed(str | None): a sentence while the queue as a whole cannot work.
        network_away_changed(bool): whether no server can be reached, from now on.
    """

    @property
    def jobs_added(self) -> SignalInstance: ...
    @property
    def jobs_changed(self) -> SignalInstance: ...
    @property
    def jobs_removed(self) -> SignalInstance: ...
    @property
    def progressed(self) -> SignalInstance: ...
    @property
    def problem_changed(self) -> SignalInstance: ...
    @property
    def network_away_changed(self) -> SignalInstance: ...

    @property
    def problem(self) -> str | None:
        """Why the queue as a whole cannot work, as a sentence; None while it can."""
        ...

    @property
    def network_is_away(self) -> bool:
        """Whether no server can be reached."""
        ...

    @property
    def max_retries(self) -> int:
        """How often a job is tried again unless its order says something else; -1: for ever."""
        ...

    def order(
        self,
        url: str,
        target_directory: str,
        filename: str | None = None,
        *,
        max_retries: int | None = None,
        paused: bool = False,
        mirrors: Sequence[str] = (),
        expected_bytes: int | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> NewJob:
        """Check an order without adding it. Raises InvalidUrl, InvalidFolder, InvalidName."""
        ...

    async def list_jobs(self) -> list[Job]:
        """Return all jobs."""
        ...

    async def add(self, orders: Sequence[NewJob]) -> list[Job]:
        """Add checked orders, all or none."""
        ...

    async def pause(self, job_ids: Sequence[str]) -> list[Job]:
        """Pause; returns the jobs that changed, as do resume, start_now, cancel and retry."""
        ...

    async def resume(self, job_ids: Sequence[str]) -> list[Job]: ...
    async def start_now(self, job_ids: Sequence[str]) -> list[Job]: ...
    async def cancel(self, job_ids: Sequence[str]) -> list[Job]: ...
    async def retry(self, job_ids: Sequence[str]) -> list[Job]: ...

    async def prioritize(self, job_ids: Sequence[str], priority: Priority) -> list[Job]:
        """Give unfinished jobs a level; returns those that changed."""
        ...

    async def move(self, job_ids: Sequence[str], where: Move) -> list[Job]:
        """Move jobs inside their levels; returns those that have another place now."""
        ...

    async def put(
        self, job_ids: Sequence[str], priority: Priority, following: str | None
    ) -> list[Job]:
        """Put jobs into a level before one of its jobs, or at its end; returns what changed."""
        ...

    async def accept(self, job_ids: Sequence[str]) -> list[Job]:
        """Fetch and keep the web pages that came in place of files; returns what changed."""
        ...

    async def remove(self, job_ids: Sequence[str], *, undo_ms: int = 0) -> None:
        """Take jobs off the list, with their part files; finished files stay.

        undo_ms: for so long `restore` brings the last removal back, bytes and all.
        """
        ...

    async def restore(self, job_ids: Sequence[str]) -> list[Job]:
        """Put removed jobs back; returns those that could be. They come as added."""
        ...

    async def download_again(self, job_ids: Sequence[str]) -> list[Job]:
        """Add the same downloads once more; returns the new jobs."""
        ...

    async def change_link(self, job_id: str, link: str) -> None:
        """Give a job another link to its file. Raises InvalidUrl, BadInput."""
        ...

    async def expect_checksum(self, job_id: str, checksum: Checksum | None) -> None:
        """Hold a job's file against a checksum, or none, from now on. Raises BadInput."""
        ...

    async def verify(
        self, job_id: str, checksum: Checksum | None, on_progress: Callable[[int, int], None]
    ) -> Job | None:
        """Hold a finished file against a checksum; returns the job with what was found.

        checksum: None for the one that is remembered. on_progress: told the bytes that are hashed,
        and those of the file. None if it was stopped. Raises BadInput, CannotOpen.
        """
        ...

    def stop_verifying(self, job_id: str | None = None) -> None:
        """End what `verify` does for a job, or for all."""
        ...

    async def pause_all(self) -> None: ...
    async def resume_all(self) -> None: ...
