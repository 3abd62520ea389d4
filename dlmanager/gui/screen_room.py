"""Keeping windows on the screen that they are on, with their frames."""

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QWidget

_USUAL_FRAME = QSize(8, 40)
"""What a window manager puts around a window, for one that was not shown yet."""


def room_on_screen(window: QWidget) -> QSize:
    """Return how large a window can be made on its screen."""
    return window.screen().availableGeometry().size() - _frame(window)


def keep_on_screen(window: QWidget) -> None:
    """Make a window no larger than its screen, and move one that was shown fully onto it."""
    window.resize(window.size().boundedTo(room_on_screen(window)))
    if not window.isVisible():
        return  # the window manager finds a place for it
    room, frame = window.screen().availableGeometry(), window.frameGeometry()
    if frame == window.geometry():  # the window manager has not told yet
        frame.setSize(window.size() + _frame(window))
    place = _inside(frame, room)
    if place != frame.topLeft():
        window.move(place)


def _inside(frame: QRect, room: QRect) -> QPoint:
    """Return where a frame has to be to lie within a room; its top left corner goes first."""
    return QPoint(
        max(room.left(), min(frame.left(), room.right() + 1 - frame.width())),
        max(room.top(), min(frame.top(), room.bottom() + 1 - frame.height())),
    )


def _frame(window: QWidget) -> QSize:
    around = window.frameGeometry().size() - window.size()
    return around if window.isVisible() and not around.isNull() else _USUAL_FRAME
