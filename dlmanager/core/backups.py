"""The database's backups: how they are called, which is the newest, when the next is due."""

from collections.abc import Iterable
from datetime import datetime

KEPT = 3
INTERVAL_MS = 24 * 60 * 60 * 1000

_FORMATS = ("%Y-%m-%d-%H%M%S", "%Y-%m-%d")


def date_and_time(now_ms: int) -> str:
    """A moment as it stands in the name of a file, in local time: `2026-03-01-174500`."""
    return datetime.fromtimestamp(now_ms / 1000).strftime(_FORMATS[0])


def backup_name(stem: str, now_ms: int) -> str:
    """The name of a backup made now of the database `<stem>.db`."""
    return f"{stem}-{date_and_time(now_ms)}.db"


def made_at_ms(stem: str, name: str) -> int | None:
    """When a backup was made, by its name; None if it is no backup of this database."""
    start, end = f"{stem}-", ".db"
    if not (name.startswith(start) and name.endswith(end)):
        return None
    for form in _FORMATS:
        try:
            made_at = datetime.strptime(name[len(start) : -len(end)], form)
            return round(made_at.timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            continue
    return None


def newest_first(stem: str, names: Iterable[str], now_ms: int) -> list[str]:
    """The backups among some names, newest first.

    Those from the future come last: a clock was wrong, and nobody knows how old they are.
    """
    ages = {
        name: (made_at <= now_ms, made_at)
        for name in names
        if (made_at := made_at_ms(stem, name)) is not None
    }
    return sorted(ages, key=lambda name: (ages[name], name), reverse=True)


def next_backup_at_ms(stem: str, names: Iterable[str], now_ms: int) -> int:
    """When the next backup is due: a day after the newest; 0, at once, if that is unknown."""
    newest = next(iter(newest_first(stem, names, now_ms)), None)
    made_at = made_at_ms(stem, newest) if newest is not None else None
    return 0 if made_at is None or made_at > now_ms else made_at + INTERVAL_MS


def superfluous(stem: str, names: Iterable[str], now_ms: int) -> list[str]:
    """The backups that need not be kept, once there are more than KEPT."""
    return newest_first(stem, names, now_ms)[KEPT:]
