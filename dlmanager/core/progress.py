"""Live progress of running jobs: raw numbers, and the one-line summary that the store keeps."""

import re
from dataclasses import dataclass

from dlmanager.core.job import Phase

_SPEED = re.compile(r", (\d{1,15}) bytes/s\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a PROCESSING job is, at one moment.

    bytes_done: exact size of the part file. bytes_total: None if the server did not tell.
    speed_bytes_s: None while unknown (connecting, stalled, just started).
    checked_bytes: how much of the complete part has been hashed; None while it is not hashed.
    """

    job_id: str
    attempt: int
    phase: Phase
    bytes_done: int
    bytes_total: int | None
    speed_bytes_s: float | None
    checked_bytes: int | None = None

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down, 0 to 100; None if the total is unknown.

        Of the check, while there is one.
        """
        if self.checked_bytes is not None:
            return percent(self.checked_bytes, self.bytes_done)
        return percent(self.bytes_done, self.bytes_total)

    @property
    def eta_s(self) -> int | None:
        """Seconds left at the present speed; None if unknown."""
        return eta_s(self.bytes_done, self.bytes_total, self.speed_bytes_s)

    @property
    def summary(self) -> str:
        """The raw numbers on one line, for the column progress_summary."""
        total = "?" if self.bytes_total is None else self.bytes_total
        speed = "?" if self.speed_bytes_s is None else round(self.speed_bytes_s)
        return f"{self.bytes_done}/{total} bytes, {speed} bytes/s"


def speed_in(summary: str | None) -> int | None:
    """The speed in bytes a second in what `JobProgress.summary` made; None if it was unknown."""
    found = _SPEED.search(summary or "")
    return int(found[1]) if found else None


def percent(bytes_done: int, bytes_total: int | None) -> int | None:
    """Whole percent, rounded down, 0 to 100; None if the total is unknown."""
    if bytes_total is None:
        return None
    if bytes_total == 0:
        return 100
    return max(0, min(100, bytes_done * 100 // bytes_total))


def eta_s(bytes_done: int, bytes_total: int | None, speed_bytes_s: float | None) -> int | None:
    """Seconds left at this speed, rounded up; None if the total or the speed is unknown."""
    if bytes_total is None or not speed_bytes_s or speed_bytes_s <= 0:
        return None
    left = max(0, bytes_total - bytes_done)
    return -int(-left // speed_bytes_s)
