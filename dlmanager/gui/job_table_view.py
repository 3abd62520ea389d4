"""The table of jobs on the screen: rows of one height, menu and keys."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QFont,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyleOptionHeader,
    QTableView,
    QWidget,
)

from dlmanager.core.job import IN_LINE, Job, Status
from dlmanager.gui.actions import fill_menu
from dlmanager.gui.columns import Columns
from dlmanager.gui.file_icons import job_icon
from dlmanager.gui.job_row import LENT_TO_STATUS, Column
from dlmanager.gui.job_table_model import JobTableModel, spans_of
from dlmanager.gui.palette import with_soft_selection
from dlmanager.gui.progress_delegate import CellDelegate, ProgressDelegate
from dlmanager.gui.row_height import COMFORTABLE, icon_side, row_height
from dlmanager.gui.status_delegate import StatusDelegate

MAX_DRAGGED = 1000
"""How many files are dragged out at once: each is looked for on the disk first."""

_Move = QAbstractItemView.CursorAction
_BY_KEYBOARD = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
    }
)

_GAP_PX = 2

_TITLE_INDENT = "\N{EN SPACE}"


class JobTableView(QTableView):
    """Shows a JobTableModel.

    Signals:
        selection_changed(): other rows are selected.
        finished_activated(Job), unfinished_activated(Job): a job was double-clicked.
        rows_dropped(list[str], Gap): the person wants these jobs in another place of the queue.
        drag_refused(): rows cannot be dragged to another place while sorted by something else.
    """

    selection_changed = Signal()
    finished_activated = Signal(object)
    unfinished_activated = Signal(object)
    rows_dropped = Signal(object, object)
    drag_refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Downloads"))
        self._jobs = JobTableModel(self, icon_of=self._icon_of)
        self._row_actions: Sequence[QAction | None] = ()
        self._ground_actions: Sequence[QAction | None] = ()
        self._top: tuple[QPersistentModelIndex, int] | None = None
        self._visible: list[tuple[QPersistentModelIndex, int]] = []
        self._density = COMFORTABLE
        self._dragged: Sequence[Job] = ()
        self._drop_row: int | None = None
        self._set_up_look()
        self._set_up_rows_and_columns()
        self.doubleClicked.connect(self._on_double_clicked)

    @property
    def jobs(self) -> JobTableModel:
        """The model."""
        return self._jobs

    @property
    def columns(self) -> Columns:
        """Which columns are shown, and how."""
        return self._columns

    def set_menu_actions(
        self, on_rows: Sequence[QAction | None], on_ground: Sequence[QAction | None]
    ) -> None:
        """Set what the context menu offers on rows and below them; None is a separator."""
        self._row_actions, self._ground_actions = on_rows, on_ground

    def set_density(self, density: str) -> None:
        """Set how close the rows are, a value of `Settings.row_height`; the top row stays."""
        self._density = density
        self._suit_font()

    def selected_rows(self) -> list[int]:
        """Return the selected rows, top down."""
        # Ranges, as one index per cell takes seconds where a hundred thousand rows are selected.
        spans = self.selectionModel().selection().toList()
        return sorted({row for span in spans for row in range(span.top(), span.bottom() + 1)})

    def selected_jobs(self) -> list[Job]:
        """Return the jobs of the selected rows, top down."""
        return [self._jobs.job_at(row) for row in self.selected_rows()]

    def job_beside(self, job_ids: Sequence[str]) -> str | None:
        """Return the job below the rows of these, else the nearest above; None if none is left."""
        rows = {row for row in map(self._jobs.row_of, job_ids) if row is not None}
        if not rows:
            return None
        last = max(rows)
        below = range(last + 1, self._jobs.rowCount())[:1]
        row = next((row for row in (*below, *reversed(range(last))) if row not in rows), None)
        return None if row is None else self._jobs.job_at(row).id

    # Look

    def _set_up_look(self) -> None:
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setIconSize(self._icon_size())
        self.setItemDelegate(CellDelegate(self))
        self.setItemDelegateForColumn(Column.PROGRESS, ProgressDelegate(self))
        sentences = StatusDelegate(self)
        for column in (Column.STATUS, *LENT_TO_STATUS):
            self.setItemDelegateForColumn(column, sentences)
        font = QFont(self.font())
        # Figures of one width, so that numbers do not tremble while they change.
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)
        self._soften_selection()

    def _soften_selection(self) -> None:
        above = self.parentWidget()
        wanted = with_soft_selection(above.palette() if above is not None else QPalette())
        role = QPalette.ColorRole.Highlight
        if wanted.color(role) != self.palette().color(role):
            self.setPalette(wanted)

    def _suit_font(self) -> None:
        """Make rows, icons and columns as large as the text needs."""
        top, rows = self.rowAt(0), self.verticalHeader()
        rows.setDefaultSectionSize(row_height(self._density, self.fontMetrics()))
        self.setIconSize(self._icon_size())
        self._columns.suit_font()
        if top > 0:
            self.updateGeometries()
            self.verticalScrollBar().setValue(rows.sectionPosition(top))

    def _icon_size(self) -> QSize:
        side = icon_side(self.fontMetrics())
        return QSize(side, side)

    def _icon_of(self, name: str, status: Status) -> QIcon:
        side, ratio = self.iconSize().width(), self.devicePixelRatioF()
        return job_icon(name, status, self.palette(), ratio, side)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ParentChange):
            self._soften_selection()
        elif event.type() == QEvent.Type.FontChange and self.model() is not None:
            self._suit_font()

    # Rows and columns

    def _set_up_rows_and_columns(self) -> None:
        self.setModel(self._jobs)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.selectionModel().selectionChanged.connect(self.selection_changed)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setDefaultSectionSize(row_height(self._density, self.fontMetrics()))
        columns = TitleHeader(self)
        self.setHorizontalHeader(columns)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(True)
        columns.setMinimumSectionSize(40)
        columns.setTextElideMode(Qt.TextElideMode.ElideRight)
        columns.setSortIndicator(Column.ADDED, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        # With the selection of the rows, each title would look at every selected row when painted.
        columns.setSelectionModel(QItemSelectionModel(self._jobs, columns))
        self._columns = Columns(self)
        self._jobs.rowsAboutToBeInserted.connect(self._note_top)
        self._jobs.rowsAboutToBeRemoved.connect(self._note_top)
        self._jobs.rowsInserted.connect(self._keep_top)
        self._jobs.rowsRemoved.connect(self._keep_top)
        self._jobs.order_following.connect(self._note_visible)
        self._jobs.layoutChanged.connect(self._keep_visible)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A column dragged wider brings a bar below: no reason to touch the others.
        if event.size().width() != event.oldSize().width():
            self._columns.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._columns.fit()

    def _note_top(self) -> None:
        """Remember the row at the top before rows come or go above it."""
        scrolled = self.verticalScrollBar().value()
        top = self.indexAt(self.viewport().rect().topLeft())
        if not scrolled or not top.isValid():
            self._top = None
            return
        self._top = (QPersistentModelIndex(top), self.rowViewportPosition(top.row()))

    def _keep_top(self) -> None:
        if self._top is None:
            return
        index, offset_px = self._top
        if index.isValid():
            self.updateGeometries()  # or the bar would not yet reach that far
            position = self.verticalHeader().sectionPosition(index.row())
            self.verticalScrollBar().setValue(position - offset_px)

    def _note_visible(self) -> None:
        """Remember the rows in sight before the order follows what changed."""
        # At the top it is what comes up there that should be seen.
        if self.verticalScrollBar().value():
            first = self.rowAt(0)
            last = self.rowAt(self.viewport().height() - 1)
            rows = range(first, (last if last >= 0 else self._jobs.rowCount() - 1) + 1)
            self._visible = [(QPersistentModelIndex(self._jobs.index(r, 0)), r) for r in rows]

    def _keep_visible(self) -> None:
        """Scroll as far as most of the rows in sight have moved; single ones come and go."""
        moves = sorted(index.row() - row for index, row in self._visible)
        self._visible = []
        if moves:
            by_px = moves[len(moves) // 2] * self.verticalHeader().defaultSectionSize()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + by_px)

    def show_jobs(self, job_ids: Sequence[str]) -> None:
        """Select the rows of these jobs, bring the first into view, and go on with the keyboard."""
        rows = sorted(row for row in map(self._jobs.row_of, job_ids) if row is not None)
        if not rows:
            return
        selection = QItemSelection()
        for top, bottom in spans_of(rows):  # single rows would take seconds where they are many
            selection.select(self._jobs.index(top, 0), self._jobs.index(bottom, 0))
        flags = QItemSelectionModel.SelectionFlag
        first = self._jobs.index(rows[0], 0)
        self.selectionModel().setCurrentIndex(first, flags.NoUpdate)
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(first)
        self.setFocus()

    # What the person does

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Begin what the row under the mouse is for; Qt calls it for rows that can be dragged."""
        if self._jobs.job_at(self.currentIndex().row()).path is None:
            self._drag_in_line()
        else:
            self._drag_files()

    def show_queue_order(self) -> None:
        """Sort the rows as the queue works on them, with the column that shows it."""
        if self.isColumnHidden(Column.PRIORITY):
            self._columns.choose(Column.PRIORITY, is_shown=True)
        self.sortByColumn(Column.PRIORITY, Qt.SortOrder.AscendingOrder)

    def _drag_in_line(self) -> None:
        """Let the selected rows be taken to another place in the queue."""
        if not self._jobs.is_in_queue_order:
            self.drag_refused.emit()
            return
        self._dragged = [job for job in self.selected_jobs() if job.status in IN_LINE]
        if not self._dragged:
            return
        drag = QDrag(self)
        # Something must be in it; what it is about is known here, and means nothing elsewhere.
        ids = QMimeData()
        ids.setData("application/x-dlmanager-rows", b"")
        drag.setMimeData(ids)
        self._set_picture(drag)
        # What comes from elsewhere is the window's to take, so not but while we drag ourselves.
        self.setAcceptDrops(True)
        drag.exec(Qt.DropAction.MoveAction)
        self.setAcceptDrops(False)
        self._dragged = ()
        self._mark_gap(None)

    def _set_picture(self, drag: QDrag) -> None:
        job = self._jobs.job_at(self.currentIndex().row())
        drag.setPixmap(self._icon_of(job.display_name, job.status).pixmap(self._icon_size()))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is self and self._dragged:
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)  # scrolls where the mouse is near an end
        if event.source() is not self or not self._dragged:
            event.ignore()
            return
        row = self._gap_at(event.position().toPoint().y())
        is_gap = self._jobs.gap_before(row, self._dragged) is not None
        self._mark_gap(row if is_gap else None)
        event.setDropAction(Qt.DropAction.MoveAction)
        event.setAccepted(is_gap)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._mark_gap(None)

    def dropEvent(self, event: QDropEvent) -> None:
        row = self._gap_at(event.position().toPoint().y())
        dragged, gap = self._dragged, self._jobs.gap_before(row, self._dragged)
        super().dragLeaveEvent(QDragLeaveEvent())  # ends the scrolling; Qt's drop would move cells
        self._mark_gap(None)
        if event.source() is not self or not dragged or gap is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.MoveAction)
        event.accept()
        self.rows_dropped.emit([job.id for job in dragged], gap)

    def _gap_at(self, y_px: int) -> int:
        """Return the row that something dropped there comes before."""
        row = self.rowAt(y_px)
        if row < 0:
            return self._jobs.rowCount()
        is_lower_half = y_px - self.rowViewportPosition(row) > self.rowHeight(row) // 2
        return row + is_lower_half

    def _mark_gap(self, row: int | None) -> None:
        if row != self._drop_row:
            self._drop_row = row
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop_row is None:
            return
        rows = self.verticalHeader()
        at_end = self._drop_row >= self._jobs.rowCount()
        y_px = rows.length() if at_end else rows.sectionPosition(self._drop_row)
        painter = QPainter(self.viewport())
        line = QRect(0, y_px - rows.offset() - 1, self.viewport().width(), _GAP_PX)
        painter.fillRect(line, self.palette().color(QPalette.ColorRole.Accent))
        painter.end()

    def _drag_files(self) -> None:
        """Let finished files be taken to another program."""
        # Qt's own would ask for each cell of the selection: seconds, where all is selected.
        files = self.dragged_files()
        if files is None:
            return
        drag = QDrag(self)
        drag.setMimeData(files)
        self._set_picture(drag)
        # A move would delete the file behind the back of the list.
        drag.exec(Qt.DropAction.CopyAction)

    def dragged_files(self) -> QMimeData | None:
        """Return the finished files of the selected rows that are still there; None if none is."""
        jobs = self.selected_jobs()
        paths = [job.path for job in jobs if job.path is not None][:MAX_DRAGGED]
        urls = [QUrl.fromLocalFile(path) for path in paths if Path(path).is_file()]
        if not urls:
            return None
        files = QMimeData()
        files.setUrls(urls)
        return files

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        # Qt's table moves within the row; as in any list, the ends are those of the rows.
        row = {_Move.MoveHome: 0, _Move.MoveEnd: self._jobs.rowCount() - 1}.get(action)
        if row is None:
            return super().moveCursor(action, modifiers)
        column = self.currentIndex().column()
        return self._jobs.index(row, column if column >= 0 else Column.NAME)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        # Where nothing was marked, one could not see that the keyboard is here.
        if event.reason() in _BY_KEYBOARD:
            self.select_current()

    def select_current(self) -> None:
        """Select the row that the keyboard is on, where none is selected."""
        current, selection = self.currentIndex(), self.selectionModel()
        if current.isValid() and not selection.hasSelection():
            flags = QItemSelectionModel.SelectionFlag
            selection.select(current, flags.ClearAndSelect | flags.Rows)
            self.scrollTo(current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and not event.modifiers():
            was_marked = self.selectionModel().hasSelection() or not self.currentIndex().isValid()
            if not was_marked:
                self.select_current()  # from a row that is not marked nobody sees where it goes
                event.accept()
                return
        if event.key() not in (Qt.Key.Key_Home, Qt.Key.Key_End) or not self._jobs.rowCount():
            super().keyPressEvent(event)
            return
        # Ctrl would move the focus and leave the selection behind, out of sight.
        plain = event.modifiers() & ~Qt.KeyboardModifier.ControlModifier
        super().keyPressEvent(QKeyEvent(event.type(), event.key(), plain, event.text()))
        selection, current = self.selectionModel(), self.currentIndex()
        if not selection.isSelected(current):  # it was there already, without being selected
            flags = QItemSelectionModel.SelectionFlag
            selection.select(current, flags.ClearAndSelect | flags.Rows)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        position = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            current = self.visualRect(self.currentIndex())
            position = current.center() if current.isValid() else self.viewport().rect().center()
        on_row = self.indexAt(position).isValid()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self._row_actions if on_row else self._ground_actions)
        menu.popup(self.viewport().mapToGlobal(position))

    def _on_double_clicked(self, index: QModelIndex) -> None:
        job = self._jobs.job_at(index.row())
        if job.status is Status.COMPLETED:
            self.finished_activated.emit(job)
        else:
            self.unfinished_activated.emit(job)


class TitleHeader(QHeaderView):
    """Titles in line with the cells below them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._suit_font()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._suit_font()

    def _suit_font(self) -> None:
        self.setMinimumHeight(self.fontMetrics().height() + 12)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, section: int) -> None:
        super().initStyleOptionForIndex(option, section)
        # Styles offer no margin of their own for titles; blanks are the same in all of them.
        if option.textAlignment & Qt.AlignmentFlag.AlignRight:
            option.text += _TITLE_INDENT
        else:
            option.text = _TITLE_INDENT + option.text
