"""What stands in the place of an empty list: how to begin, or what hides the rest."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from dlmanager import resources
from dlmanager.gui.palette import blend, quiet_text

_PICTURE_PX = 96


class NoHitsPage(QWidget):
    """Says that a filter hides all there is, and how to see it again.

    Signals:
        cleared(): the person wants to see all.
    """

    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel(self)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        show_all = QPushButton(self.tr("Show &all downloads"), self)
        show_all.clicked.connect(self.cleared)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self._sentence)
        layout.addWidget(show_all, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def say(self, sentence: str) -> None:
        """Say which filter it is."""
        self._sentence.setText(sentence)


class EmptyPage(QWidget):
    """Explains an empty list in one look."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel(self)
        self._title = QLabel(self.tr("Drop links here"), self)
        title_font = QFont(self._title.font())
        title_font.setPointSizeF(title_font.pointSizeF() * 1.3)
        title_font.setWeight(QFont.Weight.DemiBold)
        self._title.setFont(title_font)
        self._hint = QLabel(self.tr("or press Ctrl+V, or click Add"), self)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch(2)
        for label in (self._picture, self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addStretch(3)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._colour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.Text)
        base = palette.color(QPalette.ColorRole.Base)
        self._picture.setPixmap(
            resources.pixmap(
                "drop-here", blend(text, base, 0.4), _PICTURE_PX, self.devicePixelRatioF()
            )
        )
        role = self._hint.foregroundRole()
        quiet = QPalette(self._hint.palette())
        if quiet.color(role) != quiet_text(palette):
            quiet.setColor(role, quiet_text(palette))
            self._hint.setPalette(quiet)
