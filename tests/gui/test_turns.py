"""Whose turn it is, in the window: levels, moves, rows that are dragged, and what starts now."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import Job, Status
from dlmanager.core.priority import Priority
from dlmanager.core.queue_order import Move
from dlmanager.gui.job_row import Column
from dlmanager.gui.job_table_model import Gap, JobTableModel
from dlmanager.gui.main_window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.gui.fake_queue import FakeQueue, make_job
from tests.gui.test_dragging_out import LEFT, Drag, move_mouse
from tests.gui.test_main_window import action, fill, message, select
from tests.gui.test_row_actions import activate

URGENT, HIGH, NORMAL, LOW = Priority
Key, Modifier = Qt.Key, Qt.KeyboardModifier
ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def waiting(names: str, priority: Priority = NORMAL, since: int = 10) -> list[Job]:
    return [
        make_job(name, created_at=since + number, priority=priority)
        for number, name in enumerate(names)
    ]


def rows(window: MainWindow) -> str:
    jobs = window._jobs
    return "".join(jobs.job_at(row).id for row in range(jobs.rowCount()))


@pytest.fixture
def in_queue_order(window: MainWindow, queue: FakeQueue) -> MainWindow:
    """A window with a to e of the usual level, h and i of a higher one, and z, which is done."""
    done = make_job("z", Status.COMPLETED, final_path="/tmp/z.iso")
    fill(window, queue, done, *waiting("abcde"), *waiting("hi", HIGH))
    action(window, "queue_order").trigger()
    assert rows(window) == "hiabcdez"
    return window


# Order


def test_sorted_by_priority_the_rows_stand_as_the_queue_works_on_them(qapp: QApplication) -> None:
    jobs = JobTableModel()
    jobs.add_jobs(
        [
            make_job("done", Status.COMPLETED, priority=URGENT),
            make_job("low", priority=LOW, created_at=1),
            make_job("later", created_at=3),
            make_job("retry", Status.RETRYING, created_at=1, next_retry_at=9),
            make_job("moved", created_at=5, place=2.5),
            make_job("paused", Status.PAUSED, created_at=2),
            make_job("urgent", Status.PROCESSING, priority=URGENT, created_at=8),
        ]
    )
    jobs.sort(Column.PRIORITY, ASCENDING)
    found = [jobs.job_at(row).id for row in range(jobs.rowCount())]
    assert found == ["urgent", "paused", "moved", "later", "retry", "low", "done"]
    assert jobs.is_in_queue_order
    jobs.sort(Column.PRIORITY, DESCENDING)
    assert not jobs.is_in_queue_order


def test_sorted_by_status_what_waits_stands_in_its_turn(qapp: QApplication) -> None:
    jobs = JobTableModel()
    jobs.add_jobs([*waiting("ab"), *waiting("h", HIGH, since=99)])
    jobs.sort(Column.STATUS, ASCENDING)
    assert [jobs.job_at(row).id for row in range(3)] == ["h", "a", "b"]


def test_the_column_names_the_unusual_level_of_what_is_not_finished(
    in_queue_order: MainWindow,
) -> None:
    jobs = in_queue_order._jobs
    words = [jobs.index(row, Column.PRIORITY).data() for row in (0, 2, 7)]
    assert words == ["High", "", ""]


def test_the_queues_order_is_shown_with_its_column(open_window: OpenWindow) -> None:
    window = open_window()
    header = window._table.horizontalHeader()
    window._table.columns.choose(Column.PRIORITY, is_shown=False)
    action(window, "queue_order").trigger()
    assert not window._table.isColumnHidden(Column.PRIORITY)
    assert header.sortIndicatorSection() == Column.PRIORITY
    assert header.sortIndicatorOrder() is ASCENDING


# Levels and moves


@pytest.mark.parametrize(
    "name, modifier, key, call, order",
    [
        ("levels", Modifier.ControlModifier, Key.Key_1, "prioritize urgent", "bdhiace"),
        ("levels", Modifier.ControlModifier, Key.Key_4, "prioritize low", "hiacebd"),
        ("moves", Modifier.AltModifier, Key.Key_Home, "move top", "hibdace"),
        ("moves", Modifier.AltModifier, Key.Key_Up, "move up", "hibadce"),
        ("moves", Modifier.AltModifier, Key.Key_Down, "move down", "hiacbed"),
        ("moves", Modifier.AltModifier, Key.Key_End, "move bottom", "hiacebd"),
    ],
)
def test_keys_move_all_selected_rows_at_once(
    in_queue_order: MainWindow,
    queue: FakeQueue,
    qtbot: QtBot,
    name: str,
    modifier: Qt.KeyboardModifier,
    key: Qt.Key,
    call: str,
    order: str,
) -> None:
    window = in_queue_order
    select(window, "b", "d", "z")
    activate(window, qtbot)
    queue.jobs = {
        job_id: job for job_id, job in queue.jobs.items() if name == "levels" or job_id not in "hi"
    }
    qtbot.keyClick(window._table, key, modifier)
    assert queue.calls == [(call, ["b", "d"])]
    assert rows(window) == order + "z"
    assert {job.id for job in window._table.selected_jobs()} == {"b", "d", "z"}


def test_what_came_of_it_is_told(in_queue_order: MainWindow, queue: FakeQueue) -> None:
    window = in_queue_order
    select(window, "a")
    actions = window._actions
    actions.levels[HIGH].trigger()
    assert message(window) == "Priority of 1 download: High."
    assert actions.levels[HIGH].isChecked()
    assert not actions.levels[NORMAL].isChecked()
    queue.jobs = {"a": queue.jobs["a"], "b": queue.jobs["b"]}
    actions.moves[Move.BOTTOM].trigger()
    assert message(window) == "Moved 1 download in the queue."
    actions.moves[Move.BOTTOM].trigger()
    assert message(window).startswith("Nothing was moved")


def test_a_failure_is_told_and_the_mark_of_the_level_stays(
    in_queue_order: MainWindow, queue: FakeQueue
) -> None:
    window = in_queue_order
    select(window, "a")
    queue.failure = StoreUnusable("The disk is full.")
    window._actions.levels[LOW].trigger()
    assert message(window) == "The disk is full."
    assert [each.isChecked() for each in window._actions.levels.values()] == [
        *(False, False, True, False)
    ]


def test_start_now_asks_it_of_all_that_can(in_queue_order: MainWindow, queue: FakeQueue) -> None:
    window = in_queue_order
    select(window, "a", "c", "z")
    action(window, "start").trigger()
    assert queue.calls == [("start", ["a", "c"])]
    assert message(window) == "Starting 2 downloads now."


def test_the_menus_hold_levels_and_moves(window: MainWindow, queue: FakeQueue) -> None:
    fill(window, queue, make_job("a"))
    actions = window._actions
    everything = {actions.start, *actions.levels.values(), *actions.moves.values()}
    assert everything <= set(actions.turn_menu.actions())
    for menu, held in ((actions.priority_menu, actions.levels), (actions.move_menu, actions.moves)):
        assert menu.menuAction() in actions.of_jobs
        assert menu.actions() == list(held.values())


# Dragging


@pytest.fixture
def drag(monkeypatch: pytest.MonkeyPatch) -> list[Drag]:
    made: list[Drag] = []
    monkeypatch.setattr(Drag, "made", made)
    monkeypatch.setattr("dlmanager.gui.job_table_view.QDrag", Drag)
    return made


def pull(window: MainWindow, qtbot: QtBot, job_id: str) -> None:
    """Press on a row and move the mouse away with the button held down."""
    table = window._table
    start = table.visualRect(window._jobs.index(window._jobs.row_of(job_id) or 0, 0)).center()
    qtbot.mousePress(table.viewport(), LEFT, pos=start)
    for step in (5, 15, 30, 45):
        move_mouse(table.viewport(), start + QPoint(step, 0))
    qtbot.mouseRelease(table.viewport(), LEFT, pos=start + QPoint(45, 0))


def while_dragging(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    def execute(self: Drag, actions: Qt.DropAction) -> None:
        self.actions = actions
        act()

    monkeypatch.setattr(Drag, "exec", execute)


def drop(window: MainWindow, monkeypatch: pytest.MonkeyPatch, row: int, *, lower: bool) -> bool:
    """Let go over a half of a row, or below all; returns whether the place was taken."""
    table = window._table
    height = table.rowHeight(0)
    y = table.rowViewportPosition(row) if row >= 0 else table.verticalHeader().length() + 5
    at = QPoint(20, y + (height * 3 // 4 if lower else height // 4))
    mime, copy, held = QMimeData(), Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton
    taken = True
    for kind in (QDragEnterEvent, QDragMoveEvent, QDropEvent):
        where = QPointF(at) if kind is QDropEvent else at
        event = kind(where, copy, mime, held, Modifier.NoModifier)
        monkeypatch.setattr(kind, "source", lambda _: table, raising=False)
        QApplication.sendEvent(table.viewport(), event)
        if kind is QDragMoveEvent:
            assert table._drop_row is not None or not event.isAccepted()
            table.grab()  # with the line that shows where
        taken = event.isAccepted()
    assert table._drop_row is None
    return taken


@pytest.mark.parametrize(
    "dragged, row, lower, call, order",
    [
        ("d", 2, False, ("put normal a", ["d"]), "hidabcez"),
        ("d", 2, True, ("put normal b", ["d"]), "hiadbcez"),
        ("a", 6, True, ("put normal None", ["a"]), "hibcdeaz"),
        ("a", 7, True, ("put normal None", ["a"]), "hibcdeaz"),
        ("a", -1, True, ("put normal None", ["a"]), "hibcdeaz"),
        ("c", 0, False, ("put high h", ["c"]), "chiabdez"),
        ("h", 3, False, ("put normal b", ["h"]), "iahbcdez"),
        ("h", 1, True, ("put high None", ["h"]), "ihabcdez"),
        ("ce", 2, False, ("put normal a", ["c", "e"]), "hiceabdz"),
    ],
    ids=[
        "above",
        "below",
        "to the end",
        "among the finished",
        "below all",
        "into a higher level",
        "into a lower level",
        "to the end of its level",
        "several",
    ],
)
def test_rows_are_dragged_to_another_place(
    in_queue_order: MainWindow,
    queue: FakeQueue,
    qtbot: QtBot,
    drag: list[Drag],
    monkeypatch: pytest.MonkeyPatch,
    dragged: str,
    row: int,
    lower: bool,
    call: tuple[str, list[str]],
    order: str,
) -> None:
    window = in_queue_order
    select(window, *dragged)
    taken = []
    while_dragging(monkeypatch, lambda: taken.append(drop(window, monkeypatch, row, lower=lower)))
    pull(window, qtbot, dragged[0])
    assert taken == [True]
    assert drag[0].actions is Qt.DropAction.MoveAction
    assert queue.calls == [call]
    assert rows(window) == order


def test_what_is_dropped_where_it_was_changes_nothing(
    in_queue_order: MainWindow, queue: FakeQueue, qtbot: QtBot, drag, monkeypatch
) -> None:
    before = dict(queue.jobs)
    while_dragging(monkeypatch, lambda: drop(in_queue_order, monkeypatch, 3, lower=False))
    pull(in_queue_order, qtbot, "b")
    assert {job_id: job.priority for job_id, job in queue.jobs.items()} == {
        job_id: job.priority for job_id, job in before.items()
    }
    assert rows(in_queue_order) == "hiabcdez"


def test_in_another_order_it_is_said_why_rows_cannot_be_dragged(
    window: MainWindow, queue: FakeQueue, qtbot: QtBot, drag: list[Drag]
) -> None:
    fill(window, queue, *waiting("abc"))
    window._table.sortByColumn(Column.NAME, DESCENDING)
    pull(window, qtbot, "a")
    assert drag == []
    assert "order of the queue" in message(window)
    (button,) = window._status_line.findChildren(QToolButton)
    qtbot.mouseClick(button, LEFT)
    assert window._jobs.is_in_queue_order
    pull(window, qtbot, "a")
    assert len(drag) == 1


def test_outside_of_a_drag_the_table_leaves_drops_to_the_window(
    in_queue_order: MainWindow, qtbot: QtBot, drag, monkeypatch
) -> None:
    table = in_queue_order._table
    accepted = []
    assert not table.viewport().acceptDrops()
    while_dragging(monkeypatch, lambda: accepted.append(table.viewport().acceptDrops()))
    pull(in_queue_order, qtbot, "b")
    assert accepted == [True]
    assert not table.viewport().acceptDrops()
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, QMimeData(), LEFT, Modifier.NoModifier
    )
    table.dragEnterEvent(event)
    assert not event.isAccepted()
    assert event.type() == QEvent.Type.DragEnter


def test_a_list_of_finished_jobs_has_no_gap(qapp: QApplication) -> None:
    jobs = JobTableModel()
    (job,) = waiting("a")
    jobs.add_jobs([job, make_job("z", Status.COMPLETED)])
    jobs.sort(Column.PRIORITY, ASCENDING)
    assert jobs.gap_before(2, [job]) is None
    assert jobs.gap_before(0, []) == Gap(NORMAL, "a")
