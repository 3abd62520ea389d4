"""How an attempt ended: a value that the classifier makes and the orchestrator acts on."""

from dataclasses import dataclass
from enum import StrEnum

from dlmanager.core.errors import ErrorKind


class Ending(StrEnum):
    """What is to be done after an attempt."""

    DONE = "done"  # the part is complete and its size is confirmed
    PROBE = "probe"  # wget is content but the total is unknown: ask once more
    RESTART = "restart"  # the remote file is another one: throw the part away, start again at once
    RETRY = "retry"  # may go better later; the part is kept
    FAIL = "fail"  # trying again by itself would not help; the part is kept
    DISK_FULL = "disk_full"  # pause until there is space; the part is kept
    INSTALLATION = "installation"  # wget itself cannot work: stop the queue, spend no retry
    BUSY = "busy"  # another process still writes the part: wait, spend no retry


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended.

    error_message: one plain sentence for people, with what to do next; None when nothing failed.
    http_status: of the last answer, None if there was none.
    retry_after_s: what the server asked us to wait, None if it did not.
    is_unreached: no server answered at all: its name was not found, or nobody took the connection.
    """

    ending: Ending
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    http_status: int | None = None
    retry_after_s: int | None = None
    is_unreached: bool = False
