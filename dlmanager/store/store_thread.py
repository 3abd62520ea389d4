"""The one database thread: it owns the connection, everybody else asks it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import peewee

from dlmanager.core.errors import StoreDamaged, StoreUnusable, StoreUnusableNow
from dlmanager.store.database_care import chain_of, is_damage
from dlmanager.store.job_store import JobStore

P = ParamSpec("P")
T = TypeVar("T")

_FULL = "The disk that holds {path} is full. Free some space; a running queue then goes on."
_READ_ONLY = "The database {path} cannot be written. Check the permissions of its folder."
_PASSING = (
    ("locked", "The database {path} is in use by another program. Close it and try again."),
    ("full", _FULL),
    ("no space left", _FULL),
    ("quota", _FULL),
    ("readonly", _READ_ONLY),
    ("read-only", _READ_ONLY),
    ("unable to open", "The database {path} cannot be opened. Check the folder's permissions."),
    ("i/o error", "The disk that holds {path} is full or out of order. Free some space on it."),
    ("input/output error", "The disk that holds {path} is out of order. Check it."),
)
"""What may be over in a while, by SQLite's words and by the system's."""
_DAMAGE = (
    ("not a database", "The file {path} is not a database."),
    ("", "The database {path} is damaged."),
)
_MEND = "Start dlmanager anew: it sets the file aside and puts the newest backup in its place."


class StoreThread:
    """Runs JobStore's methods on one thread of its own; opens the database at the first call.

    After `close()` the next call opens it again. All errors of the database come out as
    StoreUnusable with a plain sentence: as StoreUnusableNow where waiting may help, as StoreDamaged
    where it will not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store: JobStore | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._guard = threading.Lock()
        self._refusal: str | None = None

    def call(
        self, method: Callable[Concatenate[JobStore, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a method of JobStore and wait for it, blocking: for scripts and the command line."""
        return self._submit(method, *args, **kwargs).result()

    async def run(
        self, method: Callable[Concatenate[JobStore, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a method of JobStore without blocking the event loop.

        A cancelled caller does not undo the write: it is made all the same.
        """
        return await asyncio.wrap_future(self._submit(method, *args, **kwargs))

    def refuse(self, why: str | None) -> None:
        """Have every call raise StoreUnusableNow with this sentence; None: answer again.

        For a database that is not in order yet: where the file is missing, a call would begin a
        new one, and no backup would ever take its place.
        """
        self._refusal = why

    def close(self) -> None:
        """Close the database after all that was asked before; the thread ends."""
        with self._guard:
            executor, self._executor = self._executor, None
            closing = executor.submit(self._close_store) if executor is not None else None
        if executor is not None and closing is not None:
            closing.result()
            executor.shutdown()

    async def run_closed(
        self, function: Callable[Concatenate[Path, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of the database's path on this thread, with the database closed."""

        def task() -> T:
            self._close_store()
            return function(self.path, *args, **kwargs)

        return await asyncio.wrap_future(self._submit_task(task))

    async def replace(self, method: Callable[[JobStore, Callable[[], None]], T]) -> T:
        """Run a function that is given the open JobStore, and what closes it, for good."""

        def task() -> T:
            return method(self._opened(), self._close_store)

        return await asyncio.wrap_future(self._submit_task(task))

    def _submit(
        self, method: Callable[Concatenate[JobStore, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        return self._submit_task(lambda: method(self._opened(), *args, **kwargs))

    def _submit_task(self, task: Callable[[], T]) -> Future[T]:
        def told() -> T:
            try:
                return task()
            except (peewee.PeeweeException, sqlite3.Error, OSError, StoreDamaged) as error:
                raise _plain(error, self.path) from error

        if self._refusal is not None:
            raise StoreUnusableNow(self._refusal)
        with self._guard:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")
            return self._executor.submit(told)

    def _opened(self) -> JobStore:
        if self._store is None:
            self._store = JobStore(self.path)
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _plain(error: Exception, path: Path) -> StoreUnusable:
    """What is wrong with the database and what to do, in a sentence for people."""
    # An OSError's own text names the file, which may be called anything.
    words = " ".join(str(getattr(each, "strerror", each)) for each in chain_of(error)).lower()
    if isinstance(error, StoreDamaged) or is_damage(error):
        sentence = next(sentence for sign, sentence in _DAMAGE if sign in words)
        return StoreDamaged(f"{sentence.format(path=path)} {_MEND}")
    for sign, sentence in _PASSING:
        if sign in words:
            return StoreUnusableNow(sentence.format(path=path))
    return StoreUnusable(f"The database {path} cannot be used ({error}).")
