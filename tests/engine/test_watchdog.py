"""The watch over one transfer; what counts as a stall is core.stall's to say."""

import asyncio

from dlmanager.core.stall import Stall, StallLimits
from dlmanager.engine.watchdog import Watchdog

QUICK = StallLimits(low_speed_limit_bytes_s=1000, low_speed_time_s=0.2, header_timeout_s=0.3)


class Transfer:
    """A transfer that ends when the watchdog says so, or by itself after a while."""

    def __init__(self, limits: StallLimits, sizes: list[int] | None = None) -> None:
        self.sizes = sizes or [0]
        self.stalls: list[Stall] = []
        self.ended = asyncio.Event()
        self.watchdog = Watchdog(limits, size=self.size, on_stall=self.on_stall)

    def size(self) -> int:
        size = self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]
        if size < 0:
            raise OSError("just now not")
        return size

    def on_stall(self, stall: Stall) -> None:
        self.stalls.append(stall)
        self.ended.set()

    async def last(self, at_most_s: float) -> str:
        try:
            async with asyncio.timeout(at_most_s):
                await self.ended.wait()
        except TimeoutError:
            return "by itself"
        return "ended"


def test_an_answer_that_does_not_come_is_told_once(run):
    async def scenario() -> None:
        transfer = Transfer(QUICK)
        assert await transfer.watchdog.during(transfer.last(5)) == "ended"
        await asyncio.sleep(0.1)
        assert transfer.stalls == [Stall.NO_ANSWER]

    run(scenario())


def test_a_body_that_does_not_grow_is_told_even_if_the_part_cannot_be_read_for_a_moment(run):
    async def scenario() -> None:
        transfer = Transfer(QUICK, [-1, 7, -1, 7])
        transfer.watchdog.note_answer()
        assert await transfer.watchdog.during(transfer.last(5)) == "ended"
        assert transfer.stalls == [Stall.TOO_SLOW]

    run(scenario())


def test_a_transfer_that_goes_well_is_left_alone(run):
    async def scenario() -> None:
        transfer = Transfer(QUICK, [number * 10_000 for number in range(500)])
        transfer.watchdog.note_answer()
        assert await transfer.watchdog.during(transfer.last(0.8)) == "by itself"
        assert transfer.stalls == []

    run(scenario())


def test_without_limits_nothing_is_watched(run):
    async def scenario() -> None:
        transfer = Transfer(StallLimits(0, 0, 0))
        before = asyncio.all_tasks()
        assert await transfer.watchdog.during(transfer.last(0.05)) == "by itself"
        assert asyncio.all_tasks() == before

    run(scenario())
