"""The care of the queue's database: checked after an unclean stop, backed up, replaced if lost."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dlmanager.core.backups import next_backup_at_ms
from dlmanager.core.errors import StoreDamaged
from dlmanager.engine.clock import boot_id, now_ms
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.restored import lost_parts, lost_parts_sentence, settle_restored
from dlmanager.engine.sweep import sweep
from dlmanager.store.database_care import (
    BackupUnwanted,
    Replaced,
    backup_names,
    drop_beside,
    folders_in,
    is_damage,
    make_backup,
    replace_damaged,
    restore,
    set_aside,
    snapshot,
)
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import doubt_parts, forget_processes
from dlmanager.store.store_thread import StoreThread

BACKUP_RETRY_MS = 60 * 60 * 1000
"""How long to wait after a backup that could not be made."""
STOP_GRACE_S = 1.0
"""How long a stop waits for a backup that is being made; then it is given up."""

_DAMAGED = (
    "The database {path} is damaged and cannot be backed up. Quit dlmanager and start it again: "
    "it sets the file aside and puts the newest backup in its place."
)
_WELL = "ended well"


class DatabaseKeeper:
    """Looks after the database for whoever holds the queue's lock.

    tell: given a sentence for people about something that was done.
    """

    def __init__(
        self,
        store: StoreThread,
        lock: FileLock,
        logger: logging.Logger,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._lock = lock
        self._logger = logger
        self._tell = tell
        self._backup: asyncio.Task[None] | None = None
        self._backup_due_at_ms = 0
        self._backup_unwanted = False
        self._is_suspect = False

    # Start

    async def put_in_order(self) -> None:
        """Open the database, checked or replaced where that is needed, and run the sweep.

        Call it once, holding the queue's lock, before anything else. Raises StoreUnusable.
        """
        last_boot_id, ended_well = self._last_end()
        # A kill from here on is an unclean end, and must not hide a new start of the machine.
        self._leave_note(last_boot_id)
        replaced = await self._open(is_check_due=not ended_well)
        if last_boot_id != boot_id():
            # Nothing syncs a part before it is complete: after a power cut its end may be stale,
            # and after any other start of the machine the check costs little.
            await self._store.run(doubt_parts)
            if last_boot_id:
                await self._store.run(forget_processes)
            self._leave_note(boot_id())
        await sweep(self._store, now_ms(), self._logger, self._say)
        if await self._store.run(JobStore.is_restored):
            await settle_restored(self._store, now_ms(), self._logger)
        if not ended_well or replaced is not None:
            await self._report_lost_parts(replaced)
        self._backup_unwanted = self._is_suspect = False
        names = await asyncio.to_thread(_backup_names, self._store.path)
        self._backup_due_at_ms = next_backup_at_ms(self._store.path.stem, names, now_ms())

    def _last_end(self) -> tuple[str, bool]:
        """The boot id of the last run, and whether it ended well."""
        try:
            last_boot_id, _, end = self._lock.note().partition("\n")
        except OSError as error:
            self._logger.warning("how the last run ended cannot be read: %s", error)
            return "", False
        return last_boot_id, end == _WELL

    def _leave_note(self, text: str) -> None:
        try:
            self._lock.leave_note(text)
        except OSError as error:  # then the next start looks through the database
            self._logger.warning("a mark for the next start cannot be written: %s", error)

    async def _open(self, *, is_check_due: bool) -> Replaced | None:
        """Open the database; returns what was done where that was not possible."""
        path = self._store.path
        if not path.exists() and (made_at_ms := await self._store.run_closed(restore, now_ms())):
            return self._told(Replaced(None, made_at_ms))
        if is_check_due:
            self._logger.info("the database is looked through: the last run did not end well")
        try:
            await self._store.run(JobStore.check if is_check_due else JobStore.is_restored)
        except StoreDamaged as error:
            self._logger.error("%s", error)
            return self._told(await self._store.run_closed(replace_damaged, now_ms()))
        return None

    def _told(self, replaced: Replaced) -> Replaced:
        self._say(replaced_sentence(self._store.path, replaced))
        return replaced

    async def _report_lost_parts(self, replaced: Replaced | None) -> None:
        aside = replaced.set_aside if replaced is not None else None
        folders = await asyncio.to_thread(folders_in, aside) if aside is not None else []
        if paths := await lost_parts(self._store, folders):
            self._say(lost_parts_sentence(paths))

    def _say(self, sentence: str) -> None:
        self._logger.warning("%s", sentence)
        self._tell(sentence)

    # While the queue runs

    async def look_after(self) -> bool:
        """Bring back a database file that was deleted, and begin a backup that is due.

        Call it now and then, after more urgent things. Returns whether the file is a new one.
        Raises StoreUnusable.
        """
        is_new = not await self._store.run(JobStore.is_in_place, self._store.path)
        if is_new:
            self._say(await self._store.replace(self._bring_back))
        if self._backup is None and now_ms() >= self._backup_due_at_ms:
            self._backup = asyncio.ensure_future(self._back_up())
        return is_new

    def _bring_back(self, store: JobStore, close: Callable[[], None]) -> str:
        """On the database's thread: write the open database, whose file is gone, to a new file."""
        path, now = self._store.path, now_ms()
        store.back_up(path, now)
        # Before the connection is closed: with it goes the -wal of that name, whosever it is.
        stranger = set_aside(path, now, "replaced")

        def close_for_good() -> None:
            close()
            drop_beside(path)

        restore(path, now, user_version=0, close_database=close_for_good)
        if stranger is None:
            return f"The database {path} was deleted while it was in use. It was written anew."
        return (
            f"The database {path} was replaced by another file while it was in use. The queue's "
            f"own was put back; the other one is now {stranger.name}."
        )

    async def _back_up(self) -> None:
        due_again_ms = BACKUP_RETRY_MS
        try:
            if await self._store.run(JobStore.has_rows):
                path = await asyncio.to_thread(self._back_up_now)
                self._logger.info("the queue was backed up to %s", path)
            names = await asyncio.to_thread(_backup_names, self._store.path)
            due_at_ms = next_backup_at_ms(self._store.path.stem, names, now_ms())
            due_again_ms = max(due_again_ms, due_at_ms - now_ms())
        except BackupUnwanted:
            pass
        except Exception as error:  # noqa: BLE001 - whatever keeps us from it, the queue goes on
            self._logger.warning("the queue could not be backed up: %s", error)
            if isinstance(error, StoreDamaged) or is_damage(error):
                self._is_suspect = True
                self._say(_DAMAGED.format(path=self._store.path))
        finally:
            self._backup_due_at_ms = now_ms() + due_again_ms
            self._backup = None

    def _back_up_now(self) -> Path:
        """In a worker, on a connection of its own: the database's thread has better to do."""
        with snapshot(self._store.path) as source:
            return make_backup(source, self._store.path, now_ms(), lambda: self._backup_unwanted)

    # Stop

    async def stop(self) -> None:
        """End a backup that is being made, soon."""
        if (backup := self._backup) is not None:
            await asyncio.wait([backup], timeout=STOP_GRACE_S)
            self._backup_unwanted = True
            await asyncio.wait([backup])

    def note_end(self, *, is_well: bool) -> None:
        """Leave the mark of a clean stop, unless something was wrong with the database."""
        if is_well and not self._is_suspect:
            self._leave_note(f"{boot_id()}\n{_WELL}")


def _backup_names(path: Path) -> list[str]:
    try:
        return backup_names(path)
    except OSError:
        return []


def replaced_sentence(path: Path, replaced: Replaced) -> str:
    """Tell people what was done about a database that could not be used."""
    if replaced.set_aside is None:
        what = f"The database {path} was missing"
    else:
        what = f"The database {path} was damaged and was set aside as {replaced.set_aside.name}"
    if replaced.backup_made_at_ms is None:
        return f"{what}. There is no backup to put in its place, so the queue begins anew."
    made_at = datetime.fromtimestamp(replaced.backup_made_at_ms / 1000)
    return (
        f"{what}. The backup of {made_at:%Y-%m-%d %H:%M} was put in its place; "
        "what changed after it is not in the list."
    )
