"""The order in which jobs get their turn, and how people change it inside a level."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

from dlmanager.core.host_slots import HostSlots
from dlmanager.core.job import Job
from dlmanager.core.priority import Priority


class Move(StrEnum):
    """Where a person moves jobs inside their level."""

    TOP = "top"
    UP = "up"
    DOWN = "down"
    BOTTOM = "bottom"


def order_key(job: Job) -> tuple[int, int, float, int]:
    """A key that sorts jobs into the queue's order; `store.order` says the same in SQL.

    What a person asked to start now comes first, the latest wish before the others. Then the
    levels; inside a level the turns, and those who have the same as they were added.
    """
    return (-(job.start_asked_at or 0), job.priority.rank, job.turn, job.created_at)


def moved(line: Sequence[str], chosen: Collection[str], move: Move) -> list[str]:
    """A line after some of its members were moved; they stay in their order."""
    if move in (Move.UP, Move.DOWN):
        return _moved_by_one(line, chosen, move)
    first = [each for each in line if each in chosen]
    last = [each for each in line if each not in chosen]
    return first + last if move is Move.TOP else last + first


def _moved_by_one(line: Sequence[str], chosen: Collection[str], move: Move) -> list[str]:
    step = 1 if move is Move.UP else -1
    members = list(line)[::step]
    for place in range(1, len(members)):
        # Those at the end, and those behind them, have nowhere to go.
        if members[place] in chosen and members[place - 1] not in chosen:
            members[place - 1 : place + 1] = members[place], members[place - 1]
    return members[::step]


def put_before(line: Sequence[str], chosen: Sequence[str], following: str | None) -> list[str]:
    """A line with the chosen ones, in their order, before one; at its end where that is not in it.

    following: not one of the chosen.
    """
    members = [each for each in line if each not in set(chosen)]
    place = members.index(following) if following in members else len(members)
    return [*members[:place], *chosen, *members[place:]]


def level_between(
    above: Priority | None, below: Priority | None, chosen: Collection[Priority]
) -> Priority | None:
    """The level of what is put between two jobs: one of theirs, rather its own if it has but one.

    None where there is neither.
    """
    return above if below is None or set(chosen) == {above} else below


_LEAST_STEP = 2**-8
"""How far apart turns are at least: well above what a float of today's milliseconds can tell."""


def new_places(turns: Sequence[float], chosen: Collection[int]) -> dict[int, float]:
    """Places that make turns ascend as they stand here, by their index in it.

    turns: in the wanted order; those that are not chosen ascend already, or are equal. Others than
    the chosen ones get a place only where there is no room between their neighbours.
    """
    known = list(turns)
    places: dict[int, float] = {}
    for first in sorted(chosen):
        if first in places:
            continue
        last = first
        while True:
            while last + 1 in chosen:
                last += 1
            above = known[first - 1] if first else None
            below = known[last + 1] if last + 1 < len(known) else None
            found = _between(above, below, last - first + 1, known[first])
            if found is not None:
                break
            first, last = max(first - 1, 0), min(last + 1, len(known) - 1)
        known[first : last + 1] = found
        places |= zip(range(first, last + 1), found, strict=True)
    return places


def _between(
    above: float | None, below: float | None, count: int, otherwise: float
) -> list[float] | None:
    """So many turns between two; None where there is too little room."""
    if above is None:
        start = otherwise if below is None else below - count
        return [start + number for number in range(count)]
    if below is None:
        return [above + number for number in range(1, count + 1)]
    step = (below - above) / (count + 1)
    if step < _LEAST_STEP:
        return None
    return [above + number * step for number in range(1, count + 1)]


class SlotHolder(NamedTuple):
    """A job that has a slot, or (asked) is to get one at once.

    asked_at: when a person asked that it start now; None if nobody did. is_fixed: it runs and may
    not be stopped.
    """

    host: str | None
    asked_at: int | None = None
    is_fixed: bool = False


def who_makes_room(
    running: Sequence[SlotHolder], asked: Sequence[SlotHolder], limit: int, host_limit: int
) -> list[int]:
    """Which running jobs give their slots back: the last in order of those that are too many.

    running: in the queue's order, as asked. asked: at most as many of a host as may run. limit:
    how many may run; host_limit: how many of one host, 0 for any number. Returns indices.
    """
    leaving: set[int] = set()
    slots = HostSlots(host_limit)
    if host_limit:
        for host in dict.fromkeys(each.host for each in running if each.host is not None):
            own = [index for index, each in enumerate(running) if each.host == host]
            wishes = [each for each in asked if each.host == host]
            leaving.update(_leaving(running, own, wishes, host_limit))
    staying = [index for index in range(len(running)) if index not in leaving]
    for index in staying:
        slots = slots.with_one(running[index].host)
    startable = []
    for each in asked:
        if slots.has_room(each.host):
            slots = slots.with_one(each.host)
            startable.append(each)
    leaving.update(_leaving(running, staying, startable, limit))
    return sorted(leaving)


def _leaving(
    running: Sequence[SlotHolder], some: Sequence[int], asked: Sequence[SlotHolder], limit: int
) -> list[int]:
    stoppable = [index for index in some if not running[index].is_fixed]
    count = give_way(
        [each.asked_at or 0 for each in asked],
        [running[index].asked_at for index in stoppable],
        limit - (len(some) - len(stoppable)),
    )
    return stoppable[len(stoppable) - count :]


def give_way(asked: Sequence[int], running: Sequence[int | None], limit: int) -> int:
    """How many running jobs give way: those beyond the limit, and for those to start now.

    They are the last so many in order. asked: when each that is to start now was asked for, the
    latest first. running: the same of the jobs that run and may be stopped, in the queue's order;
    None where nobody asked. limit: how many of these may run. Nobody makes room for a wish that
    did not come later.
    """
    limit = max(0, limit)
    too_many = max(0, len(running) - limit)
    without_slot = asked[max(0, limit - len(running)) : limit]
    count = 0
    for own, asked_at in zip(
        reversed(running[: len(running) - too_many]), without_slot, strict=False
    ):
        if own is not None and own >= asked_at:
            break
        count += 1
    return too_many + count
