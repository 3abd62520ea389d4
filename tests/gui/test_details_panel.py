from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.job import Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.window_state import WindowState
from tests.gui.conftest import OpenWindow
from tests.gui.fake_queue import FakeQueue, make_job

RUNNING = make_job("a", Status.PROCESSING, attempt=1, phase=Phase.DOWNLOADING)
SMALL = QSize(800, 500)
REPORT = JobProgress("a", 1, Phase.DOWNLOADING, 1_000_000, 4_000_000, 500_000.0)


def fill(window: MainWindow, queue: FakeQueue, *jobs: Any) -> None:
    queue.records["a"] = [AttemptRecord("a", 1, 1, 0)]
    queue.live_logs["a"] = "wget says this"
    window.load(queue.hold(*jobs))


def select(window: MainWindow, row: int) -> None:
    window._table.selectRow(row)


def click_tab(window: MainWindow, qtbot: QtBot, number: int) -> None:
    (bar,) = window._details.findChildren(QTabBar)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(number).center())


def drag(handle: QWidget, by_px: int) -> None:
    """Drag the handle of a splitter up or down."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendPostedEvents(handle.parentWidget(), QEvent.Type.LayoutRequest.value)
    start = handle.mapToGlobal(QPoint(5, 1))
    for kind, by, buttons in (
        (QEvent.Type.MouseButtonPress, 0, left),
        (QEvent.Type.MouseMove, by_px, left),
        (QEvent.Type.MouseButtonRelease, by_px, Qt.MouseButton.NoButton),
    ):
        place = QPointF(start + QPoint(0, by))
        local = QPointF(handle.mapFromGlobal(place))
        button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else left
        QApplication.sendEvent(handle, QMouseEvent(kind, local, place, button, buttons, none))


def test_an_empty_list_has_no_details(window: MainWindow, queue: FakeQueue) -> None:
    assert not window._details.isVisible()
    fill(window, queue, RUNNING)
    assert window._details.isVisible()
    window._jobs.remove_jobs(["a"])
    assert not window._details.isVisible()


@pytest.mark.parametrize("keys", ["F12", "Alt+Return"])
def test_a_key_hides_and_shows_them(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot, keys: str
) -> None:
    fill(window, queue, RUNNING)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for shown in (False, True):
        QTest.keySequence(window, QKeySequence(keys))
        assert window._details.isVisible() is shown


def test_they_are_in_the_menu_and_hide_with_the_button_in_their_corner(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, RUNNING)
    view = next(each.menu() for each in window.menuBar().actions() if each.text() == "&View")
    assert window._actions.details in view.actions()
    button = next(
        each
        for each in window._details.findChildren(QToolButton)
        if each.accessibleName() == "Hide the details"
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not window._details.isVisible()
    assert not window._actions.details.isChecked()


def test_each_tab_shows_the_selected_job_and_only_the_one_in_front_is_filled(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, RUNNING)
    details = window._details
    select(window, 0)
    assert details.general.facts[0].value == "a.iso"
    assert queue.calls == []
    click_tab(window, qtbot, 1)
    assert queue.calls == [("attempts", ["a"])]
    assert details.attempts.model.rowCount() == 1
    assert details.log.text == ""
    click_tab(window, qtbot, 2)
    assert details.log.text == "wget says this"


def test_hidden_details_ask_for_nothing(window: MainWindow, queue: FakeQueue, qtbot: QtBot) -> None:
    fill(window, queue, RUNNING)
    click_tab(window, qtbot, 1)
    window._actions.details.trigger()
    select(window, 0)
    assert queue.calls == []
    assert not window._details._timer.isActive()
    window._actions.details.trigger()
    assert queue.calls == [("attempts", ["a"])]


def test_the_speed_of_the_job_and_of_the_queue_are_drawn(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, RUNNING, make_job("b"))
    details = window._details
    click_tab(window, qtbot, 3)
    assert details.speed.hint is not None
    queue.progressed.emit([REPORT])
    window._live._timer.timeout.emit()
    select(window, window._jobs.row_of("a") or 0)
    titles = [curve.text.split(":")[0] for curve in details.speed.graph.curves]
    assert titles == ["Whole queue", "This download"]
    assert [max(curve.speeds) for curve in details.speed.graph.curves] == [500_000.0] * 2
    select(window, window._jobs.row_of("b") or 0)
    assert len(details.speed.graph.curves) == 1


def test_progress_is_followed_each_second(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, RUNNING)
    select(window, 0)
    queue.progressed.emit([REPORT])
    window._details._timer.timeout.emit()
    facts = {fact.title: fact.value for fact in window._details.general.facts}
    assert facts["Downloaded"].startswith("1.0\N{NO-BREAK SPACE}MB")


def test_a_double_click_on_an_unfinished_job_shows_its_details(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, RUNNING)
    window._actions.details.trigger()
    place = window._table.visualRect(window._jobs.index(0, 0)).center()
    qtbot.mouseClick(window._table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(window._table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window._details.isVisible()
    assert window._details.general.facts[0].value == "a.iso"


def test_a_small_window_keeps_room_for_the_list(open_window: OpenWindow, queue: FakeQueue) -> None:
    window = open_window(None, SMALL)
    fill(window, queue, *(make_job(f"job {number}") for number in range(20)))
    assert window.size().height() == 500
    assert window._details.height() >= 120
    assert window._table.viewport().height() >= 3 * window._table.rowHeight(0)
    drag(window._centre.handle(1), -2000)
    assert window._table.viewport().height() >= 2 * window._table.rowHeight(0)


def test_in_a_window_made_smaller_the_details_give_way(
    open_window: OpenWindow, queue: FakeQueue
) -> None:
    window = open_window(None, SMALL)
    fill(window, queue, *(make_job(f"job {number}") for number in range(20)))
    window.resize(1160, 800)
    before = window._details.height()
    window.resize(SMALL)
    assert window._details.height() < before
    assert window._table.viewport().height() >= 5 * window._table.rowHeight(0)


def test_the_details_count_down_with_the_rows(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot
) -> None:
    fill(window, queue, make_job("a", Status.RETRYING, next_retry_at=1))
    select(window, 0)
    window._details._timer.setInterval(3_600_000)
    window._details.general._facts = ()
    window._jobs.counted_down.emit()
    assert window._details.general.facts


def test_height_page_and_whether_they_are_shown_are_remembered(
    open_window: OpenWindow, queue: FakeQueue, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "window.ini"
    window = open_window(WindowState(path), SMALL)
    fill(window, queue, RUNNING)
    before = window._details.height()
    drag(window._centre.handle(1), -40)
    height = window._details.height()
    assert height == pytest.approx(before + 40, abs=3)
    qtbot.waitUntil(lambda: WindowState(path).details_height_px == height)
    click_tab(window, qtbot, 2)
    again = open_window(WindowState(path), SMALL, on=FakeQueue())
    fill(again, queue, RUNNING)
    assert again._details.height() == height
    assert again._details.page is again._details.log
    again._actions.details.trigger()
    hidden = open_window(WindowState(path), SMALL, on=FakeQueue())
    fill(hidden, queue, RUNNING)
    assert not hidden._details.isVisible()
