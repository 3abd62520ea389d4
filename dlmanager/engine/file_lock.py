"""An advisory lock on a file that the kernel frees when its last holder ends, however it ends."""

import contextlib
import errno
import fcntl
import os
from pathlib import Path


def try_lock(descriptor: int) -> bool:
    """Take the exclusive flock of an open file; False if somebody else holds it.

    Whoever inherits the descriptor holds the lock too: that is how a live orphan is told from a
    dead one without trusting process ids (flock(2)). Lock files of our own only, never a file
    that others write: on SMB shares such a lock keeps everybody else's bytes out (flock(2), NOTES).
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


def queue_lock(database: Path) -> "FileLock":
    """The lock that whoever works on the queue in a database holds."""
    return FileLock(database.with_name(f"{database.name}.lock"))


def job_lock(database: Path, job_id: str) -> "FileLock":
    """The lock that whoever writes a job's part holds, its wget included.

    database: the queue's; its jobs' locks lie in a folder beside it.
    """
    return FileLock(_locks_folder(database) / job_id)


def discard_free_locks(database: Path) -> None:
    """Remove the files of job locks that nobody holds: a killed program leaves them."""
    for path in _locks_folder(database).glob("*"):
        lock = FileLock(path)
        with contextlib.suppress(OSError):
            if lock.acquire():
                lock.discard()


def _locks_folder(database: Path) -> Path:
    return database.parent / "locks"


class FileLock:
    """One holder at a time, among all processes, of a lock file made for this purpose."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int | None:
        """The open lock file, for a child to inherit; None while the lock is not held."""
        return self._descriptor

    def acquire(self) -> bool:
        """Take the lock; False if another process (or another FileLock) holds it.

        Raises OSError if the file cannot be made.
        """
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not try_lock(descriptor):
                os.close(descriptor)
                return False
            if self._leads_to(descriptor):
                self._descriptor = descriptor
                return True
            os.close(descriptor)  # its last holder has just discarded it

    def _leads_to(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False

    def is_held(self) -> bool:
        """Whether anybody holds the lock just now; makes no file.

        Looking takes the lock, shared with others who look, for a moment: whoever wants it then
        has to try again. True too where the file may not be read, or its file system has no locks.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def note(self) -> str:
        """The short text that a holder left in the held lock's file; empty if none did."""
        assert self._descriptor is not None
        return os.pread(self._descriptor, 256, 0).decode("utf-8", "replace")

    def leave_note(self, text: str) -> None:
        """Leave a short text in the held lock's file, for the next holders.

        It is on the disk when this returns. Raises OSError; the file is then empty, or as it was.
        """
        assert self._descriptor is not None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
        os.fsync(self._descriptor)

    def release(self) -> None:
        """Give the lock back; it is free once every process that inherited it has ended."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def discard(self) -> None:
        """Remove the lock's file and give the lock back, if it is held."""
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            self.release()
