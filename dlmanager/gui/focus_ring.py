"""A ring about a widget while it has the keyboard, for those that Qt gives no sign of it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

_RING_PX = 2


class FocusRing(QWidget):
    """Lies above a widget, which goes on getting the mouse, and is seen while it has the focus."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self._watched = watched
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.FocusIn:
                self.setGeometry(self._watched.rect())
                self.show()
                self.raise_()
            case QEvent.Type.FocusOut:
                self.hide()
            case QEvent.Type.Resize:
                self.setGeometry(self._watched.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), _RING_PX))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
