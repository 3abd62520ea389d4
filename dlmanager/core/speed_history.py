"""The speeds of the last minutes, a sample a second, in a memory that does not grow."""

import math
from array import array
from collections.abc import Mapping

WINDOW_S = 300
"""How far back a history goes."""
LATE_S = 3
"""How many seconds a note may be late; a longer silence means that nothing moved."""
MAX_JOBS = 200
"""How many jobs have a history; those that have rested the longest lose theirs first."""


class SpeedHistory:
    """Speeds in bytes per second, one for each second of the window; seconds are passed in.

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

    def note(self, second: int, speed_bytes_s: float, seconds: int = 1) -> None:
        """Note the speed of a second; of several notes, the last counts.

        seconds: how many the note counts for, up to this one.
        """
        last = self._last_s
        if last is not None:
            if second < last:
                return
            for passed in range(max(last + 1, second - WINDOW_S), second):
                is_covered = passed > second - seconds
                self._speeds[passed % WINDOW_S] = speed_bytes_s if is_covered else 0.0
        self._speeds[second % WINDOW_S] = speed_bytes_s
        self._last_s = second

    def speeds(self, until_s: int) -> list[float]:
        """The window that ends with a second, oldest first: WINDOW_S numbers."""
        last = self._last_s
        if last is None or until_s - last >= WINDOW_S:
            return [0.0] * WINDOW_S
        silent = max(0, until_s - last)
        start = (last + 1) % WINDOW_S
        noted = [*self._speeds[start:], *self._speeds[:start]]
        return noted[silent:] + [0.0] * silent


class SpeedHistories:
    """The history of the whole queue, and of each job that has moved of late.

    Moments are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._of_queue = SpeedHistory()
        self._of_jobs: dict[str, SpeedHistory] = {}

    def speeds_of_queue(self, now_s: float) -> list[float]:
        """The speeds of all together: WINDOW_S numbers, oldest first."""
        return self._of_queue.speeds(self._end(now_s))

    def speeds_of_job(self, job_id: str, now_s: float) -> list[float] | None:
        """The same of one job; None if it has not moved for as long as the window."""
        history = self._of_jobs.get(job_id)
        return None if history is None else history.speeds(self._end(now_s))

    def note(self, now_s: float, speeds_bytes_s: Mapping[str, float]) -> None:
        """Note the speeds of all jobs that run, by id; none of the others moves."""
        second, last = math.floor(now_s), self._of_queue.last_s
        late = 0 if last is None else second - last
        seconds = late if 0 < late <= LATE_S else 1
        self._of_queue.note(second, sum(speeds_bytes_s.values()), seconds)
        for job_id, speed in speeds_bytes_s.items():
            # Taken out and put in again: the dictionary is in the order of the last movement.
            history = self._of_jobs.pop(job_id, None) or SpeedHistory()
            history.note(second, speed, seconds)
            self._of_jobs[job_id] = history
        self._forget(second)

    def _end(self, now_s: float) -> int:
        """The second that the window ends with: the last noted one, unless that is long ago."""
        now, last = math.floor(now_s), self._of_queue.last_s
        return last if last is not None and now - last <= LATE_S else now

    def _forget(self, now_s: int) -> None:
        for job_id, history in list(self._of_jobs.items()):
            rested_s = now_s - (history.last_s or 0)
            if rested_s < WINDOW_S and len(self._of_jobs) <= MAX_JOBS:
                break
            del self._of_jobs[job_id]
