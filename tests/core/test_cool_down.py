import pytest

from dlmanager.core.cool_down import asks_for_pause, waits_ms, with_pause, without_pause
from dlmanager.core.outcome import Ending, Outcome

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    "status, asks", [(429, True), (503, True), (500, False), (404, False), (None, False)]
)
def test_two_answers_concern_the_whole_host(status: int | None, asks: bool):
    assert asks_for_pause(Outcome(Ending.RETRY, http_status=status)) is asks


def test_a_pause_ends_and_is_then_forgotten():
    pauses = with_pause({}, "a", 5_000, 100)
    assert waits_ms(pauses, 100) == {"a": 5_000}
    assert waits_ms(pauses, 5_099) == {"a": 1}
    assert waits_ms(pauses, 5_100) == {}
    assert set(with_pause(pauses, "b", 1_000, 5_100)) == {"b"}


def test_a_pause_is_never_made_shorter():
    pauses = with_pause(with_pause({}, "a", 5_000, 0), "a", 1_000, 0)
    assert waits_ms(pauses, 0) == {"a": 5_000}
    assert waits_ms(with_pause(pauses, "a", 9_000, 0), 0) == {"a": 9_000}


@pytest.mark.parametrize("wait_ms, waits", [(10**15, {"a": HOUR_MS}), (0, {}), (-7, {})], ids=str)
def test_no_pause_lasts_over_an_hour(wait_ms: int, waits: dict[str, int]):
    assert waits_ms(with_pause({}, "a", wait_ms, 0), 0) == waits


def test_a_clock_that_went_back_keeps_nobody_waiting():
    pauses = with_pause({}, "a", HOUR_MS, 10 * HOUR_MS)
    assert waits_ms(pauses, 0) == {}
    assert waits_ms(with_pause(pauses, "a", 1_000, 0), 0) == {"a": 1_000}


def test_a_person_can_lift_a_pause():
    pauses = with_pause(with_pause({}, "a", 5, 0), "b", 5, 0)
    assert set(without_pause(without_pause(pauses, "a"), "unknown")) == {"b"}
