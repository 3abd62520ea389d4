"""The table DOWNLOAD_MIRROR: the links of jobs that have several, with the record of each.

`add`, `renew` and `replace_link` are called within a transaction of JobStore and make none of
their own; the others are functions for `StoreThread.run`, one transaction each.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any

from dlmanager.core.attempt_record import AttemptEnding, AttemptNotes
from dlmanager.core.job import Job, NewJob, Status
from dlmanager.core.mirrors import Mirror, MirrorState
from dlmanager.store.facts import Facts

if TYPE_CHECKING:
    from dlmanager.store.job_store import JobStore

_NAMES = tuple(field.name for field in fields(Mirror))
_COLUMNS = ", ".join(_NAMES)
_STATES: frozenset[str] = frozenset(MirrorState)


def add(database: Any, orders: Iterable[tuple[str, NewJob]]) -> None:
    """Write the links of new jobs that have several; orders: with their jobs' ids."""
    database.cursor().executemany(
        "INSERT INTO DOWNLOAD_MIRROR (job_id, position, url) VALUES (?, ?, ?)",
        [
            (job_id, position, url)
            for job_id, order in orders
            if order.mirrors
            for position, url in enumerate([order.url, *(each.url for each in order.mirrors)], 1)
        ],
    )


def renew(database: Any, job_ids: Collection[str]) -> None:
    """Let every mirror of these jobs be tried again: a person wants them to go on."""
    database.cursor().executemany(
        "UPDATE DOWNLOAD_MIRROR SET state=? WHERE job_id=? AND state != ?",
        [(MirrorState.FRESH, job_id, MirrorState.FRESH) for job_id in job_ids],
    )


def replace_link(database: Any, job_id: str, position: int, url: str) -> None:
    """Put another link, of which nothing is known, in the place of a mirror."""
    database.execute_sql(
        f"INSERT OR REPLACE INTO DOWNLOAD_MIRROR (job_id, {_COLUMNS})"
        f" VALUES (?{', ?' * len(_NAMES)})",
        (job_id, *astuple(Mirror(position, url))),
    )


def read(store: "JobStore", job_id: str) -> list[Mirror]:
    """The mirrors of a job, the preferred one first; empty if it has but one link."""
    rows = store.database.execute_sql(
        f"SELECT {_COLUMNS} FROM DOWNLOAD_MIRROR WHERE job_id=? ORDER BY position", (job_id,)
    )
    return [_mirror(row) for row in rows.fetchall()]


def finish(
    store: "JobStore",
    job_id: str,
    attempt: int,
    status: Status,
    now_ms: int,
    facts: Facts,
    notes: AttemptNotes | None,
    records: Sequence[Mirror],
    ending: AttemptEnding | None = None,
) -> Job | None:
    """End an attempt, see `JobStore.finish`, and write what the mirrors' records are now.

    Records of links that a person has changed meanwhile stay as they are.
    """
    with store.database.atomic():
        job = store.finish(job_id, attempt, status, now_ms, facts, notes, ending)
        if job is not None:
            store.database.cursor().executemany(
                "UPDATE DOWNLOAD_MIRROR SET tries=?, failures=?, bytes_received=?,"
                " speed_bytes_s=?, last_error=?, state=? WHERE job_id=? AND position=? AND url=?",
                [(*astuple(each)[2:], job_id, each.position, each.url) for each in records],
            )
    return job


def _mirror(row: Sequence[Any]) -> Mirror:
    values = dict(zip(_NAMES, row, strict=True))
    # A word that a newer version wrote is unknown here; the link itself is not.
    is_known = values["state"] in _STATES
    values["state"] = MirrorState(values["state"]) if is_known else MirrorState.FRESH
    return Mirror(**values)
