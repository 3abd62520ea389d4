from collections.abc import Iterable

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending
from dlmanager.core.stall import Stall, StallGuard, StallLimits, stalled

LIMITS = StallLimits(low_speed_limit_bytes_s=512, low_speed_time_s=60, header_timeout_s=30)


def ends_at(guard: StallGuard, sizes: Iterable[int], start_s: float = 100) -> tuple[float, str]:
    """When a guard that is asked every second ends the transfer, and for what."""
    for second, size_bytes in enumerate(sizes):
        if (stall := guard.check(start_s + second, size_bytes)) is not None:
            return second, stall.value
    return -1, "never"


def answered(limits: StallLimits = LIMITS) -> StallGuard:
    guard = StallGuard(limits, 100)
    guard.note_answer()
    return guard


@pytest.mark.parametrize(
    "sizes, end",
    [
        pytest.param([0] * 200, (60, "too slow"), id="not a byte"),
        pytest.param([20 * s for s in range(200)], (60, "too slow"), id="a drip"),
        pytest.param([511 * s for s in range(200)], (60, "too slow"), id="just below"),
        pytest.param([512 * s for s in range(200)], (-1, "never"), id="just enough"),
        pytest.param([40_000 * (s // 59) for s in range(400)], (-1, "never"), id="in bursts"),
        pytest.param(
            [1000 * min(s, 100) for s in range(300)], (130, "too slow"), id="stalls after 100 s"
        ),
        pytest.param(
            [10**6 if s < 50 else 600 * (s - 50) for s in range(300)],
            (-1, "never"),
            id="begins anew",
        ),
    ],
)
def test_a_transfer_that_is_too_slow_for_too_long_is_ended(
    sizes: list[int], end: tuple[float, str]
):
    assert ends_at(answered(), sizes) == end


def test_an_answer_that_does_not_come_in_full_is_not_waited_for():
    assert ends_at(StallGuard(LIMITS, 100), [0] * 99) == (30, "no answer")


def test_all_redirects_together_have_the_time_of_one_answer():
    guard = StallGuard(LIMITS, 100)
    assert ends_at(guard, [0] * 29) == (-1, "never")
    guard.note_answer()
    assert ends_at(guard, [0] * 99, start_s=129) == (60, "too slow")


@pytest.mark.parametrize(
    "limits, interval_s",
    [
        (StallLimits(), 1.0),
        (StallLimits(header_timeout_s=0), 1.0),
        (StallLimits(low_speed_time_s=0, header_timeout_s=2), 0.2),
        (StallLimits(low_speed_limit_bytes_s=0, header_timeout_s=0), None),
        (StallLimits(512, 0, 0), None),
    ],
    ids=str,
)
def test_it_is_checked_as_often_as_the_shortest_limit_needs(
    limits: StallLimits, interval_s: float | None
):
    assert limits.check_interval_s == interval_s


def test_a_limit_of_zero_is_none():
    assert ends_at(StallGuard(StallLimits(header_timeout_s=0), 100), [0] * 999) == (-1, "never")
    assert ends_at(answered(StallLimits(low_speed_limit_bytes_s=0)), [0] * 999) == (-1, "never")


@pytest.mark.parametrize("is_answered", [True, False])
def test_time_in_which_nobody_looked_does_not_count(is_answered: bool):
    """A program that was stopped for an hour knows nothing of what the server did meanwhile."""
    guard = answered() if is_answered else StallGuard(LIMITS, 100)
    assert ends_at(guard, [0] * 20) == (-1, "never")
    assert guard.check(3_720, 0) is None
    assert ends_at(guard, [0] * 5, start_s=3_721) == (-1, "never")
    assert ends_at(guard, [0] * 99, start_s=3_726)[0] > 0


@pytest.mark.parametrize(
    "stall, kind", [(Stall.NO_ANSWER, ErrorKind.TIMEOUT), (Stall.TOO_SLOW, ErrorKind.TOO_SLOW)]
)
def test_a_stalled_transfer_is_tried_again(stall: Stall, kind: ErrorKind):
    outcome = stalled(stall, 206)
    assert (outcome.ending, outcome.error_kind, outcome.http_status) == (Ending.RETRY, kind, 206)
    assert outcome.error_message
