import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from dlmanager.gui.columns import USUAL, ColumnState, load_column_state
from dlmanager.gui.job_row import Column
from dlmanager.gui.job_table_view import JobTableView
from tests.gui.fake_queue import make_job


@pytest.fixture
def view(qtbot: QtBot) -> JobTableView:
    made = JobTableView()
    qtbot.addWidget(made)
    made.resize(1400, 400)
    made.show()
    return made


def shown(view: JobTableView) -> list[Column]:
    """The columns that are shown, from the left."""
    header = view.horizontalHeader()
    columns = [column for column in Column if not view.isColumnHidden(column)]
    return sorted(columns, key=header.visualIndex)


def entry(view: JobTableView, column: Column):
    menu = QMenu(view)
    view.columns.fill_menu(menu)
    return menu.actions()[column]


def test_the_usual_columns_are_shown_until_somebody_chooses(view):
    assert set(shown(view)) == USUAL


def test_a_column_is_chosen_and_left_out_by_its_entry(view):
    entry(view, Column.HOST).trigger()
    assert Column.HOST in shown(view)
    entry(view, Column.RETRIES).trigger()
    assert Column.RETRIES not in shown(view)
    assert entry(view, Column.HOST).isChecked()
    assert not entry(view, Column.RETRIES).isChecked()


def test_names_are_always_shown(view):
    assert not entry(view, Column.NAME).isEnabled()


def test_a_right_click_on_the_titles_offers_the_columns(view, qtbot):
    view.horizontalHeader().customContextMenuRequested.emit(view.rect().center())
    menu = next(each for each in view.findChildren(QMenu) if each.isVisible())
    assert len(menu.actions()) == len(Column) + 2
    menu.close()


def test_what_somebody_chose_does_not_give_way(view):
    entry(view, Column.HOST).trigger()
    view.resize(500, 400)
    assert set(shown(view)) == USUAL | {Column.HOST}
    assert view.horizontalScrollBar().maximum() > 0


def test_the_columns_come_back_as_they_were_left(view, qtbot):
    header = view.horizontalHeader()
    entry(view, Column.HOST).trigger()
    header.moveSection(header.visualIndex(Column.STATUS), 1)
    header.resizeSection(Column.SIZE, 123)
    header.setSortIndicator(Column.HOST, Qt.SortOrder.DescendingOrder)
    text = view.columns.state.dump()
    other = JobTableView()
    qtbot.addWidget(other)
    other.resize(1400, 400)
    other.show()
    other.columns.restore(load_column_state(text))
    assert shown(other) == shown(view)
    assert shown(other)[1] == Column.STATUS
    assert other.columnWidth(Column.SIZE) == 123
    assert other.horizontalHeader().sortIndicatorSection() == Column.HOST
    assert other.columns.state == view.columns.state


def test_untouched_columns_are_remembered_as_untouched(view):
    state = view.columns.state
    assert (state.chosen, state.widths, state.order) == (None, None, None)


def test_reset_brings_back_the_usual_columns_that_fit(view):
    header = view.horizontalHeader()
    entry(view, Column.HOST).trigger()
    header.moveSection(header.visualIndex(Column.STATUS), 1)
    header.resizeSection(Column.SIZE, 123)
    view.columns.reset()
    assert shown(view) == sorted(USUAL)
    assert view.columns.state.widths is None
    view.resize(800, 400)
    assert header.length() == view.viewport().width()


@pytest.mark.parametrize("change", ["choose", "resize", "move", "sort"])
def test_changes_are_told(view, qtbot, change):
    header = view.horizontalHeader()
    with qtbot.waitSignal(view.columns.changed, timeout=1000):
        match change:
            case "choose":
                entry(view, Column.HOST).trigger()
            case "resize":
                header.resizeSection(Column.SIZE, 200)
            case "move":
                header.moveSection(3, 1)
            case "sort":
                header.setSortIndicator(Column.SIZE, Qt.SortOrder.DescendingOrder)


def test_a_new_width_of_the_window_is_no_change_of_the_persons(view, qtbot):
    with qtbot.assertNotEmitted(view.columns.changed):
        view.resize(900, 400)


def test_rows_that_change_places_are_no_change_of_the_persons(view, qtbot):
    view.resize(800, 400)
    assert view.isColumnHidden(Column.RETRIES)
    view.jobs.add_jobs([make_job(name) for name in "abc"])
    with qtbot.assertNotEmitted(view.columns.changed):
        view.jobs.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
        view.jobs.sort(Column.NAME, Qt.SortOrder.AscendingOrder)
    assert view.columns.state.widths is None


def test_what_gave_way_is_left_out_after_the_next_start_too(view, qtbot):
    view.resize(800, 400)
    view.horizontalHeader().resizeSection(Column.NAME, view.columnWidth(Column.NAME) - 5)
    left_out = USUAL - set(shown(view))
    assert left_out
    other = JobTableView()
    qtbot.addWidget(other)
    other.resize(800, 400)
    other.columns.restore(load_column_state(view.columns.state.dump()))
    other.show()
    assert USUAL - set(shown(other)) == left_out
    assert other.horizontalScrollBar().maximum() == 0


def test_beside_widths_of_the_persons_what_matters_less_gives_way_too(view, qtbot):
    view.horizontalHeader().resizeSection(Column.SIZE, 100)
    view.resize(800, 400)
    assert view.columnWidth(Column.SIZE) == 100
    assert view.isColumnHidden(Column.RETRIES)
    assert view.horizontalHeader().length() == view.viewport().width()
    qtbot.waitUntil(lambda: view.horizontalScrollBar().maximum() == 0)
    view.resize(1400, 400)
    assert set(shown(view)) == USUAL


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"chosen": 3}', '{"chosen": null, "widths": [1], "order": null}'],
)
def test_what_cannot_be_read_counts_as_untouched(text):
    assert load_column_state(text) == ColumnState()


def test_columns_of_another_version_are_left_out(view):
    state = ColumnState(chosen=("NAME", "SIZE"), order=("SIZE", "NAME")).dump()
    restored = load_column_state(state.replace('"SIZE"', '"MOOD"'))
    view.columns.restore(restored)
    assert shown(view) == [Column.NAME]
