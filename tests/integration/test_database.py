"""Trouble with the database while downloads run: told, waited out, nothing lost."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlmanager.core.errors import StoreUnusableNow
from dlmanager.core.job import Status
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.part_file import OVERLAP_BYTES_UNCLEAN
from dlmanager.store import connection
from dlmanager.store.job_store import JobStore
from tests.integration.conftest import (
    MEGABYTE,
    OTHER,
    is_right,
    small_disk_at,
    until,
    until_bytes,
)
from tests.integration.loopback_server import Content

LARGE = Content(size=4_000_000, seed=3)

pytestmark = pytest.mark.fault(49)


async def until_problem(orchestrator: DownloadQueueOrchestrator, *words: str) -> None:
    """Wait until the queue tells of a problem with these words; without words, until none."""
    async with asyncio.timeout(20):
        while not (
            all(word in (orchestrator.problem or "") for word in words)
            if words
            else orchestrator.problem is None
        ):
            await asyncio.sleep(0.01)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", 100)


class Fault:
    """A trouble that begins and ends."""

    words = ""

    def begin(self, database: Path) -> None:
        raise NotImplementedError

    def end(self, database: Path) -> None:
        raise NotImplementedError


class Locked(Fault):
    words = "in use by another program"

    def begin(self, database: Path) -> None:
        self.other = sqlite3.connect(database, isolation_level=None)
        self.other.execute("BEGIN IMMEDIATE")

    def end(self, database: Path) -> None:
        self.other.execute("ROLLBACK")
        self.other.close()


class ReadOnly(Fault):
    """SQLite itself refuses to write, on the very connection that the queue uses."""

    words = "cannot be written"
    orchestrator: DownloadQueueOrchestrator

    def _set(self, value: int) -> None:
        self.orchestrator._store.call(
            lambda store: store._database.execute_sql(f"PRAGMA query_only={value}")
        )

    def begin(self, database: Path) -> None:
        self._set(1)

    def end(self, database: Path) -> None:
        self._set(0)


class Full(Fault):
    """The database may not grow by a page: SQLITE_FULL at every write that needs one."""

    words = "is full"

    def begin(self, database: Path) -> None:
        self.ballast = database.parent / "ballast"
        with contextlib.suppress(OSError), self.ballast.open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()

    def end(self, database: Path) -> None:
        self.ballast.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mounts a file system of one megabyte where the database lies."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    with small_disk_at(folder):
        yield folder


FAULTS: dict[str, Callable[[], Fault]] = {"locked": Locked, "read-only": ReadOnly, "full": Full}


class TestWhileDownloadsRun:
    @pytest.fixture(params=FAULTS)
    def fault(self, request: pytest.FixtureRequest) -> Fault:
        if request.param == "full":
            request.getfixturevalue("small_disk")
        return FAULTS[request.param]()

    def test_they_go_on_to_their_end_which_is_written_when_it_can_be(
        self, run, server, orchestrate, folder, database, caplog, impatient, fault: Fault
    ):
        urls = [
            server.serve(f"/{number}.bin", content)
            for number, content in enumerate((MEGABYTE, OTHER))
        ]
        gates = [server.hold(f"/{number}.bin", 500_000) for number in range(2)]
        problems: list[str | None] = []

        async def scenario() -> None:
            orchestrator = orchestrate(progress_throttle_ms=50)
            fault.orchestrator = orchestrator
            orchestrator.problem_changed.connect(problems.append)
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder, max_retries=0) for url in urls]
            await asyncio.gather(*(until_bytes(orchestrator, each, 500_000) for each in ids))
            fault.begin(database)
            for gate in gates:
                gate.release()
            try:
                await until_problem(orchestrator, fault.words)
                async with asyncio.timeout(10):
                    while len(list(folder.glob("*.part"))) == 2 and any(
                        path.stat().st_size < MEGABYTE.size for path in folder.glob("*.part")
                    ):
                        await asyncio.sleep(0.01)
                await asyncio.sleep(1)  # several polls, and tries to write
                # One may have been published in the moment before; its end waits all the same.
                assert orchestrator.problem is not None
                rows = [orchestrator.get_job_status(job_id) for job_id in ids]
                assert {row.status for row in rows} == {Status.PROCESSING}
            finally:
                fault.end(database)
            for job_id, content in zip(ids, (MEGABYTE, OTHER), strict=True):
                job = await until(orchestrator, job_id, Status.COMPLETED)
                assert is_right(job.path, content)
                assert (job.retry_count, job.attempt) == (0, 1)
            await until_problem(orchestrator)

        run(scenario())
        assert len(server.requests) == 2, "nothing was fetched twice"
        assert problems[-1] is None
        assert len(problems) == 2, "it is told once, and once that it is over"
        assert {record.message for record in caplog.records if record.levelno >= 40} == {
            problems[0]
        }
        caplog.clear()

    def test_nothing_new_is_begun_and_then_the_queue_goes_on_by_itself(
        self, run, server, orchestrate, folder, database, caplog, impatient, fault: Fault
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            fault.orchestrator = orchestrator
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, paused=True)
            await orchestrator.resume([job_id])
            fault.begin(database)
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        await until(orchestrator, job_id, Status.COMPLETED)
            finally:
                fault.end(database)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)
            await until_problem(orchestrator)

        run(scenario())
        caplog.clear()

    def test_a_stop_does_not_wait_for_it_and_the_next_start_goes_on(
        self, run, server, orchestrate, folder, database, caplog, impatient, fault: Fault
    ):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            fault.orchestrator = orchestrator
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=1)
            await until_bytes(orchestrator, job_id, 500_000)
            fault.begin(database)
            try:
                gate.release()
                await until_problem(orchestrator, fault.words)
                async with asyncio.timeout(6):
                    await orchestrator.stop()
            finally:
                fault.end(database)
            await orchestrator.start()
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        caplog.clear()


class TestTheFileItself:
    def test_deleted_while_downloads_run_is_written_anew_and_they_end_right(
        self, run, server, orchestrate, folder, database
    ):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)
        notices: list[str] = []

        async def scenario() -> None:
            orchestrator = orchestrate()
            orchestrator.noticed.connect(notices.append)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until_bytes(orchestrator, job_id, 500_000)
            for path in database.parent.glob("queue.db*"):
                if path.suffix != ".lock":
                    path.unlink()
            async with asyncio.timeout(10):
                while not notices:
                    await asyncio.sleep(0.01)
            # Other processes are in the same queue again.
            other = JobStore(database)
            assert [job.id for job in other.list_jobs()] == [job_id]
            (late,) = other.add([orchestrator.order(url, folder)], 1)
            other.close()
            gate.release()
            for each in (job_id, late.id):
                job = await until(orchestrator, each, Status.COMPLETED)
                assert is_right(job.path, MEGABYTE)

        run(scenario())
        (notice,) = notices
        assert "deleted while it was in use" in notice

    def test_garbage_gives_way_to_the_backup_and_finished_files_are_not_fetched_again(
        self, run, server, orchestrate, folder, database, caplog
    ):
        """The backup is of the middle of the download; the file was finished after it."""
        url, slow = server.serve("/a.bin", MEGABYTE), server.serve("/b.bin", LARGE)
        gate = server.hold("/a.bin", 500_000)
        slow_gate = server.hold("/b.bin", 3_000_000)
        notices: list[str] = []
        backups = database.parent / "backups"

        async def first_life() -> tuple[str, str]:
            orchestrator = orchestrate()
            await orchestrator.start()
            first = orchestrator.enqueue_download(url, folder)
            second = orchestrator.enqueue_download(slow, folder)
            await asyncio.gather(
                until_bytes(orchestrator, first, 500_000),
                until_bytes(orchestrator, second, 3_000_000),
            )
            for path in backups.glob("*"):
                path.unlink()
            orchestrator._keeper._backup_due_at_ms = 0
            await orchestrator._board.flush()
            assert await orchestrator._keeper.look_after() is False
            async with asyncio.timeout(10):
                while not list(backups.glob("queue-*.db")):
                    await asyncio.sleep(0.01)
            gate.release()
            await until(orchestrator, first, Status.COMPLETED)
            await orchestrator.stop()
            return first, second

        async def second_life(first: str, second: str) -> None:
            orchestrator = orchestrate()
            orchestrator.noticed.connect(notices.append)
            await orchestrator.start()
            job = orchestrator.get_job_status(first)
            assert job.status is Status.COMPLETED
            assert is_right(job.path, MEGABYTE)
            job = await until(orchestrator, second, Status.COMPLETED)
            assert is_right(job.path, LARGE)
            assert job.retry_count == 1

        async def scenario() -> None:
            first, second = await first_life()
            database.write_bytes(b"my own notes " * 100)
            slow_gate.release()
            await second_life(first, second)

        run(scenario())
        assert sorted(path.name for path in folder.iterdir()) == ["a.bin", "b.bin"]
        assert [request.path for request in server.requests].count("/a.bin") == 1
        # What came of the other one was not thrown away, but for what is compared.
        assert server.requests[-1].range_start == 3_000_000 - OVERLAP_BYTES_UNCLEAN
        (notice,) = notices
        assert "was put in its place" in notice
        caplog.clear()


class TestADiskThatIsReadOnlyFromTheStart:
    def test_is_told_and_leaves_nothing_behind(
        self, run, orchestrate, small_disk, database, caplog
    ):
        JobStore(database).close()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        names = sorted(os.listdir(small_disk))  # noqa: PTH208
        try:

            async def scenario() -> None:
                with pytest.raises(Exception, match=r"cannot be (used|written)"):
                    await orchestrate().start()

            run(scenario())
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert sorted(os.listdir(small_disk)) == names  # noqa: PTH208
        caplog.clear()

    def test_a_full_one_is_told_and_works_once_there_is_room(
        self, run, server, orchestrate, folder, small_disk, database, caplog
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = orchestrator.enqueue_download(url, folder)
            orchestrator._store.close()
            fault = Full()
            fault.begin(database)
            try:
                with pytest.raises(StoreUnusableNow, match="full"):
                    await orchestrator.start()
                assert "full" in (orchestrator.problem or "")
                with pytest.raises(StoreUnusableNow, match="full"):
                    await orchestrator.list_jobs()
            finally:
                fault.end(database)
            problems: list[str | None] = []
            orchestrator.problem_changed.connect(problems.append)
            await orchestrator.start()
            await until(orchestrator, job_id, Status.COMPLETED)
            while orchestrator.problem is not None:
                await asyncio.sleep(0.01)
            assert problems == [None]

        run(scenario())
        caplog.clear()
