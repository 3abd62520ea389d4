"""The window with all that it needs: the queue, the desktop, dialogs, notifications."""

import asyncio
import contextlib
import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from dlmanager import __version__
from dlmanager.core.errors import WgetUnusable
from dlmanager.core.notification import Notification
from dlmanager.desktop.browser import open_in_browser
from dlmanager.desktop.file_manager import open_file, show_in_folder
from dlmanager.desktop.trash import move_to_trash
from dlmanager.engine.disk_space import free_bytes
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.settings_keeper import SettingsKeeper
from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_check import check_wget, find_wget
from dlmanager.gui.main_window import MainWindow
from dlmanager.gui.window_state import WindowState
from dlmanager.paths import Paths, default_download_directory

if TYPE_CHECKING:
    from dlmanager.core.link_files import LinkFile
    from dlmanager.desktop.notifications import BusNotifications
    from dlmanager.gui.help_dialogs import AboutDialog
    from dlmanager.gui.settings_dialog import SettingsDialog


def make_window(
    paths: Paths, care: SettingsKeeper, orchestrator: DownloadQueueOrchestrator, tasks: Tasks
) -> MainWindow:
    """The window of a queue, not shown yet; it follows the settings.

    tasks: what the window begins runs in them, and has to be settled after the window.
    """
    window = MainWindow(
        orchestrator,
        start_task=tasks.start,
        download_directory=str(default_download_directory()),
        open_file=open_file,
        open_in_browser=open_in_browser,
        show_in_folder=show_in_folder,
        move_to_trash=lambda path: asyncio.to_thread(move_to_trash, path),
        make_settings_dialog=functools.partial(_make_settings_dialog, care, tasks),
        make_about_dialog=functools.partial(_make_about_dialog, paths, care, tasks),
        settings=care.settings,
        state=WindowState(paths.window),
        read_link_file=_read_link_file,
        free_bytes=lambda folder: asyncio.to_thread(free_bytes, folder),
    )
    care.changed.connect(window.set_settings)
    return window


def begin_notifications(window: MainWindow, tasks: Tasks) -> Callable[[], None]:
    """Show what the window announces; returns what is to be called in the end."""
    if sys.platform != "linux":
        window.announced.connect(window.show_at_tray)
        return lambda: None
    notifications: BusNotifications | None = None

    def show(notification: Notification) -> None:
        nonlocal notifications
        if notifications is None:
            notifications = _make_notifications(window, tasks)
        notifications.show(notification)

    def close() -> None:
        window.announced.disconnect(show)
        if notifications is not None:
            notifications.close()

    window.announced.connect(show)
    return close


# What the first window does not need is imported with its first use.


async def _read_link_file(path: str) -> "LinkFile":
    from dlmanager.desktop.link_files import read_link_file

    return await asyncio.to_thread(read_link_file, path)


def _make_notifications(window: MainWindow, tasks: Tasks) -> "BusNotifications":
    from dlmanager.desktop.notifications import BusNotifications
    from dlmanager.resources import APPLICATION_ICON, icon_path

    return BusNotifications(
        start_task=tasks.start,
        on_chosen=window.answer,
        otherwise=window.show_at_tray,
        icon=str(icon_path(APPLICATION_ICON)),
    )


async def _test_wget(path: str | None) -> tuple[str, str]:
    wget_path = find_wget(path)
    return wget_path, str(await check_wget(wget_path))


def _make_about_dialog(
    paths: Paths, care: SettingsKeeper, tasks: Tasks, parent: QWidget
) -> "AboutDialog":
    from dlmanager.gui.help_dialogs import AboutDialog, Facts

    facts = Facts(__version__, "MIT", str(paths.database.parent), str(paths.log))
    return AboutDialog(
        facts,
        ask_wget=lambda: _test_wget(care.settings.wget_executable_path),
        start_task=tasks.start,
        parent=parent,
    )


def _make_settings_dialog(care: SettingsKeeper, tasks: Tasks, parent: QWidget) -> "SettingsDialog":
    from dlmanager.gui.settings_dialog import SettingsDialog

    found = {"download_directory": str(default_download_directory())}
    with contextlib.suppress(WgetUnusable):
        found["wget_executable_path"] = find_wget(None)
    return SettingsDialog(
        care, start_task=tasks.start, test_wget=_test_wget, found=found, parent=parent
    )
