"""The database file as a whole: checked, backed up, set aside when damaged, and restored.

Everything here blocks. A database that somebody has open is never opened or closed here but by
SQLite: close(2) of any other descriptor would drop its locks in this process (fcntl(2)).
"""

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dlmanager.core.backups import (
    backup_name,
    date_and_time,
    made_at_ms,
    newest_first,
    superfluous,
)
from dlmanager.core.errors import StoreDamaged, StoreUnusable

RESTORED = 1
"""The user_version of a database that was put in place of another, and not yet looked through."""

_STEP_PAGES = 256
_UNFINISHED_KEPT_S = 60 * 60
_BESIDE = ("-wal", "-shm")
_HAS_QUEUE = "SELECT 1 FROM sqlite_master WHERE name='DOWNLOAD_QUEUE'"
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class BackupUnwanted(Exception):
    """The backup was given up half-way, as it was asked for."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was done about a database that could not be used.

    set_aside: where it is now, None if there was none. backup_made_at_ms: of the backup that took
    its place, None if none would do.
    """

    set_aside: Path | None
    backup_made_at_ms: int | None


def is_damage(error: BaseException) -> bool:
    """Whether an error of SQLite, or one that it caused, says that the file itself is damaged."""
    codes = (getattr(each, "sqlite_errorcode", None) for each in chain_of(error))
    return any(code is not None and code & 0xFF in _DAMAGE_CODES for code in codes)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it: a rollback that fails hides what made it necessary."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def check(connection: sqlite3.Connection) -> None:
    """Have SQLite look through the whole database; raises sqlite3.DatabaseError, StoreDamaged."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreDamaged(f"The database is damaged ({' '.join(found.split())}).")


# Backups


def backups_folder(database: Path) -> Path:
    """Where the backups of a database are kept."""
    return database.parent / "backups"


def backup_names(database: Path) -> list[str]:
    """The names in the folder of the backups; those of other files too."""
    try:
        return os.listdir(backups_folder(database))  # noqa: PTH208
    except FileNotFoundError:
        return []


def refuse_to_begin_anew(database: Path, now_ms: int) -> None:
    """Raise StoreUnusable where a database is missing, but has backups.

    For those who do not hold the queue's lock: a new one in its place would hide the backups.
    """
    if not database.exists() and newest_first(database.stem, backup_names(database), now_ms):
        raise StoreUnusable(
            f"The database {database} is missing. "
            "Start dlmanager: it puts the newest backup in its place."
        )


@contextmanager
def snapshot(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees the database as it is now, whoever writes to it meanwhile.

    Nobody waits for it: in WAL mode a reader keeps no writer out.
    """
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)
    with closing(connection):
        connection.isolation_level = None
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        yield connection


