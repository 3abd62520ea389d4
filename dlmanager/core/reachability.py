"""Whether it is the network that is away, or one server alone: judged by what became of attempts.

All times are monotonic seconds, passed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending, Outcome

RECENT_S = 10 * 60.0
"""Failures longer ago than this say nothing about now."""
SETTLING_S = 1.0
"""Bytes that were under way still come for so long after the network has gone."""
MOST_TRIED_WHILE_AWAY = 10
"""A server in the same house may answer while the rest of the world does not: new hosts are tried
even then, but not hundreds of them."""
FIRST_GAP_MS = 2_000
MAX_GAP_MS = 60_000


class Contact(StrEnum):
    """What an attempt, or a probe, showed of a host."""

    REACHED = "reached"
    BROKEN = "broken"  # it fell silent or broke off: that may be the network or the server
    UNRESOLVED = "unresolved"
    UNCONNECTED = "unconnected"


class SystemState(StrEnum):
    """What the system says of its own connection."""

    UNKNOWN = "unknown"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Failing:
    """A host that was tried and not reached. since_s: the first such time in a row."""

    contact: Contact
    since_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Contacts:
    """What is known of the hosts that were tried. reached_s: when any host was last reached."""

    reached_s: float | None = None
    failing: Mapping[str, Failing] = field(default_factory=dict)


def contact_of(outcome: Outcome) -> Contact | None:
    """What the end of an attempt shows of its host; None if nothing, as for a local error."""
    if outcome.is_unreached:
        is_dns = outcome.error_kind is ErrorKind.DNS
        return Contact.UNRESOLVED if is_dns else Contact.UNCONNECTED
    if outcome.ending is Ending.RETRY and outcome.error_kind in _BROKEN:
        return Contact.BROKEN
    if outcome.http_status is not None or outcome.error_kind is ErrorKind.TLS:
        return Contact.REACHED
    return None


_BROKEN = frozenset({ErrorKind.CONNECTION, ErrorKind.TIMEOUT, ErrorKind.TOO_SLOW})


def with_reached(contacts: Contacts, host: str | None, now_s: float) -> Contacts:
    """The contacts after a host was reached; None: one that need not be named."""
    left = {name: each for name, each in contacts.failing.items() if name != host}
    return Contacts(now_s, left)


def with_failing(contacts: Contacts, host: str, contact: Contact, now_s: float) -> Contacts:
    """The contacts after a host was tried and not reached."""
    recent = {
        name: each for name, each in contacts.failing.items() if now_s - each.at_s <= RECENT_S
    }
    since_s = recent[host].since_s if host in recent else now_s
    return Contacts(contacts.reached_s, {**recent, host: Failing(contact, since_s, now_s)})


def network_is_away(contacts: Contacts, system: SystemState, now_s: float) -> bool:
    """Whether the network as a whole is away.

    At least two hosts were tried since anything was reached, and none of them answered; where the
    system says that it is disconnected, one is enough. The system alone is not: it may know
    nothing of the way that works. A host that failed before something else was reached, and
    again after it, has a trouble of its own and does not count.
    """
    reached_s = contacts.reached_s if contacts.reached_s is not None else float("-inf")
    suspects = sum(
        each.since_s > reached_s - SETTLING_S and now_s - each.at_s <= RECENT_S
        for each in contacts.failing.values()
    )
    return suspects >= (1 if system is SystemState.DISCONNECTED else 2)


def network_is_up(contacts: Contacts, system: SystemState, now_s: float) -> bool:
    """Whether it is known that the network as a whole works: something was reached lately.

    That it is not away is less: with one host alone nobody can tell.
    """
    was_reached = contacts.reached_s is not None and now_s - contacts.reached_s <= RECENT_S
    return was_reached or system is SystemState.CONNECTED


def probe_gap_ms(failed_probes: int) -> int:
    """Wait before the next probe: 2, 4, 8 ... at most 60 seconds."""
    return min(MAX_GAP_MS, FIRST_GAP_MS << min(failed_probes, 10))
