"""Backups and their return, on real database files."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dlmanager.core.backups import backup_name
from dlmanager.core.errors import StoreDamaged
from dlmanager.core.job import Status
from dlmanager.store import database_care
from dlmanager.store.database_care import (
    BackupUnwanted,
    Replaced,
    folders_in,
    is_damage,
    make_backup,
    replace_damaged,
    restore,
    set_aside,
    snapshot,
)
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import follow_disk
from tests.store.conftest import order

DAY_MS = 24 * 60 * 60 * 1000
NOW_MS = 1_770_000_000_000


def back_up(database: Path, now_ms: int = NOW_MS) -> Path:
    with snapshot(database) as source:
        return make_backup(source, database, now_ms)


def damage(path: Path) -> None:
    """Make nonsense of every page but the first, as a dying disk does."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def ids_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT id FROM DOWNLOAD_QUEUE ORDER BY rowid"
        return [row[0] for row in connection.execute(query)]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "queue.db"


@pytest.fixture
def filled(database: Path) -> list[str]:
    """The ids in a database that is closed."""
    store = JobStore(database)
    ids = [job.id for job in store.add([order(str(number)) for number in range(500)], 1)]
    store.close()
    return ids


class TestABackup:
    def test_is_one_sound_file_for_its_owner_alone_with_every_row(
        self, store: JobStore, database: Path
    ):
        ids = [job.id for job in store.add([order(str(number)) for number in range(500)], 1)]
        path = back_up(database)
        assert path == database.parent / "backups" / backup_name("queue", NOW_MS)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert ids_in(path) == ids
        assert names_in(path.parent) == [path.name]

    def test_only_the_newest_three_are_kept(self, store: JobStore, database: Path):
        store.add([order()], 1)
        (database.parent / "backups").mkdir(mode=0o700)
        (database.parent / "backups" / "notes.txt").write_text("mine")
        made = [back_up(database, NOW_MS + day * DAY_MS).name for day in range(5)]
        assert names_in(database.parent / "backups") == ["notes.txt", *made[2:]]

    def test_keeps_no_writer_out_and_sees_none_of_what_is_written_meanwhile(
        self, store: JobStore, database: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(database_care, "_STEP_PAGES", 1)
        ids = [job.id for job in store.add([order(str(number)) for number in range(500)], 1)]
        written = []

        def write() -> bool:
            written.extend(store.add([order("later")], 2))
            return False

        with snapshot(database) as source:
            path = make_backup(source, database, NOW_MS, write)
        assert len(written) > 10
        assert ids_in(path) == ids

    def test_is_given_up_at_once_when_it_is_not_wanted(self, store: JobStore, database: Path):
        store.add([order(str(number)) for number in range(500)], 1)
        with snapshot(database) as source, pytest.raises(BackupUnwanted):
            make_backup(source, database, NOW_MS, lambda: True)
        assert names_in(database.parent / "backups") == []

    def test_of_a_damaged_database_is_not_kept_and_pushes_no_good_one_out(
        self, database: Path, filled: list[str]
    ):
        good = [back_up(database, NOW_MS + day * DAY_MS).name for day in range(3)]
        damage(database)
        with pytest.raises((StoreDamaged, sqlite3.DatabaseError)) as caught:
            back_up(database, NOW_MS + 9 * DAY_MS)
        assert isinstance(caught.value, StoreDamaged) or is_damage(caught.value)
        assert names_in(database.parent / "backups") == good

    def test_that_was_killed_is_taken_for_none_and_cleared_away_later(
        self, database: Path, filled: list[str]
    ):
        code = (
            "import os, sys; from pathlib import Path\n"
            "from dlmanager.store.database_care import snapshot, make_backup\n"
            "database = Path(sys.argv[1])\n"
            "with snapshot(database) as source:\n"
            "    make_backup(source, database, 5, lambda: os.kill(os.getpid(), 9))\n"
        )
        killed = subprocess.run([sys.executable, "-c", code, str(database)], check=False)
        assert killed.returncode == -9
        folder = database.parent / "backups"
        (left,) = folder.iterdir()
        assert restore(database, NOW_MS) is None
        first = back_up(database)
        assert left.exists()  # it may be another process's, at work
        os.utime(left, (1, 1))
        second = back_up(database, NOW_MS + 1000)
        assert names_in(folder) == [first.name, second.name]


class TestSettingAside:
    def test_moves_all_three_files_and_overwrites_nothing(self, database: Path):
        def make(word: str) -> None:
            for ending in ("", "-wal", "-shm"):
                Path(f"{database}{ending}").write_text(word + ending)

        paths = []
        for word in ("one", "two", "three"):
            make(word)
            paths.append(set_aside(database, NOW_MS, "corrupt"))
        assert len(set(paths)) == 3
        for word, path in zip(("one", "two", "three"), paths, strict=True):
            assert path.name.startswith("queue.db.corrupt-20")
            for ending in ("", "-wal", "-shm"):
                assert Path(f"{path}{ending}").read_text() == word + ending
        assert not list(database.parent.glob("queue.db")) + list(database.parent.glob("*.db-*"))

    def test_of_nothing_is_nothing(self, database: Path):
        assert set_aside(database, NOW_MS, "corrupt") is None
        assert names_in(database.parent) == []


@pytest.mark.fault(49)
class TestADamagedDatabase:
    def test_gives_way_to_the_newest_backup(self, database: Path, filled: list[str]):
        older = back_up(database, NOW_MS - DAY_MS)
        store = JobStore(database)
        (late,) = store.add([order("late")], 2)
        store.close()
        back_up(database, NOW_MS)
        damage(database)
        bytes_before = database.read_bytes()
        replaced = replace_damaged(database, NOW_MS + 1000)
        assert replaced.backup_made_at_ms == NOW_MS
        assert replaced.set_aside.read_bytes() == bytes_before
        store = JobStore(database)
        assert store.is_restored()
        assert [job.id for job in store.list_jobs()] == [*filled, late.id]
        follow_disk(store, {}, {}, NOW_MS)
        assert not store.is_restored()
        store.close()
        assert older.exists()
        assert database.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("what", ["damaged", "empty", "garbage", "unreadable", "other"])
    def test_passes_over_a_backup_that_is_not_sound(
        self, database: Path, filled: list[str], what: str
    ):
        back_up(database, NOW_MS - DAY_MS)
        bad = back_up(database, NOW_MS)
        if what == "damaged":
            damage(bad)
        elif what == "empty":
            bad.write_bytes(b"")
        elif what == "garbage":
            bad.write_bytes(b"my own notes " * 100)
        elif what == "unreadable":
            bad.unlink()
            bad.mkdir()
        else:
            bad.unlink()
            with closing(sqlite3.connect(bad)) as other:
                other.execute("CREATE TABLE recipes (name)")
        damage(database)
        assert replace_damaged(database, NOW_MS).backup_made_at_ms == NOW_MS - DAY_MS
        assert ids_in(database) == filled
        assert [name for name in names_in(database.parent) if "unfinished" in name] == []

    def test_without_a_backup_makes_room_for_a_new_one(self, database: Path, filled: list[str]):
        damage(database)
        replaced = replace_damaged(database, NOW_MS)
        assert replaced == Replaced(replaced.set_aside, None)
        assert not database.exists()
        assert replaced.set_aside.exists()

    def test_leaves_no_wal_behind_that_would_spoil_the_backup(
        self, database: Path, filled: list[str]
    ):
        back_up(database)
        Path(f"{database}-wal").write_bytes(b"\xa5" * 40_000)
        damage(database)
        replaced = replace_damaged(database, NOW_MS)
        assert Path(f"{replaced.set_aside}-wal").stat().st_size == 40_000
        assert ids_in(database) == filled

    def test_killed_between_aside_and_restore_it_is_restored_the_next_time(
        self, database: Path, filled: list[str]
    ):
        back_up(database)
        damage(database)
        set_aside(database, NOW_MS, "corrupt")
        assert restore(database, NOW_MS) == NOW_MS
        assert ids_in(database) == filled

    def test_still_tells_its_folders_where_it_can(self, database: Path, filled: list[str]):
        assert folders_in(database) == ["/tmp"]
        database.write_bytes(b"my own notes " * 100)
        assert folders_in(database) == []
        assert database.read_bytes() == b"my own notes " * 100

    def test_on_a_full_disk_no_backup_is_taken_for_bad(
        self, database: Path, filled: list[str], monkeypatch: pytest.MonkeyPatch
    ):
        back_up(database)
        set_aside(database, NOW_MS, "corrupt")

        def full(*arguments: object) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(database_care, "_copy", full)
            with pytest.raises(sqlite3.OperationalError, match="full"):
                restore(database, NOW_MS)
        assert restore(database, NOW_MS) == NOW_MS


class TestTheRowsOfARestore:
    def test_parts_are_compared_from_where_the_backup_knew_them(self, store: JobStore):
        orders = [order(str(number)) for number in range(4)]
        store.add(orders, 1)
        jobs = store.claim(4, 2)
        part = {"part_path": "/p", "part_device": 1, "part_inode": 2}
        for job, facts in zip(
            jobs,
            [{"bytes_done": 500, **part}, {"bytes_done": 500, "unproven_from": 300, **part},
             {"bytes_done": 100, "unproven_from": 300, **part}, {"bytes_done": 0}],
            strict=True,
        ):  # fmt: skip
            store.record(job.id, job.attempt, 3, facts)
        follow_disk(store, {}, {}, 9)
        rows = [(job.unproven_from, job.unclean_stop) for job in store.list_jobs()]
        assert rows == [(500, True), (300, True), (100, True), (None, False)]

    def test_only_jobs_that_are_open_change(self, store: JobStore, job_in):
        jobs = {status: job_in(status) for status in Status}
        facts = {"final_path": "/f", "part_path": None}
        changed = follow_disk(store, {job.id: facts for job in jobs.values()}, {}, 9)
        unchanged = {Status.COMPLETED, Status.CANCELLED}
        assert {job.id for job in changed} == {
            job.id for status, job in jobs.items() if status not in unchanged
        }
        assert {job.status for job in changed} == {Status.COMPLETED}
        others = {status: job_in(status) for status in Status}
        changed = follow_disk(store, {}, {job.id: "why" for job in others.values()}, 9)
        assert {job.id for job in changed} == {
            others[status].id for status in (Status.PENDING, Status.PROCESSING, Status.RETRYING)
        }
        assert {(job.status, job.error_message) for job in changed} == {(Status.PAUSED, "why")}


def test_a_proof_that_it_can_be_written_changes_nothing(store: JobStore, database: Path):
    store.add([order()], 1)
    before = store.list_jobs()
    store.prove_writable()
    assert (store.list_jobs(), store.is_restored()) == (before, False)
    store._database.execute_sql("PRAGMA query_only=1")
    with pytest.raises(Exception, match="readonly"):
        store.prove_writable()
    store._database.execute_sql("PRAGMA query_only=0")


def test_a_backup_in_another_thread_does_not_hold_up_the_store(store: JobStore, database: Path):
    store.add([order(str(number)) for number in range(2_000)], 1)
    in_the_middle, may_go_on = threading.Event(), threading.Event()

    def pause() -> bool:
        in_the_middle.set()
        return not may_go_on.wait(10)

    def work() -> None:
        with snapshot(database) as source:
            make_backup(source, database, NOW_MS, pause)

    thread = threading.Thread(target=work)
    thread.start()
    assert in_the_middle.wait(10)
    assert len(store.claim(3, 2)) == 3
    may_go_on.set()
    thread.join(10)
    assert len(ids_in(database.parent / "backups" / backup_name("queue", NOW_MS))) == 2_000
