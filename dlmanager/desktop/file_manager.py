"""The system's way to open a file, and to show one in its folder."""

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeDatabase, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices

from dlmanager.core.errors import CannotOpen

if TYPE_CHECKING or sys.platform == "linux":
    from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

OpenUrl = Callable[[QUrl], bool]

_SERVICE = "org.freedesktop.FileManager1"
_PATH = "/org/freedesktop/FileManager1"
_TIMEOUT_MS = 5000
_LISTS_OF_PROGRAMS = ("mimeapps.list", "mimeinfo.cache")

_asked: set["QDBusPendingCallWatcher"] = set()
"""Questions that wait for their answer; a watcher that nobody holds never tells."""


def open_file(path: str, *, open_url: OpenUrl = QDesktopServices.openUrl) -> None:
    """Open a file with the program that the system has for it. Raises CannotOpen."""
    file = Path(path)
    if not file.exists():
        raise CannotOpen(f"{file.name} is not there any more. It may have been moved or deleted.")
    if not (_has_program(path) and open_url(QUrl.fromLocalFile(path))):
        kind = f"{file.suffix} files" if file.suffix else "this kind of file"
        raise CannotOpen(
            f"No program is known that opens {kind}. "
            f"{file.name} is there: choose Open folder to see it."
        )


def _has_program(path: str) -> bool:
    """Whether the system lists a program for this kind of file, or asks for one by itself.

    Qt says only that xdg-open was started, which then fails unheard.
    Source: freedesktop.org, Association between MIME types and applications.
    """
    if sys.platform != "linux" or "KDE" in os.environ.get("XDG_CURRENT_DESKTOP", ""):
        return True
    kind = QMimeDatabase().mimeTypeForFile(path)
    names = {kind.name(), *kind.aliases(), *kind.allAncestors()}
    places = QStandardPaths.StandardLocation
    folders = [
        *QStandardPaths.standardLocations(places.ApplicationsLocation),
        *QStandardPaths.standardLocations(places.GenericConfigLocation),
    ]
    lists = [Path(folder) / name for folder in folders for name in _LISTS_OF_PROGRAMS]
    return any(_names_program(each, names) for each in lists)


def _names_program(list_of_programs: Path, kinds: Collection[str]) -> bool:
    try:
        lines = list_of_programs.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    pairs = (line.partition("=") for line in lines)
    return any(kind.strip() in kinds and programs.strip() for kind, _, programs in pairs)


def show_in_folder(
    path: str,
    on_failed: Callable[[], None],
    *,
    open_url: OpenUrl = QDesktopServices.openUrl,
) -> None:
    """Show a file, marked, in its folder, or open a folder.

    Where no file manager can mark a file, its folder is opened. on_failed: called, now or a
    little later, if neither is there or nothing can show it.
    """
    wanted = Path(path)
    folder = wanted if wanted.is_dir() else wanted.parent

    def open_folder() -> None:
        if not (folder.is_dir() and open_url(QUrl.fromLocalFile(str(folder)))):
            on_failed()

    bus = _file_manager_bus() if wanted.exists() and folder is not wanted else None
    if bus is None:
        open_folder()
    else:
        _ask_to_show(bus, wanted, open_folder)


def _file_manager_bus() -> "QDBusConnection | None":
    """Return the bus on which file managers listen; None where there is none."""
    if sys.platform != "linux":
        return None
    bus = QDBusConnection.sessionBus()
    return bus if bus.isConnected() else None


def _ask_to_show(bus: "QDBusConnection", wanted: Path, open_folder: Callable[[], None]) -> None:
    message = QDBusMessage.createMethodCall(_SERVICE, _PATH, _SERVICE, "ShowItems")
    link = bytes(QUrl.fromLocalFile(str(wanted)).toEncoded().data()).decode("ascii")
    message.setArguments([[link], ""])
    # The answer may take until a file manager has started, so it is not waited for here.
    watcher = QDBusPendingCallWatcher(bus.asyncCall(message, _TIMEOUT_MS))
    _asked.add(watcher)

    def on_answered() -> None:
        _asked.discard(watcher)
        if watcher.isError():
            open_folder()
        watcher.deleteLater()

    watcher.finished.connect(on_answered)
