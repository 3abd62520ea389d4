"""What jobs wait for that concerns more than themselves: the network, a host that has a pause, or
one that has no slot left.

Functions for `StoreThread.run`: each takes the JobStore and is one transaction or a few.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from peewee import Case, Expression, fn

from dlmanager.core.job import Job, Status, WaitingFor
from dlmanager.store.job_store import DueNow, JobStore
from dlmanager.store.order import asked_first, queue_order


def links_of_hosts(store: JobStore, hosts: Collection[str]) -> list[str]:
    """One link for each of these hosts that an unfinished job waits for."""
    return _links(store, store.table.host.in_(list(hosts)))


def links_of_other_hosts(store: JobStore, hosts: Collection[str]) -> list[str]:
    """One link for some hosts that are not among these, and that an unfinished job waits for."""
    return _links(store, store.table.host.not_in(list(hosts)))


def _links(store: JobStore, condition: Expression) -> list[str]:
    table = store.table
    query = (
        table.select(fn.MIN(table.url))
        .where(_waits(table), table.removed_at.is_null(), condition)
        .group_by(table.host)
        .order_by(table.host)
        .limit(_MOST_LINKS)
    )
    return [row[0] for row in query.tuples()]


_MOST_LINKS = 100


def mark_held(store: JobStore, due: DueNow, hosts: Collection[str], now_ms: int) -> list[Job]:
    """Note on the next jobs of these hosts, which have no slot left, that they wait for one.

    From the jobs of other hosts the note is taken. Returns the jobs that changed.
    """
    table = store.table
    changed = []
    for host in hosts:
        line = (
            table.select(table.id, table.waiting_for)
            .where(store.is_due(due), table.host == host)
            .order_by(*asked_first(table), *queue_order(table))
            .limit(MOST_HELD)
        )
        unmarked = [job_id for job_id, waiting_for in line.tuples() if waiting_for is None]
        if unmarked:
            changed += store.change_where(
                table.id.in_(unmarked), {"waiting_for": WaitingFor.HOST_LIMIT}, now_ms
            )
    is_over = (table.waiting_for == WaitingFor.HOST_LIMIT) & table.host.not_in(list(hosts))
    changed += store.change_where(_waits(table) & is_over, {"waiting_for": None}, now_ms)
    return changed


MOST_HELD = 100
"""As many as may run at once: those behind them wait for their turn, and may be very many."""


def mark_waiting(
    store: JobStore, hosts: Mapping[str, tuple[WaitingFor, int]], now_ms: int
) -> list[Job]:
    """Note on jobs what they wait for, and take the note from those that wait no more.

    hosts: host -> NETWORK or HOST, which its jobs wait for, and until when: retries due later have
    another reason to wait. Returns the jobs that changed.
    """
    table = store.table
    changed = []
    for host, (waiting_for, until_ms) in hosts.items():
        unmarked = table.waiting_for.is_null() & (table.host == host)
        is_due = table.next_retry_at.is_null() | (table.next_retry_at < until_ms)
        changed += store.change_where(
            _waits(table) & unmarked & is_due, {"waiting_for": waiting_for}, now_ms
        )
    for kind in (WaitingFor.NETWORK, WaitingFor.HOST):
        still = [host for host, (waiting_for, _) in hosts.items() if waiting_for is kind]
        is_over = _waits(table) & (table.waiting_for == kind) & table.host.not_in(still)
        if kind is WaitingFor.NETWORK:
            # What was tried waits on, even if its own host is not known to fail.
            is_over &= table.status == Status.PENDING
        changed += store.change_where(is_over, {"waiting_for": None}, now_ms)
    return changed


def start_network_wait(
    store: JobStore, attempts: Sequence[tuple[str, int]], next_probe_at: int, now_ms: int
) -> list[Job]:
    """Have retries wait for the network that turned out to be away, and undo their cost.

    attempts: job ids and attempt numbers. Returns the jobs that still waited for their retry.
    """
    table = store.table
    facts = {
        "waiting_for": WaitingFor.NETWORK,
        "next_retry_at": next_probe_at,
        "unresolved_count": 0,
        "retry_count": Case(None, [(table.retry_count > 0, table.retry_count - 1)], 0),
    }
    changed = []
    for job_id, attempt in attempts:
        this = (table.id == job_id) & (table.attempt == attempt)
        retrying = (table.status == Status.RETRYING) & table.waiting_for.is_null()
        changed += store.change_where(this & retrying, facts, now_ms)
    return changed


def move_network_wait(store: JobStore, next_probe_at: int, now_ms: int) -> list[Job]:
    """Note when the network is looked for the next time; returns the jobs that wait for it."""
    table = store.table
    tried = (table.status == Status.RETRYING) & (table.waiting_for == WaitingFor.NETWORK)
    return store.change_where(tried, {"next_retry_at": next_probe_at}, now_ms)


def end_network_wait(store: JobStore, now_ms: int) -> list[Job]:
    """Make all jobs due that wait for the network; returns them."""
    table = store.table
    due_at = Case(None, [(table.status == Status.RETRYING, now_ms)], None)
    return store.change_where(
        _waits(table) & (table.waiting_for == WaitingFor.NETWORK),
        {"waiting_for": None, "next_retry_at": due_at},
        now_ms,
    )


def shift_retries(store: JobStore, by_ms: int, now_ms: int) -> list[Job]:
    """Move the moment of every retry, as the clock was set by so much; returns the jobs."""
    table = store.table
    return store.change_where(
        table.status == Status.RETRYING, {"next_retry_at": table.next_retry_at + by_ms}, now_ms
    )


def _waits(table: Any) -> Expression:
    waits: Expression = table.status.in_((Status.PENDING, Status.RETRYING))
    return waits
