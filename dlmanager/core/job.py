"""A job (one row of the queue), its states, and which state may follow which."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import ASKED_ON_THE_WAY, ErrorKind
from dlmanager.core.filenames import suggest_filename
from dlmanager.core.priority import Priority
from dlmanager.core.secrets import NO_SECRETS, Secrets, secrets_for


class Status(StrEnum):
    """The state of a job, as stored in the column status."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    RETRYING = "RETRYING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Phase(StrEnum):
    """What a PROCESSING job is doing just now."""

    CONNECTING = "connecting"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    FINALISING = "finalising"


class WaitingFor(StrEnum):
    """What a job waits for that concerns more than itself."""

    NETWORK = "network"
    HOST = "host"
    HOST_LIMIT = "host_limit"


class Verification(StrEnum):
    """How far a file is known to be right: a COMPLETED one, or (MISMATCH) one that FAILED."""

    NONE = "none"
    SIZE = "size"
    CHECKSUM = "checksum"
    UNCONFIRMED = "unconfirmed"
    MISMATCH = "mismatch"  # its checksum is another one than the expected


UNFINISHED = frozenset({Status.PENDING, Status.PROCESSING, Status.RETRYING})
"""States that the queue still works on by itself."""
IN_LINE = UNFINISHED | {Status.PAUSED}
"""States in which a job has a place in the line of its level."""

SOURCES: dict[Status, frozenset[Status]] = {
    Status.PROCESSING: frozenset({Status.PENDING, Status.RETRYING}),
    Status.COMPLETED: frozenset({Status.PROCESSING}),
    Status.RETRYING: frozenset({Status.PROCESSING}),
    Status.FAILED: frozenset({Status.PROCESSING}),
    # From RETRYING: "Retry" skips the wait. From PROCESSING: the job is given back, by a clean stop
    # or to make room. From PENDING: "Start now" leaves it what it is.
    Status.PENDING: frozenset(Status) - {Status.COMPLETED},
    Status.PAUSED: frozenset({Status.PENDING, Status.PROCESSING, Status.RETRYING}),
    Status.CANCELLED: frozenset(Status) - {Status.COMPLETED, Status.CANCELLED},
}
"""The one table of legal transitions: target state -> the states it may be reached from."""


class Wish(StrEnum):
    """What a person can ask of a job; each is legal from the states in `WISH_SOURCES`."""

    PAUSE = "pause"
    RESUME = "resume"
    START = "start"  # now, whatever the limit: another one gives way
    CANCEL = "cancel"
    RETRY = "retry"
    ACCEPT = "accept"  # a web page that came in place of the file is what is wanted
    REMOVE = "remove"


WISH_TARGET: dict[Wish, Status] = {
    Wish.PAUSE: Status.PAUSED,
    Wish.RESUME: Status.PENDING,
    Wish.START: Status.PENDING,
    Wish.CANCEL: Status.CANCELLED,
    Wish.RETRY: Status.PENDING,
    Wish.ACCEPT: Status.PENDING,
}

WISH_SOURCES: dict[Wish, frozenset[Status]] = {
    Wish.PAUSE: SOURCES[Status.PAUSED],
    Wish.RESUME: frozenset({Status.PAUSED}),
    Wish.START: IN_LINE - {Status.PROCESSING},
    Wish.CANCEL: SOURCES[Status.CANCELLED],
    Wish.RETRY: frozenset({Status.FAILED, Status.CANCELLED, Status.RETRYING, Status.PAUSED}),
    Wish.ACCEPT: frozenset({Status.FAILED}),
    Wish.REMOVE: frozenset(Status),
}


@dataclass(frozen=True, slots=True)
class NewMirror:
    """One more link to the file of an order; url and secrets as there."""

    url: str
    secrets: Secrets = NO_SECRETS


@dataclass(frozen=True, slots=True)
class NewJob:
    """A checked order, not yet in the queue.

    url: as `core.urls.normalise_url` returns it. target_directory: absolute path of a folder.
    filename: the person's own name for the file, None to take the server's or the link's.
    url holds no user name or password: they are in secrets, to be kept elsewhere under the id.
    mirrors: further links to the same file, the preferred one first.
    expected_bytes: the size that whoever gave the links says the file has.
    """

    url: str
    target_directory: str
    filename: str | None = None
    max_retries: int = 3
    paused: bool = False
    secrets: Secrets = NO_SECRETS
    id: str | None = None
    checksum: Checksum | None = None
    mirrors: tuple[NewMirror, ...] = ()
    expected_bytes: int | None = None
    priority: Priority = Priority.NORMAL

    @property
    def all_secrets(self) -> Secrets:
        """The secrets of all its links, as they are kept under its id.

        Within the origin of the first link, its headers, and its user unless there is another, are
        for the mirrors too.
        """
        kept = self.secrets
        for position, mirror in enumerate(self.mirrors, 2):
            own = secrets_for(self.secrets, self.url, mirror.url)
            if mirror.secrets:
                own = replace(mirror.secrets, headers=own.headers)
            kept = kept.with_those_at(position, own)
        return kept


_OF_THE_LINK = frozenset(
    {
        ErrorKind.DNS,
        ErrorKind.NOT_FOUND,
        ErrorKind.REFUSED,
        ErrorKind.REDIRECT,
        ErrorKind.BAD_ANSWER,
        ErrorKind.TLS,
        ErrorKind.WEB_PAGE,
    }
)


