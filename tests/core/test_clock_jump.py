import pytest

from dlmanager.core.clock_jump import ClockWatch

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    "passed_ms, wall_ms, jump_ms",
    [
        pytest.param(1_000, 1_000, 0, id="nothing"),
        pytest.param(HOUR_MS, HOUR_MS, 0, id="an hour's sleep, in both clocks"),
        pytest.param(1_000, 1_900, 0, id="corrected by a little"),
        pytest.param(1_000, 24 * HOUR_MS, 24 * HOUR_MS - 1_000, id="a day forward"),
        pytest.param(1_000, -24 * HOUR_MS, -24 * HOUR_MS - 1_000, id="a day back"),
    ],
)
def test_a_clock_that_was_set_is_noticed_once(passed_ms: int, wall_ms: int, jump_ms: int):
    watch = ClockWatch(10**12, 5_000)
    assert watch.jump_ms(10**12 + wall_ms, 5_000 + passed_ms) == jump_ms
    assert watch.jump_ms(10**12 + wall_ms + 50, 5_000 + passed_ms + 50) == 0
