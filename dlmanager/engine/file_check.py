"""Hold a finished file against a checksum, when a person asks for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import BadInput, CannotOpen
from dlmanager.core.job import Job


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
