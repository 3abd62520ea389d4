"""The file manager that listens on the session bus, org.freedesktop.FileManager1.

Source: freedesktop.org, File Manager D-Bus Interface.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

_SERVICE = "org.freedesktop.FileManager1"
_PATH = "/org/freedesktop/FileManager1"
_TIMEOUT_MS = 5000

_asked: set[QDBusPendingCallWatcher] = set()
"""Questions that wait for their answer; a watcher that nobody holds never tells."""


def ask_to_show(path: Path, otherwise: Callable[[], None]) -> None:
    """Ask for a window with a file marked in its folder.

    otherwise: called, now or a little later, if nobody listens or can do it.
    """
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        otherwise()
        return
    message = QDBusMessage.createMethodCall(_SERVICE, _PATH, _SERVICE, "ShowItems")
    link = bytes(QUrl.fromLocalFile(str(path)).toEncoded().data()).decode("ascii")
    message.setArguments([[link], ""])
    # The answer may take until a file manager has started, so it is not waited for here.
    watcher = QDBusPendingCallWatcher(bus.asyncCall(message, _TIMEOUT_MS))
    _asked.add(watcher)

    def on_answered() -> None:
        _asked.discard(watcher)
        if watcher.isError():
            otherwise()
        watcher.deleteLater()

    watcher.finished.connect(on_answered)
