"""What a person asks of jobs, as transitions.

Functions for `StoreThread.run`: each takes the JobStore and is one transaction.
"""

from collections.abc import Collection
from typing import Any

from peewee import Case, Expression

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import WISH_SOURCES, WISH_TARGET, Job, Phase, Status, Wish
from dlmanager.store import attempts, mirrors
from dlmanager.store.facts import AT_REST, COUNT_ANEW, FORGET_ERROR, FROM_ZERO
from dlmanager.store.job_store import JobStore, chunks

_ENDINGS = {
    Wish.PAUSE: AttemptEnding.PAUSED,
    Wish.CANCEL: AttemptEnding.CANCELLED,
    Wish.REMOVE: AttemptEnding.REMOVED,
}
"""The wishes that take a job from its running attempt."""


def fulfil(store: JobStore, wish: Wish, job_ids: Collection[str], now_ms: int) -> list[Job]:
    """Do what a person asked of these jobs; returns those that changed, as they are now."""
    changed: set[str] = set()
    with store.writing() as revision:
        for some in chunks(list(job_ids)):
            changed.update(_wished(store, wish, [store.table.id.in_(some)], revision, now_ms))
        return store.by_id([job_id for job_id in job_ids if job_id in changed])


def fulfil_all(store: JobStore, wish: Wish, now_ms: int) -> list[Job]:
    """Do what a person asked of every job that it is legal for; returns those that changed."""
    with store.writing() as revision:
        return store.by_id(_wished(store, wish, [], revision, now_ms))


def _wished(
    store: JobStore, wish: Wish, conditions: list[Expression], revision: int, now_ms: int
) -> list[str]:
    table = store.table
    legal = table.status.in_(WISH_SOURCES[wish])
    if wish is Wish.PAUSE:
        legal |= store.waits_for_space
    conditions = [*conditions, legal, table.removed_at.is_null()]
    if wish is Wish.ACCEPT:
        conditions.append(table.error_kind == ErrorKind.WEB_PAGE)
    if wish is Wish.PAUSE:
        # A file that is being given its final name is complete: there is nothing to pause.
        conditions.append(table.phase.is_null() | (table.phase != Phase.FINALISING))
    rows = list(table.select(table.id, table.status).where(*conditions).tuples())
    ids = [job_id for job_id, _ in rows]
    running = [job_id for job_id, status in rows if status == Status.PROCESSING]
    changes: dict[str, Any] = {
        **AT_REST,
        **COUNT_ANEW,
        "revision": revision,
        "updated_at": now_ms,
    }
    if wish is Wish.REMOVE:
        changes["removed_at"] = now_ms
    else:
        changes["status"] = WISH_TARGET[wish]
    changes["start_asked_at"] = now_ms if wish is Wish.START else None
    if wish is Wish.ACCEPT:
        changes |= {
            **FROM_ZERO,
            "accept_page": True,
            # The name that an answer chose was the file's, and not the page's.
            "filename": Case(None, [(table.named_by_server == 1, None)], table.filename),
            "named_by_server": False,
        }
    begins_anew = wish in (Wish.RETRY, Wish.RESUME, Wish.START, Wish.ACCEPT)
    if begins_anew:
        changes |= {
            **FORGET_ERROR,
            "retry_count": 0,
            "finished_at": None,
            "checksum_found": None,
        }
    if wish is Wish.PAUSE:
        changes |= FORGET_ERROR
    if wish is Wish.CANCEL:
        changes |= {**FORGET_ERROR, "finished_at": now_ms}
    for some in chunks(ids):
        store.update(changes, table.id.in_(some))
    if begins_anew:
        mirrors.renew(store.database, ids)
    if wish in _ENDINGS:
        attempts.end(store.database, running, _ENDINGS[wish], now_ms)
    return ids
