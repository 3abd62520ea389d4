"""Hold a complete part against the checksum that is expected of it."""

from collections.abc import Callable
from dataclasses import dataclass

from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.engine.attempt_row import AttemptRow, AttemptVoid
from dlmanager.engine.hashing import Hashing
from dlmanager.engine.part_file import PartFile


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The part is not what is expected. found: digits of the same kind.

    came_before: whether it came wrong before, since a person last made a new beginning.
    """

    expected: Checksum
    found: str
    came_before: bool


class PartCheck:
    """Hashes the part of a running attempt.

    on_progress: called now and then while it goes on.
    """

    def __init__(self, row: AttemptRow, part: PartFile, on_progress: Callable[[], None]) -> None:
        self._row = row
        self._part = part
        self._on_progress = on_progress
        self._hashing: Hashing | None = None

    @property
    def hashed_bytes(self) -> int | None:
        """How far it is; None while nothing is hashed."""
        return None if self._hashing is None else self._hashing.bytes_done

    def stop(self) -> None:
        """End it, if it goes on; `run` raises AttemptVoid then."""
        if self._hashing is not None:
            self._hashing.cancel()

    async def run(self) -> Mismatch | None:
        """Hash the part; None if it is right, or if nothing is expected of it.

        Raises AttemptVoid if the row was taken from the attempt, OSError where the part cannot be
        read.
        """
        while (expected := self._row.job.expected_checksum) is not None:
            await self._row.record(phase=Phase.VERIFYING)
            found = await self._hash(expected)
            # The row tells whether somebody expects another one by now.
            await self._row.record(phase=Phase.VERIFYING)
            if expected != self._row.job.expected_checksum:
                continue
            if found != expected.hex:
                earlier = self._row.job.checksum_found
                return Mismatch(expected, found, came_before=earlier not in (None, expected.hex))
            await self._row.record(checksum_found=found)
            return None
        return None

    async def _hash(self, expected: Checksum) -> str:
        self._row.check()
        self._hashing = Hashing(self._part.descriptor, expected.kind)
        try:
            found = await self._hashing.run_aside(self._on_progress)
        finally:
            self._hashing = None
        self._row.check()
        if found is None:
            raise AttemptVoid
        return found


def awaits_check(job: Job, part: PartFile) -> bool:
    """Whether all of a part is there, so that only its checksum is left to be looked at.

    So it is where a check was interrupted; the checksum decides whatever its bytes are.
    """
    return (
        job.expected_checksum is not None
        and bool(job.bytes_total)
        and job.unproven_from is None
        and not job.unclean_stop
        and part.size() == job.bytes_total
    )


def mismatch_outcome(wrong: Mismatch, http_status: int | None) -> Outcome:
    """The file came wrong twice."""
    return Outcome(
        Ending.FAIL,
        ErrorKind.CHECKSUM,
        f"The file came twice and does not match its {wrong.expected.kind.label} checksum. "
        f"Expected: {wrong.expected.hex}. Found: {wrong.found}. "
        "Check where the checksum comes from. Correct it if it is wrong, then choose Retry.",
        http_status,
    )


def other_mirror_outcome(wrong: Mismatch, http_status: int | None) -> Outcome:
    """The file came wrong from a mirror; it has one more try, at another one if there is one."""
    return Outcome(
        Ending.RETRY,
        ErrorKind.CHECKSUM,
        f"What came from this mirror does not match the {wrong.expected.kind.label} checksum.",
        http_status,
    )
