"""Start, stop, and errors of the store and of the file system at every step."""

import asyncio
import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import peewee
import pytest

from dlmanager.core.errors import DlmanagerError, StoreUnusable
from dlmanager.core.job import Job, NewJob, Phase, Status, Wish
from dlmanager.core.progress import JobProgress
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.clock import now_ms
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.part_file import PartFile
from dlmanager.store import connection, job_store
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, until

DAY_MS = 24 * 60 * 60 * 1000


def execute(database: Path, statement: str, *values: object) -> None:
    """Change the database as another program would."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def is_lock_free(database: Path) -> bool:
    lock = FileLock(database.with_name(database.name + ".lock"))
    taken = lock.acquire()
    lock.release()
    return taken


class TestStarting:
    def test_started_twice_at_once_it_works_once(self, run, orchestrate):
        async def scenario() -> None:
            orchestrator = orchestrate()
            before = asyncio.all_tasks()
            await asyncio.gather(orchestrator.start(), orchestrator.start())
            assert len(asyncio.all_tasks() - before) == 1

        run(scenario())

    def test_a_start_that_fails_gives_the_lock_back(self, run, orchestrate, database, caplog):
        database.parent.mkdir()
        database.mkdir()

        async def scenario() -> None:
            with pytest.raises(DlmanagerError):
                await orchestrate().start()
            assert is_lock_free(database)

        run(scenario())
        caplog.clear()

    def test_one_part_that_cannot_be_locked_does_not_keep_the_queue_from_starting(
        self, run, orchestrate, database, leave, monkeypatch
    ):
        job = leave("http://127.0.0.1/a.bin")
        store = JobStore(database)
        fulfil(store, Wish.CANCEL, [job.id], 5)
        store.close()

        def no_locks(path: Path, job_id: str) -> FileLock:
            return FileLock(path / job_id)  # a file is no folder

        monkeypatch.setattr("dlmanager.engine.sweep.job_lock", no_locks)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            assert orchestrator.is_running

        run(scenario())

    def test_a_clock_that_was_wrong_does_not_delay_a_retry_for_a_day(
        self, run, server, orchestrate, folder, database
    ):
        url = server.serve("/a.bin", MEGABYTE)
        store = JobStore(database)
        store.add([NewJob(url, str(folder))], 1)
        (job,) = store.claim(1, 2)
        tomorrow = now_ms() + DAY_MS
        facts = {"next_retry_at": tomorrow, "retry_count": 1}
        store.finish(job.id, job.attempt, Status.RETRYING, tomorrow, facts)
        store.close()

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            async with asyncio.timeout(4):
                await until(orchestrator, job.id, Status.COMPLETED)

        run(scenario())


class TestStopping:
    def test_stop_during_a_claim_gives_the_job_back(
        self, run, server, orchestrate, folder, monkeypatch
    ):
        url = server.serve("/a.bin", MEGABYTE)
        claim = JobStore.claim
        claimed, may_return = threading.Event(), threading.Event()

        def slow(self, *args):
            jobs = claim(self, *args)
            if jobs:
                claimed.set()
                may_return.wait(10)
            return jobs

        monkeypatch.setattr(JobStore, "claim", slow)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=0)
            assert await asyncio.to_thread(claimed.wait, 5)
            # Called once stop() waits for something, and not before.
            asyncio.get_running_loop().call_soon(may_return.set)
            await orchestrator.stop()
            assert orchestrator.get_job_status(job_id).status is Status.PENDING
            await orchestrator.start()
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    def test_one_unreadable_part_does_not_keep_the_queue_from_stopping(
        self, run, server, orchestrate, folder, monkeypatch
    ):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        def stale(self):
            raise OSError(errno.ESTALE, "Stale file handle")

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            assert await asyncio.to_thread(gate.reached.wait, 10)
            monkeypatch.setattr(PartFile, "look", stale)
            await orchestrator.pause([job_id])
            await orchestrator.stop()
            assert BaseProcess.get_active_process_count() == 0

        run(scenario())

    def test_stop_while_the_database_is_locked_leaves_no_wget_and_no_lock(
        self, run, server, orchestrate, folder, database, monkeypatch, caplog
    ):
        monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", 100)
        urls = [server.serve(f"/{number}.bin", MEGABYTE) for number in range(3)]
        gates = [server.hold(f"/{number}.bin", 500_000) for number in range(3)]

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for url in urls]
            for gate, job_id in zip(gates, ids, strict=True):
                assert await asyncio.to_thread(gate.reached.wait, 10)
                await until(orchestrator, job_id, lambda job: job.phase is Phase.DOWNLOADING)
            with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with contextlib.suppress(StoreUnusable):
                    await orchestrator.stop()
                assert BaseProcess.get_active_process_count() == 0
                assert is_lock_free(database)

        run(scenario())
        caplog.clear()


class TestTheStore:
    @pytest.fixture
    def fail_read_once(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Status], list[Job]]:
        """Makes the first reading of a row in a state fail; the list tells whether it has."""

        def make(status: Status) -> list[Job]:
            read = job_store.job_from_row
            failed: list[Job] = []

            def failing(row):
                job = read(row)
                if not failed and job.status is status:
                    failed.append(job)
                    raise peewee.OperationalError("disk I/O error")
                return job

            monkeypatch.setattr(job_store, "job_from_row", failing)
            return failed

        return make

    def test_a_read_that_fails_after_the_last_write_does_not_delete_the_finished_file(
        self, run, server, orchestrate, folder, caplog, fail_read_once
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            failed = fail_read_once(Status.COMPLETED)
            job_id = orchestrator.enqueue_download(url, folder)
            await orchestrator.wait_until_idle()
            assert failed
            job = orchestrator.get_job_status(job_id)
            assert job.status is Status.COMPLETED
            assert Path(job.path).exists()

        run(scenario())
        caplog.clear()

    def test_a_read_that_fails_after_the_claim_does_not_leave_the_job_processing(
        self, run, server, orchestrate, folder, caplog, fail_read_once
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            failed = fail_read_once(Status.PROCESSING)
            job_id = orchestrator.enqueue_download(url, folder)
            async with asyncio.timeout(5):
                await until(orchestrator, job_id, Status.COMPLETED)
            assert failed

        run(scenario())
        caplog.clear()

    def test_one_row_with_an_unknown_word_does_not_stop_the_queue(
        self, run, server, orchestrate, folder, database
    ):
        """A newer version may have written a kind of error that this one has not heard of."""
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            odd = orchestrator.enqueue_download(url, folder, paused=True)
            execute(
                database,
                "UPDATE DOWNLOAD_QUEUE SET final_path='x', error_kind='unheard-of' WHERE id=?",
                odd,
            )
            await orchestrator.start()
            told = asyncio.Event()
            orchestrator.jobs_changed.connect(lambda jobs: told.set())
            execute(database, "UPDATE DOWNLOAD_QUEUE SET revision=99, updated_at=1")
            async with asyncio.timeout(5):
                await told.wait()
            good = orchestrator.enqueue_download(url, folder)
            async with asyncio.timeout(5):
                await until(orchestrator, good, Status.COMPLETED)

        run(scenario())

    def test_it_is_not_idle_while_something_was_just_added(
        self, run, server, orchestrate, folder, monkeypatch
    ):
        url = server.serve("/a.bin", MEGABYTE)
        count = JobStore.count_unfinished
        counted, may_return = threading.Event(), threading.Event()

        def slow(self):
            number = count(self)
            counted.set()
            may_return.wait(10)
            return number

        monkeypatch.setattr(JobStore, "count_unfinished", slow)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            assert await asyncio.to_thread(counted.wait, 5)
            may_return.set()  # the loop hears of the count only after this block's next await
            job_id = orchestrator.enqueue_download(url, folder)
            await orchestrator.wait_until_idle()
            assert orchestrator.get_job_status(job_id).status is Status.COMPLETED

        run(scenario())

    def test_errors_of_the_progress_write_are_the_stores(self, database):
        """It goes past Peewee, and so its errors are those of sqlite3."""
        store = StoreThread(database)
        progress = JobProgress(
            job_id="x",
            attempt=1,
            phase=Phase.DOWNLOADING,
            bytes_done=1,
            bytes_total=2,
            speed_bytes_s=None,
        )
        store.call(JobStore.list_jobs)
        execute(database, "ALTER TABLE DOWNLOAD_QUEUE RENAME TO GONE")
        try:
            with pytest.raises(StoreUnusable):
                store.call(JobStore.write_progress, [progress], 1)
        finally:
            store.close()


class TestTheFileSystem:
    def test_an_error_on_closing_the_part_does_not_leave_the_job_processing(
        self, run, server, orchestrate, folder, monkeypatch
    ):
        """close(2) on NFS reports EDQUOT and ENOSPC."""
        url = server.serve("/a.bin", MEGABYTE)
        server.sequence("/a.bin", [answers.cut_fin(400_000), answers.ok()])
        close = os.close
        failed = []

        def failing(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            close(descriptor)
            if path.suffix == ".part" and not failed:
                failed.append(path)
                raise OSError(errno.EDQUOT, "Disk quota exceeded")

        monkeypatch.setattr(os, "close", failing)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until(orchestrator, job_id, Status.COMPLETED)
            assert failed
            await orchestrator.wait_until_idle()

        run(scenario())

    @pytest.mark.parametrize("what", ["mode", "folder"])
    def test_what_is_not_essential_does_not_fail_a_published_file(
        self, run, server, orchestrate, folder, monkeypatch, what: str
    ):
        """Some mounts (FUSE, SMB, NTFS) know no modes; a folder of mode 0300 cannot be read."""
        url = server.serve("/a.bin", MEGABYTE)
        open_ = os.open

        def fchmod(descriptor: int, mode: int) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        def open_no_folder(path, flags, *args, **kwargs):
            if flags & os.O_DIRECTORY:
                raise PermissionError(errno.EACCES, "Permission denied")
            return open_(path, flags, *args, **kwargs)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await orchestrator.wait_until_idle()
            assert orchestrator.get_job_status(job_id).status is Status.COMPLETED

        with monkeypatch.context() as patch:
            if what == "mode":
                patch.setattr(os, "fchmod", fchmod)
            else:
                patch.setattr(os, "open", open_no_folder)
            run(scenario())

    def test_a_part_that_cannot_be_opened_for_a_moment_is_not_forgotten(
        self, run, server, orchestrate, folder, monkeypatch
    ):
        """EMFILE, EACCES, EIO and ESTALE are no proof that the part was replaced."""
        url = server.serve("/a.bin", MEGABYTE)
        server.sequence("/a.bin", [answers.cut_fin(600_000), answers.ok()])
        open_ = os.open
        refused = []

        def refusing(path, flags, *args, **kwargs):
            if Path(path).suffix == ".part" and not flags & os.O_CREAT and not refused:
                refused.append(path)
                raise OSError(errno.EMFILE, "Too many open files")
            return open_(path, flags, *args, **kwargs)

        monkeypatch.setattr(os, "open", refusing)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await orchestrator.wait_until_idle()
            job = orchestrator.get_job_status(job_id)
            assert refused
            parts = [path.name for path in folder.glob("*.part")]
            assert parts == ([] if job.path else [Path(job.part_path).name])
            assert server.requests[-1].range_start

        run(scenario())

    def test_a_file_that_can_be_fetched_once_only_is_kept(self, run, server, orchestrate, folder):
        """Its length is unknown, all of it came, and a second question finds the link used up."""
        url = server.serve("/export.zip", MEGABYTE, etag=None, last_modified=None)
        whole = answers.bent(lambda each: each.framed(answers.Framing.CHUNKED), ("range",))
        server.sequence("/export.zip", [whole, answers.status(410)])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await orchestrator.wait_until_idle()
            assert orchestrator.get_job_status(job_id).status is Status.COMPLETED

        run(scenario())
