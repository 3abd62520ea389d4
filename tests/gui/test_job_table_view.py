from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QFont, QPalette
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from dlmanager.core.job import Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.gui.columns import USUAL
from dlmanager.gui.job_row import Column
from dlmanager.gui.job_table_view import JobTableView
from dlmanager.gui.row_height import COMFORTABLE, COMPACT, COMPACT_ROW_HEIGHT_PX, ROW_HEIGHT_PX
from tests.gui.fake_queue import make_job


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[JobTableView]:
    made = JobTableView()
    qtbot.addWidget(made)
    made.resize(1100, 400)
    made.show()
    qtbot.waitExposed(made)
    yield made
    # Qt takes the keys of the last event for held, in the next test too.
    qtbot.keyRelease(made, Qt.Key.Key_Control)


def fill(view: JobTableView, count: int) -> None:
    view.jobs.add_jobs([make_job(f"{n:05}", created_at=n) for n in range(count)])
    view.executeDelayedItemsLayout()


def open_menu(view: JobTableView, position: QPoint, reason: QContextMenuEvent.Reason) -> QMenu:
    at = view.viewport().mapToGlobal(position)
    QApplication.sendEvent(view.viewport(), QContextMenuEvent(reason, position, at))
    (menu,) = view.findChildren(QMenu)
    return menu


def test_rows_have_one_height_and_no_numbers(view: JobTableView) -> None:
    fill(view, 3)
    assert {view.rowHeight(row) for row in range(3)} == {ROW_HEIGHT_PX}
    assert view.verticalHeader().isHidden()


def test_rows_can_be_close_and_the_top_one_stays(view: JobTableView) -> None:
    fill(view, 100)
    view.verticalScrollBar().setValue(50 * ROW_HEIGHT_PX)
    before = top_job(view)
    view.set_density(COMPACT)
    assert view.rowHeight(50) == COMPACT_ROW_HEIGHT_PX
    assert top_job(view) == before
    view.set_density(COMFORTABLE)
    assert view.rowHeight(50) == ROW_HEIGHT_PX
    assert top_job(view) == before


@pytest.mark.parametrize("density", [COMFORTABLE, COMPACT])
def test_rows_icons_and_titles_grow_with_the_font(view: JobTableView, density: str) -> None:
    fill(view, 3)
    view.set_density(density)
    progress_px = view.columnWidth(Column.PROGRESS)
    font = QFont(view.font())
    font.setPointSizeF(20)
    view.setFont(font)
    text_px = view.fontMetrics().height()
    assert view.rowHeight(0) > text_px > COMPACT_ROW_HEIGHT_PX
    assert text_px <= view.iconSize().width() < view.rowHeight(0)
    assert view.horizontalHeader().height() > text_px
    assert view.columnWidth(Column.PROGRESS) > progress_px
    icon = view.jobs.index(0, Column.NAME).data(Qt.ItemDataRole.DecorationRole)
    assert icon.availableSizes()[0].width() == view.iconSize().width()


def test_all_columns_fit_a_wide_window_and_fill_it(view: JobTableView, qtbot: QtBot) -> None:
    fill(view, 3)
    for width in (1100, 1400):
        view.resize(width, 400)
        assert view.horizontalHeader().length() == view.viewport().width()


@pytest.mark.parametrize(
    "width_px, left_out",
    [
        (1100, set()),
        (800, {Column.RETRIES, Column.PRIORITY, Column.ADDED}),
        (500, USUAL - {Column.NAME, Column.PROGRESS, Column.STATUS}),
    ],
)
def test_a_narrow_window_leaves_out_what_matters_less(
    view: JobTableView, width_px: int, left_out: set[Column]
) -> None:
    fill(view, 100)  # with a scroll bar beside them
    view.resize(width_px, 300)
    assert {column for column in USUAL if view.isColumnHidden(column)} == left_out
    assert view.horizontalScrollBar().maximum() == 0
    assert view.horizontalHeader().length() == view.viewport().width()
    assert view.columnWidth(Column.NAME) > 100
    view.resize(1300, 300)
    assert not any(view.isColumnHidden(column) for column in USUAL)


