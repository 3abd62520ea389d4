"""Whose turn it is: levels and places as people want them, who waits, and who makes room.

Functions for `StoreThread.run`: each takes the JobStore and is one transaction.
"""

from collections.abc import Collection, Iterable, Sequence

from peewee import Expression

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.host_slots import HostSlots
from dlmanager.core.job import IN_LINE, Job, Phase, Status
from dlmanager.core.priority import Line, Priority
from dlmanager.core.queue_order import (
    Move,
    SlotHolder,
    moved,
    new_places,
    put_before,
    who_makes_room,
)
from dlmanager.store.job_store import DueNow, JobStore, chunks
from dlmanager.store.order import asked_first, line_order, queue_order, turn

# What people ask


def prioritize(
    store: JobStore, job_ids: Sequence[str], priority: Priority, now_ms: int
) -> list[Job]:
    """Give unfinished jobs a level, and there the place of their age; returns what changed."""
    table = store.table
    with store.writing() as revision:
        changed = _ids_where(
            store, job_ids, table.status != Status.COMPLETED, table.priority != priority
        )
        _give_level(store, changed, priority, revision, now_ms)
        return store.by_id([job_id for job_id in job_ids if job_id in changed])


def move(store: JobStore, job_ids: Collection[str], where: Move, now_ms: int) -> list[Job]:
    """Move jobs inside the lines of their levels; returns the jobs that have another place now."""
    table = store.table
    with store.writing() as revision:
        chosen = _ids_where(store, job_ids, table.status.in_(IN_LINE))
        changed: list[str] = []
        for level in Priority:
            line = _line(store, level)
            if found := chosen & line.keys():
                wanted = moved(list(line), found, where)
                if wanted != list(line):
                    changed += _arrange(store, line, wanted, found, revision, now_ms)
        return store.by_id(changed)


def put(
    store: JobStore,
    job_ids: Sequence[str],
    priority: Priority,
    following: str | None,
    now_ms: int,
) -> list[Job]:
    """Put jobs, in this order, into a level before a job of it; returns what changed.

    following: None, or a job that is not there any more, for the end of the level.
    """
    table = store.table
    with store.writing() as revision:
        found = _ids_where(store, job_ids, table.status.in_(IN_LINE))
        chosen = [job_id for job_id in job_ids if job_id in found]
        from_elsewhere = _ids_where(store, chosen, table.priority != priority)
        _give_level(store, from_elsewhere, priority, revision, now_ms)
        line = _line(store, priority)
        wanted = put_before(list(line), chosen, following)
        changed = set(from_elsewhere)
        if wanted != list(line):
            changed.update(_arrange(store, line, wanted, found, revision, now_ms))
        return store.by_id([job_id for job_id in wanted if job_id in changed])


def _ids_where(store: JobStore, job_ids: Iterable[str], *conditions: Expression) -> set[str]:
    """Those of the jobs that all conditions hold for, and that were not removed."""
    table = store.table
    found: set[str] = set()
    for some in chunks(list(job_ids)):
        query = table.select(table.id).where(
            table.id.in_(some), table.removed_at.is_null(), *conditions
        )
        found.update(row[0] for row in query.tuples())
    return found


def _give_level(
    store: JobStore, job_ids: Collection[str], priority: Priority, revision: int, now_ms: int
) -> None:
    facts = {"priority": priority, "place": None, "revision": revision, "updated_at": now_ms}
    for some in chunks(list(job_ids)):
        store.update(facts, store.table.id.in_(some))


def _line(store: JobStore, priority: Priority) -> dict[str, float]:
    """The line of a level: ids in order, with their turns."""
    table = store.table
    query = (
        table.select(table.id, turn(table))
        .where(table.status.in_(IN_LINE), table.priority == priority, table.removed_at.is_null())
        .order_by(*line_order(table))
    )
    return dict(query.tuples())


def _arrange(
    store: JobStore,
    line: dict[str, float],
    wanted: Sequence[str],
    chosen: Collection[str],
    revision: int,
    now_ms: int,
) -> list[str]:
    """Put a line into the wanted order; returns the ids that got another place."""
    moved_ones = {index for index, job_id in enumerate(wanted) if job_id in chosen}
    places = new_places([line[job_id] for job_id in wanted], moved_ones)
    store.database.cursor().executemany(
        "UPDATE DOWNLOAD_QUEUE SET place=?, revision=?, updated_at=? WHERE id=?",
        [(place, revision, now_ms, wanted[index]) for index, place in places.items()],
    )
    return [wanted[index] for index in sorted(places)]


# What the queue asks


def waiting_lines(store: JobStore, due: DueNow, full_hosts: Collection[str]) -> list[Line]:
    """The lines that have a job which could be worked on now, if it had a slot.

    full_hosts: those that have no slot of their own left.
    """
    table = store.table
    query = table.select(table.id).where(store.is_due(due)).limit(1)
    others = query.where(store.host_is_not_in(full_hosts))
    lines = [Line(level) for level in Priority if others.where(table.priority == level).scalar()]
    for host in full_hosts:
        own = query.where(table.host == host)
        lines += [
            Line(level, host) for level in Priority if own.where(table.priority == level).scalar()
        ]
    return lines


def passed_over(
    store: JobStore, due: DueNow, full_hosts: Collection[str], known: Collection[str] = ()
) -> set[str]:
    """Those of the hosts that have no slot left whose jobs it would be the turn of.

    known: some that were passed over before, and still have none; they are among those returned.
    """
    table = store.table
    line = (
        table.select(table.host)
        .where(store.is_due(due))
        .order_by(*asked_first(table), *queue_order(table))
        .limit(1)
    )
    found = set(known) & set(full_hosts)
    while len(found) < len(full_hosts):
        host = line.where(store.host_is_not_in(found)).scalar()
        if host not in full_hosts:
            break
        found.add(host)
    return found


def has_start_asked(store: JobStore) -> bool:
    """Whether a person asked a job to start now that does not run yet."""
    table = store.table
    query = table.select(table.id).where(
        table.start_asked_at.is_null(False), table.status != Status.PROCESSING
    )
    return query.limit(1).scalar() is not None


def make_room(
    store: JobStore, limit: int, due: DueNow, now_ms: int, host_limit: int = 0
) -> list[Job]:
    """Give running jobs back that are too many, or so that what is to start now can.

    limit: how many jobs may run. host_limit: how many of one host; 0 for any number.
    Returns the jobs given back.
    """
    table = store.table
    with store.database.atomic():
        wishes = (
            table.select(table.id, table.host)
            .where(store.is_due(due), table.start_asked_at.is_null(False))
            .order_by(*asked_first(table), *queue_order(table))
        )
        asked = store.by_id(store.first_with_slot(wishes, limit, HostSlots(host_limit)))
        query = (
            table.select(table.id, table.attempt, table.host, table.start_asked_at, table.phase)
            .where(table.status == Status.PROCESSING, table.removed_at.is_null())
            .order_by(*asked_first(table), *queue_order(table))
        )
        running = list(query.tuples())
        leaving = who_makes_room(
            [
                SlotHolder(host, asked_at, is_fixed=phase == Phase.FINALISING)
                for _, _, host, asked_at, phase in running
            ],
            [SlotHolder(job.host, job.start_asked_at) for job in asked],
            limit,
            host_limit,
        )
        last = [running[index][:2] for index in leaving]
        return store.give_back(last, now_ms, AttemptEnding.GAVE_WAY)
