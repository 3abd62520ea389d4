"""The table DOWNLOAD_QUEUE as Peewee sees it, and its rows as jobs."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from peewee import SqliteDatabase, Table

from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Verification, WaitingFor
from dlmanager.core.priority import Priority

COLUMNS: tuple[str, ...] = Job._fields
"""Every column, in the order of the fields of Job, which is the one list of them."""

_PRIORITIES = {each.value: each for each in Priority}
_VERIFICATIONS = {each.value: each for each in Verification}
# A word that a newer version wrote is unknown here; the job itself is not.
_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "status": Status,
    "phase": {phase.value: phase for phase in Phase}.get,
    "error_kind": {kind.value: kind for kind in ErrorKind}.get,
    "verification": lambda word: _VERIFICATIONS.get(word, Verification.NONE),
    "unclean_stop": bool,
    "waiting_for": {each.value: each for each in WaitingFor}.get,
    "accept_page": bool,
    "named_by_server": bool,
    "has_secrets": bool,
    # The same few in thousands of rows.
    "target_directory": sys.intern,
    "host": sys.intern,
    "priority": lambda word: _PRIORITIES.get(word, Priority.NORMAL),
    "checksum_kind": {kind.value: kind for kind in ChecksumKind}.get,
}
_CONVERTED = tuple((COLUMNS.index(name), kind) for name, kind in _CONVERTERS.items())


def queue_table(database: SqliteDatabase) -> Any:
    """The table DOWNLOAD_QUEUE, bound to a database; a peewee.Table with our columns."""
    return Table("DOWNLOAD_QUEUE", COLUMNS, _database=database)


def job_from_row(row: Sequence[Any]) -> Job:
    """Make a job of a row that holds COLUMNS in order.

    Raises ValueError for a state that we do not know.
    """
    values = list(row)
    for index, kind in _CONVERTED:
        if values[index] is not None:
            values[index] = kind(values[index])
    return Job._make(values)
