"""The icon in the system tray."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from dlmanager import resources
from dlmanager.core.notification import Notification
from dlmanager.gui import formatting
from dlmanager.gui.actions import Actions, fill_menu
from dlmanager.gui.job_table_model import Summary
from dlmanager.gui.tray_icon import step_of, tray_icon

if TYPE_CHECKING or sys.platform == "linux":
    from PySide6.QtDBus import QDBusConnection

WATCH_INTERVAL_MS = 3000
"""How often is looked whether there is a tray."""
_LOOKS_UNTIL_GONE = 2  # a panel that starts anew has no tray for a moment
_MESSAGE_MS = 8000
_WATCHER = "org.kde.StatusNotifierWatcher"


def is_tray_available() -> bool:
    """Whether there is a tray just now: it comes and goes with the desktop's panel."""
    # Qt looks for a tray on the bus once, when first asked, and takes the answer for good. So
    # where a tray can only be there, as on Wayland, Qt is not asked before one has come: at
    # login we may be earlier than the panel.
    if sys.platform == "linux" and QGuiApplication.platformName() != "xcb" and not _is_on_bus():
        return False
    return QSystemTrayIcon.isSystemTrayAvailable()


def _is_on_bus() -> bool:
    bus = QDBusConnection.sessionBus()
    return bus.isConnected() and bool(bus.interface().isServiceRegistered(_WATCHER).value())


class Tray(QObject):
    """Shows dlmanager in the tray while there is one; a click shows or hides the window.

    Signals:
        clicked(): the icon was clicked, other than for its menu.
        message_clicked(Notification): the last message was clicked.
        gone(): there is no tray any more, for longer than a panel needs to start anew.
    """

    clicked = Signal()
    message_clicked = Signal(object)
    gone = Signal()

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
        self._summary = Summary(0, 0, 0, 0, 0, None)
        self._step: int | None = None
        self._failures = 0
        self._message: Notification | None = None
        self._icon: QSystemTrayIcon | None = None
        self._menu = QMenu()
        add = (actions.show_or_hide, actions.add, actions.add_from_clipboard)
        all_jobs = (actions.pause_all, actions.resume_all)
        fill_menu(self._menu, (*add, None, *all_jobs, None, actions.settings, actions.quit))
        self._looks_without = 0
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_INTERVAL_MS)
        self._watch.timeout.connect(self._on_watch)
        self._watch.start()
        self.appear()

    def appear(self) -> bool:
        """Be in the tray if there is one just now; returns whether there is."""
        is_there = self._is_available()
        # Not made before there is a tray: Qt decides for good what kind it is for. Kept when the
        # tray goes: Qt itself brings it back into the next one.
        if is_there and self._icon is None:
            self._icon = QSystemTrayIcon(self._picture(), self)
            self._icon.setToolTip(self._tip)
            self._icon.setContextMenu(self._menu)
            self._icon.activated.connect(self._on_activated)
            self._icon.messageClicked.connect(self._on_message_clicked)
            self._icon.show()
        return is_there

    def show_summary(self, summary: Summary) -> None:
        """Tell in the tool tip how the list stands."""
        self._summary = summary
        self._renew_tip()

    def show_work(self, fraction: float | None, failures: int) -> None:
        """Draw how much is done, None if there is nothing to do, and whether something failed.

        failures: of those that the person has not seen yet.
        """
        before = self._picture_key()
        self._step = step_of(fraction)
        if failures != self._failures:
            self._failures = failures
            self._renew_tip()
        if self._icon is not None and self._picture_key() != before:
            self._icon.setIcon(self._picture())

    def tell(self, notification: Notification) -> None:
        """Show a notification at the tray, for want of a better place; it has no buttons there."""
        if self._icon is not None:
            self._message = notification
            # With our icon, as a standard one would take its place while the message lasts.
            self._icon.showMessage(
                notification.title, notification.text, resources.application_icon(), _MESSAGE_MS
            )

    def leave(self) -> None:
        """Take the icon away, for good."""
        self._watch.stop()
        if self._icon is not None:
            self._icon.hide()

    def _picture_key(self) -> tuple[int | None, bool]:
        return self._step, bool(self._failures)

    def _picture(self) -> QIcon:
        step, needs_attention = self._picture_key()
        return tray_icon(step, needs_attention=needs_attention)

    def _renew_tip(self) -> None:
        summary = self._summary
        texts = [formatting.counts_text(summary.active, summary.waiting, summary.retrying)]
        if self._failures:
            texts.append(formatting.failures_text(self._failures))
        if speed := formatting.speed(summary.speed_bytes_s):
            texts.append(speed)
        tip = f"dlmanager: {', '.join(texts)}"
        if tip != self._tip:
            self._tip = tip
            if self._icon is not None:
                self._icon.setToolTip(tip)

    def _on_watch(self) -> None:
        if self.appear():
            self._looks_without = 0
            return
        self._looks_without += 1
        if self._looks_without == _LOOKS_UNTIL_GONE:
            self.gone.emit()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (
            QSystemTrayIcon.ActivationReason.Trigger,
            QSystemTrayIcon.ActivationReason.MiddleClick,
        ):
            self.clicked.emit()

    def _on_message_clicked(self) -> None:
        if self._message is not None:
            self.message_clicked.emit(self._message)
