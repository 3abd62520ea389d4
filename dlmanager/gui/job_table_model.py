"""The table of jobs: its own order, live progress on top, and word of exactly what changed."""

import html
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
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

from dlmanager.core.job import Job, Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.engine.coalescer import Coalescer
from dlmanager.gui import formatting

LIVE_INTERVAL_MS = 100
"""How long live progress is collected before it is shown."""
ORDER_INTERVAL_MS = 1500
"""How often the order follows a column that moves."""
COUNTDOWN_INTERVAL_MS = 1000
_MANY_ROWS = 200
_RANK_BITS = 32

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Column(IntEnum):
    """The columns, in their order on the screen; the live ones side by side."""

    NAME = 0
    SIZE = 1
    PROGRESS = 2
    STATUS = 3
    SPEED = 4
    TIME_LEFT = 5
    RETRIES = 6
    ADDED = 7


class Role(IntEnum):
    """What a cell can be asked for beside Qt's own roles."""

    SORT = Qt.ItemDataRole.UserRole + 1  # the raw value, None if unknown
    JOB = Qt.ItemDataRole.UserRole + 2  # the Job of the row
    BAR = Qt.ItemDataRole.UserRole + 3  # the Bar of the row, None if there is none to draw


@dataclass(frozen=True, slots=True)
class Bar:
    """What the progress column draws. percent: None if the total is unknown.

    step: grows with every sign of life while percent is None, to show that data flows.
    """

    status: Status
    percent: int | None
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole list in numbers, for the status bar and the tray."""

    total: int
    active: int
    waiting: int
    paused: int
    speed_bytes_s: float | None


class _Row:
    """One job, what is known of it beyond the committed state, and how it was last shown."""

    __slots__ = (
        "added",
        "job",
        "name",
        "name_key",
        "position",
        "progress",
        "rank",
        "shown",
        "speed_unit",
        "step",
    )

    def __init__(self, job: Job, rank: int) -> None:
        self.job = job
        self.rank = rank
        self.position = -1
        self.progress: JobProgress | None = None
        self.step = 0
        self.speed_unit: int | None = None
        # Made when first asked for: a name from a link costs, and most rows are out of sight.
        self.name: str | None = None
        self.name_key: str | None = None
        self.added: str | None = None
        self.shown: _Shown | None = None

    def display_name(self) -> str:
        if self.name is None:
            self.name = self.job.display_name
        return self.name

    def added_text(self) -> str:
        if self.added is None:
            self.added = formatting.date_and_time(self.job.created_at)
        return self.added

    def sortable_name(self) -> str:
        if self.name_key is None:
            self.name_key = _natural_key(self.display_name())
        return self.name_key


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a row was last given out; None in its place means that nobody has read it since."""

    texts: tuple[str, ...]
    status: Status
    step: int

    def columns_unlike(self, other: "_Shown") -> set[int]:
        changed: set[int] = {
            column for column in Column if self.texts[column] != other.texts[column]
        }
        if self.status is not other.status:
            changed |= {Column.NAME, Column.PROGRESS}  # the badge and the colour of the bar
        if self.step != other.step:
            changed.add(Column.PROGRESS)
        return changed


_DIGITS = re.compile(r"\d+")
_DIGITS_COMPARED = 12

_STATUS_ORDER = {
    status: place
    for place, status in enumerate(
        (
            Status.PROCESSING,
            Status.RETRYING,
            Status.PENDING,
            Status.PAUSED,
            Status.FAILED,
            Status.CANCELLED,
            Status.COMPLETED,
        )
    )
}

_RIGHT = frozenset({Column.SIZE, Column.SPEED, Column.TIME_LEFT, Column.RETRIES})


def _natural_key(name: str) -> str:
    """Return a key that puts "part 2" before "part 10"."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(_DIGITS_COMPARED), name.casefold())


def now_ms() -> int:
    """Return the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


# What each column is sorted by: one function each, as a sort calls it for every row. Columns that
# may be unknown (None) hold numbers.
_SORT_VALUES: dict[int, Callable[[_Row], Any]] = {
    Column.NAME: _Row.sortable_name,
    Column.SIZE: lambda row: formatting.size_of_job(row.job, row.progress),
    Column.PROGRESS: lambda row: formatting.percent_of_job(row.job, row.progress),
    Column.STATUS: lambda row: _STATUS_ORDER[row.job.status],
    Column.SPEED: lambda row: row.progress and row.progress.speed_bytes_s,
    Column.TIME_LEFT: lambda row: row.progress and row.progress.eta_s,
    Column.RETRIES: lambda row: row.job.retry_count,
    Column.ADDED: lambda row: row.job.created_at << _RANK_BITS | row.rank,
}


