"""How cells are painted: room about the text, and the bar of the progress column."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QGradient, QLinearGradient, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from dlmanager.core.job import Status
from dlmanager.gui.job_row import Bar, Column
from dlmanager.gui.job_table_model import Role
from dlmanager.gui.palette import bar_track, blend, state_colours

CELL_MARGIN_PX = 6
BAR_HEIGHT_PX = 8
_GAP_PX = 8
_WIDEST_TEXTS = ("100\N{NO-BREAK SPACE}%", "99.9\N{NO-BREAK SPACE}MB")
_STRIPE_PX = 4  # along each side, from one stripe to the next
_HINT_SHARE = 0.3  # of the bar's width, while the total is unknown
_HAS_FOCUS = QStyle.StateFlag.State_HasFocus
_HINT_STEPS = 12  # signs of life from one end to the other


class CellDelegate(QStyledItemDelegate):
    """Paints cells with some room at both sides, and long names so that their endings stay."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.rect = option.rect.adjusted(CELL_MARGIN_PX, 0, -CELL_MARGIN_PX, 0)
        is_name = index.column() == Column.NAME
        option.textElideMode = (
            Qt.TextElideMode.ElideMiddle if is_name else Qt.TextElideMode.ElideRight
        )
        if option.state & _HAS_FOCUS and not self._needs_focus_frame(option):
            option.state &= ~_HAS_FOCUS

    def _needs_focus_frame(self, option: QStyleOptionViewItem) -> bool:
        """Whether the keyboard is on another row than the selection: else the frame is noise."""
        view = option.widget
        selects = isinstance(view, QAbstractItemView) and view.selectionModel().hasSelection()
        return selects and not option.state & QStyle.StateFlag.State_Selected


class ProgressDelegate(CellDelegate):
    """Paints a flat bar with the percent beside it; what is spoken comes from the model."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        self._paint_ground(painter, option)
        bar = index.data(Role.BAR)
        if bar is None:
            return
        area = option.rect.adjusted(2 * CELL_MARGIN_PX, 0, -CELL_MARGIN_PX, 0)
        palette = option.palette
        metrics = option.fontMetrics
        # Of one width whatever the text, or the bars would not end below each other.
        text_width = max(map(metrics.horizontalAdvance, _WIDEST_TEXTS))
        text_area = QRect(area)
        text_area.setLeft(area.right() - text_width)
        bar_area = QRectF(
            area.left(),
            area.center().y() - BAR_HEIGHT_PX / 2 + 0.5,
            max(0, area.width() - text_width - _GAP_PX),
            BAR_HEIGHT_PX,
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_bar(painter, bar_area, bar, palette, option.direction)
        group = (
            QPalette.ColorGroup.Normal
            if option.state & QStyle.StateFlag.State_Enabled
            else QPalette.ColorGroup.Disabled
        )
        painter.setPen(palette.color(group, QPalette.ColorRole.Text))
        painter.setFont(option.font)
        painter.drawText(
            QStyle.visualRect(option.direction, area, text_area),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            bar.text,
        )
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        ground = QStyleOptionViewItem(option)
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, ground, painter, option.widget
        )


def paint_bar(
    painter: QPainter, area: QRectF, bar: Bar, palette: QPalette, direction: Qt.LayoutDirection
) -> None:
    """Paint one bar: its track, and how far it is in the colour of its state."""
    if area.width() < BAR_HEIGHT_PX:
        return
    radius = area.height() / 2
    track = bar_track(palette)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(track)
    painter.drawRoundedRect(area, radius, radius)
    filled = _filled(area, bar)
    if filled is None:
        return
    if direction is Qt.LayoutDirection.RightToLeft:
        filled.moveLeft(area.left() + area.right() - filled.right())
    painter.setBrush(_brush(bar.status, state_colours(palette).of(bar.status), track))
    painter.drawRoundedRect(filled, radius, radius)


def _filled(area: QRectF, bar: Bar) -> QRectF | None:
    filled = QRectF(area)
    if bar.percent is not None:
        if bar.percent <= 0:
            return None
        filled.setWidth(max(area.height(), area.width() * bar.percent / 100))
        return filled
    if bar.status is not Status.PROCESSING:
        return None
    # There and back again, a step with every sign of life: still when nothing comes.
    there = bar.step % (2 * _HINT_STEPS)
    place = min(there, 2 * _HINT_STEPS - there) / _HINT_STEPS
    filled.setWidth(area.width() * _HINT_SHARE)
    filled.moveLeft(area.left() + (area.width() - filled.width()) * place)
    return filled


def _brush(status: Status, colour: QColor, track: QColor) -> QBrush:
    if status is not Status.PAUSED:
        return QBrush(colour)
    # Slanting stripes: what a person has stopped is told from what waits by more than colour.
    across = QLinearGradient(0, 0, _STRIPE_PX, _STRIPE_PX)
    across.setSpread(QGradient.Spread.RepeatSpread)
    light = blend(colour, track, 0.4)
    for place, shade in ((0.0, colour), (0.55, colour), (0.6, light), (0.95, light), (1.0, colour)):
        across.setColorAt(place, shade)
    return QBrush(across)
