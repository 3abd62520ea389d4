"""What is remembered of each try at a job."""

from dataclasses import dataclass
from enum import StrEnum

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Status

MAX_ATTEMPTS_KEPT = 50
"""How many attempts of one job are remembered; the oldest are forgotten first."""
MAX_LOG_BYTES = 16 * 1024
"""How much of wget's words is kept of one attempt, in UTF-8; the last ones count."""


class AttemptEnding(StrEnum):
    """How an attempt ended, as stored in the column ending."""

    COMPLETED = "completed"
    RETRYING = "retrying"  # it failed, and the job waits for its next try
    FAILED = "failed"
    PAUSED = "paused"  # by the person, or because the disk was full
    CANCELLED = "cancelled"
    REMOVED = "removed"
    OTHER_LINK = "other_link"  # the person gave the job another link
    OTHER_MIRROR = "other_mirror"  # it failed, and another mirror goes on at once
    STOPPED = "stopped"  # the program was ended in good order
    GAVE_WAY = "gave_way"  # more ran than may, or a person wanted another one to start now
    UNUSABLE = "unusable"  # wget itself could not work
    INTERRUPTED = "interrupted"  # the program ended in the middle of it


ENDING_BY_STATUS: dict[Status, AttemptEnding] = {
    Status.COMPLETED: AttemptEnding.COMPLETED,
    Status.RETRYING: AttemptEnding.RETRYING,
    Status.FAILED: AttemptEnding.FAILED,
    Status.PAUSED: AttemptEnding.PAUSED,
    Status.CANCELLED: AttemptEnding.CANCELLED,
    # What is given back in good order says so itself.
    Status.PENDING: AttemptEnding.UNUSABLE,
}
"""What it means for an attempt that its job leaves PROCESSING for a state."""


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One row of DOWNLOAD_ATTEMPT, or a running attempt as it is now.

    Times are milliseconds since the epoch, sizes are bytes of the whole file, None is unknown.
    attempt: its number, from 1. from_byte: where it began: a little before what was there, as the
    last bytes are fetched again. ended_at, ending: None while it runs. bytes_done: what was there
    at its end. message: one sentence for people, None if nothing failed.
    log: wget's last words, one line after the other, without secrets and progress bars.
    """

    job_id: str
    attempt: int
    started_at: int
    from_byte: int
    ended_at: int | None = None
    bytes_done: int | None = None
    ending: AttemptEnding | None = None
    error_kind: ErrorKind | None = None
    message: str | None = None
    http_status: int | None = None
    log: str = ""


@dataclass(frozen=True, slots=True)
class AttemptNotes:
    """What only the attempt itself knows: where it began, and wget's words."""

    from_byte: int
    log: str
