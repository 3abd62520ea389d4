"""What a person takes back or puts right: a removal that was undone, another link for a file.

Functions for `StoreThread.run`: each takes the JobStore and is one transaction.
"""

from collections.abc import Collection
from typing import Any

from peewee import Case

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.job import Job, Status
from dlmanager.core.urls import host_of
from dlmanager.store import attempts
from dlmanager.store.facts import AT_REST, FORGET_ERROR
from dlmanager.store.job_store import JobStore, chunks

_GOES_ON = (Status.PENDING, Status.PROCESSING, Status.RETRYING, Status.FAILED)
"""States in which a job with a new link is tried at once; a paused or cancelled one rests."""


def restore(store: JobStore, job_ids: Collection[str], now_ms: int) -> list[Job]:
    """Put removed jobs back into the list; returns those that were still there, as they are now.

    What was at work waits for its turn again. Where the part was thrown away meanwhile,
    `forget_part` has already written down that nothing is left.
    """
    table = store.table
    restored: set[str] = set()
    with store.writing() as revision:
        was_at_work = table.status.in_((Status.PROCESSING, Status.RETRYING))
        changes: dict[str, Any] = {
            "removed_at": None,
            "status": Case(None, [(was_at_work, Status.PENDING)], table.status),
            "revision": revision,
            "updated_at": now_ms,
        }
        for some in chunks(list(job_ids)):
            query = table.select(table.id).where(
                table.id.in_(some), table.removed_at.is_null(False)
            )
            found = [row[0] for row in query.tuples()]
            store.update(changes, table.id.in_(found))
            restored.update(found)
        return store.by_id([job_id for job_id in job_ids if job_id in restored])


def change_link(
    store: JobStore, job_id: str, url: str, now_ms: int, *, has_secrets: bool, rests: bool = False
) -> Job | None:
    """Give a job another link to its file; returns it as it is now, None if it takes none.

    The validators stay, so that the next answer decides whether the bytes do too; and it is not
    taken for that of the link before: no final_url is known. An attempt that runs loses its row.
    url: as `core.urls.normalise_url` returns it, without user name and password. rests: it is
    paused, whatever it was, until `let_go_on`.
    """
    with store.writing() as revision:
        job = store.get(job_id)
        if job is None or not job.takes_link:
            return None
        changes: dict[str, Any] = {
            **AT_REST,
            "url": url,
            "host": host_of(url),
            "has_secrets": has_secrets,
            "final_url": None,
            "accept_page": False,
            "checksum_found": None,
            # Two files of one length may end alike: more than usual is compared.
            "unclean_stop": job.part_path is not None,
            "revision": revision,
            "updated_at": now_ms,
        }
        if job.status in _GOES_ON:
            status = Status.PAUSED if rests else Status.PENDING
            changes |= {**FORGET_ERROR, "status": status, "retry_count": 0, "finished_at": None}
        store.update(changes, store.table.id == job_id)
        if job.status is Status.PROCESSING:
            attempts.end(store.database, [job_id], AttemptEnding.OTHER_LINK, now_ms)
        return store.get(job_id)


def note_secrets(
    store: JobStore, job_id: str, url: str, now_ms: int, *, goes_on: bool
) -> Job | None:
    """Note that secrets are kept for a job with this link, which rested meanwhile.

    None, and nothing written, if somebody has given it another link since.
    """
    table = store.table
    with store.writing() as revision:
        changes: dict[str, Any] = {
            "has_secrets": True,
            "revision": revision,
            "updated_at": now_ms,
        }
        if goes_on:
            is_paused = table.status == Status.PAUSED
            changes["status"] = Case(None, [(is_paused, Status.PENDING)], table.status)
        hit = store.update(
            changes, table.id == job_id, table.url == url, table.removed_at.is_null()
        )
        return store.get(job_id) if hit else None
