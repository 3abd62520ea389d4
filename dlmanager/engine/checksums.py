"""What a person asks of checksums: what a file shall match, and whether a finished one does."""

import asyncio
from typing import TYPE_CHECKING

from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import NOT_IN_LIST, BadInput, UnknownJob
from dlmanager.core.job import Job
from dlmanager.engine.clock import now_ms
from dlmanager.store import checksums
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

if TYPE_CHECKING:
    from dlmanager.engine.file_check import FileCheck, HashingProgress


class Checksums:
    """Notes what is expected of files, and hashes finished ones, several at once if need be."""

    def __init__(self, store: StoreThread) -> None:
        self._store = store
        self._checks: dict[FileCheck, str] = {}  # with the ids of their jobs
        self._idle = asyncio.Event()
        self._idle.set()

    async def expect(self, job_id: str, checksum: Checksum | None) -> Job:
        """Hold a job's file against a checksum from now on, or (None) against none.

        Raises UnknownJob, BadInput if the file is finished, StoreUnusable.
        """
        changed = await self._store.run(checksums.expect, job_id, checksum, now_ms())
        if changed is None:
            await self._job(job_id)
            raise BadInput(
                "This download is finished by now. Choose Checksum again to verify its file."
            )
        return changed

    async def verify(
        self, job_id: str, given: Checksum | None, on_progress: "HashingProgress"
    ) -> Job | None:
        """Hash the finished file of a job and note whether it is right.

        given: None for the checksum that is remembered. Returns the job as it is now; None if the
        check was stopped. Raises UnknownJob, BadInput if there is no file yet or no checksum,
        CannotOpen, StoreUnusable.
        """
        from dlmanager.engine.file_check import FileCheck  # few starts need it

        check = FileCheck(on_progress)
        self._checks[check] = job_id
        self._idle.clear()
        try:
            return await self._verify(check, job_id, given)
        finally:
            del self._checks[check]
            if not self._checks:
                self._idle.set()

    def stop(self, job_id: str | None = None) -> None:
        """End the checks of a job's file, or (None) all of them; nothing is noted then."""
        for check, of_job in self._checks.items():
            if job_id in (None, of_job):
                check.stop()

    async def stop_all(self) -> None:
        """End all checks, and return once they have ended."""
        self.stop()
        await self._idle.wait()

    async def _job(self, job_id: str) -> Job:
        job = await self._store.run(JobStore.get, job_id)
        if job is None:
            raise UnknownJob(NOT_IN_LIST)
        return job

    async def _verify(self, check: "FileCheck", job_id: str, given: Checksum | None) -> Job | None:
        from dlmanager.engine.file_check import checksum_to_verify

        job = await self._job(job_id)
        checksum = checksum_to_verify(job, given)
        found = await check.run(job, checksum.kind)
        if found is None:
            return None
        noted = await self._store.run(
            checksums.note_check, job_id, job.path or "", checksum, found, now_ms()
        )
        if noted is None:
            raise UnknownJob(NOT_IN_LIST)
        return noted
