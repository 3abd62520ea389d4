from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from dlmanager.core.attempt_record import AttemptEnding, AttemptRecord
from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import Job, Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.gui.details_attempts import AttemptTableModel, Column, DetailsAttempts
from dlmanager.gui.details_page import Selection
from tests.gui.fake_queue import FakeQueue, finish, make_job

MINUTE_MS = 60_000
FIRST = AttemptRecord(
    "a", 1, 0, 0, 2 * MINUTE_MS, 5_000_000, AttemptEnding.RETRYING, None, "Broke."
)
SECOND = AttemptRecord("a", 2, 3 * MINUTE_MS, 5_000_000)
RUNNING = make_job("a", Status.PROCESSING, attempt=2)
REPORT = JobProgress("a", 2, Phase.DOWNLOADING, 7_000_000, 9_000_000, 1e6)


def row(model: AttemptTableModel, number: int) -> list[str]:
    texts = [str(model.index(number, column).data()) for column in Column]
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def selection(*jobs: Job, progress: JobProgress | None = None) -> Selection:
    return Selection(jobs, lambda job: progress)


@pytest.fixture
def model(qtmodeltester: ModelTester) -> AttemptTableModel:
    made = AttemptTableModel(clock=lambda: 4 * MINUTE_MS)
    qtmodeltester.check(made)
    made.set_records([FIRST, SECOND])
    qtmodeltester.check(made)
    return made


def test_the_newest_is_on_top(model: AttemptTableModel) -> None:
    assert row(model, 0)[Column.NUMBER :: 2] == ["2", "5.0 MB", "1 min"]
    assert row(model, 0)[Column.ENDED] == "It is running"
    assert row(model, 1)[2:] == ["the beginning", "5.0 MB", "2 min", "Broke."]


def test_the_running_one_follows_its_progress(model: AttemptTableModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.dataChanged) as told:
        model.note_progress(REPORT)
    assert [told.args[0].row(), told.args[1].row()] == [0, 0]
    assert row(model, 0)[Column.REACHED] == "7.0 MB"
    model.note_progress(replace(REPORT, attempt=1, bytes_done=1))
    assert row(model, 0)[Column.REACHED] == "7.0 MB"


def test_what_has_ended_does_not_move(model: AttemptTableModel) -> None:
    model.set_records([FIRST])
    model.note_progress(replace(REPORT, attempt=1))
    assert row(model, 0)[Column.REACHED] == "5.0 MB"


def test_columns_have_titles_and_long_texts_a_tip(model: AttemptTableModel) -> None:
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in Column]
    assert all(titles)
    tip = model.index(1, Column.ENDED).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Broke."


class Later:
    """Holds tasks until they are let go."""

    def __init__(self) -> None:
        self.tasks: list[Coroutine[Any, Any, None]] = []

    def __call__(self, task: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(task)

    def go(self) -> None:
        tasks, self.tasks = self.tasks, []
        for task in tasks:
            finish(task)


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def page(qtbot: QtBot, queue: FakeQueue, later: Later) -> DetailsAttempts:
    queue.records["a"] = [FIRST, SECOND]
    made = DetailsAttempts(queue, start_task=later, clock=lambda: 4 * MINUTE_MS)
    qtbot.addWidget(made)
    return made


def test_attempts_are_asked_for_once_and_again_when_they_change(
    page: DetailsAttempts, queue: FakeQueue, later: Later
) -> None:
    for _ in range(3):
        page.show_selection(selection(RUNNING, progress=REPORT))
        later.go()
    assert queue.calls == [("attempts", ["a"])]
    assert page.model.rowCount() == 2
    assert page.hint is None
    page.show_selection(selection(RUNNING._replace(status=Status.PAUSED)))
    later.go()
    assert len(queue.calls) == 2


def test_an_answer_that_comes_late_is_not_shown_for_another_job(
    page: DetailsAttempts, queue: FakeQueue, later: Later
) -> None:
    queue.records["b"] = [replace(FIRST, job_id="b")]
    page.show_selection(selection(RUNNING))
    late = later.tasks.pop()
    page.show_selection(selection(make_job("b", Status.FAILED, attempt=1)))
    later.go()
    finish(late)
    assert page.model.rowCount() == 1


@pytest.mark.parametrize(
    "jobs, hint",
    [
        ([], "Select one download to see each try at it."),
        ([RUNNING, make_job("b")], "Select one download to see each try at it."),
        ([make_job("b")], "It has not been tried yet."),
    ],
)
def test_without_attempts_a_hint_says_why(
    page: DetailsAttempts, later: Later, jobs: list[Job], hint: str
) -> None:
    page.show_selection(selection(*jobs))
    assert page.hint == hint
    assert later.tasks == []


def test_attempts_of_before_they_were_remembered(page: DetailsAttempts, later: Later) -> None:
    page.show_selection(selection(make_job("old", Status.FAILED, attempt=4)))
    later.go()
    for _ in range(2):  # the next second changes nothing
        assert page.hint == "Nothing is remembered of its attempts."
        page.show_selection(selection(make_job("old", Status.FAILED, attempt=4)))


def test_a_store_that_cannot_be_read_is_told_and_asked_again(
    page: DetailsAttempts, queue: FakeQueue, later: Later
) -> None:
    queue.failure = StoreUnusable("The database is in use.")
    page.show_selection(selection(RUNNING))
    later.go()
    assert page.hint == "The database is in use."
    queue.failure = None
    page.show_selection(selection(RUNNING))
    later.go()
    assert page.hint is None
    assert page.model.rowCount() == 2


def test_rows_grow_with_the_font(page: DetailsAttempts) -> None:
    (view,) = page.findChildren(QTableView)
    before = view.verticalHeader().defaultSectionSize()
    font = page.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    page.setFont(font)
    assert view.verticalHeader().defaultSectionSize() > before
    assert view.verticalHeader().defaultSectionSize() > view.fontMetrics().height()
