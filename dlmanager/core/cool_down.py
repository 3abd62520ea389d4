"""Hosts that asked for a pause, and until when they get it.

Times are milliseconds of a clock that nobody sets (`engine.clock.steady_ms`), passed in.
"""

from collections.abc import Mapping

from dlmanager.core.outcome import Outcome
from dlmanager.core.retry import MAX_RETRY_AFTER_MS

Pauses = Mapping[str, int]
"""Host -> when it may be asked again."""


def asks_for_pause(outcome: Outcome) -> bool:
    """Whether the server's answer concerns all that we want of it, not this one file."""
    return outcome.http_status in (429, 503)


def with_pause(pauses: Pauses, host: str, wait_ms: int, now_ms: int) -> Pauses:
    """The pauses after a host asked for one more: at most an hour, never shorter than before."""
    until_ms = now_ms + max(0, min(MAX_RETRY_AFTER_MS, wait_ms))
    going = waits_ms(pauses, now_ms)
    kept = {name: pauses[name] for name in going}
    return {**kept, host: max(until_ms, kept.get(host, 0))}


def without_pause(pauses: Pauses, host: str) -> Pauses:
    """The pauses after a person wished not to wait for a host."""
    return {name: until_ms for name, until_ms in pauses.items() if name != host}


def waits_ms(pauses: Pauses, now_ms: int) -> dict[str, int]:
    """How long each host is still to be left alone; hosts that may be asked are not in it.

    A pause of more than an hour cannot be: then the clock was at fault, and it is over.
    """
    return {
        host: until_ms - now_ms
        for host, until_ms in pauses.items()
        if 0 < until_ms - now_ms <= MAX_RETRY_AFTER_MS
    }
