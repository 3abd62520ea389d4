"""The table DOWNLOAD_ATTEMPT: every try at a job, written within the transitions of its job.

`begin`, `end` and `interrupt` are called within a transaction of JobStore and make none of their
own, so that they cost no commit; the others are functions for `StoreThread.run`, one transaction
each.
"""

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from dlmanager.core.attempt_record import (
    MAX_ATTEMPTS_KEPT,
    AttemptEnding,
    AttemptNotes,
    AttemptRecord,
)
from dlmanager.core.errors import ErrorKind

if TYPE_CHECKING:
    from dlmanager.store.job_store import JobStore

_COLUMNS = ", ".join(field.name for field in fields(AttemptRecord))
_ENDINGS: frozenset[str] = frozenset(AttemptEnding)
_ERROR_KINDS: frozenset[str] = frozenset(ErrorKind)

# How it ended stands in the job's row, which the same transaction has just written.
_END = (
    "UPDATE DOWNLOAD_ATTEMPT SET ended_at=?, ending=?,"
    " (bytes_done, error_kind, message, http_status) ="
    " (SELECT bytes_done, error_kind, error_message, http_status FROM DOWNLOAD_QUEUE"
    " WHERE id = job_id)"
    " WHERE job_id=? AND ended_at IS NULL"
)


def begin(database: Any, job_ids: Collection[str], now_ms: int) -> None:
    """Open the attempts of jobs that have just been claimed; forget those of long ago."""
    cursor = database.cursor()
    # An attempt of this number can be there only where a backup took the place of the database.
    cursor.executemany(
        "INSERT OR REPLACE INTO DOWNLOAD_ATTEMPT (job_id, attempt, started_at, from_byte)"
        " SELECT id, attempt, ?, bytes_done FROM DOWNLOAD_QUEUE WHERE id=?",
        [(now_ms, job_id) for job_id in job_ids],
    )
    cursor.executemany(
        "DELETE FROM DOWNLOAD_ATTEMPT WHERE job_id=? AND attempt <="
        f" (SELECT attempt - {MAX_ATTEMPTS_KEPT} FROM DOWNLOAD_QUEUE WHERE id = job_id)",
        [(job_id,) for job_id in job_ids],
    )


def end(
    database: Any,
    job_ids: Collection[str],
    ending: AttemptEnding,
    now_ms: int,
    notes: AttemptNotes | None = None,
) -> None:
    """Close the attempts of jobs that have just left PROCESSING; those closed stay as they are.

    notes: None where they are not known; `note` may bring them later.
    """
    cursor = database.cursor()
    if notes is not None:
        cursor.executemany(
            "UPDATE DOWNLOAD_ATTEMPT SET from_byte=?, log=? WHERE job_id=? AND ended_at IS NULL",
            [(notes.from_byte, notes.log, job_id) for job_id in job_ids],
        )
    cursor.executemany(_END, [(now_ms, ending, job_id) for job_id in job_ids])


def note(store: "JobStore", job_id: str, attempt: int, notes: AttemptNotes) -> None:
    """Write what an attempt knows whose end somebody else has written."""
    with store.database.atomic():
        store.database.execute_sql(
            "UPDATE DOWNLOAD_ATTEMPT SET from_byte=?, log=? WHERE job_id=? AND attempt=?",
            (notes.from_byte, notes.log, job_id, attempt),
        )


def interrupt(database: Any, job_id: str | None = None) -> None:
    """Close what is open though nothing runs: the program ended in the middle of it.

    The last word on the job is taken for the moment. job_id: None for all.
    """
    database.execute_sql(
        "UPDATE DOWNLOAD_ATTEMPT SET ending=?, (ended_at, bytes_done) ="
        " (SELECT MAX(updated_at, started_at), bytes_done FROM DOWNLOAD_QUEUE WHERE id = job_id)"
        " WHERE ended_at IS NULL AND job_id = COALESCE(?, job_id)",
        (AttemptEnding.INTERRUPTED, job_id),
    )


def close_left(store: "JobStore") -> None:
    """Close what the sweep has left open; nothing is written where nothing is."""
    database = store.database
    is_open = "SELECT 1 FROM DOWNLOAD_ATTEMPT WHERE ended_at IS NULL LIMIT 1"
    if database.execute_sql(is_open).fetchone() is not None:
        with database.atomic():
            interrupt(database)


def read(store: "JobStore", job_id: str) -> list[AttemptRecord]:
    """The attempts of a job that are remembered, oldest first."""
    rows = store.database.execute_sql(
        f"SELECT {_COLUMNS} FROM DOWNLOAD_ATTEMPT WHERE job_id=? ORDER BY attempt", (job_id,)
    )
    return [_record(row) for row in rows.fetchall()]


def _record(row: tuple[Any, ...]) -> AttemptRecord:
    values = dict(zip((field.name for field in fields(AttemptRecord)), row, strict=True))
    # A word that a newer version wrote is unknown here; the attempt itself is not.
    ending, kind = values["ending"], values["error_kind"]
    values["ending"] = AttemptEnding(ending) if ending in _ENDINGS else None
    values["error_kind"] = ErrorKind(kind) if kind in _ERROR_KINDS else None
    return AttemptRecord(**values)
