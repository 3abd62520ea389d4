"""Writes to the store that must not be lost: they wait until it can be written."""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from dlmanager.core.errors import StoreUnusable
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

P = ParamSpec("P")
T = TypeVar("T")


class PatientStore:
    """Runs JobStore's methods; while the store cannot be written, they wait.

    Then the first of them tries again and again, and the others wait behind it, in the order they
    were asked for. Otherwise each goes to the store at once, so that none is overtaken by a wish
    that came later. on_problem: given the sentence why, at every try. on_recovered: called when a
    write that had to wait has been made.
    """

    def __init__(
        self,
        store: StoreThread,
        retry_delay_ms: int,
        on_problem: Callable[[str], None],
        on_recovered: Callable[[], None],
    ) -> None:
        self._store = store
        self._retry_delay_s = retry_delay_ms / 1000
        self._on_problem = on_problem
        self._on_recovered = on_recovered
        self._turn = asyncio.Lock()
        self._ending = asyncio.Event()
        self._waiting = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a write waits for the store to be writable again."""
        return self._waiting > 0

    def set_retry_delay(self, retry_delay_ms: int) -> None:
        """Change how long a write waits before it is tried again."""
        self._retry_delay_s = retry_delay_ms / 1000

    def wait_again(self) -> None:
        """Take back `wait_no_more`: the queue starts."""
        self._ending.clear()

    def wait_no_more(self) -> None:
        """Let every write that fails raise at once, those that wait now too: the queue stops."""
        self._ending.set()

    async def run(
        self, method: Callable[Concatenate[JobStore, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a method of JobStore, when it can be. Raises StoreUnusable after `wait_no_more`."""
        if not self._waiting:
            try:
                return await self._store.run(method, *args, **kwargs)
            except StoreUnusable as error:
                self._told(error)
        self._waiting += 1
        try:
            async with self._turn:
                while True:
                    try:
                        result = await self._store.run(method, *args, **kwargs)
                    except StoreUnusable as error:
                        self._told(error)
                    else:
                        self._on_recovered()
                        return result
                    await self._pause()
        finally:
            self._waiting -= 1

    def _told(self, error: StoreUnusable) -> None:
        """Tell of the problem; at the end of the queue, raise it."""
        if self._ending.is_set():
            raise error
        self._on_problem(str(error))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._retry_delay_s):
                await self._ending.wait()
        except TimeoutError:
            return
