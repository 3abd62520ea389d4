"""Hold a finished file against a checksum, when a person asks for it."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import BadInput, CannotOpen
from dlmanager.core.job import Job
from dlmanager.engine.hashing import Hashing

HashingProgress = Callable[[int, int], None]
"""Told now and then how many bytes have been hashed, and how many the file has."""


def checksum_to_verify(job: Job, given: Checksum | None = None) -> Checksum:
    """What the finished file of a job is to be held against: what was given, else what is known.

    Raises BadInput where there is no file yet, or nothing to hold it against.
    """
    if job.path is None:
        raise BadInput(f"{job.display_name} is not finished, so there is no file to verify yet.")
    checksum = given or job.expected_checksum
    if checksum is None:
        raise BadInput(f"No checksum of {job.display_name} is known. Give one to verify it.")
    return checksum


@contextmanager
def finished_file(job: Job) -> Iterator[int]:
    """Opens the finished file of a job; gives a descriptor to hash from. Blocks for a moment.

    Raises CannotOpen if it is not there or cannot be read, also where that shows only meanwhile.
    """
    path = Path(job.path or "")
    try:
        # Without waiting, where something else than a file has taken its place.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise CannotOpen(
            f"{path.name} is not there any more. It may have been moved or deleted."
        ) from error
    except OSError as error:
        raise CannotOpen(f"{path.name} cannot be read ({error.strerror}).") from error


class FileCheck:
    """One pass over a finished file, that does not block the event loop and can be stopped.

    on_progress: not told any more once it was stopped.
    """

    def __init__(self, on_progress: HashingProgress) -> None:
        self._on_progress = on_progress
        self._hashing: Hashing | None = None
        self._is_stopped = False

    def stop(self) -> None:
        """End it within a moment, or before it begins."""
        self._is_stopped = True
        if self._hashing is not None:
            self._hashing.cancel()

    async def run(self, job: Job, kind: ChecksumKind) -> str | None:
        """Return the hexadecimal digits; None if it was stopped. Raises CannotOpen."""
        with ExitStack() as closing:
            # A disk that sleeps, or is far away, may take its time.
            descriptor = await asyncio.to_thread(closing.enter_context, finished_file(job))
            size_bytes = (await asyncio.to_thread(os.fstat, descriptor)).st_size
            hashing = self._hashing = Hashing(descriptor, kind)
            if self._is_stopped:
                return None
            return await hashing.run_aside(lambda: self._tell(hashing.bytes_done, size_bytes))

    def _tell(self, bytes_done: int, size_bytes: int) -> None:
        if not self._is_stopped:
            self._on_progress(bytes_done, size_bytes)
