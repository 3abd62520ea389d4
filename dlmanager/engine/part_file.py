"""The partial file of a job: made, cut, compared, and published under its final name.

Everything here blocks; the engine calls it in worker threads. The protocol is that of
ARCHITECTURE.md, "How a file is made".
"""

import contextlib
import ctypes
import errno
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from dlmanager.core.filenames import numbered_name
from dlmanager.core.job import Job
from dlmanager.engine.file_lock import FileLock

OVERLAP_BYTES = 4 * 1024
"""How much of a part is fetched again and compared when a download goes on."""
OVERLAP_BYTES_UNCLEAN = 1024 * 1024
"""The same after a power cut, when the tail of the part may be stale or zero-filled."""
_UNWRITTEN = bytes(4096)
"""A page that has never come to the disk, as file systems show it."""

_NOT_A_FILE = frozenset({errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENOTDIR, errno.EMLINK})
"""What open(2) says of a symbolic link, a socket, a folder."""


class PartReplaced(Exception):
    """What stands at the part's path is not the file that we made."""


class Overlap(Enum):
    """Whether the bytes that were fetched again are those that were there before."""

    EQUAL = "equal"
    DIFFERENT = "different"
    SHORT = "short"  # equal so far, but not all of them have come


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a part that grows. size_bytes: bytes that are there or were there already.

    in_place: whether the part's path still leads to it. transfer: which of the part's transfers
    it saw.
    """

    size_bytes: int
    overlap: Overlap
    in_place: bool = True
    transfer: int = 0


class PartFile:
    """An open part file; whoever opens it holds the job's lock (`job_lock`), so nobody else writes.

    Methods may be called from several threads.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor
        facts = os.fstat(descriptor)
        self.device = facts.st_dev
        self.inode = facts.st_ino
        self._overlap_start = 0
        self._overlap = b""
        self._compared = False
        self.transfer = 0
        self._guard = threading.RLock()

    @classmethod
    def create(cls, path: Path) -> "PartFile":
        """Make a new, empty part; raises FileExistsError if anything has that name."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return cls(path, os.open(path, flags, 0o600))

    @classmethod
    def reopen(cls, path: Path, device: int | None, inode: int | None) -> "PartFile":
        """Open the part of an earlier attempt.

        Raises FileNotFoundError if it is gone, PartReplaced if another file stands there, OSError
        if it cannot be opened just now.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in _NOT_A_FILE:
                raise PartReplaced(path) from error
            raise
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or (facts.st_dev, facts.st_ino) != (device, inode):
            os.close(descriptor)
            raise PartReplaced(path)
        return cls(path, descriptor)

    def size(self) -> int:
        """Bytes in the part now."""
        return os.fstat(self.descriptor).st_size

    def is_in_place(self) -> bool:
        """Whether the part's path still leads to this very file."""
        try:
            facts = os.lstat(self.path)
        except OSError:
            return False
        return (facts.st_dev, facts.st_ino) == (self.device, self.inode)

    def look(self) -> Look | None:
        """Size and overlap now; None once the part is closed."""
        with self._guard:
            if self.descriptor < 0:
                return None
            overlap = self.compare_overlap()
            size = self.size()
            if overlap is not Overlap.DIFFERENT:
                # What was cut off counts as there: progress does not step back at a resume.
                size = max(size, self._overlap_start + len(self._overlap))
            return Look(size, overlap, self.is_in_place(), self.transfer)

    def clear(self) -> None:
        """Throw all bytes away: the next transfer starts from zero."""
        with self._guard:
            os.ftruncate(self.descriptor, 0)
            self._keep_overlap(0, b"")

    def cut_back(self, size_bytes: int) -> None:
        """Throw away what stands after a byte."""
        with self._guard:
            os.ftruncate(self.descriptor, min(size_bytes, self.size()))
            self._keep_overlap(0, b"")

    def cut_overlap(self, overlap_bytes: int) -> int:
        """Cut the last bytes off and keep them for comparison; returns the size that is left."""
        with self._guard:
            size = self.size()
            start = max(0, size - overlap_bytes)
            # A part that is cut to nothing is fetched anew as a whole: nothing to compare with.
            self._keep_overlap(start, self._read(start, size - start) if start else b"")
            if start != size:
                # Not for nothing: ext4 writes a file that was cut to zero to the disk as soon as
                # wget closes it, and the end of every download would wait for that.
                os.ftruncate(self.descriptor, start)
            return start

    def doubtful_bytes(self) -> int:
        """How much of the end may never have come to the disk; 0 where nothing looks like it.

        A part of zeros may be right: fetching some of it again then costs little.
        """
        tail = self._read(max(0, self.size() - OVERLAP_BYTES_UNCLEAN), OVERLAP_BYTES_UNCLEAN)
        return OVERLAP_BYTES_UNCLEAN if _UNWRITTEN in tail else 0

    def compare_overlap(self) -> Overlap:
        """Compare what has been fetched again with what was cut off; may be called at any time."""
        with self._guard:
            if self._compared or not self._overlap:
                return Overlap.EQUAL
            fetched = self._read(self._overlap_start, len(self._overlap))
            if not self._overlap.startswith(fetched):
                return Overlap.DIFFERENT
            if len(fetched) < len(self._overlap):
                return Overlap.SHORT
            self._compared = True
            return Overlap.EQUAL

    def restore(self) -> None:
        """Bring back what was there before the last cut, in place of whatever came after it."""
        with self._guard:
            os.ftruncate(self.descriptor, self._overlap_start)
            os.pwrite(self.descriptor, self._overlap, self._overlap_start)

    def _keep_overlap(self, start: int, overlap: bytes) -> None:
        self._overlap_start, self._overlap, self._compared = start, overlap, False
        self.transfer += 1

    def _read(self, start: int, length: int) -> bytes:
        return os.pread(self.descriptor, length, start)

    def head(self, length: int) -> bytes:
        """The first bytes."""
        return self._read(0, length)

    def sync(self) -> None:
        """Bring the bytes, and what the file system knows of them, to the disk."""
        os.fsync(self.descriptor)

    def sync_bytes(self) -> None:
        """Bring the bytes that are there now to the disk; others may come meanwhile."""
        os.fdatasync(self.descriptor)

    def publish(self, final_path: Path) -> None:
        """Give the complete, synced part its final name, readable as the umask allows.

        Raises FileExistsError if the name is taken (nothing is overwritten, ever), OSError if
        the folder does not let us, PartReplaced if the part is not ours any more.
        """
        if not self.is_in_place():
            raise PartReplaced(self.path)
        with contextlib.suppress(OSError):  # some file systems have no modes
            os.fchmod(self.descriptor, 0o666 & ~_UMASK)
        _move_without_overwriting(self.path, final_path)
        _sync_folder(final_path.parent)

    def discard(self) -> None:
        """Remove the part, if its path still leads to it, and close it."""
        try:
            if self.is_in_place():
                self.path.unlink()
        finally:
            self.close()

    def close(self) -> None:
        """Close the part."""
        with self._guard:
            descriptor, self.descriptor = self.descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)


