"""How the sentence of a row's state is painted: on into the empty cells beside it."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QTableView

from dlmanager.gui.job_row import LENT_TO_STATUS, Column
from dlmanager.gui.progress_delegate import CellDelegate


class StatusDelegate(CellDelegate):
    """Paints Status and the columns that lend it their room; each cell its part of the sentence.

    What says most, why a job failed, is too long for a column; and just then nothing moves.
    """

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        view = option.widget
        assert isinstance(view, QTableView)
        columns = _columns_of_sentence(view, index)
        if index.column() not in columns:
            super().paint(painter, option, index)
            return
        whole = QStyleOptionViewItem(option)
        whole.rect = _across(view, columns, option.rect)
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)
        super().paint(painter, whole, index.sibling(index.row(), Column.STATUS))
        painter.restore()


def _columns_of_sentence(view: QTableView, index: QModelIndex | QPersistentModelIndex) -> list[int]:
    """Return Status and the columns right behind it, if they are empty in this row."""
    if any(index.sibling(index.row(), column).data() for column in LENT_TO_STATUS):
        return []
    header = view.horizontalHeader()
    columns: list[int] = [Column.STATUS]
    for place in range(header.visualIndex(Column.STATUS) + 1, header.count()):
        column = header.logicalIndex(place)
        if column in LENT_TO_STATUS:
            columns.append(column)
        elif not header.isSectionHidden(column):
            break
    return columns


def _across(view: QTableView, columns: list[int], cell: QRect) -> QRect:
    """Return the room of several columns in the row of a cell."""
    spans = [(view.columnViewportPosition(each), view.columnWidth(each)) for each in columns]
    left = min(position for position, _ in spans)
    right = max(position + width for position, width in spans)
    return QRect(left, cell.top(), right - left, cell.height())
