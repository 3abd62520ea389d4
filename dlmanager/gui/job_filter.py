"""Which of the jobs the list shows."""

from dataclasses import dataclass
from enum import StrEnum

from dlmanager.core.categories import Category
from dlmanager.core.job import Job, Status, Verification
from dlmanager.gui.job_row import JobRow


class Group(StrEnum):
    """The groups of states that people ask for, in the order in which they are shown."""

    ALL = "all"
    ACTIVE = "active"
    WAITING = "waiting"
    PAUSED = "paused"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What checksums say of files, in the order in which it is shown."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"


_GROUP_OF: dict[Status, Group] = {
    Status.PROCESSING: Group.ACTIVE,
    Status.PENDING: Group.WAITING,
    Status.PAUSED: Group.PAUSED,
    Status.RETRYING: Group.RETRYING,
    Status.COMPLETED: Group.COMPLETED,
    Status.FAILED: Group.FAILED,
    Status.CANCELLED: Group.CANCELLED,
}


def group_of(job: Job) -> Group:
    """Return the group that a job is counted in, everywhere, beside ALL.

    A retry that is held back by more than the job's own is a wait, as its row says.
    """
    if job.status is Status.RETRYING and job.waiting_for is not None:
        return Group.WAITING
    return _GROUP_OF[job.status]


def verdict_of(job: Job) -> Verdict | None:
    """Return what a checksum says of what came; None if nothing was held against one."""
    if job.has_wrong_checksum:
        return Verdict.MISMATCH
    is_right = job.verification is Verification.CHECKSUM and job.path is not None
    return Verdict.VERIFIED if is_right else None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a job must be to be shown; the default shows all.

    words: in small letters; each must be in the name, the link or the folder.
    """

    group: Group = Group.ALL
    category: Category | None = None
    words: tuple[str, ...] = ()
    verdict: Verdict | None = None

    def admits(self, row: JobRow) -> bool:
        """Whether a row is shown."""
        if self.group is not Group.ALL and group_of(row.job) is not self.group:
            return False
        if self.category is not None and row.category is not self.category:
            return False
        if self.verdict is not None and verdict_of(row.job) is not self.verdict:
            return False
        if not self.words:
            return True
        text = row.searched_text()
        return all(word in text for word in self.words)


NO_FILTER = JobFilter()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words to search for in what a person typed."""
    return tuple(text.casefold().split())
