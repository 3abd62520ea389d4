import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.reachability import (
    RECENT_S,
    Contact,
    Contacts,
    SystemState,
    contact_of,
    network_is_away,
    network_is_up,
    probe_gap_ms,
    with_failing,
    with_reached,
)

UNKNOWN, CONNECTED, DISCONNECTED = SystemState


@pytest.mark.parametrize(
    "outcome, contact",
    [
        (Outcome(Ending.RETRY, ErrorKind.DNS, is_unreached=True), Contact.UNRESOLVED),
        (Outcome(Ending.RETRY, ErrorKind.CONNECTION, is_unreached=True), Contact.UNCONNECTED),
        (Outcome(Ending.RETRY, ErrorKind.TIMEOUT, is_unreached=True), Contact.UNCONNECTED),
        (Outcome(Ending.RETRY, ErrorKind.CONNECTION), Contact.BROKEN),
        (Outcome(Ending.RETRY, ErrorKind.TIMEOUT, http_status=200), Contact.BROKEN),
        (Outcome(Ending.RETRY, ErrorKind.TOO_SLOW, http_status=200), Contact.BROKEN),
        (Outcome(Ending.RETRY, ErrorKind.DNS, http_status=302), Contact.REACHED),
        (Outcome(Ending.RETRY, ErrorKind.SERVER, http_status=503), Contact.REACHED),
        (Outcome(Ending.FAIL, ErrorKind.TLS), Contact.REACHED),
        (Outcome(Ending.FAIL, ErrorKind.NOT_FOUND, http_status=404), Contact.REACHED),
        (Outcome(Ending.DONE, http_status=200), Contact.REACHED),
        (Outcome(Ending.BUSY, ErrorKind.BUSY), None),
        (Outcome(Ending.DISK_FULL, ErrorKind.DISK_FULL), None),
        (Outcome(Ending.RETRY, ErrorKind.KILLED), None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_end_of_an_attempt_shows_whether_its_host_was_reached(
    outcome: Outcome, contact: Contact | None
):
    assert contact_of(outcome) is contact


def after(*events: tuple[float, str]) -> Contacts:
    """The contacts after hosts failed ("a") or were reached ("+a", "+" for one without name)."""
    contacts = Contacts()
    for at_s, host in events:
        if host.startswith("+"):
            contacts = with_reached(contacts, host[1:] or None, at_s)
        else:
            contacts = with_failing(contacts, host, Contact.UNRESOLVED, at_s)
    return contacts


@pytest.mark.parametrize(
    "events, system, is_away",
    [
        pytest.param([], UNKNOWN, False, id="nothing was tried"),
        pytest.param([], DISCONNECTED, False, id="the system alone is no proof"),
        pytest.param([(0, "a")], UNKNOWN, False, id="one host has a trouble of its own"),
        pytest.param([(0, "a"), (1, "a"), (2, "a")], UNKNOWN, False, id="one host, again"),
        pytest.param([(0, "a")], DISCONNECTED, True, id="one host, and the system says so"),
        pytest.param([(0, "a"), (1, "b")], UNKNOWN, True, id="two hosts"),
        pytest.param([(0, "a"), (1, "b")], CONNECTED, True, id="the system may be wrong"),
        pytest.param([(0, "+a"), (2, "a"), (3, "b")], UNKNOWN, True, id="two since one answered"),
        pytest.param([(0, "a"), (5, "+c"), (6, "b")], UNKNOWN, False, id="one since one answered"),
        pytest.param(
            [(0, "a"), (1, "b"), (5, "+c"), (6, "a"), (7, "b")],
            UNKNOWN,
            False,
            id="two dead hosts fail again although another one answers",
        ),
        pytest.param(
            [(0, "a"), (5, "+a"), (6, "a"), (7, "b")], UNKNOWN, True, id="reached in between"
        ),
        pytest.param(
            [(0, "a"), (0.5, "+"), (1, "b")], UNKNOWN, True, id="bytes that were under way"
        ),
    ],
)
def test_the_network_is_away_when_hosts_fail_that_have_nothing_in_common(
    events: list[tuple[float, str]], system: SystemState, is_away: bool
):
    assert network_is_away(after(*events), system, 10) is is_away


def test_failures_of_long_ago_say_nothing():
    assert not network_is_away(after((0, "a"), (RECENT_S, "b")), UNKNOWN, RECENT_S + 1)
    contacts = after((0, "a"), (RECENT_S + 1, "b"))
    assert set(contacts.failing) == {"b"}


def test_a_host_that_failed_long_ago_counts_anew():
    events = [(0, "a"), (5, "+b"), (RECENT_S + 6, "a"), (RECENT_S + 7, "b")]
    assert network_is_away(after(*events), UNKNOWN, RECENT_S + 8)


def test_probes_come_with_growing_gaps():
    gaps = [probe_gap_ms(number) for number in range(7)]
    assert gaps == [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
    assert probe_gap_ms(10**9) == 60_000


@pytest.mark.parametrize(
    "reached_s, system, is_up",
    [
        (None, UNKNOWN, False),
        (None, CONNECTED, True),
        (None, DISCONNECTED, False),
        (1.0, UNKNOWN, True),
        (1.0, DISCONNECTED, True),
        (1.0 - RECENT_S, UNKNOWN, False),
    ],
    ids=["nothing", "the system", "the system's no", "a host", "a host, lately", "a host long ago"],
)
def test_the_network_is_up_where_something_was_reached(
    reached_s: float | None, system: SystemState, is_up: bool
):
    assert network_is_up(Contacts(reached_s), system, 1.5) is is_up