def _newest_batch_first(row: _Row) -> int:
    """Return a key for the descending order in which jobs added together stay as they came.

    They are worked on in that order: so those that move are on top of their batch.
    """
    return row.job.created_at << _RANK_BITS | ((1 << _RANK_BITS) - 1 - row.rank)


class JobTableModel(QAbstractTableModel):
    """All jobs as rows, in an order of its own; follows the queue's signals.

    Signals:
        summary_changed(): `summary()` may differ.
        jobs_updated(): committed states changed, or jobs came or went.
    """

    summary_changed = Signal()
    jobs_updated = Signal()

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
        self._rows: dict[str, _Row] = {}
        self._order: list[_Row] = []
        self._next_rank = 0
        self._live: dict[str, _Row] = {}
        self._retrying: set[str] = set()
        self._counts: Counter[Status] = Counter()
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

    def row_of(self, job_id: str) -> int | None:
        """Return the row of a job, None if it is not in the list."""
        row = self._rows.get(job_id)
        return None if row is None else row.position

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
            active=counts[Status.PROCESSING],
            waiting=counts[Status.PENDING] + counts[Status.RETRYING],
            paused=counts[Status.PAUSED],
            speed_bytes_s=sum(speeds) if speeds else None,
        )

    # What the queue tells

    def add_jobs(self, jobs: Iterable[Job]) -> None:
        """Take in jobs, in one insertion; those already known are brought up to date."""
        known: list[Job] = []
        added: list[_Row] = []
        for job in jobs:
            if job.id in self._rows:
                known.append(job)
                continue
            row = _Row(job, self._next_rank)
            self._next_rank += 1
            self._rows[job.id] = row
            self._count(None, job)
            added.append(row)
        if added:
            self._insert(added)
            self._tell_updated()
        if known:
            self.change_jobs(known)

    def change_jobs(self, jobs: Iterable[Job]) -> None:
        """Show committed states, at once; older ones than the known, and unknown jobs, are left."""
        changed: list[_Row] = []
        for job in jobs:
            row = self._rows.get(job.id)
            if row is None or job.revision < row.job.revision:
                continue
            old = row.job
            self._count(old, job)
            row.job = job
            if (job.filename, job.url) != (old.filename, old.url):
                row.name = row.name_key = None
            if job.status is not Status.PROCESSING or job.attempt != old.attempt:
                row.progress = row.speed_unit = None
                self._live.pop(job.id, None)
            changed.append(row)
        if changed:
            self._show(changed)
            self._tell_updated()

    def remove_jobs(self, job_ids: Iterable[str]) -> None:
        """Take jobs out."""
        positions: list[int] = []
        for job_id in job_ids:
            row = self._rows.pop(job_id, None)
            if row is not None:
                self._live.pop(job_id, None)
                self._count(row.job, None)
                positions.append(row.position)
        if not positions:
            return
        # From the end, so that the positions before stay right.
        for first, last in reversed(_spans(sorted(positions))):
            self.beginRemoveRows(_NOWHERE, first, last)
            del self._order[first : last + 1]
            self.endRemoveRows()
        self._number_rows()
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
            return self._titles()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._order[index.row()]
        column = index.column()
        shown = row.shown
        if shown is None:
            shown = row.shown = self._shown(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return shown.texts[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Role.BAR:
            return self._bar(row, shown)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(row, column)
        if role == Role.JOB:
            return row.job
        if role == Role.SORT:
            return _SORT_VALUES[column](row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(row, shown, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(row, shown, column)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column < 0:
            return
        self._sort_column = Column(column)
        self._sort_descending = order is Qt.SortOrder.DescendingOrder
        self._renew_order()

    # Order

    def _wanted_order(self, rows: Sequence[_Row]) -> list[_Row]:
        """Sort rows; equal ones stay as they are, unknown values come last in both directions."""
        value_of, descending = _SORT_VALUES[self._sort_column], self._sort_descending
        if descending and self._sort_column is Column.ADDED:
            value_of = _newest_batch_first
        unknown = -math.inf if descending else math.inf

        def key(row: _Row) -> Any:
            value = value_of(row)
            return unknown if value is None else value

        return sorted(rows, key=key, reverse=descending)

    def _renew_order(self) -> None:
        """Sort; the selection, the current cell and the scroll position stay."""
        self._order_timer.stop()
        wanted = self._wanted_order(self._order)
        if wanted == self._order:
            return
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

    def _insert(self, added: list[_Row]) -> None:
        """Insert in one go: at the beginning or the end if that is their place, else by sorting."""
        added = self._wanted_order(added)
        order = self._order
        at_end = not order or self._wanted_order([order[-1], added[0]])[0] is order[-1]
        at_start = not at_end and self._wanted_order([added[-1], order[0]])[0] is added[-1]
        first = 0 if at_start else len(order)
        self.beginInsertRows(_NOWHERE, first, first + len(added) - 1)
        order[first:first] = added
        self._number_rows()
        self.endInsertRows()
        if not at_start and not at_end:
            self._renew_order()

    # Changes

    def _count(self, old: Job | None, new: Job | None) -> None:
        if old is not None:
            self._counts[old.status] -= 1
            self._retrying.discard(old.id)
        if new is not None:
            self._counts[new.status] += 1
            if new.status is Status.RETRYING:
                self._retrying.add(new.id)

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

    def _show(self, rows: Sequence[_Row]) -> None:
        """Announce the cells that changed, as few rectangles; rows nobody has read need no word."""
        self._follow_order(rows)
        changed: dict[int, tuple[int, int]] = {}
        for row in rows:
            before = row.shown
            if before is None:
                continue
            row.shown = self._shown(row)
            columns = row.shown.columns_unlike(before)
            if columns:
                changed[row.position] = (min(columns), max(columns))
        for first, last, (left, right) in _rectangles(changed):
            self.dataChanged.emit(self.index(first, left), self.index(last, right))

    def _follow_order(self, changed: Sequence[_Row]) -> None:
        """Have the order renewed in a while if a changed row is out of its place."""
        if self._sort_column is Column.ADDED or self._order_timer.isActive():
            return  # when a job was added never changes
        # Where many changed, sorting is quicker than looking at each.
        if len(changed) > _MANY_ROWS or not all(map(self._is_in_place, changed)):
            self._order_timer.start()

    def _is_in_place(self, row: _Row) -> bool:
        """Whether a row still belongs between its neighbours."""
        order, place = self._order, row.position
        around = order[max(0, place - 1) : place + 2]
        return self._wanted_order(around) == around

    # Cells

    def _shown(self, row: _Row) -> _Shown:
        job, progress = row.job, row.progress
        texts = (
            row.display_name(),
            formatting.size(formatting.size_of_job(job, progress)),
            formatting.progress_text(job, progress),
            formatting.status_text(job, self._clock(), progress),
            "" if progress is None else formatting.speed(progress.speed_bytes_s, row.speed_unit),
            "" if progress is None else formatting.duration(progress.eta_s),
            formatting.retries_text(job),
            row.added_text(),
        )
        return _Shown(texts, job.status, row.step)

    def _bar(self, row: _Row, shown: _Shown) -> Bar | None:
        status, text = row.job.status, shown.texts[Column.PROGRESS]
        # None where nothing is done yet and once all is: what moves stands out.
        if status is Status.COMPLETED or (not text and status is not Status.PROCESSING):
            return None
        return Bar(status, formatting.percent_of_job(row.job, row.progress), row.step, text)

    def _icon(self, row: _Row, column: int) -> QIcon | None:
        if column != Column.NAME or self._icon_of is None:
            return None
        return self._icon_of(row.display_name(), row.job.status)

    def _tool_tip(self, row: _Row, shown: _Shown, column: int) -> str | None:
        job = row.job
        match column:
            case Column.NAME:
                lines = [row.display_name(), job.target_directory]
            case Column.STATUS:
                lines = [shown.texts[column]]
                # A failure is told in full already; a wait or a pause does not say what led to it.
                told = job.status is Status.FAILED or job.error_message in lines
                if job.error_message and not told:
                    lines.append(job.error_message)
            case Column.SIZE:
                total = formatting.size_of_job(job, row.progress)
                lines = [] if total is None else [self._exact_size(total)]
            case _:
                return None
        # Qt would read text that looks like HTML as HTML; names and messages are never that.
        return "<br>".join(f"<span>{html.escape(line)}</span>" for line in lines) or None

    def _exact_size(self, size_bytes: int) -> str:
        return self.tr("{number} bytes").format(number=formatting.whole_number(size_bytes))

    def _spoken(self, row: _Row, shown: _Shown, column: int) -> str:
        job, progress = row.job, row.progress
        moving = job.status is Status.PROCESSING
        done = formatting.percent_of_job(job, progress) if shown.texts[Column.PROGRESS] else None
        left = formatting.spoken_time_left(None if progress is None else progress.eta_s)
        match column:
            case Column.NAME:
                downloading = progress is not None and progress.phase is Phase.DOWNLOADING
                known = moving and downloading and done is not None
                status = "" if known else shown.texts[Column.STATUS]
                parts = (shown.texts[column], formatting.spoken_percentage(done), status, left)
                return ", ".join(part for part in parts if part)
            case Column.PROGRESS:
                return formatting.spoken_percentage(done) or shown.texts[column]
            case Column.TIME_LEFT:
                return left
            case _:
                return shown.texts[column]

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("Name"),
            self.tr("Size"),
            self.tr("Progress"),
            self.tr("Status"),
            self.tr("Speed"),
            self.tr("Time left"),
            self.tr("Retries"),
            self.tr("Added"),
        )


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _spans(positions: Sequence[int]) -> list[tuple[int, int]]:
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
