"""One row of the table: what its cells say, show and are sorted by."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt

from dlmanager.core.categories import USUAL_CATEGORIES, CategoryTable
from dlmanager.core.job import IN_LINE, Job, Phase, Status, Verification
from dlmanager.core.progress import JobProgress
from dlmanager.core.shown import in_html
from dlmanager.gui import formatting

_RANK_BITS = 32
_PLACE_BITS = 64  # of milliseconds
_LEVEL_BITS = 60  # of a turn in parts of a millisecond
_TURNS_IN_MS = 1 << 12  # finer than turns ever are apart
_LAST_PLACE = (1 << _PLACE_BITS) - 1


class Column(IntEnum):
    """The columns, in their order on the screen; the live ones side by side."""

    NAME = 0
    SIZE = 1
    PROGRESS = 2
    STATUS = 3
    SPEED = 4
    TIME_LEFT = 5
    DOWNLOADED = 6
    PRIORITY = 7
    RETRIES = 8
    ADDED = 9
    FINISHED = 10
    FOLDER = 11
    HOST = 12
    LINK = 13
    VERIFICATION = 14


LENT_TO_STATUS = frozenset({Column.SPEED, Column.TIME_LEFT})
"""The columns that say nothing unless data flows; the sentence of Status goes on in them."""


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
class Shown:
    """How a row was last given out; None in its place means that nobody has read it since.

    status: that of the badge.
    """

    texts: tuple[str, ...]
    status: Status
    step: int

    def columns_unlike(self, other: "Shown") -> set[int]:
        changed: set[int] = {
            column for column in Column if self.texts[column] != other.texts[column]
        }
        if self.status is not other.status:
            changed |= {Column.NAME, Column.PROGRESS}  # the badge and the colour of the bar
        if Column.STATUS in changed:
            changed |= LENT_TO_STATUS
        if self.step != other.step:
            changed.add(Column.PROGRESS)
        return changed


class JobRow:
    """One job, what is known of it beyond the committed state, and how it was last shown.

    position: its row in the list, -1 while a filter hides it.
    """

    __slots__ = (
        "added",
        "category",
        "finished",
        "job",
        "name",
        "name_key",
        "position",
        "progress",
        "rank",
        "searched",
        "shown",
        "speed_unit",
        "step",
    )

    def __init__(self, job: Job, rank: int, categories: CategoryTable = USUAL_CATEGORIES) -> None:
        self.job = job
        self.rank = rank
        self.position = -1
        self.progress: JobProgress | None = None
        self.step = 0
        self.speed_unit: int | None = None
        # Made when first asked for: a name from a link costs, and most rows are out of sight.
        self.name: str | None = None
        self.name_key: str | None = None
        self.searched: str | None = None
        self.added: str | None = None
        self.finished: str | None = None
        self.shown: Shown | None = None
        self.category = categories.category_of(self.display_name())

    def change(self, job: Job, categories: CategoryTable) -> None:
        """Take in another state of the job."""
        old, self.job = self.job, job
        if (job.filename, job.url) != (old.filename, old.url):
            self.name = self.name_key = self.searched = None
            self.category = categories.category_of(self.display_name())
        if job.finished_at != old.finished_at:
            self.finished = None
        if job.status is not Status.PROCESSING or job.attempt != old.attempt:
            self.progress = self.speed_unit = None

    @property
    def badge(self) -> Status:
        """The state that the badge shows: a finished file that is wrong is no success."""
        job = self.job
        is_wrong = job.status is Status.COMPLETED and job.verification is Verification.MISMATCH
        return Status.FAILED if is_wrong else job.status

    def display_name(self) -> str:
        if self.name is None:
            self.name = self.job.display_name
        return self.name

    def added_text(self) -> str:
        if self.added is None:
            self.added = formatting.date_and_time(self.job.created_at)
        return self.added

    def finished_text(self) -> str:
        if self.finished is None:
            at = self.job.finished_at
            self.finished = "" if at is None else formatting.date_and_time(at)
        return self.finished

    def searched_text(self) -> str:
        """Return what a search looks through, in small letters."""
        if self.searched is None:
            words = (self.display_name(), self.job.url, self.job.target_directory)
            self.searched = "\n".join(words).casefold()
        return self.searched

    def sortable_name(self) -> str:
        if self.name_key is None:
            self.name_key = _natural_key(self.display_name())
        return self.name_key

    def look(self, now_ms: int, per_host: int | None = None) -> Shown:
        """Return what the cells say, with countdowns as of a moment (ms since the epoch).

        per_host: how many downloads of one host may run.
        """
        job, progress = self.job, self.progress
        texts = (
            self.display_name(),
            formatting.size(formatting.size_of_job(job, progress)),
            formatting.progress_text(job, progress),
            formatting.status_text(job, now_ms, progress, per_host),
            "" if progress is None else formatting.speed(progress.speed_bytes_s, self.speed_unit),
            "" if progress is None else formatting.duration(progress.eta_s),
            formatting.size(formatting.bytes_of_job(job, progress) or None),
            formatting.unusual_priority_text(job),
            formatting.retries_text(job),
            self.added_text(),
            self.finished_text(),
            job.target_directory,
            job.host or "",
            job.url,
            formatting.verification_text(job),
        )
        return Shown(texts, self.badge, self.step)

    def bar(self, shown: Shown) -> Bar | None:
        """Return what the progress column draws; None where nothing is."""
        status, text = self.job.status, shown.texts[Column.PROGRESS]
        # None where nothing is done yet and once all is: what moves stands out.
        if status is Status.COMPLETED or (not text and status is not Status.PROCESSING):
            return None
        return Bar(status, formatting.percent_of_job(self.job, self.progress), self.step, text)

    def tool_tip(self, shown: Shown, column: int) -> str | None:
        """Return all of what a cell has to tell, as HTML that holds plain text; None if nothing."""
        job = self.job
        if column in LENT_TO_STATUS and not any(shown.texts[each] for each in LENT_TO_STATUS):
            column = Column.STATUS
        match column:
            case Column.NAME:
                lines = [self.display_name(), job.target_directory]
            case Column.STATUS:
                lines = [shown.texts[column]]
                # A failure is told in full already; a wait or a pause does not say what led to it.
                why = formatting.reason_text(job)
                if why and job.status is not Status.FAILED and why not in lines:
                    lines.append(why)
                if mirror := formatting.mirror_text(job):
                    lines.append(mirror)
            case Column.SIZE:
                total = formatting.size_of_job(job, self.progress)
                lines = [] if total is None else [_exact_size(total)]
            case Column.DOWNLOADED:
                done = formatting.bytes_of_job(job, self.progress)
                lines = [_exact_size(done)] if done else []
            case Column.FOLDER | Column.HOST | Column.LINK:
                lines = [shown.texts[column]]
            case _:
                return None
        # Qt would read text that looks like HTML as HTML; names and messages are never that.
        return "<br>".join(f"<span>{in_html(line)}</span>" for line in lines) or None

    def spoken(self, shown: Shown, column: int) -> str:
        """Return what a screen reader says of a cell."""
        job, progress = self.job, self.progress
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


def _exact_size(size_bytes: int) -> str:
    return QCoreApplication.translate("JobRow", "{number} bytes").format(
        number=formatting.whole_number(size_bytes)
    )


_DIGITS = re.compile(r"\d+")
_DIGITS_COMPARED = 12

_STATUS_ORDER = {
    Status.PROCESSING: 0,
    Status.RETRYING: 1,
    Status.PENDING: 2,
    Status.PAUSED: 3,
    Status.FAILED: 4,
    Status.CANCELLED: 5,
    Status.COMPLETED: 6,
}
_VERIFICATION_ORDER = {
    Verification.MISMATCH: 0,
    Verification.UNCONFIRMED: 1,
    Verification.SIZE: 2,
    Verification.CHECKSUM: 3,
    Verification.NONE: 4,
}

_ENDED = frozenset({Status.FAILED, Status.CANCELLED, Status.COMPLETED})
_RIGHT = frozenset({Column.SIZE, Column.SPEED, Column.TIME_LEFT, Column.DOWNLOADED, Column.RETRIES})


def _natural_key(name: str) -> str:
    """Return a key that puts "part 2" before "part 10"."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(_DIGITS_COMPARED), name.casefold())


