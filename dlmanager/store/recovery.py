"""How rows go on after a crash, a new start of the machine, or a database from a backup.

Functions for `StoreThread.run`: each takes the JobStore and is one transaction.
"""

from collections.abc import Mapping

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import UNFINISHED, Job, Status
from dlmanager.core.retry import MOST_CRASHES, crashes_in_a_row, retries_left
from dlmanager.store import attempts
from dlmanager.store.facts import AT_REST, FORGET_ERROR, Facts
from dlmanager.store.job_store import JobStore

_ENDED = (Status.COMPLETED, Status.CANCELLED)
_CRASHED_TOO_OFTEN = (
    "dlmanager ended three times while it worked on this download. Resume it when you are ready."
)


def requeue_crashed(store: JobStore, job_id: str, now_ms: int) -> Job | None:
    """Give back a job that was PROCESSING when its program died: the zombie sweep's step.

    One retry is spent: RETRYING at once, or FAILED if none is left; PAUSED after MOST_CRASHES in a
    row without progress. None if the job is PROCESSING no more, so that a repeated sweep changes
    nothing. Its part is as good as ever: what a killed program wrote is in the system's hands (a
    power cut: `doubt_parts`).
    """
    with store.database.atomic():
        job = store.get(job_id)
        if job is None or job.status is not Status.PROCESSING:
            return None
        attempts.interrupt(store.database, job_id)
        return _finish_crashed(store, job, now_ms)


def _finish_crashed(store: JobStore, job: Job, now_ms: int) -> Job | None:
    crashes = crashes_in_a_row(job)
    if crashes >= MOST_CRASHES:
        why = {"error_kind": ErrorKind.INTERRUPTED, "error_message": _CRASHED_TOO_OFTEN}
        return store.finish(job.id, job.attempt, Status.PAUSED, now_ms, why)
    if retries_left(job.retry_count, job.max_retries):
        return store.finish(
            job.id,
            job.attempt,
            Status.RETRYING,
            now_ms,
            {
                "retry_count": job.retry_count + 1,
                "next_retry_at": now_ms,
                "crash_count": crashes,
                "crash_bytes": max(job.bytes_done, job.crash_bytes or 0),
            },
        )
    return store.finish(
        job.id,
        job.attempt,
        Status.FAILED,
        now_ms,
        {
            "finished_at": now_ms,
            "error_kind": ErrorKind.INTERRUPTED,
            "error_message": "dlmanager ended unexpectedly during this download, and no retry "
            "was left. Choose Retry to go on from where it stopped.",
        },
    )


def follow_disk(
    store: JobStore, complete: Mapping[str, Facts], in_question: Mapping[str, str], now_ms: int
) -> list[Job]:
    """Follow what was found on the disk after a restore; returns the jobs that changed.

    complete: ids of jobs whose file is there, and what their rows shall hold. in_question: ids
    of unfinished jobs that shall not go on by themselves, and the sentence why. Parts went on
    growing after the backup: what came since is fetched again, and what is before it compared.
    """
    table = store.table
    with store.writing() as revision:
        new = {"revision": revision, "updated_at": now_ms}
        done = {**AT_REST, **FORGET_ERROR, "status": Status.COMPLETED, **new}
        hit = {
            job_id: store.update({**done, **facts}, table.id == job_id, table.status.not_in(_ENDED))
            for job_id, facts in complete.items()
        }
        for job_id, why in in_question.items():
            hit[job_id] = store.update(
                {
                    **AT_REST,
                    "status": Status.PAUSED,
                    "error_kind": ErrorKind.INTERRUPTED,
                    "error_message": why,
                    **new,
                },
                table.id == job_id,
                table.status.in_(UNFINISHED),
            )
        store.database.execute_sql(
            "UPDATE DOWNLOAD_QUEUE SET unclean_stop=1, unproven_from="
            "MIN(COALESCE(unproven_from, bytes_done), bytes_done) WHERE part_path IS NOT NULL"
        )
        store.database.execute_sql("PRAGMA user_version=0")
        return store.by_id([job_id for job_id, count in hit.items() if count])


def doubt_parts(store: JobStore) -> None:
    """Have the end of every part compared further back: the machine was started anew."""
    with store.writing():
        store.update({"unclean_stop": True}, store.table.part_path.is_null(False))


def forget_processes(store: JobStore) -> None:
    """Trust no process id: they are those of another start of the machine."""
    with store.writing():
        store.update({"pid": None, "pid_started_at": None}, store.table.pid.is_null(False))
