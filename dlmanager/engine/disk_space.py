"""How much room a disk has, and whether it has some again for a download that filled it."""

import shutil

from dlmanager.core.job import Job

SPARE_BYTES = 1024 * 1024
UNKNOWN_NEED_BYTES = 64 * 1024 * 1024
"""What must be free for a download whose size the server did not tell."""


def free_bytes(folder: str) -> int | None:
    """How much may be written to the disk of a folder; None if that cannot be told.

    Blocks for one statvfs, which a server that does not answer can make long.
    """
    try:
        return shutil.disk_usage(folder).free
    except (OSError, ValueError):
        return None


def has_space_for(job: Job) -> bool:
    """Whether the rest of a job fits on the disk of its folder; False if that cannot be told.

    Blocks for one statvfs.
    """
    need_bytes = UNKNOWN_NEED_BYTES if job.bytes_total is None else job.bytes_total - job.bytes_done
    free = free_bytes(job.target_directory)
    return free is not None and free >= need_bytes + SPARE_BYTES
