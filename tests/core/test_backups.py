from datetime import datetime

import pytest

from dlmanager.core.backups import (
    INTERVAL_MS,
    KEPT,
    backup_name,
    made_at_ms,
    newest_first,
    next_backup_at_ms,
    superfluous,
)

HOUR_MS = 60 * 60 * 1000
NOW_MS = int(datetime(2026, 3, 10, 12, 0, 0).timestamp() * 1000)


def name(hours_ago: float) -> str:
    return backup_name("queue", NOW_MS - round(hours_ago * HOUR_MS))


def test_a_name_tells_when_the_backup_was_made():
    assert name(0) == "queue-2026-03-10-120000.db"
    assert made_at_ms("queue", name(0)) == NOW_MS
    midnight = made_at_ms("queue", "queue-2026-03-10.db")
    assert midnight == NOW_MS - 12 * HOUR_MS


@pytest.mark.parametrize(
    "other",
    [
        "queue.db",
        "queue-2026-03-10.txt",
        "queue-2026-13-10.db",
        "other-2026-03-10.db",
        "queue-2026-03-10-120000.db-journal",
        ".queue-unfinished-abc",
        "queue-.db",
        "",
    ],
)
def test_other_files_are_no_backups(other: str):
    assert made_at_ms("queue", other) is None
    assert newest_first("queue", [other, name(1)], NOW_MS) == [name(1)]


def test_the_newest_is_first_and_one_from_the_future_last():
    names = [name(5), name(-500), name(1), "notes.txt", name(30)]
    assert newest_first("queue", names, NOW_MS) == [name(1), name(5), name(30), name(-500)]


def test_three_are_kept_and_the_one_just_made_always_is():
    names = [name(hours) for hours in (0, 24, 48, 72, 96)]
    assert superfluous("queue", names, NOW_MS) == [name(72), name(96)]
    future = [name(-hours) for hours in (100, 200, 300)]
    assert name(0) not in superfluous("queue", [name(0), *future], NOW_MS)
    assert len(superfluous("queue", [name(0), *future], NOW_MS)) == 4 - KEPT
    assert superfluous("queue", names[:KEPT], NOW_MS) == []


def test_the_next_is_due_a_day_after_the_newest():
    assert next_backup_at_ms("queue", [name(30), name(2)], NOW_MS) == (
        NOW_MS - 2 * HOUR_MS + INTERVAL_MS
    )


@pytest.mark.parametrize("names", [[], ["queue.db"], [name(-5)]], ids=["none", "other", "future"])
def test_without_one_that_can_be_trusted_it_is_due_at_once(names: list[str]):
    assert next_backup_at_ms("queue", names, NOW_MS) <= NOW_MS
