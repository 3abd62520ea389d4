import pytest
from pytestqt.qtbot import QtBot

from dlmanager.core.job import Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.gui.live_progress import SILENCE_S, LiveProgress
from tests.gui.fake_queue import make_job


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(qtbot: QtBot, clock: Clock) -> LiveProgress:
    made = LiveProgress(clock_s=clock)
    yield made
    made._timer.stop()


def report(job_id: str = "a", attempt: int = 1, speed: float | None = 500.0) -> JobProgress:
    return JobProgress(job_id, attempt, Phase.DOWNLOADING, 7, 70, speed)


def second(live: LiveProgress, clock: Clock) -> None:
    clock.now_s += 1
    live._timer.timeout.emit()


def test_the_latest_report_of_the_present_attempt_counts(live: LiveProgress) -> None:
    live.note_progress([report(attempt=2)])
    assert live.of(make_job("a", Status.PROCESSING, attempt=2)) == report(attempt=2)
    assert live.of(make_job("a", Status.PROCESSING, attempt=3)) is None
    assert live.of(make_job("b", Status.PROCESSING, attempt=2)) is None


@pytest.mark.parametrize(
    "status, attempt", [(Status.PAUSED, 1), (Status.COMPLETED, 1), (Status.PROCESSING, 2)]
)
def test_the_report_of_an_attempt_that_is_over_is_forgotten(
    live: LiveProgress, status: Status, attempt: int
) -> None:
    live.note_progress([report()])
    live.note_jobs([make_job("a", Status.PROCESSING, attempt=1)])
    assert live.of(make_job("a", attempt=1)) is not None
    live.note_jobs([make_job("a", status, attempt=attempt)])
    assert live.of(make_job("a", attempt=1)) is None


def test_speeds_are_noted_each_second_and_added_up(live: LiveProgress, clock: Clock) -> None:
    live.note_progress([report("a"), report("b", speed=20.0), report("c", speed=None)])
    second(live, clock)
    live.note_progress([report("a", speed=600.0)])
    live.forget(["b"])
    second(live, clock)
    assert live.speeds_of_queue()[-2:] == [520.0, 600.0]
    assert live.speeds_of_job("b")[-2:] == [20.0, 0.0]
    assert live.speeds_of_job("nobody") is None


def test_what_says_nothing_for_a_while_does_not_move(live: LiveProgress, clock: Clock) -> None:
    live.note_progress([report()])
    for _ in range(int(SILENCE_S) + 1):
        second(live, clock)
    assert live.speeds_of_queue()[-4:] == [500.0, 500.0, 0.0, 0.0]


def test_nothing_ticks_while_nothing_runs(live: LiveProgress, clock: Clock) -> None:
    assert not live._timer.isActive()
    live.note_progress([report()])
    assert live._timer.isActive()
    live.forget(["a"])
    second(live, clock)
    assert not live._timer.isActive()