def _by_turn(row: JobRow) -> int | None:
    """Return a key for the queue's order; None for what is not in line."""
    job = row.job
    return _place_in_line(job) << _RANK_BITS | row.rank if job.status in IN_LINE else None


def _place_in_line(job: Job) -> int:
    return (job.priority.rank << _LEVEL_BITS) + int(job.turn * _TURNS_IN_MS)


def _by_status(row: JobRow) -> int:
    """Return a key for: what is at work, what is next in its turn, what was done last.

    So what moves stays in sight above, whatever is added or done.
    """
    job = row.job
    if job.status in _ENDED:
        place = _LAST_PLACE - (job.finished_at or job.created_at)
    elif job.status is Status.PENDING:
        place = _place_in_line(job)
    else:
        place = job.created_at
    return ((_STATUS_ORDER[job.status] << _PLACE_BITS) + place) << _RANK_BITS | row.rank


# What each column is sorted by: one function each, as a sort calls it for every row. Columns that
# may be unknown (None) hold numbers.
SORT_VALUES: dict[int, Callable[[JobRow], Any]] = {
    Column.NAME: JobRow.sortable_name,
    Column.SIZE: lambda row: formatting.size_of_job(row.job, row.progress),
    Column.PROGRESS: lambda row: formatting.percent_of_job(row.job, row.progress),
    Column.STATUS: _by_status,
    Column.SPEED: lambda row: row.progress and row.progress.speed_bytes_s,
    Column.TIME_LEFT: lambda row: row.progress and row.progress.eta_s,
    Column.DOWNLOADED: lambda row: formatting.bytes_of_job(row.job, row.progress),
    Column.PRIORITY: _by_turn,
    Column.RETRIES: lambda row: row.job.retry_count,
    Column.ADDED: lambda row: row.job.created_at << _RANK_BITS | row.rank,
    Column.FINISHED: lambda row: row.job.finished_at,
    Column.FOLDER: lambda row: row.job.target_directory,
    Column.HOST: lambda row: row.job.host or "",
    Column.LINK: lambda row: row.job.url,
    Column.VERIFICATION: lambda row: _VERIFICATION_ORDER[row.job.verification],
}


