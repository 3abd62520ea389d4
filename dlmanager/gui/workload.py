"""What there is to do, from when there was something until nothing is left."""

from collections.abc import Iterable

from dlmanager.core.job import UNFINISHED, Job, Status
from dlmanager.core.progress import JobProgress


class Workload:
    """Follows the jobs that the queue works on by itself; says how far they are and what ended.

    completed, stopped: how many have ended since there was nothing to do.
    """

    def __init__(self) -> None:
        self._fractions: dict[str, float] = {}
        self.completed = 0
        self.stopped = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not self._fractions

    def note(self, jobs: Iterable[Job]) -> list[Job]:
        """Take in states of jobs; returns those that ended with it, other than by a wish."""
        ended: list[Job] = []
        for job in jobs:
            if job.status in UNFINISHED:
                self._note_unfinished(job)
            elif self._fractions.pop(job.id, None) is not None:
                if job.status is Status.COMPLETED:
                    self.completed += 1
                    ended.append(job)
                elif stopped_by_itself(job):
                    self.stopped += 1
                    ended.append(job)
        return ended

    def note_progress(self, progresses: Iterable[JobProgress]) -> None:
        """Take in how far jobs are."""
        for progress in progresses:
            if progress.job_id in self._fractions:
                self._fractions[progress.job_id] = _fraction(
                    progress.bytes_done, progress.bytes_total
                )

    def remove(self, job_ids: Iterable[str]) -> None:
        """Forget jobs."""
        for job_id in job_ids:
            self._fractions.pop(job_id, None)

    def fraction(self) -> float | None:
        """How much is done, 0.0 to 1.0, None if there is nothing to do.

        Each job counts the same, as the sizes of those that wait are not known; those that have
        ended count too, so that it does not fall back with each of them.
        """
        if self.is_over:
            return None
        ended = self.completed + self.stopped
        return (ended + sum(self._fractions.values())) / (ended + len(self._fractions))

    def _note_unfinished(self, job: Job) -> None:
        if self.is_over:
            self.completed = self.stopped = 0
        known = self._fractions.get(job.id, 0.0)
        self._fractions[job.id] = _fraction(job.bytes_done, job.bytes_total) or known


def stopped_by_itself(job: Job) -> bool:
    """Whether a job needs the person: it failed, or waits for space on a full disk."""
    return job.status is Status.FAILED or job.waits_for_space


def _fraction(bytes_done: int, bytes_total: int | None) -> float:
    return min(1.0, bytes_done / bytes_total) if bytes_total else 0.0
