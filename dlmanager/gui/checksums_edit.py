"""The field for a checksum: one line high, and a few where a list is pasted into it."""

from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

_MOST_LINES = 4
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ChecksumsEdit(QPlainTextEdit):
    """Takes a checksum, or the lines of a list; Return is for the dialog's button."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._suit_height)
        self._suit_height()

    def insertFromMimeData(self, source: QMimeData) -> None:
        # What is copied together with its line break is one line all the same.
        self.insertPlainText(source.text().strip("\r\n"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _RETURN:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._suit_height()

    def _suit_height(self) -> None:
        lines = min(self.blockCount(), _MOST_LINES)
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAsNeeded
            if lines > 1
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        margins_px = 2 * (round(self.document().documentMargin()) + self.frameWidth()) + 2
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margins_px)