def newest_batch_first(row: JobRow) -> int:
    """Return a key for the descending order in which jobs added together stay as they came.

    They are worked on in that order: so those that move are on top of their batch.
    """
    return row.job.created_at << _RANK_BITS | ((1 << _RANK_BITS) - 1 - row.rank)


def titles() -> tuple[str, ...]:
    """Return the titles of the columns."""
    return (
        QCoreApplication.translate("JobRow", "Name"),
        QCoreApplication.translate("JobRow", "Size"),
        QCoreApplication.translate("JobRow", "Progress"),
        QCoreApplication.translate("JobRow", "Status"),
        QCoreApplication.translate("JobRow", "Speed"),
        QCoreApplication.translate("JobRow", "Time left"),
        QCoreApplication.translate("JobRow", "Downloaded"),
        QCoreApplication.translate("JobRow", "Priority"),
        QCoreApplication.translate("JobRow", "Retries"),
        QCoreApplication.translate("JobRow", "Added"),
        QCoreApplication.translate("JobRow", "Finished"),
        QCoreApplication.translate("JobRow", "Folder"),
        QCoreApplication.translate("JobRow", "Host"),
        QCoreApplication.translate("JobRow", "Link"),
        QCoreApplication.translate("JobRow", "Verification"),
    )


# Asked for by every cell that is painted.
_ALIGNMENTS = tuple(
    (Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft)
    | Qt.AlignmentFlag.AlignVCenter
    for column in Column
)


def alignment(column: int) -> Qt.AlignmentFlag:
    """Return how a column and its title are aligned: numbers on the right."""
    return _ALIGNMENTS[column]
