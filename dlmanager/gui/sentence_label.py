"""Sentences below fields."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from dlmanager.gui.palette import state_colours


class WrappedLabel(QLabel):
    """Plain text, as high as it needs to be in the width that it has.

    It sees to that itself, as Qt's forms and scroll areas take the height of a narrow column.
    """

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        # On screens that scale, Qt may ask for a line more than it needs; not above the text.
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._suit_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._suit_height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._suit_height()

    def _suit_height(self) -> None:
        above = self.parentWidget()
        # A hidden one has not been laid out since; what it takes must not make its window larger.
        width = self.width() if self.isVisible() or above is None else above.width()
        self.setMinimumHeight(0)  # QLabel never asks for less than it has to have
        self.setFixedHeight(max(0, self.heightForWidth(width)))


class SentenceLabel(WrappedLabel):
    """A plain sentence below a field; takes no room while there is nothing to say."""

    def __init__(self, parent: QWidget, *, may_shrink: bool = False) -> None:
        """may_shrink: give way where the window has too little height for all."""
        self._may_shrink = may_shrink
        super().__init__("", parent)
        if may_shrink:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def _suit_height(self) -> None:
        if not self._may_shrink:
            super()._suit_height()

    def say(self, text: str) -> None:
        """Show a text, or hide if it is empty."""
        if text != self.text():
            self.setText(text)
            self.setVisible(bool(text))


class ProblemLabel(SentenceLabel):
    """The same in the colour of what needs a person."""

    def say(self, text: str) -> None:
        palette = self.palette()
        palette.setColor(self.foregroundRole(), state_colours(palette).failed)
        self.setPalette(palette)
        super().say(text)
