"""The zombie sweep: what an earlier run of the program left, put in order before anything starts.

Every step can be repeated: a sweep that is killed half-way and run again ends the same.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.core.retry import MAX_RETRY_AFTER_MS
from dlmanager.engine.file_lock import discard_free_locks, job_lock
from dlmanager.engine.part_file import (
    PartFile,
    PartReplaced,
    discard_part,
    same_file,
)
from dlmanager.engine.publish import completed_facts, publish
from dlmanager.store import attempts
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import requeue_crashed
from dlmanager.store.store_thread import StoreThread

KEEP_REMOVED_MS = 24 * 60 * 60 * 1000
ORPHAN_GRACE_S = 2


async def sweep(
    store: StoreThread, now_ms: int, logger: logging.Logger, tell: Callable[[str], None]
) -> None:
    """Give every job that was PROCESSING a state it can go on from; throw away what is not wanted.

    tell: given a sentence for people about each job that does not go on by itself any more.
    Call it only while holding the queue's lock. Raises StoreUnusable.
    """
    for job in await store.run(JobStore.list_jobs, Status.PROCESSING):
        await asyncio.to_thread(end_orphan, job)
        if job.phase is Phase.FINALISING:
            await _finish_publishing(store, job, now_ms)
        # What could not be completed just now, or was not that far, goes back to the queue.
        requeued = await store.run(requeue_crashed, job.id, now_ms)
        logger.warning("job %s: found in progress after an unclean end", job.id)
        if requeued is not None and requeued.status is Status.PAUSED:
            tell(f"{requeued.display_name}: {requeued.error_message}")
    await store.run(attempts.close_left)
    await store.run(JobStore.bring_retries_forward, now_ms + MAX_RETRY_AFTER_MS, now_ms)
    for job in await store.run(JobStore.left_parts):
        if await asyncio.to_thread(discard_part, job, job_lock(store.path, job.id)):
            await store.run(JobStore.forget_part, job.id, now_ms)
    await asyncio.to_thread(discard_free_locks, store.path)
    await store.run(JobStore.purge_removed, now_ms - KEEP_REMOVED_MS)


def end_orphan(job: Job) -> None:
    """End the wget that an earlier run left behind, if it is proven to be that one.

    A process is ours only if its id, its start time and the part's path on its command line all
    agree: an id alone may belong to somebody else by now. Blocks up to four seconds.
    """
    if job.pid is None or job.part_path is None:
        return
    import psutil  # here, as most starts do without it

    try:
        process = psutil.Process(job.pid)
        started_at = round(process.create_time() * 1000)
        if started_at != job.pid_started_at or job.part_path not in process.cmdline():
            return
        process.terminate()
        try:
            process.wait(ORPHAN_GRACE_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(ORPHAN_GRACE_S)
    except psutil.Error:
        return


async def _finish_publishing(store: StoreThread, job: Job, now_ms: int) -> None:
    """Complete a job that was being given its final name, or give it back to the queue."""
    if same_file(job.final_path, job.part_device, job.part_inode):
        await asyncio.to_thread(_drop_part_name, job)
        assert job.final_path is not None
        await _complete(store, job, Path(job.final_path), now_ms)
        return
    lock = job_lock(store.path, job.id)
    try:
        if await asyncio.to_thread(lock.acquire):
            await _publish_locked(store, job, now_ms)
    except OSError:
        return  # not just now: it goes back to the queue
    finally:
        await asyncio.to_thread(lock.discard)


async def _publish_locked(store: StoreThread, job: Job, now_ms: int) -> None:
    try:
        part = await asyncio.to_thread(_reopen_part, job)
    except (FileNotFoundError, PartReplaced):
        await _fail_vanished(store, job, now_ms)
        return
    try:
        path = await _publish_again(store, job, part, now_ms)
    except PartReplaced:
        return
    finally:
        await asyncio.to_thread(part.close)
    await _complete(store, job, path, now_ms)


def _drop_part_name(job: Job) -> None:
    """Finish a publication that was killed between the link and the unlink."""
    if job.part_path and same_file(job.part_path, job.part_device, job.part_inode):
        with contextlib.suppress(OSError):  # a second name does no harm
            Path(job.part_path).unlink()


def _reopen_part(job: Job) -> PartFile:
    if job.part_path is None:
        raise FileNotFoundError
    return PartFile.reopen(Path(job.part_path), job.part_device, job.part_inode)


async def _publish_again(store: StoreThread, job: Job, part: PartFile, now_ms: int) -> Path:
    async def record(path: Path) -> None:
        await store.run(JobStore.record, job.id, job.attempt, now_ms, {"final_path": str(path)})

    if part.size() != job.bytes_total:
        raise PartReplaced(part.path)
    return await publish(part, Path(job.target_directory), job.display_name, record)


async def _complete(store: StoreThread, job: Job, path: Path, now_ms: int) -> None:
    facts = completed_facts(path, now_ms)
    await store.run(JobStore.finish, job.id, job.attempt, Status.COMPLETED, now_ms, facts)


async def _fail_vanished(store: StoreThread, job: Job, now_ms: int) -> None:
    await store.run(
        JobStore.finish,
        job.id,
        job.attempt,
        Status.FAILED,
        now_ms,
        {
            "finished_at": now_ms,
            "verification": Verification.NONE,
            "final_path": None,
            "error_kind": ErrorKind.VANISHED,
            "error_message": "The downloaded file vanished before it got its final name. "
            "Choose Retry to download it again.",
        },
    )
