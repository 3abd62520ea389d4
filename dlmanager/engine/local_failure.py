"""What errors of the file system mean for a job."""

import errno
from pathlib import Path

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending, Outcome

_PASSING = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EAGAIN, errno.EBUSY}
)
"""Errors of the file system that may be gone in a moment."""


def gone_words(folder: str) -> str:
    """Why a part is not where it was, in a sentence."""
    if not Path(folder).is_dir():
        return f"The folder {folder} is gone. Bring it back, then choose Retry."
    return (
        "The partial file was moved, deleted or replaced while it was being written. "
        "Choose Retry to start again."
    )


def local_failure(error: OSError, folder: str) -> Outcome:
    """What an error of the file system means for a job."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Outcome(
            Ending.DISK_FULL,
            ErrorKind.DISK_FULL,
            f"The disk of {folder} is full. Make room, and the download goes on by itself.",
        )
    if error.errno in _PASSING:
        return Outcome(
            Ending.RETRY, ErrorKind.FOLDER, f"The disk cannot be used just now ({error.strerror})."
        )
    return Outcome(
        Ending.FAIL,
        ErrorKind.FOLDER,
        f"The folder {folder} cannot be written ({error.strerror}). "
        "Check that it exists and that you may write there, then choose Retry.",
    )
