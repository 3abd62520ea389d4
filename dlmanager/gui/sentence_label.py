"""Sentences below fields."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from dlmanager.gui.palette import state_colours


class SentenceLabel(QLabel):
    """A plain sentence below a field; takes no room while there is nothing to say."""

    def __init__(self, parent: QWidget, *, may_shrink: bool = False) -> None:
        """may_shrink: give way where the window has too little height for all."""
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(
            QSizePolicy.Policy.Ignored,
            QSizePolicy.Policy.Preferred if may_shrink else QSizePolicy.Policy.Minimum,
        )
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

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
