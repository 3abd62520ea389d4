"""The line at the bottom: how fast, how many, and what has just happened."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from dlmanager.gui import formatting
from dlmanager.gui.elided_label import ElidedLabel
from dlmanager.gui.job_table_model import Summary

MESSAGE_MS = 8000
_WIDEST_SPEED = "↓ 1,999.9 MB/s"


class StatusLine(QStatusBar):
    """Shows the summary of the list, and for a while what has just happened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._speed = _plain_label(self.tr("Total speed"))
        self._speed.setMinimumWidth(self.fontMetrics().horizontalAdvance(_WIDEST_SPEED))
        self._counts = _plain_label(self.tr("Downloads at work"))
        self._message = ElidedLabel()
        self._message.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._message.setAccessibleName(self.tr("What has just happened"))
        self._message.setContentsMargins(8, 0, 8, 0)
        self.addWidget(self._message, 1)
        self.addPermanentWidget(self._counts)
        self.addPermanentWidget(self._speed)
        self._clear_timer = QTimer(self)
        self._clear_timer.setSingleShot(True)
        self._clear_timer.setInterval(MESSAGE_MS)
        self._clear_timer.timeout.connect(self._clear_message)

    def show_summary(self, summary: Summary) -> None:
        """Show how the list stands."""
        speed = formatting.speed(summary.speed_bytes_s)
        self._speed.setText(f"↓ {speed}" if speed else "")
        counted = summary.active or summary.waiting
        self._counts.setText(
            formatting.counts_text(summary.active, summary.waiting) if counted else ""
        )

    def say(self, text: str) -> None:
        """Show a sentence for a while."""
        self._message.setText(text)
        self._message.setToolTip("")
        self._clear_timer.start()

    @property
    def message(self) -> str:
        """What is said just now; empty if nothing."""
        return self._message.text()

    def _clear_message(self) -> None:
        self._message.clear()


def _plain_label(accessible_name: str) -> QLabel:
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setAccessibleName(accessible_name)
    made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    made.setContentsMargins(8, 0, 8, 0)
    return made