def make_backup(
    source: sqlite3.Connection,
    database: Path,
    now_ms: int,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> Path:
    """Copy a database to a new backup, look it through, and drop the oldest; returns its path.

    source: a connection to it. is_unwanted: asked at every step; BackupUnwanted once it is true.
    Raises StoreDamaged if the copy is not sound (then the earlier backups stay), sqlite3.Error,
    OSError.
    """
    folder = backups_folder(database)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _drop_unfinished(folder, database)
    path = folder / backup_name(database.stem, now_ms)
    with _new_file(folder, database) as unfinished:
        _copy(source, unfinished, is_unwanted)
        if not path.exists():  # else another process was as quick, and its backup is as good
            unfinished.rename(path)
    _sync_folder(folder)
    for name in superfluous(database.stem, backup_names(database), now_ms):
        (folder / name).unlink(missing_ok=True)
    return path


def _copy(
    source: sqlite3.Connection, target: Path, is_unwanted: Callable[[], bool] = lambda: False
) -> None:
    """Copy a database into an empty file, in steps, as one sound file on the disk."""

    def on_step(status: int, remaining: int, total: int) -> None:
        if is_unwanted():
            raise BackupUnwanted

    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        # Until it gets its name nobody relies on it: one fsync at the end is enough.
        copy.execute("PRAGMA synchronous=off")
        copy.execute("PRAGMA journal_mode=off")
        source.backup(copy, pages=_STEP_PAGES, progress=on_step, sleep=0.05)
        copy.execute("PRAGMA journal_mode=delete")  # not WAL: it shall be one file
        check(copy)
    _sync(target)


def _unfinished_prefix(database: Path) -> str:
    return f".{database.stem}-unfinished-"


@contextmanager
def _new_file(folder: Path, database: Path) -> Iterator[Path]:
    """An empty file for its owner alone; removed at the end unless it was renamed."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=_unfinished_prefix(database))
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for ending in ("", "-journal", *_BESIDE):
            Path(f"{name}{ending}").unlink(missing_ok=True)


def _drop_unfinished(folder: Path, database: Path) -> None:
    """Remove what a killed program left; not what another one may be writing just now."""
    before_s = time.time() - _UNFINISHED_KEPT_S
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.name.startswith(_unfinished_prefix(database)) and (
                path.stat().st_mtime < before_s
            ):
                path.unlink()


# Replacing a database: only for whoever holds the queue's lock, with the database closed


def replace_damaged(database: Path, now_ms: int) -> Replaced:
    """Set a damaged database aside and put the newest sound backup in its place.

    Without one nothing stands there afterwards. Killed half-way, it can be repeated.
    """
    aside = set_aside(database, now_ms, "corrupt")
    return Replaced(aside, restore(database, now_ms))


def set_aside(database: Path, now_ms: int, why: str) -> Path | None:
    """Move a database, its -wal and -shm to `<name>.<why>-<date-time>`, where nothing is yet.

    Returns the new path of the database itself; None if it was not there.
    """
    aside = _free_name(database.with_name(f"{database.name}.{why}-{date_and_time(now_ms)}"))
    # These first: left behind, they would be taken for a part of whatever comes here next.
    for ending in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{database}{ending}").rename(f"{aside}{ending}")
    try:
        database.rename(aside)
    except FileNotFoundError:
        return None
    _sync_folder(database.parent)
    return aside


def restore(
    database: Path,
    now_ms: int,
    *,
    user_version: int = RESTORED,
    close_database: Callable[[], None] = lambda: None,
) -> int | None:
    """Put the newest backup that is sound where a database is missing.

    Returns when it was made; None if there is none, and nothing was done. Its user_version is
    RESTORED, so that whoever opens it knows, even after a crash.
    close_database: called when nothing but a rename is left to do.
    """
    _drop_unfinished(database.parent, database)
    for name in newest_first(database.stem, backup_names(database), now_ms):
        with _new_file(database.parent, database) as copy:
            if not _copied_back(backups_folder(database) / name, copy, user_version):
                continue
            close_database()
            # Whatever has come there meanwhile; a -wal that was left would be taken for its own.
            set_aside(database, now_ms, "replaced")
            copy.rename(database)
            _sync_folder(database.parent)
            return made_at_ms(database.stem, name)
    return None


def _copied_back(backup: Path, copy: Path, user_version: int) -> bool:
    """Copy a backup of a queue to a file; False if it is not sound, or cannot be read."""
    try:
        # Immutable: SQLite makes no files beside it.
        uri = f"{backup.absolute().as_uri()}?immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as source:
            if not source.execute(_HAS_QUEUE).fetchone():
                return False
            _copy(source, copy)
    except StoreDamaged:
        return False
    except sqlite3.Error as error:
        if is_damage(error) or error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN:
            return False
        raise
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version={user_version}")
    _sync(copy)
    return True


def drop_beside(database: Path) -> None:
    """Remove the -wal and -shm of a database that is gone, and whose rows are safe elsewhere."""
    if not database.exists():
        for ending in _BESIDE:
            Path(f"{database}{ending}").unlink(missing_ok=True)


def folders_in(database: Path) -> list[str]:
    """The target folders that can still be read in a database that was set aside."""
    folders: set[str] = set()
    with contextlib.suppress(sqlite3.Error):
        uri = f"{database.absolute().as_uri()}?immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            for (folder,) in connection.execute("SELECT target_directory FROM DOWNLOAD_QUEUE"):
                folders.add(str(folder))
    return sorted(folders)


def _free_name(path: Path) -> Path:
    """The path itself, or with a number, so that nothing that stands there is overwritten."""
    number = 0
    candidate = path
    while any(os.path.lexists(f"{candidate}{ending}") for ending in ("", *_BESIDE)):
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
