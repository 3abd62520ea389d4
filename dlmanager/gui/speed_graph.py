"""A line over a calm grid: how fast it was in the last minutes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from dlmanager.gui import formatting
from dlmanager.gui.palette import blend, quiet_text

_LEAST_SCALE = 1000.0
_LINES = 4
_MARGIN_PX = 8
_SWATCH_PX = 16


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve. speeds: bytes per second, one a second, oldest first; the last one is now."""

    title: str
    speeds: Sequence[float]

    @property
    def text(self) -> str:
        """What is said of it, such as "Whole queue: 3.1 MB/s, at most 5.2 MB/s"."""
        now = self.speeds[-1]
        at_rest = QCoreApplication.translate("SpeedGraph", "at rest")
        return self.title.format(
            now=formatting.speed(now) if now else at_rest, peak=formatting.speed(max(self.speeds))
        )


def nice_ceiling(value: float) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that is not below a value above 0."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))


class SpeedGraph(QWidget):
    """Draws up to two curves on one scale: the second thick, in front of the first, filled one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: Sequence[Curve] = ()
        self._times = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 4 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(400, 8 * self.fontMetrics().height())

    @property
    def curves(self) -> Sequence[Curve]:
        """What is drawn."""
        return self._curves

    def show_curves(self, curves: Sequence[Curve], begins: str, ends: str) -> None:
        """Draw these; begins, ends: what stands below the two ends of the time line."""
        if (curves, (begins, ends)) == (self._curves, self._times):
            return
        self._curves, self._times = curves, (begins, ends)
        self.setAccessibleDescription("; ".join(curve.text for curve in curves))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        if not self._curves:
            return
        top = nice_ceiling(
            max(_LEAST_SCALE, *(max(curve.speeds, default=0.0) for curve in self._curves))
        )
        area = self._area(top)
        self._paint_legend(painter)
        self._paint_grid(painter, area, top)
        colours = self._colours()
        for number, curve in enumerate(self._curves):
            _paint_curve(painter, area, curve, top, colours[number], is_front=number > 0)

    def _colours(self) -> tuple[QColor, QColor]:
        palette = self.palette()
        behind = blend(
            palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Base), 0.6
        )
        return behind, palette.color(QPalette.ColorRole.Accent)

    def _area(self, top: float) -> QRectF:
        metrics = self.fontMetrics()
        scale_px = metrics.horizontalAdvance(formatting.speed(top)) + _MARGIN_PX
        legend_px = metrics.height() * 1.3 + 2 * _MARGIN_PX
        return QRectF(self.rect()).adjusted(
            _MARGIN_PX + scale_px, legend_px, -_MARGIN_PX, -(metrics.height() + _MARGIN_PX)
        )

    def _paint_legend(self, painter: QPainter) -> None:
        metrics, x = self.fontMetrics(), float(_MARGIN_PX)
        middle = _MARGIN_PX + metrics.height() / 2
        for number, curve in reversed(list(enumerate(self._curves))):
            painter.setPen(_pen(self._colours()[number], is_front=number > 0))
            painter.drawLine(QPointF(x, middle), QPointF(x + _SWATCH_PX, middle))
            x += _SWATCH_PX + _MARGIN_PX
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            width = metrics.horizontalAdvance(curve.text) + 2
            painter.drawText(
                QRectF(x, _MARGIN_PX, width, metrics.height()),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                curve.text,
            )
            x += width + 2 * _MARGIN_PX

    def _paint_grid(self, painter: QPainter, area: QRectF, top: float) -> None:
        palette, metrics = self.palette(), self.fontMetrics()
        grid = blend(
            palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Base), 0.12
        )
        text = quiet_text(palette)
        lines = max(1, min(_LINES, int(area.height() / (1.5 * metrics.height()))))
        lines = {3: 2}.get(lines, lines)  # the scale is made of halves and quarters
        for line in range(lines + 1):
            y = round(area.bottom() - area.height() * line / lines) + 0.5
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            if not line:
                continue
            painter.setPen(text)
            painter.drawText(
                QRectF(0, y - metrics.height() / 2, area.left() - _MARGIN_PX, metrics.height()),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                formatting.speed(top * line / lines),
            )
        below = QRectF(area.left(), area.bottom() + 2, area.width(), metrics.height())
        painter.setPen(text)
        begins, ends = self._times
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, begins)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, ends)


def _pen(colour: QColor, *, is_front: bool) -> QPen:
    return QPen(colour, 2.0 if is_front else 1.5)


def _paint_curve(
    painter: QPainter, area: QRectF, curve: Curve, top: float, colour: QColor, *, is_front: bool
) -> None:
    last = max(1, len(curve.speeds) - 1)
    points = [
        QPointF(
            area.left() + area.width() * number / last, area.bottom() - area.height() * speed / top
        )
        for number, speed in enumerate(curve.speeds)
    ]
    if not is_front:
        fill = QColor(colour)
        fill.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF([*points, area.bottomRight(), area.bottomLeft()]))
    # Lines one by one: to stroke them as one path takes ten times as long, as it minds the joints.
    painter.setPen(_pen(colour, is_front=is_front))
    painter.drawLines([QLineF(start, end) for start, end in pairwise(points)])
