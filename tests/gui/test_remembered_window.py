"""What a window finds as the one before it was left."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from dlmanager.gui.job_row import Column
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.window_state import WindowState
from tests.gui.conftest import OpenWindow
from tests.gui.fake_queue import make_job

Reopen = Callable[[], MainWindow]


@pytest.fixture
def reopen(open_window: OpenWindow, tmp_path: Path) -> Reopen:
    """Opens a window that remembers in one file, with a job in its list."""

    def opened() -> MainWindow:
        window = open_window(WindowState(tmp_path / "window.ini"))
        window.load([make_job("a")])
        return window

    return opened


def test_size_and_place(reopen: Reopen) -> None:
    first = reopen()
    first.setGeometry(40, 50, 700, 555)  # within the screen, which is small here
    first.close_for_good()
    assert reopen().geometry() == first.geometry()


def test_columns_and_their_order(reopen: Reopen) -> None:
    first = reopen()
    first._table.columns.choose(Column.HOST, is_shown=True)
    first._table.horizontalHeader().setSortIndicator(Column.NAME, Qt.SortOrder.DescendingOrder)
    first.close_for_good()
    second = reopen()
    assert not second._table.isColumnHidden(Column.HOST)
    assert second._table.horizontalHeader().sortIndicatorSection() == Column.NAME
    assert second._table.jobs._sort_column is Column.NAME


def test_the_side_panel(reopen: Reopen) -> None:
    first = reopen()
    first._list.setSizes([260, 900])
    first._list.splitterMoved.emit(260, 1)
    first._actions.show_side_panel.trigger()
    first.close_for_good()
    second = reopen()
    assert second._list.side_panel.isHidden()
    assert not second._actions.show_side_panel.isChecked()
    second._actions.show_side_panel.trigger()
    assert second._list.side_panel.isVisible()


def test_a_place_that_makes_no_sense_counts_as_none(reopen: Reopen, tmp_path: Path) -> None:
    (tmp_path / "window.ini").write_text("[window]\ngeometry=bm9uc2Vuc2U=\n")
    assert reopen().width() > 700  # as wide as the screen of the tests lets it be
