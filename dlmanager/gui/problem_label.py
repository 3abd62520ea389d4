"""A sentence below a field."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from dlmanager.gui.palette import state_colours


class ProblemLabel(QLabel):
    """A plain sentence below a field; takes no room while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text, or hide if it is empty."""
        if text == self.text():
            return
        self.setText(text)
        palette = self.palette()
        palette.setColor(self.foregroundRole(), state_colours(palette).failed)
        self.setPalette(palette)
        self.setVisible(bool(text))