def discard_part(job: Job, lock: FileLock) -> bool:
    """Remove the part that a job left; False if a process still writes it or it cannot be removed.

    For a job that is wanted no more: it has no file, so one that was being published goes too.
    A file that is not the part we made stays untouched.
    """
    if job.part_path is None:
        return True
    try:
        if not lock.acquire():
            return False
        if job.part_inode is None:
            discard_announced_part(job)
            return True
        if job.final_path is not None:
            remove_published(Path(job.final_path), job)
        PartFile.reopen(Path(job.part_path), job.part_device, job.part_inode).discard()
    except (FileNotFoundError, PartReplaced):
        return True
    except OSError:
        return False
    finally:
        lock.discard()
    return True


def discard_announced_part(job: Job) -> None:
    """Remove the part that a job said it would make, if a kill came before it was noted as made.

    Such a part is empty; whatever holds bytes under that name is not ours.
    """
    if job.part_path is None or job.part_inode is not None:
        return
    path = Path(job.part_path)
    with contextlib.suppress(FileNotFoundError):
        facts = path.lstat()
        if stat.S_ISREG(facts.st_mode) and facts.st_size == 0:
            path.unlink()


def remove_published(final_path: Path, job: Job) -> None:
    """Take a file back that was published for a job that is wanted no more."""
    if same_file(str(final_path), job.part_device, job.part_inode):
        final_path.unlink()


def free_final_paths(folder: Path, name: str) -> Iterator[Path]:
    """Final paths to try: the name itself, then `name (1)`, `name (2)` ...; taken ones left out."""
    for number in range(10_000):
        path = folder / (name if number == 0 else numbered_name(name, number))
        if not os.path.lexists(path):
            yield path


def same_file(path: str | None, device: int | None, inode: int | None) -> bool:
    """Whether a path leads to this very file; False if it leads nowhere or through a link."""
    if path is None:
        return False
    try:
        facts = os.lstat(path)
    except OSError:
        return False
    return (facts.st_dev, facts.st_ino) == (device, inode)


def _move_without_overwriting(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # The file system has no hard links: FAT, exFAT, some network shares.
        if _renamed_without_replacing(source, target):
            return
        # Nor such a rename: take the name first, so that it replaces but our own empty file.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        try:
            source.replace(target)
        except OSError:
            target.unlink()
            raise
        return
    source.unlink()


def _renamed_without_replacing(source: Path, target: Path) -> bool:
    """Whether renameat2(2) with RENAME_NOREPLACE moved a file; False if it is not to be had here.

    Raises FileExistsError if the target is taken.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    names = os.fsencode(source), os.fsencode(target)
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) == 0:
        return True
    if ctypes.get_errno() == errno.EEXIST:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    return False


_AT_FDCWD = -100
_RENAME_NOREPLACE = 1


def _sync_folder(folder: Path) -> None:
    # Some folders cannot be read, some file systems cannot sync them; the name is then as durable
    # as they make it.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read_umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


# Read once, at import, before there are threads: umask(2) is one value for the whole process.
_UMASK = _read_umask()