class Job(NamedTuple):
    """One row of DOWNLOAD_QUEUE, as it was when it was read.

    A tuple, as a start makes thousands of them, and a dataclass takes ten times as long.
    Times are milliseconds since the epoch, sizes are bytes, None is unknown.
    filename is None until it is decided (by the person, or by the first answer of the server).
    max_retries -1: until it succeeds. unproven_from: bytes of the part from here on may belong to
    another version of the file, None where all are known to be right. unclean_stop: the machine
    was started anew since the part was written. final_path is set from
    FINALISING on; the file is guaranteed complete there only when the status is COMPLETED.
    host: of the link, lower-case. waiting_for: set while the job, PENDING or RETRYING, is held back
    because no server can be reached, because its server asked for a pause, or because as many
    downloads of its host run as may.
    has_secrets: a user name, password or headers are kept for it elsewhere. final_url: where the
    last answer came from; None until an answer came to the link as it is now.
    accept_page: a web page in place of the file is kept. named_by_server: filename is an answer's
    choice, not the person's.
    crash_count: how often in a row the program ended uncleanly during an attempt, without progress
    in between. crash_bytes: how far the job had come at most when that happened.
    unresolved_count: how often in a row its server's name was not found, with the network up.
    checksum_kind, checksum: what the file shall hash to, the latter in hexadecimal digits.
    checksum_found: what it hashed to the last time, of the same kind; None until then, and again
    once a person or another link makes a new beginning.
    mirror: which of its mirror_count mirrors its link is, from 1; None, and 0, if it has but one
    link. part_mirror: the same for the one that the part's bytes came from.
    expected_bytes: the size that the file is said to have by whoever gave the links.
    place: where a person put it in the line of its level, as a moment; None where nobody did, or
    it failed since. start_asked_at: when a person asked that it start now; None unless that counts.
    """

    id: str
    url: str
    target_directory: str
    filename: str | None
    status: Status
    progress_percent: int | None
    progress_summary: str | None
    retry_count: int
    max_retries: int
    next_retry_at: int | None
    pid: int | None
    created_at: int
    updated_at: int
    attempt: int = 0
    phase: Phase | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    part_path: str | None = None
    part_device: int | None = None
    part_inode: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    final_url: str | None = None
    content_type: str | None = None
    http_status: int | None = None
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    final_path: str | None = None
    verification: Verification = Verification.NONE
    pid_started_at: int | None = None
    finished_at: int | None = None
    unclean_stop: bool = False
    unproven_from: int | None = None
    revision: int = 0
    removed_at: int | None = None
    host: str | None = None
    waiting_for: WaitingFor | None = None
    accept_page: bool = False
    named_by_server: bool = False
    has_secrets: bool = False
    crash_count: int = 0
    crash_bytes: int | None = None
    unresolved_count: int = 0
    checksum_kind: ChecksumKind | None = None
    checksum: str | None = None
    checksum_found: str | None = None
    mirror: int | None = None
    mirror_count: int = 0
    part_mirror: int | None = None
    expected_bytes: int | None = None
    priority: Priority = Priority.NORMAL
    place: float | None = None
    start_asked_at: int | None = None

    @property
    def expected_checksum(self) -> Checksum | None:
        """What the file shall hash to; None if nobody told."""
        if self.checksum_kind is None or self.checksum is None:
            return None
        return Checksum(self.checksum_kind, self.checksum)

    @property
    def path(self) -> str | None:
        """Absolute path of the finished file; None unless COMPLETED."""
        return self.final_path if self.status is Status.COMPLETED else None

    @property
    def display_name(self) -> str:
        """The file's name, or what the link suggests while it is not decided."""
        return self.filename or suggest_filename(self.url)

    @property
    def turn(self) -> float:
        """What orders the line of its level: where a person put it, else when it became due."""
        if self.place is not None:
            return self.place
        return self.created_at if self.next_retry_at is None else self.next_retry_at

    @property
    def takes_priority(self) -> bool:
        """Whether its level means anything: it is not finished."""
        return self.status is not Status.COMPLETED

    def allows(self, wish: Wish) -> bool:
        """Whether the wish makes sense in the job's present state."""
        if wish is Wish.ACCEPT and self.error_kind is not ErrorKind.WEB_PAGE:
            return False
        return self.status in WISH_SOURCES[wish] or (wish is Wish.PAUSE and self.waits_for_space)

    @property
    def takes_link(self) -> bool:
        """Whether it can be given another link to its file: it still needs one."""
        return self.status is not Status.COMPLETED and self.phase is not Phase.FINALISING

    @property
    def wants_login(self) -> bool:
        """Whether its server wants a user name and password, which are missing or not right."""
        is_refused = self.status is Status.FAILED and self.error_kind is ErrorKind.AUTH
        return is_refused and self.http_status not in ASKED_ON_THE_WAY

    @property
    def has_wrong_checksum(self) -> bool:
        """Whether what came, or the finished file, does not match its checksum."""
        is_found_wrong = self.verification is Verification.MISMATCH and self.path is not None
        return is_found_wrong or self.error_kind is ErrorKind.CHECKSUM

    @property
    def may_need_link(self) -> bool:
        """Whether it has failed for something that another link to its file may not meet."""
        return self.takes_link and self.error_kind in _OF_THE_LINK

    @property
    def waits_for_space(self) -> bool:
        """Whether a full disk has paused it: then it goes on by itself, unless paused by hand."""
        return self.status is Status.PAUSED and self.error_kind is ErrorKind.DISK_FULL