@pytest.mark.parametrize("point_size", [10, 20])
def test_name_progress_and_status_fit_the_smallest_window(
    view: JobTableView, qtbot: QtBot, point_size: int
) -> None:
    fill(view, 3)
    font = QFont(view.font())
    font.setPointSize(point_size)
    view.setFont(font)
    beside_panel_px = 800 - 20 * view.fontMetrics().averageCharWidth()
    view.resize(beside_panel_px, 400)
    for column in (Column.NAME, Column.PROGRESS, Column.STATUS):
        assert not view.isColumnHidden(column)
    assert view.horizontalHeader().length() <= view.viewport().width()
    percent_px = view.fontMetrics().horizontalAdvance("999.9 MB")
    assert view.columnWidth(Column.PROGRESS) > percent_px


def test_a_very_narrow_window_scrolls_instead_of_squeezing(view: JobTableView) -> None:
    view.resize(300, 300)
    assert view.columnWidth(Column.NAME) > 80
    assert view.horizontalScrollBar().maximum() > 0


def test_a_width_that_the_person_set_stays(view: JobTableView) -> None:
    view.horizontalHeader().resizeSection(Column.NAME, 321)
    view.resize(1300, 400)
    assert view.columnWidth(Column.NAME) == 321


def test_a_column_that_the_person_widened_hides_no_other(view: JobTableView) -> None:
    view.resize(800, 400)
    view.horizontalHeader().resizeSection(Column.NAME, 400)
    assert not view.isColumnHidden(Column.SIZE)
    assert view.horizontalScrollBar().maximum() > 0
    view.resize(1500, 400)
    assert not any(view.isColumnHidden(column) for column in USUAL)
    assert view.columnWidth(Column.NAME) == 400


def test_titles_can_be_read_in_full(view: JobTableView) -> None:
    header = view.horizontalHeader()
    view.resize(1500, 400)
    for column in USUAL:
        title = view.jobs.headerData(column, Qt.Orientation.Horizontal)
        assert header.sectionSize(column) > header.fontMetrics().horizontalAdvance(title) + 16


def test_click_on_a_title_sorts_and_keeps_selection_and_scroll_position(
    view: JobTableView, qtbot: QtBot
) -> None:
    fill(view, 200)
    view.selectRow(7)
    (chosen,) = view.selected_jobs()
    view.verticalScrollBar().setValue(640)
    header = view.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(Column.NAME) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert view.jobs.job_at(0).id == "00000"
    assert view.selected_jobs() == [chosen]
    assert view.verticalScrollBar().value() == 640


def top_job(view: JobTableView) -> str:
    return view.jobs.job_at(view.indexAt(QPoint(5, 5)).row()).id


def test_rows_that_change_places_do_not_move_what_is_being_read(
    view: JobTableView, qtbot: QtBot
) -> None:
    view.sortByColumn(Column.STATUS, Qt.SortOrder.AscendingOrder)
    jobs = [make_job(f"r{n}", Status.PROCESSING, created_at=n) for n in range(9)]
    done = [make_job(f"d{n}", Status.COMPLETED, created_at=n, finished_at=n) for n in range(100)]
    view.jobs.add_jobs(jobs + done)
    view.executeDelayedItemsLayout()
    view.selectRow(60)
    (chosen,) = view.selected_jobs()
    view.verticalScrollBar().setValue(50 * ROW_HEIGHT_PX + 3)
    before = top_job(view)
    with qtbot.waitSignal(view.jobs.layoutChanged, timeout=2500):
        # Three rows go from above what is being read to below it.
        view.jobs.change_jobs(
            [job._replace(status=Status.COMPLETED, finished_at=5) for job in jobs[:3]]
        )
    assert top_job(view) == before
    assert view.rowViewportPosition(view.jobs.row_of(before) or 0) == -3
    assert view.selected_jobs() == [chosen]


