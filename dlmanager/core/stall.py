"""When a transfer is so slow, or its answer so late, that it is better ended and begun again."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending, Outcome

GAP_S = 5.0
"""After a longer time without a check (a suspended machine, a stopped program) nothing is known."""
_CHECKS_PER_LIMIT = 10


@dataclass(frozen=True, slots=True)
class StallLimits:
    """What is still put up with; 0 switches a limit off.

    low_speed_limit_bytes_s: least mean speed over low_speed_time_s while a file comes.
    header_timeout_s: from the start to the end of the last header block, redirects included.
    """

    low_speed_limit_bytes_s: float = 512
    low_speed_time_s: float = 60
    header_timeout_s: float = 60

    @property
    def guards_speed(self) -> bool:
        """Whether there is a limit to the slowness of a transfer."""
        return self.low_speed_limit_bytes_s > 0 and self.low_speed_time_s > 0

    @property
    def check_interval_s(self) -> float | None:
        """How often to check, at most every second; None if there is no limit."""
        limits_s = [self.header_timeout_s] if self.header_timeout_s > 0 else []
        if self.guards_speed:
            limits_s.append(self.low_speed_time_s)
        return min(1.0, min(limits_s) / _CHECKS_PER_LIMIT) if limits_s else None


class Stall(StrEnum):
    """What a transfer is ended for."""

    NO_ANSWER = "no answer"
    TOO_SLOW = "too slow"


class StallGuard:
    """Watches one transfer; time is passed in (monotonic seconds), sizes are of the part."""

    def __init__(self, limits: StallLimits, now_s: float) -> None:
        self._limits = limits
        self._asked_s = self._checked_s = now_s
        self._samples: deque[tuple[float, int]] = deque()
        self.is_answered = False

    def note_answer(self) -> None:
        """Note that the header block is complete: from now on bytes are to come."""
        self.is_answered = True

    def check(self, now_s: float, size_bytes: int, wanted_bytes_s: float = 0) -> Stall | None:
        """Whether the transfer is to be ended, and for what.

        wanted_bytes_s: put up with less than this no more than with less than the limit.
        """
        gap_s, self._checked_s = now_s - self._checked_s, now_s
        if gap_s > GAP_S:
            self._asked_s += gap_s
            self._samples.clear()
        if self.is_answered:
            return self._check_speed(now_s, size_bytes, wanted_bytes_s)
        timeout_s = self._limits.header_timeout_s
        return Stall.NO_ANSWER if 0 < timeout_s <= now_s - self._asked_s else None

    def _check_speed(self, now_s: float, size_bytes: int, wanted_bytes_s: float) -> Stall | None:
        samples, time_s = self._samples, self._limits.low_speed_time_s
        if samples and size_bytes < samples[-1][1]:
            samples.clear()  # the part was cut or started again
        samples.append((now_s, size_bytes))
        while len(samples) > 2 and now_s - samples[1][0] >= time_s:
            samples.popleft()
        start_s, start_bytes = samples[0]
        if not self._limits.guards_speed or now_s - start_s < time_s:
            return None
        speed_bytes_s = (size_bytes - start_bytes) / (now_s - start_s)
        least_bytes_s = max(self._limits.low_speed_limit_bytes_s, wanted_bytes_s)
        return Stall.TOO_SLOW if speed_bytes_s < least_bytes_s else None


def stalled(stall: Stall, http_status: int | None) -> Outcome:
    """How an attempt ended that was stopped for this."""
    kind, words = _WORDS[stall]
    return Outcome(Ending.RETRY, kind, words, http_status)


_WORDS = {
    Stall.NO_ANSWER: (
        ErrorKind.TIMEOUT,
        "The server did not answer in full in time. Try again later.",
    ),
    Stall.TOO_SLOW: (
        ErrorKind.TOO_SLOW,
        "The server sent next to nothing for a while. The next try goes on from there.",
    ),
}
