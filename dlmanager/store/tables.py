"""The table DOWNLOAD_QUEUE as Peewee sees it, and its rows as jobs."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from peewee import SqliteDatabase, Table

from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Verification, WaitingFor

COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Job))
"""Every column, in the order of the fields of Job: the dataclass is the one list of them."""

_PHASES: frozenset[str] = frozenset(Phase)
_ERROR_KINDS: frozenset[str] = frozenset(ErrorKind)
_WAITS: frozenset[str] = frozenset(WaitingFor)
_VERIFICATIONS: frozenset[str] = frozenset(Verification)
_CHECKSUM_KINDS: frozenset[str] = frozenset(ChecksumKind)
_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "status": Status,
    # A word that a newer version wrote is unknown here; the job itself is not.
    "phase": lambda word: Phase(word) if word in _PHASES else None,
    "error_kind": lambda word: ErrorKind(word) if word in _ERROR_KINDS else None,
    "verification": lambda word: (
        Verification(word) if word in _VERIFICATIONS else Verification.NONE
    ),
    "unclean_stop": bool,
    "waiting_for": lambda word: WaitingFor(word) if word in _WAITS else None,
    "accept_page": bool,
    "named_by_server": bool,
    "has_secrets": bool,
    "checksum_kind": lambda word: ChecksumKind(word) if word in _CHECKSUM_KINDS else None,
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
    return Job(*values)
