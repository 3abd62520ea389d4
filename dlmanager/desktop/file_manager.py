"""The system's way to open a file, and to show one in its folder."""

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import QMimeDatabase, QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices

from dlmanager.core.errors import CannotOpen

OpenUrl = Callable[[QUrl], bool]

_LISTS_OF_PROGRAMS = ("mimeapps.list", "mimeinfo.cache")


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

    if sys.platform == "linux" and wanted.exists() and folder is not wanted:
        # Loaded with its first use: a start can do without D-Bus.
        from dlmanager.desktop.file_manager_bus import ask_to_show

        ask_to_show(wanted, open_folder)
    else:
        open_folder()
