"""Opening the database file: its modes, its settings, and the migrations it still needs."""

import time
from pathlib import Path
from typing import Any

from peewee import OperationalError, SqliteDatabase

from dlmanager.core.errors import StoreUnusable
from dlmanager.store.database_care import make_backup, snapshot

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_TIMEOUT_MS = 5000

PRAGMAS = {
    "journal_mode": "wal",
    # FULL, not NORMAL: an acknowledged transition survives a power cut (0.3 ms a commit on an SSD).
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
    # KiB, for the negative number; 2 MB is usual. What is asked again and again is a few pages,
    # and the system keeps the rest of the file.
    "cache_size": -512,
}


def open_database(path: Path) -> tuple[Any, tuple[int, int] | None]:
    """Open the database at a path, made when missing, and bring it up to date.

    Returns a peewee.SqliteDatabase that is connected, and the device and inode of its file.
    Raises StoreUnusable for the database of a newer version, peewee's errors, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # SQLite gives the -wal and -shm files the mode of the database file.
    path.touch(mode=0o600)
    database: Any = SqliteDatabase(str(path), pragmas=PRAGMAS, lock_type="IMMEDIATE")
    try:
        _connect(database)
        opened_file = file_of(path)
        _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database, opened_file


def _connect(database: Any) -> None:
    """Connect, and wait for a lock that SQLite itself does not wait for: a new file's first WAL."""
    given_up_at_s = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            database.connect()
            return
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > given_up_at_s:
                raise
        time.sleep(0.01)


def has_rows(database: Any) -> bool:
    """Whether there is anything in the queue, removed rows included."""
    if not database.table_exists("DOWNLOAD_QUEUE"):
        return False
    query = "SELECT EXISTS (SELECT 1 FROM DOWNLOAD_QUEUE)"
    return bool(database.execute_sql(query).fetchone()[0])


def file_of(path: Path) -> tuple[int, int] | None:
    """Device and inode of what stands at a path; None if nothing does."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def _migrate(database: Any, path: Path) -> None:
    known = {migration.stem for migration in MIGRATIONS.glob("[0-9]*.py")}
    applied = _applied(database)
    if not applied <= known:
        raise StoreUnusable(
            f"The database {database.database} was written by a newer dlmanager. "
            "Install that version, or choose another data folder."
        )
    if applied == known:
        return
    if has_rows(database):
        with snapshot(path) as source:
            make_backup(source, path, time.time_ns() // 1_000_000)
    # Few starts migrate anything, and what can takes three megabytes and a while to load.
    from playhouse.migrations import Runner

    while _applied(database) != known:
        try:
            Runner(database, str(MIGRATIONS)).up()
        except OperationalError as error:
            # Another process was a step ahead with the same one; what is left is next.
            if not any(words in str(error) for words in ("already exists", "duplicate")):
                raise


def _applied(database: Any) -> set[str]:
    """The names of the migrations that this database has had, as playhouse's Runner notes them."""
    if not database.table_exists("schema_migration"):
        return set()
    return {name for (name,) in database.execute_sql("SELECT name FROM schema_migration")}
