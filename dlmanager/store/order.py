"""The queue's order in SQL; `core.queue_order.order_key` is the same for jobs."""

from typing import Any

from peewee import Case, Column, fn

from dlmanager.core.priority import Priority

_USUAL_RANK = Priority.NORMAL.rank


def turn(table: Any) -> Any:
    """What orders the line of a level, as `Job.turn`."""
    return fn.COALESCE(table.place, table.next_retry_at, table.created_at)


def line_order(table: Any) -> tuple[Any, ...]:
    """What a query of one level is to be ordered by."""
    return turn(table), table.created_at, Column(table, "rowid")


def queue_order(table: Any) -> tuple[Any, ...]:
    """What a query of all levels is to be ordered by, but for what is to start now."""
    ranks = [(level.value, level.rank) for level in Priority]
    return Case(table.priority, ranks, _USUAL_RANK), *line_order(table)


def asked_first(table: Any) -> tuple[Any, ...]:
    """What comes before `queue_order`: what a person asked to start now, the latest wish first."""
    return (fn.COALESCE(table.start_asked_at, 0).desc(),)
