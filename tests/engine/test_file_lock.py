import os
import subprocess
import sys
from pathlib import Path

from dlmanager.engine.file_lock import FileLock, try_lock


def test_only_one_holder_at_a_time(tmp_path: Path):
    first, second = FileLock(tmp_path / "d" / "lock"), FileLock(tmp_path / "d" / "lock")
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


def test_the_lock_file_is_for_its_owner_alone(tmp_path: Path):
    lock = FileLock(tmp_path / "lock")
    lock.acquire()
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    lock.release()


def test_a_child_that_inherits_the_file_keeps_the_lock_until_it_ends(tmp_path: Path):
    descriptor = os.open(tmp_path / "part", os.O_RDWR | os.O_CREAT)
    assert try_lock(descriptor)
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        pass_fds=[descriptor],
    )
    os.close(descriptor)
    other = os.open(tmp_path / "part", os.O_RDWR)
    assert not try_lock(other)
    child.communicate(b"")
    assert try_lock(other)
    os.close(other)
