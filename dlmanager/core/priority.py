"""How urgent a job is: four levels, and since when each of them has waited for a slot."""

from collections.abc import Collection
from enum import StrEnum


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
