"""The line at the bottom: how fast, how many, and what has just happened."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from dlmanager.gui import formatting
from dlmanager.gui.elided_label import ElidedLabel
from dlmanager.gui.job_table_model import Summary

MESSAGE_MS = 8000
_QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's "as wide as it likes"; PySide does not export it
_WIDEST_SPEED = "↓ 1,999.9 MB/s"


class StatusLine(QStatusBar):
    """Shows the summary of the list, and for a while what has just happened."""

    def __init__(self, free_space: QLabel, parent: QWidget | None = None) -> None:
        """free_space: what shows it, such as a FreeSpaceLabel."""
        super().__init__(parent)
        self._offline = _plain_label(self.tr("Network"))
        self._offline.setText(self.tr("Offline"))
        self._offline.setToolTip(
            self.tr("No server can be reached. Downloads go on when the network is back.")
        )
        self._offline.hide()
        self._speed = _plain_label(self.tr("Total speed"))
        self._speed.setMinimumWidth(self.fontMetrics().horizontalAdvance(_WIDEST_SPEED))
        self._counts = _plain_label(self.tr("Downloads at work"))
        self._message = ElidedLabel()
        self._message.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._message.setAccessibleName(self.tr("What has just happened"))
        self._message.setContentsMargins(8, 0, 8, 0)
        self._offer = QToolButton(self)
        self._offer.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._offer.setAutoRaise(True)
        self._offer.hide()
        self.addWidget(self._message, 1)
        self.addWidget(self._offer)
        self.addPermanentWidget(self._offline)
        self._speed.hide()
        self._counts.hide()
        self.addPermanentWidget(self._counts)
        self.addPermanentWidget(self._speed)
        self.addPermanentWidget(_plain(free_space, self.tr("Free space")))
        self._clear_timer = QTimer(self)
        self._clear_timer.setSingleShot(True)
        self._clear_timer.setInterval(MESSAGE_MS)
        self._clear_timer.timeout.connect(self._clear_message)

    def show_summary(self, summary: Summary) -> None:
        """Show how the list stands."""
        speed = formatting.speed(summary.speed_bytes_s)
        _show_text(self._speed, f"↓ {speed}" if speed else "")
        counts = (summary.active, summary.waiting, summary.retrying)
        _show_text(self._counts, formatting.counts_text(*counts) if any(counts) else "")

    def show_offline(self, is_offline: bool) -> None:
        """Show or hide the note that no server can be reached."""
        self._offline.setVisible(is_offline)

    def say(self, text: str, offer: QAction | None = None) -> None:
        """Show a sentence for a while; offer: what can be done about it meanwhile."""
        self.amend(text, offer)
        self._clear_timer.start()

    def amend(self, text: str, offer: QAction | None = None) -> None:
        """Put the sentence that is shown into other words, for as long as it would have stood."""
        self._message.setText(text)
        self._show_offer(offer)
        self._message.setToolTip("")

    @property
    def message(self) -> str:
        """What is said just now; empty if nothing."""
        return self._message.text()

    def _show_offer(self, offer: QAction | None) -> None:
        """Show a button right behind the message, or none."""
        for action in self._offer.actions():
            self._offer.removeAction(action)
        if offer is not None:
            self._offer.setDefaultAction(offer)
            self._offer.setAccessibleName(offer.iconText())
            self._message.setMaximumWidth(self._message.sizeHint().width())
        else:
            self._message.setMaximumWidth(_QWIDGETSIZE_MAX)
        self._offer.setVisible(offer is not None)

    def _clear_message(self) -> None:
        self._show_offer(None)
        self._message.clear()


def _show_text(label: QLabel, text: str) -> None:
    """Show a text; a label without one takes no room."""
    label.setText(text)
    label.setVisible(bool(text))


def _plain_label(accessible_name: str) -> QLabel:
    return _plain(QLabel(), accessible_name)


def _plain(label: QLabel, accessible_name: str) -> QLabel:
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAccessibleName(accessible_name)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setContentsMargins(8, 0, 8, 0)
    return label
