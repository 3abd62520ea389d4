import pytest

from dlmanager.core.speed_history import (
    MAX_JOBS,
    WINDOW_S,
    SpeedHistories,
    SpeedHistory,
)


def test_nothing_noted_is_no_movement():
    assert SpeedHistory().speeds(1_000.0) == [0.0] * WINDOW_S


def test_each_second_has_its_place_and_now_is_at_the_end():
    history = SpeedHistory()
    for second in range(3):
        history.note(50.5 + second, 10.0 * (second + 1))
    assert history.speeds(52.9)[-4:] == [0.0, 10.0, 20.0, 30.0]
    assert len(history.speeds(52.9)) == WINDOW_S


def test_time_that_goes_on_without_a_note_is_silence():
    history = SpeedHistory()
    history.note(10.0, 7.0)
    assert history.speeds(13.0)[-5:] == [0.0, 7.0, 0.0, 0.0, 0.0]
    history.note(14.0, 9.0)
    assert history.speeds(14.0)[-6:] == [0.0, 7.0, 0.0, 0.0, 0.0, 9.0]


def test_the_last_of_a_second_counts():
    history = SpeedHistory()
    history.note(10.1, 7.0)
    history.note(10.9, 8.0)
    assert history.speeds(10.95)[-2:] == [0.0, 8.0]


def test_what_is_older_than_the_window_is_gone():
    history = SpeedHistory()
    for second in range(2 * WINDOW_S):
        history.note(float(second), float(second))
    now = 2 * WINDOW_S - 1
    assert history.speeds(now) == [float(second) for second in range(WINDOW_S, 2 * WINDOW_S)]
    assert history.speeds(now + WINDOW_S - 1)[0] == float(now)
    assert history.speeds(now + WINDOW_S) == [0.0] * WINDOW_S


@pytest.mark.parametrize("pause_s", [WINDOW_S - 1, WINDOW_S, 10 * WINDOW_S + 7])
def test_after_a_long_pause_nothing_old_comes_back(pause_s: int):
    history = SpeedHistory()
    for second in range(WINDOW_S):
        history.note(float(second), 5.0)
    now = WINDOW_S - 1 + pause_s
    history.note(now, 1.0)
    kept = 1 if pause_s == WINDOW_S - 1 else 0
    assert history.speeds(now) == [5.0] * kept + [0.0] * (WINDOW_S - 1 - kept) + [1.0]


def test_a_clock_that_goes_back_changes_nothing():
    history = SpeedHistory()
    history.note(10.0, 7.0)
    history.note(9.0, 1.0)
    assert history.speeds(9.0)[-1] == 7.0


def test_the_queue_is_the_sum_of_its_jobs():
    histories = SpeedHistories()
    histories.note(10.0, {"a": 3.0, "b": 4.0})
    histories.note(11.0, {"b": 5.0})
    assert histories.of_queue.speeds(11.0)[-2:] == [7.0, 5.0]
    first, second = histories.of_job("a"), histories.of_job("b")
    assert first is not None
    assert second is not None
    assert first.speeds(11.0)[-2:] == [3.0, 0.0]
    assert second.speeds(11.0)[-2:] == [4.0, 5.0]
    assert histories.of_job("c") is None


def test_jobs_that_rested_for_the_whole_window_are_forgotten():
    histories = SpeedHistories()
    histories.note(10.0, {"old": 3.0})
    histories.note(11.0, {"young": 3.0})
    histories.note(10.0 + WINDOW_S, {})
    assert histories.of_job("old") is None
    assert histories.of_job("young") is not None


def test_the_number_of_jobs_is_bounded_and_the_last_that_moved_stay():
    histories = SpeedHistories()
    for number in range(3 * MAX_JOBS):
        histories.note(10.0, {f"{number}": 1.0, "always": 1.0})
    known = [number for number in range(3 * MAX_JOBS) if histories.of_job(f"{number}")]
    assert known == list(range(2 * MAX_JOBS + 1, 3 * MAX_JOBS))
    assert histories.of_job("always") is not None
