from collections.abc import Callable

import pytest
from PySide6.QtTest import QSignalSpy

from dlmanager.core.job import Job, Phase, Status
from dlmanager.core.notification import Notification, Subject
from dlmanager.core.progress import JobProgress
from dlmanager.core.settings import Settings
from dlmanager.gui.herald import Herald
from tests.gui.fake_queue import FakeQueue, make_job


class Surroundings:
    """A clock set by hand, a window that is looked at or not, and what was shown."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.is_watched = False
        self.shown: list[Notification] = []


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


def herald_of(
    queue: FakeQueue, around: Surroundings, latest: Callable[[Job], Job] = lambda job: job
) -> Herald:
    return Herald(
        queue,
        Settings(),
        show=around.shown.append,
        is_watched=lambda: around.is_watched,
        latest=latest,
        clock=lambda: around.now_ms,
    )


@pytest.fixture
def herald(queue: FakeQueue, around: Surroundings) -> Herald:
    return herald_of(queue, around)


def pass_time(herald: Herald, around: Surroundings) -> None:
    """Let the time come at which something is due; nothing happens if nothing is."""
    if herald._timer.isActive():
        around.now_ms += herald._timer.interval()
        herald._timer.timeout.emit()


def test_a_finished_download_is_shown_when_it_is_due(
    herald: Herald, queue: FakeQueue, around: Surroundings
) -> None:
    queue.jobs_added.emit([make_job("a", Status.PROCESSING)])
    queue.jobs_changed.emit([make_job("a", Status.COMPLETED, final_path="/tmp/a.iso")])
    assert around.shown == []
    pass_time(herald, around)
    assert [each.subject for each in around.shown] == [Subject.COMPLETED]
    assert not herald._timer.isActive()


def test_the_end_of_several_is_told(herald: Herald, queue: FakeQueue, around: Surroundings) -> None:
    herald.note_jobs([make_job("a"), make_job("b")])
    queue.jobs_changed.emit([make_job("a", Status.COMPLETED)])
    pass_time(herald, around)
    queue.jobs_changed.emit([make_job("b", Status.COMPLETED)])
    pass_time(herald, around)
    assert [each.subject for each in around.shown] == [Subject.COMPLETED, Subject.QUEUE_FINISHED]


def test_new_work_in_time_takes_the_end_back(
    herald: Herald, queue: FakeQueue, around: Surroundings
) -> None:
    herald.note_jobs([make_job("a"), make_job("b")])
    queue.jobs_changed.emit([make_job("a", Status.COMPLETED), make_job("b", Status.COMPLETED)])
    queue.jobs_added.emit([make_job("c")])
    pass_time(herald, around)
    assert [each.title for each in around.shown] == ["2 downloads finished"]


def test_what_the_person_ends_is_not_told(
    herald: Herald, queue: FakeQueue, around: Surroundings
) -> None:
    herald.note_jobs([make_job("a"), make_job("b"), make_job("c")])
    queue.jobs_changed.emit([make_job("a", Status.PAUSED), make_job("b", Status.CANCELLED)])
    queue.jobs_removed.emit(["c"])
    pass_time(herald, around)
    assert around.shown == []
    assert herald.fraction is None


def test_nothing_is_told_of_what_had_ended_before(
    herald: Herald, queue: FakeQueue, around: Surroundings
) -> None:
    herald.note_jobs([make_job("a", Status.COMPLETED), make_job("b", Status.FAILED)])
    queue.jobs_changed.emit([make_job("b", Status.FAILED)])
    pass_time(herald, around)
    assert around.shown == []
    assert herald.unseen_failures == 0


def test_who_looks_at_the_window_is_told_nothing(
    herald: Herald, queue: FakeQueue, around: Surroundings
) -> None:
    around.is_watched = True
    herald.note_jobs([make_job("a")])
    queue.jobs_changed.emit([make_job("a", Status.FAILED)])
    pass_time(herald, around)
    assert around.shown == []
    assert herald.unseen_failures == 0


def test_a_failure_is_unseen_until_the_window_is_looked_at(
    herald: Herald, queue: FakeQueue
) -> None:
    herald.note_jobs([make_job("a"), make_job("b"), make_job("c"), make_job("d")])
    queue.jobs_changed.emit([make_job(each, Status.FAILED) for each in "abc"])
    queue.jobs_changed.emit([make_job("d", Status.COMPLETED)])
    assert herald.unseen_failures == 3
    queue.jobs_changed.emit([make_job("a", Status.PENDING)])
    queue.jobs_removed.emit(["b"])
    assert herald.unseen_failures == 1
    moved = QSignalSpy(herald.moved)
    herald.note_seen()
    herald.note_seen()
    assert herald.unseen_failures == 0
    assert moved.count() == 1


def test_a_late_word_of_an_old_state_is_not_believed(
    queue: FakeQueue, around: Surroundings
) -> None:
    newest = make_job("a", Status.COMPLETED)
    herald = herald_of(queue, around, latest=lambda job: newest)
    queue.jobs_changed.emit([make_job("a", Status.PROCESSING)])
    assert herald.fraction is None


def test_progress_moves_the_fraction(herald: Herald, queue: FakeQueue) -> None:
    herald.note_jobs([make_job("a", Status.PROCESSING)])
    moved = QSignalSpy(herald.moved)
    queue.progressed.emit([JobProgress("a", 1, Phase.DOWNLOADING, 25, 100, None)])
    assert moved.count() == 1
    assert herald.fraction == 0.25


def test_settings_count_at_once(herald: Herald, queue: FakeQueue, around: Surroundings) -> None:
    herald.note_jobs([make_job("a")])
    queue.jobs_changed.emit([make_job("a", Status.FAILED)])
    herald.set_settings(Settings(notify_failed=False, notify_queue_finished=False))
    pass_time(herald, around)
    assert around.shown == []