def test_at_the_top_what_is_at_work_stays_in_sight(view: JobTableView, qtbot: QtBot) -> None:
    view.sortByColumn(Column.STATUS, Qt.SortOrder.AscendingOrder)
    fill(view, 100)
    last = view.jobs.job("00099")
    assert last is not None
    with qtbot.waitSignal(view.jobs.layoutChanged, timeout=2500):
        view.jobs.change_jobs([last._replace(status=Status.PROCESSING)])
    assert top_job(view) == "00099"
    assert view.verticalScrollBar().value() == 0


def test_new_rows_above_do_not_move_what_is_being_read(view: JobTableView) -> None:
    view.sortByColumn(Column.ADDED, Qt.SortOrder.DescendingOrder)
    fill(view, 100)
    view.verticalScrollBar().setValue(50 * ROW_HEIGHT_PX + 3)
    before = top_job(view)
    view.jobs.add_jobs([make_job(f"new{n}", created_at=1000 + n) for n in range(20)])
    assert top_job(view) == before
    assert view.rowViewportPosition(view.jobs.row_of(before) or 0) == -3
    view.jobs.remove_jobs([f"new{n}" for n in range(20)])
    assert top_job(view) == before


def test_at_the_top_new_rows_are_seen(view: JobTableView) -> None:
    view.sortByColumn(Column.ADDED, Qt.SortOrder.DescendingOrder)
    fill(view, 100)
    view.jobs.add_jobs([make_job("new", created_at=1000)])
    assert top_job(view) == "new"


def test_selected_rows_come_top_down_and_once(view: JobTableView) -> None:
    fill(view, 10)
    view.selectAll()
    assert view.selected_rows() == list(range(10))
    view.clearSelection()
    assert view.selected_jobs() == []


END, HOME = Qt.Key.Key_End, Qt.Key.Key_Home
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.mark.parametrize(
    "key, modifiers, selected",
    [
        (HOME, NONE, [0]),
        (END, NONE, [99]),
        (HOME, CTRL, [0]),
        (END, CTRL, [99]),
        (HOME, SHIFT, list(range(51))),
        (END, SHIFT, list(range(50, 100))),
        (HOME, CTRL | SHIFT, list(range(51))),
        (END, CTRL | SHIFT, list(range(50, 100))),
    ],
    ids=[
        "Home",
        "End",
        "Ctrl+Home",
        "Ctrl+End",
        "Shift+Home",
        "Shift+End",
        "both Home",
        "both End",
    ],
)
def test_home_and_end_lead_to_the_first_and_the_last_row(
    view: JobTableView,
    qtbot: QtBot,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    selected: list[int],
) -> None:
    fill(view, 100)
    view.selectRow(50)
    qtbot.keyClick(view, key, modifiers)
    assert view.selected_rows() == selected
    row = 0 if key is HOME else 99
    assert view.currentIndex().row() == row
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()).center())


@pytest.mark.parametrize("key, row", [(HOME, 0), (END, 2)])
def test_home_and_end_select_where_nothing_is_selected(
    view: JobTableView, qtbot: QtBot, key: Qt.Key, row: int
) -> None:
    qtbot.keyClick(view, key)
    assert view.selected_rows() == []
    fill(view, 3)
    qtbot.keyClick(view, key)
    assert view.selected_rows() == [row]
    view.clearSelection()
    qtbot.keyClick(view, key)
    assert view.selected_rows() == [row]


def test_context_menu_offers_the_actions_of_rows(view: JobTableView, qtbot: QtBot) -> None:
    fill(view, 3)
    pause, add = QAction("Pause", view), QAction("Add", view)
    view.set_menu_actions((pause, None, add), (add,))
    menu = open_menu(view, QPoint(30, 10), QContextMenuEvent.Reason.Mouse)
    assert [a.text() for a in menu.actions() if not a.isSeparator()] == ["Pause", "Add"]
    assert menu.isVisible()
    menu.close()


def test_context_menu_below_the_rows_offers_to_add(view: JobTableView) -> None:
    add = QAction("Add", view)
    view.set_menu_actions((), (add,))
    menu = open_menu(view, QPoint(30, 300), QContextMenuEvent.Reason.Mouse)
    assert menu.actions() == [add]
    menu.close()


