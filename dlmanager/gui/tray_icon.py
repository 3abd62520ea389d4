"""The pictures of the tray's icon: idle, at work with how far it is, and in want of attention."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from dlmanager import resources

STEPS = 20
"""Pictures of the bar from empty to full; more could not be told apart at the size of a tray."""
_SIZES_PX = (16, 22, 24, 32, 48, 64)
_TRACK = QColor("#0d1b36")
_BAR = QColor("#ffffff")
_BADGE = QColor("#d92d20")
_BADGE_SIGN = QColor("#ffffff")


def step_of(fraction: float | None) -> int | None:
    """Which picture shows a fraction of 0.0 to 1.0; None while there is nothing to do."""
    return None if fraction is None else round(max(0.0, min(1.0, fraction)) * STEPS)


@lru_cache(maxsize=2 * (STEPS + 2))
def tray_icon(step: int | None, *, needs_attention: bool) -> QIcon:
    """Return the icon. step: as from `step_of`.

    Panels are light or dark, so what is drawn brings its own background; and a bar and a badge
    differ in shape, so that no state is told by its colour alone.
    """
    if step is None and not needs_attention:
        return resources.application_icon()
    made = QIcon()
    for side in _SIZES_PX:
        made.addPixmap(_picture(side, step, needs_attention=needs_attention))
    return made


def _picture(side: int, step: int | None, *, needs_attention: bool) -> QPixmap:
    picture = QPixmap(resources.pixmap(resources.APPLICATION_ICON, QColor("black"), side))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if step is not None:
        _draw_bar(painter, side, step / STEPS)
    if needs_attention:
        _draw_badge(painter, side)
    painter.end()
    return picture


def _draw_bar(painter: QPainter, side: int, fraction: float) -> None:
    # On whole pixels: a blurred edge of half a pixel is a tenth of a bar in a small tray.
    height = max(5, round(side * 0.28))
    edge = max(1, side // 22)
    track = QRectF(0, side - height, side, height)
    painter.fillRect(track, _TRACK)
    inside = track.adjusted(edge, edge, -edge, -edge)
    inside.setWidth(round(inside.width() * fraction))
    painter.fillRect(inside, _BAR)


def _draw_badge(painter: QPainter, side: int) -> None:
    radius = side * 0.27
    edge = max(1.0, side / 22)
    centre = QPointF(side - radius - edge / 2, radius + edge / 2)
    painter.setPen(QPen(_BADGE_SIGN, edge))
    painter.setBrush(_BADGE)
    painter.drawEllipse(centre, radius, radius)
    width = max(1.5, side * 0.085)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_BADGE_SIGN)
    left = centre.x() - width / 2
    painter.drawRect(QRectF(left, centre.y() - radius * 0.62, width, radius * 0.72))
    painter.drawRect(QRectF(left, centre.y() + radius * 0.32, width, max(1.5, radius * 0.3)))
