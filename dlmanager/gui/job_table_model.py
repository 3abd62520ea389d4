"""The table of jobs: its own order, live progress on top, and word of exactly what changed."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QIcon

from dlmanager.core.categories import USUAL_CATEGORIES, Category, CategoryTable
from dlmanager.core.job import IN_LINE, Job, Status
from dlmanager.core.priority import Priority
from dlmanager.core.progress import JobProgress
from dlmanager.core.queue_order import level_between
from dlmanager.engine.coalescer import Coalescer
from dlmanager.gui import formatting
from dlmanager.gui.job_filter import NO_FILTER, Group, JobFilter, Verdict, group_of, verdict_of
from dlmanager.gui.job_row import (
    SORT_VALUES,
    Column,
    JobRow,
    alignment,
    newest_batch_first,
    titles,
)

LIVE_INTERVAL_MS = 100
"""How long live progress is collected before it is shown."""
ORDER_INTERVAL_MS = 1500
"""How often the order follows a column that moves."""
COUNTDOWN_INTERVAL_MS = 1000
_MANY_ROWS = 200
_MANY_SPANS = 20

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Role(IntEnum):
    """What a cell can be asked for beside Qt's own roles."""

    SORT = Qt.ItemDataRole.UserRole + 1  # the raw value, None if unknown
    BAR = Qt.ItemDataRole.UserRole + 2  # the Bar of the row, None if there is none to draw


# What `data` answers; a view asks each cell that it paints for several other roles.
_ROLES = frozenset(
    {
        *(int(role) for role in Role),
        int(Qt.ItemDataRole.DisplayRole),
        int(Qt.ItemDataRole.DecorationRole),
        int(Qt.ItemDataRole.ToolTipRole),
        int(Qt.ItemDataRole.TextAlignmentRole),
        int(Qt.ItemDataRole.AccessibleTextRole),
    }
)
_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_FLAGS_TO_DRAG = _FLAGS | Qt.ItemFlag.ItemIsDragEnabled


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole list in numbers, for the status bar and the tray."""

    total: int
    active: int
    waiting: int
    retrying: int
    paused: int
    speed_bytes_s: float | None

    @property
    def unfinished(self) -> int:
        """How many jobs the queue still works on by itself."""
        return self.active + self.waiting + self.retrying


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in the queue: in a level before a job of it; at its end where following is None."""

    priority: Priority
    following: str | None


def now_ms() -> int:
    """Return the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs of each kind there are, those that the filter hides included."""

    by_group: Mapping[Group, int]
    by_category: Mapping[Category, int]
    by_verdict: Mapping[Verdict, int]