def test_context_menu_by_key_comes_at_the_current_row(view: JobTableView) -> None:
    fill(view, 3)
    pause = QAction("Pause", view)
    view.set_menu_actions((pause,), ())
    view.selectRow(1)
    menu = open_menu(view, QPoint(0, 0), QContextMenuEvent.Reason.Keyboard)
    assert menu.actions() == [pause]
    menu.close()


@pytest.mark.parametrize("status", list(Status))
def test_double_click_opens_finished_files_alone(
    view: JobTableView, qtbot: QtBot, status: Status
) -> None:
    job = make_job("a", status)
    view.jobs.add_jobs([job])
    activated = QSignalSpy(view.finished_activated)
    at = QPoint(30, 10)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert activated.count() == (1 if status is Status.COMPLETED else 0)


def test_selection_is_soft_in_every_palette(view: JobTableView) -> None:
    role = QPalette.ColorRole
    assert view.palette().color(role.HighlightedText) == view.palette().color(role.Text)


@pytest.mark.parametrize("count", [10, 10_000])
def test_every_state_can_be_painted(view: JobTableView, qtbot: QtBot, count: int) -> None:
    statuses = list(Status)
    view.jobs.add_jobs(
        [
            make_job(str(n), statuses[n % 7], bytes_total=100, bytes_done=n % 100, attempt=0)
            for n in range(count)
        ]
    )
    view.jobs.note_progress([JobProgress("1", 0, Phase.DOWNLOADING, 5, None, 10.0)])
    view.jobs.flush()
    view.selectRow(1)
    for layout in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        view.setLayoutDirection(layout)
        image = view.grab().toImage()
        assert not image.isNull()


# Where the keyboard is


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Up])
def test_an_arrow_marks_the_row_that_the_keyboard_is_on_where_none_is_marked(
    view: JobTableView, qtbot: QtBot, key: Qt.Key
) -> None:
    fill(view, 3)
    view.setCurrentIndex(view.jobs.index(1, 0))
    view.clearSelection()
    qtbot.keyClick(view, key)
    assert view.selected_rows() == [1]
    qtbot.keyClick(view, key)
    assert view.selected_rows() == [2 if key is Qt.Key.Key_Down else 0]


def test_a_tab_into_the_list_marks_a_row(view: JobTableView, qtbot: QtBot) -> None:
    fill(view, 3)
    with qtbot.waitActive(view):
        view.activateWindow()
    view.clearFocus()
    view.clearSelection()
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    assert view.selected_rows() == []
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.selected_rows() == [0]


# Sentences


def has_text(view: JobTableView, column: Column, row: int = 0) -> bool:
    """Whether something is painted in a cell, beyond its ground."""
    cell = view.visualRect(view.jobs.index(row, column)).adjusted(2, 2, -2, -2)
    image = view.viewport().grab(cell).toImage()
    ground = image.pixelColor(0, 0)
    return any(
        image.pixelColor(x, y) != ground
        for x in range(image.width())
        for y in range(image.height())
    )


def test_a_long_sentence_goes_on_in_the_empty_cells_beside_it(view: JobTableView) -> None:
    reason = "The server says this file does not exist any more, and that it never did (404)."
    failed = make_job("a", Status.FAILED, error_message=reason)
    view.jobs.add_jobs([failed])
    view.executeDelayedItemsLayout()
    assert has_text(view, Column.SPEED)
    assert has_text(view, Column.TIME_LEFT)
    view.horizontalHeader().moveSection(Column.SIZE, Column.STATUS)  # another column between
    assert not has_text(view, Column.SPEED)


def test_a_sentence_gives_way_to_a_speed(view: JobTableView) -> None:
    view.jobs.add_jobs([make_job("a", Status.PROCESSING, attempt=1, phase=Phase.DOWNLOADING)])
    view.jobs.note_progress([JobProgress("a", 1, Phase.DOWNLOADING, 5, None, 999_000.0)])
    view.jobs.flush()
    view.executeDelayedItemsLayout()
    view.horizontalHeader().resizeSection(Column.STATUS, 45)
    assert has_text(view, Column.SPEED)
    assert not has_text(view, Column.TIME_LEFT)
