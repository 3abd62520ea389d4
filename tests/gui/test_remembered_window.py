"""What a window finds as the one before it was left."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from dlmanager.gui.job_row import Column
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.window_state import WindowState
from tests.gui.conftest import Desktop
from tests.gui.fake_queue import FakeQueue, finish, free_at_once, make_job, read_at_once

OpenWindow = Callable[[], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, queue: FakeQueue, desktop: Desktop, tmp_path: Path) -> OpenWindow:
    """Opens a window that remembers in one file."""

    def opened() -> MainWindow:
        window = MainWindow(
            queue,
            start_task=finish,
            download_directory=str(tmp_path),
            open_file=desktop.open_file,
            open_in_browser=desktop.open_in_browser,
            show_in_folder=desktop.show_in_folder,
            move_to_trash=desktop.move_to_trash,
            make_settings_dialog=QDialog,
            read_link_file=read_at_once,
            free_bytes=free_at_once,
            state=WindowState(tmp_path / "window.ini"),
            tray_is_available=lambda: False,
        )
        qtbot.addWidget(window, before_close_func=lambda widget: widget.close_for_good())
        window.load([make_job("a")])
        window.show()
        qtbot.waitExposed(window)
        return window

    return opened


def test_size_and_place(open_window: OpenWindow) -> None:
    first = open_window()
    first.setGeometry(40, 50, 700, 555)  # within the screen, which is small here
    first.close_for_good()
    assert open_window().geometry() == first.geometry()


def test_columns_and_their_order(open_window: OpenWindow) -> None:
    first = open_window()
    first._table.columns.choose(Column.HOST, is_shown=True)
    first._table.horizontalHeader().setSortIndicator(Column.NAME, Qt.SortOrder.DescendingOrder)
    first.close_for_good()
    second = open_window()
    assert not second._table.isColumnHidden(Column.HOST)
    assert second._table.horizontalHeader().sortIndicatorSection() == Column.NAME
    assert second._table.jobs._sort_column is Column.NAME


def test_the_side_panel(open_window: OpenWindow) -> None:
    first = open_window()
    first._list.setSizes([260, 900])
    first._list.splitterMoved.emit(260, 1)
    first._actions.show_side_panel.trigger()
    first.close_for_good()
    second = open_window()
    assert second._list.side_panel.isHidden()
    assert not second._actions.show_side_panel.isChecked()
    second._actions.show_side_panel.trigger()
    assert second._list.side_panel.isVisible()


def test_a_place_that_makes_no_sense_counts_as_none(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    (tmp_path / "window.ini").write_text("[window]\ngeometry=bm9uc2Vuc2U=\n")
    assert open_window().width() > 800
