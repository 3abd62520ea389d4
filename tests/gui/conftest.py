"""A window on a fake queue, and numbers written the same on every machine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from dlmanager.core.errors import CannotDelete, CannotOpen
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.window_state import WindowState
from tests.gui.fake_queue import FakeQueue, finish, free_at_once, read_at_once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What the offscreen platform says of windows, menus and trays; no fault of ours.
    mark = pytest.mark.qt_log_ignore("^This plugin does not support", "systemTrayWindowChanged")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(mark)


@pytest.fixture(autouse=True)
def american_numbers() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture(autouse=True)
def no_key_is_held(qtbot: QtBot) -> None:
    """Let go of the modifiers of the last key, which Qt takes for held even in the next test."""
    widget = QWidget()
    qtbot.addWidget(widget)
    qtbot.keyRelease(widget, Qt.Key.Key_Shift)


@pytest.fixture
def queue(qapp: QApplication) -> FakeQueue:
    return FakeQueue()


@dataclass
class Desktop:
    """What the window asks of its surroundings."""

    has_tray: bool = False
    opens: bool = True
    opened: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    browsed: list[str] = field(default_factory=list)
    trashed: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def open_file(self, path: str) -> None:
        self.opened.append(path)
        if not self.opens:
            raise CannotOpen("No program is known that opens it.")

    def open_in_browser(self, link: str) -> bool:
        self.browsed.append(link)
        return self.opens

    async def move_to_trash(self, path: str) -> bool:
        if not self.opens:
            raise CannotDelete(f"{Path(path).name} could not be moved to the trash.")
        if path in self.gone:
            return False
        self.trashed.append(path)
        return True

    def show_in_folder(self, path: str, on_failed: Callable[[], None]) -> None:
        self.shown.append(path)
        if not self.opens:
            on_failed()


@pytest.fixture
def desktop() -> Desktop:
    return Desktop()


class OpenWindow(Protocol):
    """Opens a window. state: what it remembers. size: before it is shown. on: another queue."""

    def __call__(
        self,
        state: WindowState | None = None,
        size: QSize | None = None,
        on: FakeQueue | None = None,
    ) -> MainWindow: ...


@pytest.fixture
def open_window(
    qtbot: QtBot, qapp: QApplication, queue: FakeQueue, desktop: Desktop, tmp_path: Path
) -> OpenWindow:
    qapp.setQuitOnLastWindowClosed(False)

    def opened(
        state: WindowState | None = None,
        size: QSize | None = None,
        on: FakeQueue | None = None,
    ) -> MainWindow:
        made = MainWindow(
            on or queue,
            start_task=finish,
            download_directory=str(tmp_path),
            open_file=desktop.open_file,
            open_in_browser=desktop.open_in_browser,
            show_in_folder=desktop.show_in_folder,
            move_to_trash=desktop.move_to_trash,
            make_settings_dialog=QDialog,
            make_about_dialog=QDialog,
            read_link_file=read_at_once,
            free_bytes=free_at_once,
            state=state,
            tray_is_available=lambda: desktop.has_tray,
        )
        # The end of a test is neither a wish to quit nor one to hide.
        qtbot.addWidget(made, before_close_func=lambda widget: widget.close_for_good())
        if size is not None:
            made.resize(size)
        made.show()
        qtbot.waitExposed(made)
        return made

    return opened


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window()
