"""Whether a disk has room again for a download that filled it."""

import shutil

from dlmanager.core.job import Job

SPARE_BYTES = 1024 * 1024
UNKNOWN_NEED_BYTES = 64 * 1024 * 1024
"""What must be free for a download whose size the server did not tell."""


def has_space_for(job: Job) -> bool:
    """Whether the rest of a job fits on the disk of its folder; False if that cannot be told.

    Blocks for one statvfs.
    """
    need_bytes = UNKNOWN_NEED_BYTES if job.bytes_total is None else job.bytes_total - job.bytes_done
    try:
        free_bytes = shutil.disk_usage(job.target_directory).free
    except OSError:
        return False
    return free_bytes >= need_bytes + SPARE_BYTES
