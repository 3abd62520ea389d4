"""The icon in the system tray."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from dlmanager import resources
from dlmanager.gui import formatting
from dlmanager.gui.actions import Actions
from dlmanager.gui.job_table_model import Summary

_MESSAGE_MS = 8000


def is_tray_available() -> bool:
    """Whether there is a tray just now: it comes and goes with the desktop's panel."""
    return QSystemTrayIcon.isSystemTrayAvailable()


class Tray(QObject):
    """Shows dlmanager in the tray where there is one; a click shows or hides the window.

    Signals:
        clicked(): the icon was clicked, other than for its menu.
    """

    clicked = Signal()

    def __init__(
        self,
        actions: Actions,
        parent: QObject | None = None,
        *,
        is_available: Callable[[], bool] = is_tray_available,
    ) -> None:
        super().__init__(parent)
        self._is_available = is_available
        self._tip = "dlmanager"
        self._icon: QSystemTrayIcon | None = None
        self._menu = QMenu()
        for action in (actions.show_or_hide, actions.add):
            self._menu.addAction(action)
        self._menu.addSeparator()
        for action in (actions.pause_all, actions.resume_all):
            self._menu.addAction(action)
        self._menu.addSeparator()
        self._menu.addAction(actions.quit)
        self.appear()

    def appear(self) -> bool:
        """Be in the tray if there is one just now; returns whether there is."""
        is_there = self._is_available()
        # Not made before there is a tray: Qt decides for good what kind it is for.
        if is_there and self._icon is None:
            self._icon = QSystemTrayIcon(resources.application_icon(), self)
            self._icon.setToolTip(self._tip)
            self._icon.setContextMenu(self._menu)
            self._icon.activated.connect(self._on_activated)
            self._icon.show()
        return is_there

    def show_summary(self, summary: Summary) -> None:
        """Tell in the tool tip how the list stands."""
        text = formatting.counts_text(summary.active, summary.waiting)
        speed = formatting.speed(summary.speed_bytes_s)
        tip = f"dlmanager: {text}, {speed}" if speed else f"dlmanager: {text}"
        if tip != self._tip:
            self._tip = tip
            if self._icon is not None:
                self._icon.setToolTip(tip)

    def tell(self, title: str, text: str) -> None:
        """Show a message at the tray."""
        if self._icon is not None:
            # With our icon, as a standard one would take its place while the message lasts.
            self._icon.showMessage(title, text, resources.application_icon(), _MESSAGE_MS)

    def leave(self) -> None:
        """Take the icon away."""
        if self._icon is not None:
            self._icon.hide()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.MiddleClick,
        ):
            self.clicked.emit()
