"""What stands in the place of an empty list: a picture, and how to begin."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from dlmanager import resources
from dlmanager.gui.palette import blend, quiet_text

_PICTURE_PX = 96


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
