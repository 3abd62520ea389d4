"""From every earlier schema to the present one: every row, and every value of it, survives."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from dlmanager.core.checksum_kind import ChecksumKind
from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import Job, Phase, Status, Verification, WaitingFor
from dlmanager.core.priority import Priority
from dlmanager.store import attempts, connection, turns
from dlmanager.store.connection import MIGRATIONS
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import requeue_crashed

SCHEMAS = [path.stem for path in sorted(MIGRATIONS.glob("[0-9]*.py"))]
"""Each by the name of its last migration: a new one is tested from the day it is there."""

EARLIER = SCHEMAS[:-1]

CHOSEN: dict[str, list[Any]] = {
    "filename": [None, "a b.bin", "Grüße ✓.zip"],
    "phase": [None, *Phase],
    "verification": list(Verification),
    "max_retries": [3, -1, 0],
    "unclean_stop": [0, 1],
    "accept_page": [0, 1],
    "named_by_server": [0, 1],
    "has_secrets": [0, 1],
    "waiting_for": [None, *WaitingFor],
    "checksum_kind": [None, *ChecksumKind],
    "priority": list(Priority),
    "place": [None, 0.5, 1_795_662_341_769.25],
    "error_kind": [None, "disk_full", "a word of another version"],
}
"""Values that mean something; the other columns get what their type allows."""


def make_database(path: Path, schema: str) -> dict[str, dict[str, Any]]:
    """Make a database of a schema with rows in every state; returns the rows by id."""
    database = SqliteDatabase(str(path))
    Runner(database, str(MIGRATIONS)).up(schema)
    columns = database.get_columns("DOWNLOAD_QUEUE")
    rows = [
        {column.name: value(column, status, number) for column in columns}
        for status in Status
        for number in range(6)
    ]
    for number, row in enumerate(rows):
        row["id"] = f"{number:08x}-0000-4000-8000-000000000000"
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        database.execute_sql(
            f"INSERT INTO DOWNLOAD_QUEUE ({names}) VALUES ({marks})", list(row.values())
        )
    database.close()
    return {row["id"]: row for row in rows}


def value(column: Any, status: Status, number: int) -> Any:
    """A value for a column: NULL now and then where that may be, big numbers, odd texts."""
    if column.name == "status":
        return str(status)
    if column.name == "removed_at":
        return None  # else it is not in the list
    if column.name in CHOSEN:
        choices = CHOSEN[column.name]
        return choices[number % len(choices)]
    if column.null and number % 3 == 2:
        return None
    if column.data_type.upper().startswith("INT"):
        return [0, 2**40 + number, 7][number % 3]
    return f"{column.name} {number} 'ü'"


def as_stored(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in Job._fields}


@pytest.mark.fault(49)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_row_and_value_of_a_schema_survives(tmp_path: Path, schema: str):
    path = tmp_path / "queue.db"
    rows = make_database(path, schema)
    store = JobStore(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.row_factory = sqlite3.Row
        after = {row["id"]: dict(row) for row in raw.execute("SELECT * FROM DOWNLOAD_QUEUE")}
        assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert after.keys() == rows.keys()
    for job_id, row in rows.items():
        assert {name: after[job_id][name] for name in row} == row
    jobs = store.list_jobs()
    assert {job.id for job in jobs} == rows.keys()
    for job in jobs:
        known = as_stored(job)
        for name, before in rows[job.id].items():
            # A word that this version has not heard of is nothing to it, but stays in its row.
            if before != "a word of another version":
                assert known[name] == before, name
    store.check()
    store.close()


@pytest.mark.parametrize("schema", EARLIER)
def test_a_migrated_database_works_as_a_new_one(tmp_path: Path, schema: str):
    path = tmp_path / "queue.db"
    make_database(path, schema)
    JobStore(tmp_path / "new.db").close()
    store = JobStore(path)
    assert shape(path) == shape(tmp_path / "new.db")
    pending = [job.id for job in store.list_jobs(Status.PENDING)]
    running = [job.id for job in store.list_jobs(Status.PROCESSING)]
    claimed = [job.id for job in store.claim(100, 2**41) if job.id in pending]
    assert claimed == pending
    assert all(len(attempts.read(store, job_id)) == 1 for job_id in claimed)
    # What was running before attempts were remembered ends like any other, without one.
    assert all(requeue_crashed(store, job_id, 2**41) for job_id in running)
    assert all(attempts.read(store, job_id) == [] for job_id in running)
    revisions = [job.revision for job in store.list_jobs()]
    assert max(revisions) > 0
    store.close()


@pytest.mark.parametrize("schema", [each for each in EARLIER if each < "0014"])
def test_what_knew_no_priority_has_the_usual_one_and_takes_another(tmp_path: Path, schema: str):
    path = tmp_path / "queue.db"
    make_database(path, schema)
    store = JobStore(path)
    jobs = store.list_jobs()
    assert {(job.priority, job.place, job.start_asked_at) for job in jobs} == {
        (Priority.NORMAL, None, None)
    }
    last = [job.id for job in jobs if job.status is Status.PENDING][-1]
    turns.prioritize(store, [last], Priority.HIGH, 2**41)
    assert [job.id for job in store.claim(1, 2**41)] == [last]
    store.close()


def shape(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        columns = [
            *raw.execute("PRAGMA table_info(DOWNLOAD_QUEUE)"),
            *raw.execute("PRAGMA table_info(DOWNLOAD_ATTEMPT)"),
            *raw.execute("PRAGMA foreign_key_list(DOWNLOAD_ATTEMPT)"),
        ]
        indexes = raw.execute("SELECT name, sql FROM sqlite_master WHERE type='index'").fetchall()
        return [*columns, *sorted(indexes, key=str)]


@pytest.mark.parametrize("schema", EARLIER)
def test_it_is_backed_up_as_it_was_before(tmp_path: Path, schema: str):
    path = tmp_path / "queue.db"
    rows = make_database(path, schema)
    JobStore(path).close()
    (backup,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as raw:
        raw.row_factory = sqlite3.Row
        before = {row["id"]: dict(row) for row in raw.execute("SELECT * FROM DOWNLOAD_QUEUE")}
        last = raw.execute("SELECT MAX(name) FROM schema_migration").fetchone()[0]
    assert before == rows
    assert last == schema
    assert backup.stat().st_mode & 0o777 == 0o600


def test_what_is_new_or_up_to_date_or_empty_is_not_backed_up(tmp_path: Path):
    path = tmp_path / "queue.db"
    JobStore(path).close()
    JobStore(path).close()
    empty = SqliteDatabase(str(tmp_path / "empty.db"))
    Runner(empty, str(MIGRATIONS)).up(SCHEMAS[0])
    empty.close()
    JobStore(tmp_path / "empty.db").close()
    assert not (tmp_path / "backups").exists()


def test_without_a_backup_nothing_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "queue.db"
    rows = make_database(path, SCHEMAS[0])

    def full(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "make_backup", full)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            JobStore(path)
    with closing(sqlite3.connect(path)) as raw:
        columns = {row[1] for row in raw.execute("PRAGMA table_info(DOWNLOAD_QUEUE)")}
    assert columns == set(next(iter(rows.values())))
    store = JobStore(path)
    assert len(store.list_jobs()) == len(rows)
    store.close()


def test_one_of_a_newer_version_is_neither_changed_nor_backed_up(tmp_path: Path):
    path = tmp_path / "queue.db"
    JobStore(path).close()
    with closing(sqlite3.connect(path)) as newer, newer:
        newer.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', 'now')")
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match="newer dlmanager"):
        JobStore(path)
    assert path.read_bytes() == before
    assert not (tmp_path / "backups").exists()
