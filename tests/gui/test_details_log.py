import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import Job, Status
from dlmanager.gui.details_log import DetailsLog
from dlmanager.gui.details_page import Selection
from tests.gui.fake_queue import FakeQueue, finish, make_job

FIRST = AttemptRecord("a", 1, 1, 0, 2, log="first words")
SECOND = AttemptRecord("a", 2, 3, 0)
RUNNING = make_job("a", Status.PROCESSING, attempt=2)


def selection(*jobs: Job) -> Selection:
    return Selection(jobs, lambda job: None)


@pytest.fixture
def page(qtbot: QtBot, queue: FakeQueue) -> DetailsLog:
    queue.records["a"] = [FIRST, SECOND]
    queue.live_logs["a"] = "line 0"
    made = DetailsLog(queue, start_task=finish)
    qtbot.addWidget(made)
    made.resize(500, 150)
    made.show()
    qtbot.waitExposed(made)
    made.show_selection(selection(RUNNING))
    return made


def editor(page: DetailsLog) -> QPlainTextEdit:
    (found,) = page.findChildren(QPlainTextEdit)
    return found


def choose(page: DetailsLog, qtbot: QtBot, key: Qt.Key) -> None:
    (attempts,) = page.findChildren(QComboBox)
    qtbot.keyClick(attempts, key)


def grow(page: DetailsLog, queue: FakeQueue, lines: int) -> None:
    queue.live_logs["a"] = "\n".join(f"line {number}" for number in range(lines))
    page.show_selection(selection(RUNNING))


def test_the_running_attempt_is_followed_to_its_end(page: DetailsLog, queue: FakeQueue) -> None:
    assert page.text == "line 0"
    grow(page, queue, 100)
    assert page.text.endswith("line 99")
    bar = editor(page).verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    grow(page, queue, 200)
    assert bar.value() == bar.maximum()
    assert editor(page).toPlainText() == page.text


def test_who_reads_above_is_not_moved_nor_loses_a_selection(
    page: DetailsLog, queue: FakeQueue
) -> None:
    grow(page, queue, 100)
    cursor = editor(page).textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfLine, QTextCursor.MoveMode.KeepAnchor)
    editor(page).setTextCursor(cursor)
    bar = editor(page).verticalScrollBar()
    bar.setValue(5)
    grow(page, queue, 200)
    assert bar.value() == 5
    assert editor(page).textCursor().selectedText() == "line 0"


def test_an_earlier_attempt_can_be_read_and_stays_chosen(
    page: DetailsLog, queue: FakeQueue, qtbot: QtBot
) -> None:
    choose(page, qtbot, Qt.Key.Key_Down)
    assert page.text == "first words"
    queue.records["a"].append(AttemptRecord("a", 3, 4, 0, 5, log="third words"))
    page.show_selection(selection(RUNNING._replace(attempt=3, status=Status.FAILED)))
    assert page.text == "first words"


def test_a_new_attempt_takes_the_place_of_the_newest(page: DetailsLog, queue: FakeQueue) -> None:
    queue.records["a"].append(AttemptRecord("a", 3, 4, 0, 5, log="third words"))
    page.show_selection(selection(RUNNING._replace(attempt=3, status=Status.FAILED)))
    assert page.text == "third words"


def test_another_job_never_shows_the_words_of_this_one(page: DetailsLog, queue: FakeQueue) -> None:
    page._start_task = lambda task: task.close()  # the answer does not come
    page.show_selection(selection(make_job("b", Status.FAILED, attempt=2)))
    assert page.text == ""


def test_the_log_is_copied_as_text(page: DetailsLog, qtbot: QtBot) -> None:
    (button,) = page.findChildren(QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "line 0"


@pytest.mark.parametrize(
    "jobs, hint",
    [
        ([], "Select one download to read what wget said."),
        ([RUNNING, make_job("b")], "Select one download to read what wget said."),
        ([make_job("b")], "It has not been tried yet."),
    ],
)
def test_without_a_log_a_hint_says_why(page: DetailsLog, jobs: list[Job], hint: str) -> None:
    page.show_selection(selection(*jobs))
    assert page.hint == hint


def test_a_store_that_cannot_be_read_is_told(page: DetailsLog, queue: FakeQueue) -> None:
    queue.failure = StoreUnusable("The database is in use.")
    for _ in range(2):  # it is asked again each second; meanwhile the sentence stands still
        page.show_selection(selection(RUNNING._replace(attempt=3)))
        assert page.hint == "The database is in use."
    queue.failure = None
    page.show_selection(selection(RUNNING._replace(attempt=3)))
    assert page.hint is None


def test_attempts_of_before_they_were_remembered(page: DetailsLog) -> None:
    for _ in range(2):
        page.show_selection(selection(make_job("old", Status.FAILED, attempt=4)))
        assert page.hint == "Nothing is remembered of its attempts."
