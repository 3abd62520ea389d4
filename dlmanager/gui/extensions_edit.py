"""The field for the extensions of a category: as high as they need, so that all can be read."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ExtensionsEdit(QPlainTextEdit):
    """Takes extensions, in as many lines as they fill; Return ends the typing.

    Signals:
        editing_finished(): Return, or the keyboard goes elsewhere.
    """

    editing_finished = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._suit_height)
        self._suit_height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _RETURN:
            self.editing_finished.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:  # its own menu is no leaving
            self.editing_finished.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._suit_height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._suit_height()

    def _suit_height(self) -> None:
        lines = round(self.document().size().height())  # that of plain text is in lines
        margins_px = 2 * (round(self.document().documentMargin()) + self.frameWidth()) + 2
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margins_px)
