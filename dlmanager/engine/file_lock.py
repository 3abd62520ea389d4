"""An advisory lock on a file that the kernel frees when its last holder ends, however it ends."""

import errno
import fcntl
import os
from pathlib import Path


def try_lock(descriptor: int) -> bool:
    """Take the exclusive flock of an open file; False if somebody else holds it.

    Whoever inherits the descriptor holds the lock too: that is how a live orphan is told from a
    dead one without trusting process ids (flock(2)).
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP):
            raise
        # Some network file systems know no locks; the sweep still ends orphans that it can prove.
    return True


class FileLock:
    """One holder at a time, among all processes, of a lock file made for this purpose."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False if another process (or another FileLock) holds it.

        Raises OSError if the file cannot be made.
        """
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not try_lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def exchange(self, text: str) -> str:
        """Leave a short text in the held lock's file; returns what the last holder left."""
        assert self._descriptor is not None
        before = os.pread(self._descriptor, 256, 0).decode("utf-8", "replace")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
        return before

    def release(self) -> None:
        """Give the lock back; the file stays, as removing it would race with the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
