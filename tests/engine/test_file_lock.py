import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlmanager.engine import file_lock
from dlmanager.engine.file_lock import (
    FileLock,
    discard_free_locks,
    job_lock,
    queue_lock,
    try_lock,
)


def test_only_one_holder_at_a_time(tmp_path: Path):
    first, second = FileLock(tmp_path / "d" / "lock"), FileLock(tmp_path / "d" / "lock")
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


def test_a_lock_whose_file_its_last_holder_discards_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It was opened while the other still held it, and locked when its file had gone."""
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.acquire()

    def discard_first(descriptor: int) -> bool:
        first.discard()
        return try_lock(descriptor)

    monkeypatch.setattr(file_lock, "try_lock", discard_first)
    assert second.acquire()
    assert not FileLock(tmp_path / "lock").acquire()
    second.discard()
    assert list(tmp_path.iterdir()) == []


def test_locks_that_a_killed_program_left_go_and_those_in_use_stay(tmp_path: Path):
    database = tmp_path / "queue.db"
    used = job_lock(database, "used")
    for each in (used, job_lock(database, "left")):
        each.acquire()
        if each is not used:
            each.release()
    discard_free_locks(database)
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["used"]
    used.release()


def test_somebody_may_look_whether_it_is_held_and_leaves_nothing(tmp_path: Path):
    lock, looking = queue_lock(tmp_path / "queue.db"), queue_lock(tmp_path / "queue.db")
    assert not looking.is_held()
    assert list(tmp_path.iterdir()) == []
    assert lock.acquire()
    assert [path.name for path in tmp_path.iterdir()] == ["queue.db.lock"]
    assert looking.is_held()
    lock.release()
    assert not looking.is_held()
    assert lock.acquire()


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_locks_cannot_be_asked_somebody_may_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
):
    def refuse(*_: object) -> None:
        raise OSError(error, "no locks")

    (tmp_path / "queue.db.lock").touch()
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert queue_lock(tmp_path / "queue.db").is_held()


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


def test_a_holder_leaves_a_note_for_the_next(tmp_path: Path):
    for before, text in [("", "a long first note"), ("a long first note", "short")]:
        lock = FileLock(tmp_path / "lock")
        lock.acquire()
        assert lock.note() == before
        lock.leave_note(text)
        assert lock.note() == text
        lock.release()
