"""The care of the database over starts, days and stops, on real files."""

import asyncio
import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dlmanager.core.backups import INTERVAL_MS, backup_name
from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import NewJob
from dlmanager.engine import database_keeper
from dlmanager.engine.clock import boot_id
from dlmanager.engine.database_keeper import DatabaseKeeper, replaced_sentence
from dlmanager.engine.file_lock import FileLock
from dlmanager.store import database_care
from dlmanager.store.database_care import Replaced, make_backup, snapshot
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

NOW_MS = 1_770_000_000_000


class House:
    """One database with its keeper, and what it told; a start and a stop as the queue's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "data" / "queue.db"
        self.store = StoreThread(self.path)
        self.lock = FileLock(self.path.with_name("queue.db.lock"))
        self.told: list[str] = []
        self.keeper = DatabaseKeeper(
            self.store, self.lock, logging.getLogger("dlmanager.test"), self.told.append
        )

    async def start(self) -> None:
        assert self.lock.acquire()
        await self.keeper.put_in_order()

    async def stop(self, *, is_well: bool = True) -> None:
        await self.keeper.stop()
        await asyncio.to_thread(self.store.close)
        self.keeper.note_end(is_well=is_well)
        self.lock.release()

    async def crash(self) -> None:
        """As a killed process leaves it."""
        await asyncio.to_thread(self.store.close)
        self.lock.release()

    def add(self, count: int = 1, folder: str = "/tmp") -> list[str]:
        orders = [NewJob(f"http://127.0.0.1/{n}", folder) for n in range(count)]
        return [job.id for job in self.store.call(JobStore.add, orders, 1)]

    async def ids(self) -> list[str]:
        return [job.id for job in await self.store.run(JobStore.list_jobs)]

    @property
    def backups(self) -> list[str]:
        folder = self.path.parent / "backups"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def backed_up(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.backups) < count or self.keeper._backup is not None:
                await asyncio.sleep(0.005)

    def damage(self) -> None:
        with self.path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (self.path.stat().st_size - 4096))


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    yield house
    house.store.close()
    house.lock.release()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry a look through the whole database."""
    checks: list[str] = []
    check = JobStore.check

    def counted(self: JobStore) -> None:
        checks.append("checked")
        check(self)

    monkeypatch.setattr(JobStore, "check", counted)
    return checks


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time of the keeper, in milliseconds; change its one number."""
    now = [NOW_MS]
    monkeypatch.setattr(database_keeper, "now_ms", lambda: now[0])
    return now


class TestAStart:
    def test_after_a_clean_stop_checks_nothing(self, run, house: House, checks: list[str]):
        async def scenario() -> None:
            await house.start()
            await house.stop()
            checks.clear()
            await house.start()
            assert checks == []
            await house.stop()

        run(scenario())
        assert house.told == []

    @pytest.mark.parametrize("how", ["killed", "with a problem", "no mark", "older version"])
    def test_after_any_other_end_checks_the_database(
        self, run, house: House, checks: list[str], how: str
    ):
        async def scenario() -> None:
            await house.start()
            if how == "killed":
                await house.crash()
            else:
                await house.stop(is_well=how != "with a problem")
            mark = house.path.with_name("queue.db.lock")
            if how == "no mark":
                mark.unlink()
            elif how == "older version":
                mark.write_text(boot_id())
            checks.clear()
            await house.start()
            assert checks == ["checked"]
            await house.stop()

        run(scenario())
        assert house.told == []

    def test_doubts_the_parts_after_a_new_start_of_the_machine_alone(
        self, run, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        doubted: list[str] = []
        monkeypatch.setattr(database_keeper, "doubt_parts", lambda self: doubted.append("doubted"))

        async def scenario() -> None:
            for boot, expected in (("a", 1), ("a", 1), ("b", 2), ("b", 2)):
                monkeypatch.setattr(database_keeper, "boot_id", lambda boot=boot: boot)
                await house.start()
                assert len(doubted) == expected
                await house.stop()

        run(scenario())

    def test_a_kill_before_the_parts_were_doubted_does_not_hide_the_new_start(
        self, run, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        doubted: list[str] = []

        def killed(self: JobStore) -> None:
            raise OSError("killed")

        async def scenario() -> None:
            monkeypatch.setattr(database_keeper, "boot_id", lambda: "a")
            await house.start()
            await house.stop()
            monkeypatch.setattr(database_keeper, "boot_id", lambda: "b")
            monkeypatch.setattr(database_keeper, "doubt_parts", killed)
            with pytest.raises(StoreUnusable):
                await house.start()
            await house.crash()
            monkeypatch.setattr(
                database_keeper, "doubt_parts", lambda self: doubted.append("doubted")
            )
            await house.start()
            assert doubted
            await house.stop()

        run(scenario())

    def test_goes_on_where_the_mark_cannot_be_written(
        self, run, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        def full(self: FileLock, text: str) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(FileLock, "leave_note", full)

        async def scenario() -> None:
            await house.start()
            await house.stop()

        run(scenario())


@pytest.mark.fault(49)
class TestADatabaseThatIsLost:
    @pytest.mark.parametrize("what", ["damaged", "garbage", "deleted", "deleted with its wal left"])
    def test_is_replaced_by_the_newest_backup_and_people_are_told(
        self, run, house: House, caplog: pytest.LogCaptureFixture, what: str
    ):
        async def scenario() -> None:
            await house.start()
            ids = house.add(300)
            await house.keeper.look_after()
            await house.backed_up(1)
            await house.crash()
            if what == "damaged":
                house.damage()
            elif what == "garbage":
                house.path.write_bytes(b"my own notes " * 100)
            else:
                house.path.unlink()
                if what != "deleted":
                    Path(f"{house.path}-wal").write_bytes(b"\xa5" * 9000)
            before = house.path.read_bytes() if house.path.exists() else None
            await house.start()
            assert await house.ids() == ids
            aside = list(house.path.parent.glob("queue.db.corrupt-*[0-9]"))
            assert [path.read_bytes() for path in aside] == ([before] if before else [])
            await house.stop()
            (sentence,) = house.told
            assert "The backup of 20" in sentence
            await house.start()
            assert await house.ids() == ids
            await house.stop()
            assert len(house.told) == 1

        run(scenario())
        caplog.clear()

    def test_is_begun_anew_without_a_backup_and_its_parts_are_told_of(
        self, run, house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ):
        downloads = tmp_path / "downloads"
        downloads.mkdir()
        part = downloads / "a.bin.0123abcd.part"
        part.write_bytes(b"bytes")
        (downloads / "thesis.part").write_bytes(b"no part of ours")

        async def scenario() -> None:
            await house.start()
            house.add(1, str(downloads))
            house.add(300)
            await house.crash()
            size = house.path.stat().st_size
            with house.path.open("r+b") as file:  # the end alone: the rest can still be read
                file.seek(size - 8192)
                file.write(b"\xa5" * 8192)
            await house.start()
            assert await house.ids() == []
            await house.stop()

        run(scenario())
        damaged, lost = house.told
        assert "no backup" in damaged
        assert str(part) in lost
        assert "thesis" not in lost
        assert part.read_bytes() == b"bytes"
        caplog.clear()

    def test_is_settled_at_the_next_start_if_the_first_was_killed_in_between(
        self, run, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        settled: list[str] = []
        settle = database_keeper.settle_restored

        async def scenario() -> None:
            await house.start()
            house.add(3)
            await house.keeper.look_after()
            await house.backed_up(1)
            await house.crash()
            house.path.unlink()

            async def killed(*arguments: object) -> None:
                raise KeyboardInterrupt

            with monkeypatch.context() as patch:
                patch.setattr(database_keeper, "settle_restored", killed)
                with pytest.raises(KeyboardInterrupt):
                    await house.start()
            await house.crash()

            async def counted(*arguments: object) -> None:
                settled.append("settled")
                await settle(*arguments)

            monkeypatch.setattr(database_keeper, "settle_restored", counted)
            for _ in range(2):
                await house.start()
                await house.stop()

        run(scenario())
        assert settled == ["settled"]

    @pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
    def test_while_it_is_in_use_is_written_anew(
        self, run, house: House, tmp_path: Path, replaced: bool
    ):
        async def scenario() -> None:
            await house.start()
            ids = house.add(300)
            assert not await house.keeper.look_after()
            house.path.unlink()
            if replaced:
                stranger = JobStore(tmp_path / "other.db")
                stranger.add([NewJob("http://127.0.0.1/other", "/tmp")], 1)
                stranger.close()
                (tmp_path / "other.db").rename(house.path)
            ids += house.add()  # the open file goes on
            assert await house.keeper.look_after()
            assert not await house.keeper.look_after()
            assert await house.ids() == ids
            assert not await house.store.run(JobStore.is_restored)
            ids += house.add()
            with closing(sqlite3.connect(house.path)) as other:  # as another process sees it
                rows = other.execute("SELECT id FROM DOWNLOAD_QUEUE").fetchall()
                assert {row[0] for row in rows} == set(ids)
            await house.stop()

        run(scenario())
        (sentence,) = house.told
        strangers = list(house.path.parent.glob("queue.db.replaced-*[0-9]"))
        assert len(strangers) == (1 if replaced else 0)
        assert ("replaced by another file" in sentence) == replaced
        assert house.path.stat().st_mode & 0o777 == 0o600
        left = {path.name for path in house.path.parent.iterdir()}
        assert {name for name in left if "unfinished" in name} == set()

    def test_with_its_whole_folder_is_written_anew_too(self, run, house: House):
        async def scenario() -> None:
            await house.start()
            ids = house.add(3)
            for path in house.path.parent.iterdir():
                path.unlink()
            house.path.parent.rmdir()
            assert await house.keeper.look_after()
            assert await house.ids() == ids
            await house.stop()

        run(scenario())


class TestTheDailyBackup:
    def test_is_made_at_once_and_then_once_a_day(self, run, house: House, clock: list[int]):
        async def scenario() -> None:
            await house.start()
            house.add(3)
            for days, expected in ((0, 1), (0.9, 1), (1.1, 2), (1.2, 2), (2.5, 3), (9, 3)):
                clock[0] = NOW_MS + round(days * INTERVAL_MS)
                await house.keeper.look_after()
                await house.backed_up(expected)
            await house.stop()

        run(scenario())
        newest = backup_name("queue", NOW_MS + 9 * INTERVAL_MS)
        assert house.backups[-1] == newest
        assert len(house.backups) == 3

    def test_is_not_made_again_by_the_next_start_of_the_day(
        self, run, house: House, clock: list[int]
    ):
        async def scenario() -> None:
            for _ in range(3):
                await house.start()
                house.add()
                await house.keeper.look_after()
                await house.stop()
                clock[0] += 60_000

        run(scenario())
        assert house.backups == [backup_name("queue", NOW_MS)]

    def test_of_nothing_is_not_made(self, run, house: House, clock: list[int]):
        async def scenario() -> None:
            await house.start()
            await house.keeper.look_after()
            await house.stop()

        run(scenario())
        assert house.backups == []

    def test_that_fails_is_tried_again_later_and_keeps_nobody_from_working(
        self, run, house: House, clock: list[int]
    ):
        async def scenario() -> None:
            await house.start()
            house.add()
            folder = house.path.parent / "backups"
            folder.write_text("a file where the folder should be")
            await house.keeper.look_after()
            await asyncio.wait([house.keeper._backup])
            folder.unlink()
            await house.keeper.look_after()
            assert house.keeper._backup is None
            clock[0] += database_keeper.BACKUP_RETRY_MS
            await house.keeper.look_after()
            await house.backed_up(1)
            await house.stop()

        run(scenario())
        assert house.told == []

    def test_holds_a_stop_up_for_no_longer_than_a_second(
        self, run, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(database_keeper, "STOP_GRACE_S", 0.05)
        begun = threading.Event()

        def endless(source, database, now_ms, is_unwanted):
            def look() -> bool:
                begun.set()
                return is_unwanted()

            while True:
                make_backup(source, database, now_ms, look)

        monkeypatch.setattr(database_keeper, "make_backup", endless)

        async def scenario() -> None:
            await house.start()
            house.add()
            await house.keeper.look_after()
            assert await asyncio.to_thread(begun.wait, 10)
            async with asyncio.timeout(5):
                await house.stop()

        run(scenario())

    def test_that_finds_damage_is_told_and_the_next_start_replaces_the_database(
        self, run, house: House, clock: list[int], caplog: pytest.LogCaptureFixture
    ):
        async def scenario() -> None:
            await house.start()
            ids = house.add(300)
            await house.keeper.look_after()
            await house.backed_up(1)
            await house.store.run(
                lambda store: store._database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            )
            house.damage()
            clock[0] += 2 * INTERVAL_MS
            await house.keeper.look_after()
            await asyncio.wait([house.keeper._backup])
            assert house.backups == [backup_name("queue", NOW_MS)]
            (sentence,) = house.told
            assert "Quit dlmanager and start it again" in sentence
            await house.stop()
            await house.start()
            assert await house.ids() == ids
            await house.stop()
            assert len(house.told) == 2

        run(scenario())
        caplog.clear()


def test_a_folder_that_cannot_be_written_makes_the_restore_a_told_error(
    run, house: House, monkeypatch: pytest.MonkeyPatch
):
    async def scenario() -> None:
        await house.start()
        house.add()
        await house.keeper.look_after()
        await house.backed_up(1)
        await house.crash()
        house.path.unlink()

        def refused(*arguments: object, **options: object) -> tuple[int, str]:
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patch:
            patch.setattr(database_care.tempfile, "mkstemp", refused)
            with pytest.raises(StoreUnusable):
                await house.start()
        await house.crash()
        await house.start()
        assert len(await house.ids()) == 1
        await house.stop()

    run(scenario())


def test_the_sentences_name_the_files(tmp_path: Path):
    path = tmp_path / "queue.db"
    aside = tmp_path / "queue.db.corrupt-2026-01-01-120000"
    assert aside.name in replaced_sentence(path, Replaced(aside, None))
    assert "missing" in replaced_sentence(path, Replaced(None, NOW_MS))


def test_snapshot_never_makes_a_database(tmp_path: Path):
    with pytest.raises(sqlite3.OperationalError), snapshot(tmp_path / "queue.db"):
        pass
    assert list(tmp_path.iterdir()) == []
