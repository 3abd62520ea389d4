"""The speeds of the last minutes, a sample a second, in a memory that does not grow."""

import math
from array import array
from collections.abc import Mapping

WINDOW_S = 300
"""How far back a history goes."""
MAX_JOBS = 200
"""How many jobs have a history; those that have rested the longest lose theirs first."""


class SpeedHistory:
    """Speeds in bytes per second, one for each second of the window; time is passed in.

    A second that nothing was noted for counts as 0: nothing moved.
    """

    def __init__(self) -> None:
        # A ring, as a list of samples would take fifty times the room: single precision is plenty.
        self._speeds = array("f", bytes(4 * WINDOW_S))
        self._last_s: int | None = None

    @property
    def last_s(self) -> int | None:
        """The second that was noted last; None before the first."""
        return self._last_s

    def note(self, now_s: float, speed_bytes_s: float) -> None:
        """Note the speed of a second (monotonic); of several in one second, the last counts."""
        second = math.floor(now_s)
        if self._last_s is not None:
            if second < self._last_s:
                return
            for skipped in range(max(self._last_s + 1, second - WINDOW_S), second):
                self._speeds[skipped % WINDOW_S] = 0.0
        self._speeds[second % WINDOW_S] = speed_bytes_s
        self._last_s = second

    def speeds(self, now_s: float) -> list[float]:
        """The whole window up to now, oldest first: WINDOW_S numbers."""
        now = math.floor(now_s)
        last = self._last_s
        if last is None or now - last >= WINDOW_S:
            return [0.0] * WINDOW_S
        silent = max(0, now - last)
        start = (last + 1) % WINDOW_S
        noted = [*self._speeds[start:], *self._speeds[:start]]
        return noted[silent:] + [0.0] * silent


class SpeedHistories:
    """The history of the whole queue, and of each job that has moved of late."""

    def __init__(self) -> None:
        self.of_queue = SpeedHistory()
        self._of_jobs: dict[str, SpeedHistory] = {}

    def of_job(self, job_id: str) -> SpeedHistory | None:
        """The history of a job; None if it has not moved for as long as the window."""
        return self._of_jobs.get(job_id)

    def note(self, now_s: float, speeds_bytes_s: Mapping[str, float]) -> None:
        """Note the speeds of all jobs that run, by id; none of the others moves."""
        self.of_queue.note(now_s, sum(speeds_bytes_s.values()))
        for job_id, speed in speeds_bytes_s.items():
            # Taken out and put in again: the dictionary is in the order of the last movement.
            history = self._of_jobs.pop(job_id, None) or SpeedHistory()
            history.note(now_s, speed)
            self._of_jobs[job_id] = history
        self._forget(math.floor(now_s))

    def _forget(self, now_s: int) -> None:
        for job_id, history in list(self._of_jobs.items()):
            rested_s = now_s - (history.last_s or 0)
            if rested_s < WINDOW_S and len(self._of_jobs) <= MAX_JOBS:
                break
            del self._of_jobs[job_id]
