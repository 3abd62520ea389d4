"""The page Attempts of the details: each try at the selected job, the newest on top."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.errors import DlmanagerError
from dlmanager.core.job import Job
from dlmanager.core.progress import JobProgress
from dlmanager.gui import formatting
from dlmanager.gui.attempt_words import ending_text, start_text
from dlmanager.gui.details_page import DetailsPage, Selection
from dlmanager.gui.job_table_view import TitleHeader
from dlmanager.gui.palette import with_soft_selection
from dlmanager.gui.progress_delegate import CELL_MARGIN_PX, CellDelegate
from dlmanager.gui.queue import AttemptSource
from dlmanager.gui.sentences import in_window_language

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_WIDEST_SIZE = "999.9 MB"


class Column(IntEnum):
    """The columns, in their order on the screen."""

    NUMBER = 0
    STARTED = 1
    FROM = 2
    REACHED = 3
    TOOK = 4
    ENDED = 5


_RIGHT = frozenset({Column.NUMBER, Column.FROM, Column.REACHED, Column.TOOK})


class AttemptTableModel(QAbstractTableModel):
    """The attempts of one job, the newest first."""

    def __init__(self, parent: QObject | None = None, *, clock: Callable[[], int]) -> None:
        """clock: milliseconds since the epoch."""
        super().__init__(parent)
        self._clock = clock
        self._records: list[AttemptRecord] = []

    def set_records(self, records: Sequence[AttemptRecord]) -> None:
        """Show these attempts, given oldest first; what is selected stays."""
        newest_first = list(reversed(records))
        if [each.attempt for each in newest_first] == [each.attempt for each in self._records]:
            self._records = newest_first
            self._tell_changed()
            return
        self.beginResetModel()
        self._records = newest_first
        self.endResetModel()

    def note_progress(self, progress: JobProgress | None) -> None:
        """Show how far the running attempt is, and for how long it runs."""
        if not self._records or self._records[0].ended_at is not None:
            return
        newest = self._records[0]
        if progress is not None and progress.attempt == newest.attempt:
            self._records[0] = replace(newest, bytes_done=progress.bytes_done)
        self._tell_changed(last_row=0)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record = self._records[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._text(record, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        return None

    def _text(self, record: AttemptRecord, column: int) -> str:
        match column:
            case Column.NUMBER:
                return formatting.whole_number(record.attempt)
            case Column.STARTED:
                return formatting.date_and_time(record.started_at)
            case Column.FROM:
                return start_text(record)
            case Column.REACHED:
                return formatting.size(record.bytes_done)
            case Column.TOOK:
                until = self._clock() if record.ended_at is None else record.ended_at
                return formatting.duration(max(0, until - record.started_at) // 1000)
            case _:
                return ending_text(record)

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("No."),
            self.tr("Started"),
            self.tr("From"),
            self.tr("Reached"),
            self.tr("Took"),
            self.tr("How it ended"),
        )

    def _tell_changed(self, last_row: int | None = None) -> None:
        last = len(self._records) - 1 if last_row is None else last_row
        if last >= 0:
            self.dataChanged.emit(self.index(0, 0), self.index(last, len(Column) - 1))


class DetailsAttempts(DetailsPage):
    """Shows the attempts of one job; asks for them when they can be seen."""

    def __init__(
        self,
        source: AttemptSource,
        *,
        start_task: Callable[[Coroutine[Any, Any, None]], None],
        clock: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._start_task = start_task
        self._model = AttemptTableModel(self, clock=clock)
        self._known: tuple[object, ...] = ()
        self._view = _AttemptTableView(self._model, self)
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self.addWidget(content)
        self._content = content

    @property
    def model(self) -> AttemptTableModel:
        """What is shown."""
        return self._model

    def show_selection(self, selection: Selection) -> None:
        job = selection.only
        if job is None:
            self._known = ()
            self.show_hint(self.tr("Select one download to see each try at it."))
            return
        if not job.attempt:
            self._known = ()
            self.show_hint(self.tr("It has not been tried yet."))
            return
        key = (job.id, job.attempt, job.status)
        if key != self._known:
            if self._known[:1] != key[:1]:
                self._model.set_records([])
            self._known = key
            self._start_task(self._load(job, key))
        self._model.note_progress(selection.progress_of(job))

    async def _load(self, job: Job, key: tuple[object, ...]) -> None:
        try:
            records = await self._source.attempts(job.id)
        except DlmanagerError as error:
            self._known = ()
            self.show_hint(in_window_language(str(error)))
            return
        if self._known != key:
            return  # another job was selected meanwhile
        self._model.set_records(records)
        if records:
            self.setCurrentWidget(self._content)
        else:
            self.show_hint(self.tr("Nothing is remembered of its attempts."))


class _AttemptTableView(QTableView):
    """Fixed rows; how it ended gets the room that is left."""

    def __init__(self, model: AttemptTableModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(self.tr("Attempts"))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(CellDelegate(self))
        self._soften_selection()
        font = QFont(self.font())
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns = TitleHeader(self)
        self.setHorizontalHeader(columns)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        columns.setStretchLastSection(True)
        self._suit_font()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ParentChange):
            self._soften_selection()
        elif event.type() == QEvent.Type.FontChange:
            self._suit_font()

    def _suit_font(self) -> None:
        model = self.model()
        if model is None:  # while it is being made
            return
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        metrics = self.fontMetrics()
        date = formatting.date_and_time(1_798_498_680_000)  # two digits in every place
        widest = ("999", date, self.tr("the beginning"), _WIDEST_SIZE, "23 h 59 min")
        for column, text in enumerate(widest):
            title = str(model.headerData(column, Qt.Orientation.Horizontal))
            width = max(metrics.horizontalAdvance(text), metrics.horizontalAdvance(title))
            self.setColumnWidth(column, width + 2 * CELL_MARGIN_PX + 16)

    def _soften_selection(self) -> None:
        above = self.parentWidget()
        wanted = with_soft_selection(above.palette() if above is not None else QPalette())
        role = QPalette.ColorRole.Highlight
        if wanted.color(role) != self.palette().color(role):
            self.setPalette(wanted)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
