"""What lies over the window while links are dragged above it, and says that they can be dropped."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from dlmanager import resources
from dlmanager.gui.palette import blend

_MARGIN_PX = 12
_RADIUS_PX = 8
_PICTURE_PX = 64
_VEIL = 0.88
_ACCENT = QPalette.ColorRole.Accent


class DropOverlay(QWidget):
    """Covers its parent while it is shown; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._covered = parent
        self._text = self.tr("Drop to add")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAccessibleName(self._text)
        self.hide()
        parent.installEventFilter(self)

    def appear(self) -> None:
        """Cover the parent."""
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and watched is self._covered:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        base, accent = palette.color(QPalette.ColorRole.Base), palette.color(_ACCENT)
        veil = QColor(blend(accent, base, 0.06))
        veil.setAlphaF(_VEIL)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), veil)
        frame = QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        painter.setPen(QPen(accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, _RADIUS_PX, _RADIUS_PX)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        line_px = painter.fontMetrics().height()
        top = self.height() / 2 - (_PICTURE_PX + 8 + line_px) / 2
        picture = resources.pixmap("drop-here", accent, _PICTURE_PX, self.devicePixelRatioF())
        painter.drawPixmap(round(self.width() / 2 - _PICTURE_PX / 2), round(top), picture)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        painter.drawText(
            QRectF(0, top + _PICTURE_PX + 8, self.width(), line_px),
            Qt.AlignmentFlag.AlignCenter,
            self._text,
        )
        painter.end()
