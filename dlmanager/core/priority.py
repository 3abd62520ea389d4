"""How urgent a job is: four levels, and since when each of them has waited for a slot."""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple


class Priority(StrEnum):
    """The level of a job, as stored in the column priority; the first goes first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """How many levels go before it."""
        return _RANKS[self]


_RANKS = {priority: rank for rank, priority in enumerate(Priority)}


class LevelWaits:
    """Since when each level has had jobs that are due, and none of them got a slot.

    It decides that nobody starves: a level that waits too long gets the next slot that is free,
    one of its jobs for each such time, so that the levels before it still have nearly all slots.
    Moments are of any clock that nobody sets, in milliseconds.
    """

    def __init__(self) -> None:
        self._since: dict[Priority, int] = {}

    def note(self, waiting: Collection[Priority], served: Collection[Priority], at_ms: int) -> None:
        """Note which levels have due jobs that got no slot, and which had one that got one."""
        self._since = {
            level: at_ms if level in served else self._since.get(level, at_ms)
            for level in Priority
            if level in waiting
        }

    def overdue(self, at_ms: int, wait_ms: int) -> list[Priority]:
        """The levels that have waited for so long, the longest first; none where wait_ms is 0.

        Not the first of those that wait: the next slot is its own anyway.
        """
        late = [level for level, since in [*self._since.items()][1:] if at_ms - since >= wait_ms]
        return sorted(late, key=self._since.__getitem__) if wait_ms else []


class Line(NamedTuple):
    """The jobs of a level that wait for a slot; with a host, those that wait for one of its own."""

    priority: Priority
    host: str | None = None


class SlotWaits:
    """The same for every host that has no slot left, apart from the rest of the queue.

    A low job is kept waiting by the urgent ones of its own host, however often others of its level
    are served elsewhere.
    """

    def __init__(self) -> None:
        self._by_host: dict[str | None, LevelWaits] = {}

    def note(self, waiting: Collection[Line], served: Collection[Line], at_ms: int) -> None:
        """Note which lines have due jobs that got no slot, and which had one that got one."""
        hosts = {line.host for line in waiting}
        self._by_host = {host: self._by_host.get(host, LevelWaits()) for host in hosts}
        for host, waits in self._by_host.items():
            waits.note(_levels(waiting, host), _levels(served, host), at_ms)

    def overdue(self, at_ms: int, wait_ms: int) -> list[Line]:
        """The lines that have waited for so long; see `LevelWaits.overdue`."""
        return [
            Line(level, host)
            for host, waits in self._by_host.items()
            for level in waits.overdue(at_ms, wait_ms)
        ]


def _levels(lines: Collection[Line], host: str | None) -> set[Priority]:
    return {line.priority for line in lines if line.host == host}
