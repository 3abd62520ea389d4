import pytest

from dlmanager.core.speed_history import LATE_S, MAX_JOBS, WINDOW_S, SpeedHistories, SpeedHistory


def test_nothing_noted_is_no_movement():
    assert SpeedHistory().speeds(1_000) == [0.0] * WINDOW_S


def test_each_second_has_its_place_and_the_last_is_at_the_end():
    history = SpeedHistory()
    for second in range(3):
        history.note(50 + second, 10.0 * (second + 1))
    assert history.speeds(52)[-4:] == [0.0, 10.0, 20.0, 30.0]
    assert len(history.speeds(52)) == WINDOW_S


def test_time_that_goes_on_without_a_note_is_silence():
    history = SpeedHistory()
    history.note(10, 7.0)
    assert history.speeds(13)[-5:] == [0.0, 7.0, 0.0, 0.0, 0.0]
    history.note(14, 9.0)
    assert history.speeds(14)[-6:] == [0.0, 7.0, 0.0, 0.0, 0.0, 9.0]


def test_a_note_may_count_for_seconds_before_but_not_for_what_was_noted():
    history = SpeedHistory()
    history.note(10, 7.0)
    history.note(14, 9.0, seconds=2)
    assert history.speeds(14)[-6:] == [0.0, 7.0, 0.0, 0.0, 9.0, 9.0]
    history.note(15, 3.0, seconds=3)
    assert history.speeds(15)[-3:] == [9.0, 9.0, 3.0]


def test_the_last_of_a_second_counts():
    history = SpeedHistory()
    history.note(10, 7.0)
    history.note(10, 8.0)
    assert history.speeds(10)[-2:] == [0.0, 8.0]


def test_what_is_older_than_the_window_is_gone():
    history = SpeedHistory()
    for second in range(2 * WINDOW_S):
        history.note(second, float(second))
    now = 2 * WINDOW_S - 1
    assert history.speeds(now) == [float(second) for second in range(WINDOW_S, 2 * WINDOW_S)]
    assert history.speeds(now + WINDOW_S - 1)[0] == float(now)
    assert history.speeds(now + WINDOW_S) == [0.0] * WINDOW_S


@pytest.mark.parametrize("pause_s", [WINDOW_S - 1, WINDOW_S, 10 * WINDOW_S + 7])
def test_after_a_long_pause_nothing_old_comes_back(pause_s: int):
    history = SpeedHistory()
    for second in range(WINDOW_S):
        history.note(second, 5.0)
    now = WINDOW_S - 1 + pause_s
    history.note(now, 1.0)
    kept = 1 if pause_s == WINDOW_S - 1 else 0
    assert history.speeds(now) == [5.0] * kept + [0.0] * (WINDOW_S - 1 - kept) + [1.0]


def test_a_clock_that_goes_back_changes_nothing():
    history = SpeedHistory()
    history.note(10, 7.0)
    history.note(9, 1.0)
    assert history.speeds(9)[-1] == 7.0


# All together


def of_job(histories: SpeedHistories, job_id: str, now_s: float) -> list[float]:
    speeds = histories.speeds_of_job(job_id, now_s)
    assert speeds is not None
    return speeds


def test_the_queue_is_the_sum_of_its_jobs():
    histories = SpeedHistories()
    histories.note(10.2, {"a": 3.0, "b": 4.0})
    histories.note(11.2, {"b": 5.0})
    assert histories.speeds_of_queue(11.3)[-3:] == [0.0, 7.0, 5.0]
    assert of_job(histories, "a", 11.3)[-2:] == [3.0, 0.0]
    assert of_job(histories, "b", 11.3)[-2:] == [4.0, 5.0]
    assert histories.speeds_of_job("c", 11.3) is None


def test_a_second_that_is_not_over_is_no_gap_at_the_end():
    histories = SpeedHistories()
    histories.note(10.9, {"a": 7.0})
    assert histories.speeds_of_queue(11.1)[-2:] == [0.0, 7.0]
    assert of_job(histories, "a", 11.1)[-2:] == [0.0, 7.0]


def test_a_timer_that_is_late_leaves_no_gap():
    histories = SpeedHistories()
    histories.note(10.9, {"a": 7.0})
    histories.note(13.0, {"a": 9.0, "b": 1.0})
    assert histories.speeds_of_queue(13.0)[-5:] == [0.0, 7.0, 10.0, 10.0, 10.0]
    assert of_job(histories, "a", 13.0)[-5:] == [0.0, 7.0, 9.0, 9.0, 9.0]


def test_a_longer_silence_is_one():
    histories = SpeedHistories()
    histories.note(10.0, {"a": 7.0})
    assert histories.speeds_of_queue(11.0 + LATE_S)[-2:] == [0.0, 0.0]
    histories.note(11.0 + LATE_S, {"a": 9.0})
    wanted = [7.0, *[0.0] * LATE_S, 9.0]
    assert histories.speeds_of_queue(11.0 + LATE_S)[-len(wanted) :] == wanted
    assert of_job(histories, "a", 11.0 + LATE_S)[-len(wanted) :] == wanted


def test_a_job_that_rested_begins_anew_where_it_goes_on():
    histories = SpeedHistories()
    for second in range(10, 20):
        histories.note(float(second), {"a": 7.0} if second in (10, 19) else {})
    assert of_job(histories, "a", 19.0)[-11:] == [0.0, 7.0, *[0.0] * 8, 7.0]


def test_jobs_that_rested_for_the_whole_window_are_forgotten():
    histories = SpeedHistories()
    histories.note(10.0, {"old": 3.0})
    histories.note(11.0, {"young": 3.0})
    histories.note(10.0 + WINDOW_S, {})
    assert histories.speeds_of_job("old", 10.0 + WINDOW_S) is None
    assert histories.speeds_of_job("young", 10.0 + WINDOW_S) is not None


def test_the_number_of_jobs_is_bounded_and_the_last_that_moved_stay():
    histories = SpeedHistories()
    for number in range(3 * MAX_JOBS):
        histories.note(10.0, {f"{number}": 1.0, "always": 1.0})
    known = [number for number in range(3 * MAX_JOBS) if histories.speeds_of_job(f"{number}", 10.0)]
    assert known == list(range(2 * MAX_JOBS + 1, 3 * MAX_JOBS))
    assert histories.speeds_of_job("always", 10.0) is not None