class JobTableModel(QAbstractTableModel):
    """All jobs that a filter admits as rows, in an order of its own; follows the queue's signals.

    Signals:
        summary_changed(): `summary()` may differ.
        jobs_updated(): committed states changed, or jobs came or went.
        counted_down(): a second of the waits that are shown has passed.
        order_following(): rows are about to change places because of what is in them, unasked.
    """

    summary_changed = Signal()
    jobs_updated = Signal()
    counted_down = Signal()
    order_following = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        clock: Callable[[], int] = now_ms,
        icon_of: Callable[[str, Status], QIcon] | None = None,
    ) -> None:
        """clock: milliseconds since the epoch. icon_of: the icon for a file name and a state."""
        super().__init__(parent)
        self._clock = clock
        self._icon_of = icon_of
        self._rows: dict[str, JobRow] = {}
        self._order: list[JobRow] = []
        self._next_rank = 0
        self._live: dict[str, JobRow] = {}
        self._retrying: set[str] = set()
        self._counts: Counter[Group] = Counter()
        self._categories = USUAL_CATEGORIES
        self._per_host: int | None = None
        self._category_counts: Counter[Category] = Counter()
        self._verdict_counts: Counter[Verdict] = Counter()
        self._filter = NO_FILTER
        # When a job was added never changes: each row keeps its place until a person wants another
        # order. What is at work, wherever it is, the group Active shows alone.
        self._sort_column = Column.ADDED
        self._sort_descending = True
        self._coalescer = Coalescer(LIVE_INTERVAL_MS, self)
        self._coalescer.due.connect(self._on_live_due)
        self._order_timer = QTimer(self)
        self._order_timer.setSingleShot(True)
        self._order_timer.setInterval(ORDER_INTERVAL_MS)
        self._order_timer.timeout.connect(self._renew_order)
        self._countdown_timer = QTimer(self)
        self._countdown_timer.setInterval(COUNTDOWN_INTERVAL_MS)
        self._countdown_timer.timeout.connect(self._on_second)

    # What the window asks

    def job_at(self, row: int) -> Job:
        """Return the job in a row."""
        return self._order[row].job

    def job(self, job_id: str) -> Job | None:
        """Return a job by its id, as last announced; None if it is not in the list."""
        row = self._rows.get(job_id)
        return None if row is None else row.job

    def bytes_done_at(self, row: int) -> int:
        """Return how many bytes the job in a row has on the disk."""
        found = self._order[row]
        return formatting.bytes_of_job(found.job, found.progress)

    def jobs_by_link(self) -> dict[str, Job]:
        """Return a job of each link that is in the list."""
        return {row.job.url: row.job for row in self._rows.values()}

    def row_of(self, job_id: str) -> int | None:
        """Return the row of a job, None if it is not in the list, or a filter hides it."""
        row = self._rows.get(job_id)
        return None if row is None or row.position < 0 else row.position

    def is_hidden(self, job_id: str) -> bool:
        """Whether a job is in the list, and a filter hides it."""
        row = self._rows.get(job_id)
        return row is not None and row.position < 0

    def counts(self) -> Counts:
        """Return how many jobs of each kind there are."""
        by_group = {group: self._counts[group] for group in Group}
        by_category = {category: self._category_counts[category] for category in Category}
        by_verdict = {verdict: self._verdict_counts[verdict] for verdict in Verdict}
        return Counts({**by_group, Group.ALL: len(self._rows)}, by_category, by_verdict)

    def summary(self) -> Summary:
        """Return the whole list in numbers."""
        speeds = [
            row.progress.speed_bytes_s
            for row in self._live.values()
            if row.progress is not None and row.progress.speed_bytes_s is not None
        ]
        counts = self._counts
        return Summary(
            total=len(self._rows),
            active=counts[Group.ACTIVE],
            waiting=counts[Group.WAITING],
            retrying=counts[Group.RETRYING],
            paused=counts[Group.PAUSED],
            speed_bytes_s=sum(speeds) if speeds else None,
        )

    # What the person asks for

    def set_filter(self, wanted: JobFilter) -> None:
        """Show the jobs that a filter admits; those that stay keep selection and order."""
        if wanted != self._filter:
            self._filter = wanted
            self._refilter(self._rows.values())

    def set_categories(self, categories: CategoryTable) -> None:
        """Tell the categories of the files by another table."""
        if categories == self._categories:
            return
        self._categories = categories
        changed: list[JobRow] = []
        for row in self._rows.values():
            category = categories.category_of(row.display_name())
            if category is not row.category:
                self._category_counts[row.category] -= 1
                self._category_counts[category] += 1
                row.category = category
                changed.append(row)
        self._refilter(changed)
        self.summary_changed.emit()

    def set_downloads_per_host(self, count: int) -> None:
        """Tell those that wait for a slot of their host how many it has."""
        if count != self._per_host:
            self._per_host = count
            self._show([*self._rows.values()])

    # What the queue tells

    def add_jobs(self, jobs: Iterable[Job]) -> None:
        """Take in jobs, in one insertion; those already known are brought up to date."""
        known: list[Job] = []
        added: list[JobRow] = []
        for job in jobs:
            if job.id in self._rows:
                known.append(job)
                continue
            row = JobRow(job, self._next_rank, self._categories)
            self._next_rank += 1
            self._rows[job.id] = row
            self._count(row, 1)
            added.append(row)
        if added:
            self._refilter(added)
            self._tell_updated()
        if known:
            self.change_jobs(known)

    def change_jobs(self, jobs: Iterable[Job]) -> None:
        """Show committed states, at once; older ones than the known, and unknown jobs, are left."""
        changed: list[JobRow] = []
        for job in jobs:
            row = self._rows.get(job.id)
            if row is None or job.revision < row.job.revision:
                continue
            self._count(row, -1)
            row.change(job, self._categories)
            self._count(row, 1)
            if row.progress is None:
                self._live.pop(job.id, None)
            changed.append(row)
        if changed:
            self._refilter(changed)
            self._show(changed)
            self._tell_updated()

    def remove_jobs(self, job_ids: Iterable[str]) -> None:
        """Take jobs out."""
        removed: list[JobRow] = []
        for job_id in job_ids:
            row = self._rows.pop(job_id, None)
            if row is not None:
                self._live.pop(job_id, None)
                self._count(row, -1)
                removed.append(row)
        if removed:
            self._take_out([row for row in removed if row.position >= 0])
            self._tell_updated()

    def note_progress(self, reports: Iterable[JobProgress]) -> None:
        """Take in live progress, shown with the next tick; that of an attempt now over is left."""
        for report in reports:
            row = self._rows.get(report.job_id)
            if row is None or row.job.status is not Status.PROCESSING:
                continue
            if report.attempt != row.job.attempt:
                continue
            row.progress = report
            if report.bytes_total is None:
                row.step += 1
            if report.speed_bytes_s is not None:
                row.speed_unit = formatting.speed_unit(report.speed_bytes_s, row.speed_unit)
            self._live[report.job_id] = row
            self._coalescer.mark(report.job_id)

    def flush(self) -> None:
        """Show the live progress that still waits for its tick."""
        self._coalescer.flush()

    # Qt's questions

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._order)

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
            return titles()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in _ROLES or not index.isValid():
            return None
        row = self._order[index.row()]
        column = index.column()
        shown = row.shown
        if shown is None:
            shown = row.shown = row.look(self._clock(), self._per_host)
        if role == Qt.ItemDataRole.DisplayRole:
            return shown.texts[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(column)
        if role == Role.BAR:
            return row.bar(shown)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(row, column)
        if role == Role.SORT:
            return SORT_VALUES[column](row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tool_tip(shown, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken(shown, column)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        job = self._order[index.row()].job
        # A finished file can be dragged out, and what is in line to another place of it.
        is_dragged = job.path is not None or job.status in IN_LINE
        return _FLAGS_TO_DRAG if is_dragged else _FLAGS

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column < 0:
            return
        self._sort_column = Column(column)
        self._sort_descending = order is Qt.SortOrder.DescendingOrder
        self._renew_order(asked=True)

    # Order

    def _wanted_order(self, rows: Sequence[JobRow]) -> list[JobRow]:
        """Sort rows; equal ones stay as they are, unknown values come last in both directions."""
        value_of, descending = SORT_VALUES[self._sort_column], self._sort_descending
        if descending and self._sort_column is Column.ADDED:
            value_of = newest_batch_first
        unknown = -math.inf if descending else math.inf

        def key(row: JobRow) -> Any:
            value = value_of(row)
            return unknown if value is None else value

        return sorted(rows, key=key, reverse=descending)

    @property
    def is_in_queue_order(self) -> bool:
        """Whether the rows stand in the order in which the queue works on them."""
        return self._sort_column is Column.PRIORITY and not self._sort_descending

    def renew_order(self) -> None:
        """Sort now, as the person has just asked for something that may have changed the order."""
        self._renew_order(asked=True)

    def gap_before(self, row: int, chosen: Sequence[Job]) -> Gap | None:
        """Return where in the queue chosen jobs come if they are put before a row; None: nowhere.

        row: the number of rows for the end. The rows are in the queue's order.
        """
        ids = {job.id for job in chosen}

        def in_line(rows: Iterable[JobRow]) -> Iterator[Job]:
            return (
                each.job for each in rows if each.job.status in IN_LINE and each.job.id not in ids
            )

        above = next(in_line(self._order[place] for place in range(row - 1, -1, -1)), None)
        below = next(in_line(islice(self._order, row, None)), None)
        level = level_between(
            above and above.priority, below and below.priority, {job.priority for job in chosen}
        )
        if level is None:
            return None
        return Gap(level, below.id if below is not None and below.priority is level else None)

    def _renew_order(self, *, asked: bool = False) -> None:
        """Sort; the selection and the current cell stay. asked: by the person, just now."""
        self._order_timer.stop()
        wanted = self._wanted_order(self._order)
        if wanted == self._order:
            return
        if not asked:
            self.order_following.emit()
        self._rearrange(wanted)

    def _rearrange(self, wanted: list[JobRow]) -> None:
        """Put the same rows into another order."""
        self.layoutAboutToBeChanged.emit()
        before = self._order
        self._order = wanted
        self._number_rows()
        old = self.persistentIndexList()
        new = [self.index(before[index.row()].position, index.column()) for index in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _number_rows(self) -> None:
        for position, row in enumerate(self._order):
            row.position = position

    def _refilter(self, rows: Iterable[JobRow]) -> None:
        """Hide and show what these rows have become for the filter."""
        leaving: list[JobRow] = []
        entering: list[JobRow] = []
        for row in rows:
            if self._filter.admits(row) is not (row.position >= 0):
                (leaving if row.position >= 0 else entering).append(row)
        self._take_out(leaving)
        if entering:
            self._insert(entering)

    def _take_out(self, rows: Sequence[JobRow]) -> None:
        """Remove rows that are shown."""
        if not rows:
            return
        spans = spans_of(sorted(row.position for row in rows))
        if len(spans) > _MANY_SPANS:
            # Each span costs the view a look at all rows: gathered, they are one.
            leaving = {id(row) for row in rows}
            staying = [row for row in self._order if id(row) not in leaving]
            self._rearrange([*staying, *rows])
            spans = [(len(staying), len(self._order) - 1)]
        # From the end, so that the positions before stay right.
        for first, last in reversed(spans):
            self.beginRemoveRows(_NOWHERE, first, last)
            del self._order[first : last + 1]
            self.endRemoveRows()
        for row in rows:
            row.position, row.shown = -1, None
        self._number_rows()

    def _insert(self, added: list[JobRow]) -> None:
        """Insert in one go: where they belong if that is one place, else by sorting."""
        added = self._wanted_order(added)
        order = self._order
        first = self._place_of(added[0])
        fits = first == len(order) or self._is_before(added[-1], order[first])
        if not fits:
            first = len(order)
        self.beginInsertRows(_NOWHERE, first, first + len(added) - 1)
        order[first:first] = added
        self._number_rows()
        self.endInsertRows()
        if not fits:
            self._renew_order()

    def _place_of(self, row: JobRow) -> int:
        """Return where a row belongs: behind those that are equal."""
        low, high = 0, len(self._order)
        while low < high:
            middle = (low + high) // 2
            if self._is_before(self._order[middle], row):
                low = middle + 1
            else:
                high = middle
        return low

    def _is_before(self, one: JobRow, other: JobRow) -> bool:
        """Whether one comes before another, or is equal."""
        return self._wanted_order([one, other])[0] is one

    # Changes

    def _count(self, row: JobRow, step: int) -> None:
        """Count a row in (1) or out (-1)."""
        self._counts[group_of(row.job)] += step
        self._category_counts[row.category] += step
        if (verdict := verdict_of(row.job)) is not None:
            self._verdict_counts[verdict] += step
        if row.job.status is not Status.RETRYING:
            return
        if step > 0:
            self._retrying.add(row.job.id)
        else:
            self._retrying.discard(row.job.id)

    def _tell_updated(self) -> None:
        if not self._retrying:
            self._countdown_timer.stop()
        elif not self._countdown_timer.isActive():
            self._countdown_timer.start()
        self.jobs_updated.emit()
        self.summary_changed.emit()

    def _on_live_due(self, job_ids: set[str]) -> None:
        self._show([self._rows[job_id] for job_id in job_ids if job_id in self._rows])
        self.summary_changed.emit()

    def _on_second(self) -> None:
        self._show([self._rows[job_id] for job_id in self._retrying])
        self.counted_down.emit()

    def _show(self, rows: Sequence[JobRow]) -> None:
        """Announce the cells that changed, as few rectangles; rows nobody has read need no word."""
        rows = [row for row in rows if row.position >= 0]
        self._follow_order(rows)
        changed: dict[int, tuple[int, int]] = {}
        for row in rows:
            before = row.shown
            if before is None:
                continue
            row.shown = row.look(self._clock(), self._per_host)
            columns = row.shown.columns_unlike(before)
            if columns:
                changed[row.position] = (min(columns), max(columns))
        for first, last, (left, right) in _rectangles(changed):
            self.dataChanged.emit(self.index(first, left), self.index(last, right))

    def _follow_order(self, changed: Sequence[JobRow]) -> None:
        """Have the order renewed in a while if a changed row is out of its place."""
        if self._sort_column is Column.ADDED or self._order_timer.isActive():
            return  # when a job was added never changes
        # Where many changed, sorting is quicker than looking at each.
        if len(changed) > _MANY_ROWS or not all(map(self._is_in_place, changed)):
            self._order_timer.start()

    def _is_in_place(self, row: JobRow) -> bool:
        """Whether a row still belongs between its neighbours."""
        order, place = self._order, row.position
        around = order[max(0, place - 1) : place + 2]
        return self._wanted_order(around) == around

    def _icon(self, row: JobRow, column: int) -> QIcon | None:
        if column != Column.NAME or self._icon_of is None:
            return None
        return self._icon_of(row.display_name(), row.badge)


def spans_of(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Return the runs of neighbours in ascending numbers, as (first, last)."""
    spans: list[tuple[int, int]] = []
    for position in positions:
        if spans and spans[-1][1] == position - 1:
            spans[-1] = (spans[-1][0], position)
        else:
            spans.append((position, position))
    return spans


def _rectangles(
    changed: dict[int, tuple[int, int]],
) -> list[tuple[int, int, tuple[int, int]]]:
    """Join neighbouring rows whose columns are the same, as (first row, last row, columns)."""
    joined: list[tuple[int, int, tuple[int, int]]] = []
    for position in sorted(changed):
        columns = changed[position]
        if joined and joined[-1][1] == position - 1 and joined[-1][2] == columns:
            joined[-1] = (joined[-1][0], position, columns)
        else:
            joined.append((position, position, columns))
    return joined
