"""The job's row as its running attempt knows and writes it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from dlmanager.core.job import Job

Recorder = Callable[[dict[str, Any]], Awaitable[Job | None]]
"""Writes facts of the running attempt to its row; None if the row is no longer this attempt's."""


class AttemptVoid(Exception):
    """The row is no longer this attempt's: it was paused, cancelled, removed or swept."""


class AttemptRow:
    """What an attempt knows of its job, and the way its facts are written.

    job: the row, with the facts that are still being written.
    """

    def __init__(self, job: Job, recorder: Recorder) -> None:
        self.job = job
        self._recorder = recorder
        self._writes: list[asyncio.Task[None]] = []
        self._is_let_go = False

    def let_go(self) -> None:
        """Note that the row was taken from the attempt."""
        self._is_let_go = True

    def check(self) -> None:
        """Raise AttemptVoid if the row was taken from the attempt."""
        if self._is_let_go:
            raise AttemptVoid

    async def record(self, **facts: Any) -> None:
        """Write facts; raises AttemptVoid if the row is no longer this attempt's."""
        job = await self._recorder(facts)
        if job is None:
            raise AttemptVoid
        self.job = job

    def write(self, **facts: Any) -> None:
        """Note facts now and write them soon, in order; `settle` waits for them."""
        self.job = self.job._replace(**facts)
        self.spawn(self._recorder(facts))

    def spawn(self, awaitable: Awaitable[Any]) -> None:
        """Run something beside the attempt; `settle` waits for it, too."""

        async def run() -> None:
            await awaitable

        self._writes.append(asyncio.ensure_future(run()))

    async def settle(self) -> None:
        """Wait until all that was begun is written; raises its errors."""
        writes, self._writes = self._writes, []
        await asyncio.gather(*writes)
