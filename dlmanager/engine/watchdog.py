"""Ends a transfer that has stalled: one timer a running attempt."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dlmanager.core.stall import Stall, StallGuard, StallLimits

T = TypeVar("T")


class Watchdog:
    """Looks at one transfer now and then, while `during` lasts.

    size: tells the size of the part, blocking for a moment; called in a worker.
    on_stall: called once, when the transfer is to be ended. wanted_speed: tells, by the size of
    the part, below which bytes/s it is to be ended too, whatever the limits put up with.
    """

    def __init__(
        self,
        limits: StallLimits,
        *,
        size: Callable[[], int],
        on_stall: Callable[[Stall], None],
        wanted_speed: Callable[[int], float] = lambda size_bytes: 0,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._on_stall = on_stall
        self._wanted_speed = wanted_speed
        self._clock_s = clock_s
        self._interval_s = limits.check_interval_s
        self._guard = StallGuard(limits, clock_s())

    def note_answer(self) -> None:
        """Note that the header block is complete: from now on bytes are to come."""
        self._guard.note_answer()

    async def during(self, transfer: Awaitable[T]) -> T:
        """Watch while the transfer lasts, and return what it returns."""
        if self._interval_s is None:
            return await transfer
        watch = asyncio.ensure_future(self._watch(self._interval_s))
        try:
            return await transfer
        finally:
            watch.cancel()
            await asyncio.wait([watch])

    async def _watch(self, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            try:
                size_bytes = await asyncio.to_thread(self._size) if self._guard.is_answered else 0
            except OSError:
                continue  # the attempt itself will meet the error, and tell of it
            wanted_bytes_s = self._wanted_speed(size_bytes)
            stall = self._guard.check(self._clock_s(), size_bytes, wanted_bytes_s)
            if stall is not None:
                self._on_stall(stall)
                return
