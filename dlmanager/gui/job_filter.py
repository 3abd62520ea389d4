"""Which of the jobs the list shows."""

from dataclasses import dataclass
from enum import StrEnum

from dlmanager.core.categories import Category
from dlmanager.core.job import Status
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


STATUS_OF: dict[Group, Status] = {
    Group.ACTIVE: Status.PROCESSING,
    Group.WAITING: Status.PENDING,
    Group.PAUSED: Status.PAUSED,
    Group.RETRYING: Status.RETRYING,
    Group.COMPLETED: Status.COMPLETED,
    Group.FAILED: Status.FAILED,
    Group.CANCELLED: Status.CANCELLED,
}
"""The state of each group but ALL, which has every state."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a job must be to be shown; the default shows all.

    words: in small letters; each must be in the name, the link or the folder.
    """

    group: Group = Group.ALL
    category: Category | None = None
    words: tuple[str, ...] = ()

    def admits(self, row: JobRow) -> bool:
        """Whether a row is shown."""
        if self.group is not Group.ALL and row.job.status is not STATUS_OF[self.group]:
            return False
        if self.category is not None and row.category is not self.category:
            return False
        if not self.words:
            return True
        text = row.searched_text()
        return all(word in text for word in self.words)


NO_FILTER = JobFilter()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words to search for in what a person typed."""
    return tuple(text.casefold().split())
