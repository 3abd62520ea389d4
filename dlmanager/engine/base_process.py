"""The process of a running attempt: at most one a job, known while it runs, always let go."""

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

E = TypeVar("E")


class ProcessAlreadyRunning(Exception):
    """A process for this job runs already; the second start was refused."""


class BaseProcess(ABC, Generic[E]):
    """One process for one job. `E` is what a run ends with.

    A subclass says how the process is run and how it is stopped; this class keeps the register.
    """

    _active: ClassVar[dict[str, "BaseProcess[object]"]] = {}

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self._ended = asyncio.Event()
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked this process to end."""
        return self._cancelled

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The process id while it runs, else None."""

    @abstractmethod
    async def _run(self) -> E:
        """Start the process and return how it ended."""

    @abstractmethod
    async def _stop(self) -> None:
        """Make the running process end: kindly first, then by force."""

    async def run(self) -> E:
        """Run the process to its end.

        Raises ProcessAlreadyRunning if the job has a process already, and whatever the
        subclass raises when it cannot start. The job is free again whatever happens.
        """
        if self.job_id in BaseProcess._active:
            raise ProcessAlreadyRunning(self.job_id)
        BaseProcess._active[self.job_id] = self  # type: ignore[assignment]
        self._ended.clear()
        try:
            return await self._run()
        finally:
            del BaseProcess._active[self.job_id]
            self._ended.set()

    async def cancel(self) -> bool:
        """End the process and wait until it has ended; False if it was not running."""
        if BaseProcess._active.get(self.job_id) is not self:
            return False
        self._cancelled = True
        await self._stop()
        await self._ended.wait()
        return True

    @classmethod
    def get_active_process_count(cls) -> int:
        """How many processes run now."""
        return len(BaseProcess._active)

    @classmethod
    def get_active_job_ids(cls) -> list[str]:
        """The ids of the jobs whose processes run now, in the order they were started."""
        return list(BaseProcess._active)

    @classmethod
    async def cancel_job(cls, job_id: str) -> bool:
        """End the process of a job and wait until it has ended; False if it has none."""
        process = BaseProcess._active.get(job_id)
        return process is not None and await process.cancel()
