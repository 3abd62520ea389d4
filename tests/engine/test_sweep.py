"""Each step of the sweep on rows as a killed program leaves them, made by hand."""

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dlmanager.core.attempt_record import AttemptEnding, AttemptRecord
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, NewJob, Phase, Status, Verification, Wish
from dlmanager.engine import sweep as sweep_module
from dlmanager.engine.file_lock import job_lock
from dlmanager.engine.part_file import PartFile
from dlmanager.engine.sweep import KEEP_REMOVED_MS, end_orphan, sweep
from dlmanager.store import attempts
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil

NOW_MS = 10 * KEEP_REMOVED_MS
LOGGER = logging.getLogger("dlmanager.test")


class Left:
    """A queue as it was left; `sweep` puts it in order."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "downloads"
        self.folder.mkdir()
        self.store = StoreThread(tmp_path / "queue.db")
        self.told: list[str] = []

    def job(self, content: bytes = b"complete", max_retries: int = 3, **facts: object) -> Job:
        """A job in progress, with a part."""
        order = NewJob("http://127.0.0.1/a.bin", str(self.folder), max_retries=max_retries)
        (added,) = self.store.call(JobStore.add, [order], 1)
        (job,) = self.store.call(JobStore.claim, 1, 2)
        assert job.id == added.id
        part = PartFile.create(self.folder / f"a.bin.{job.id[:8]}.part")
        part.path.write_bytes(content)
        part.close()
        recorded = self.store.call(
            JobStore.record,
            job.id,
            job.attempt,
            3,
            {
                "part_path": str(part.path),
                "part_device": part.device,
                "part_inode": part.inode,
                "bytes_done": len(content),
                **facts,
            },
        )
        assert recorded is not None
        return recorded

    def finalising(self, content: bytes = b"complete", **facts: object) -> Job:
        """A job whose file was being given its final name."""
        return self.job(
            content,
            **{
                "phase": Phase.FINALISING,
                "filename": "a.bin",
                "final_path": str(self.folder / "a.bin"),
                "bytes_total": 8,
                "verification": Verification.SIZE,
                **facts,
            },
        )

    def row(self, job: Job) -> Job:
        row = self.store.call(JobStore.get, job.id)
        assert row is not None
        return row

    async def sweep(self, now_ms: int = NOW_MS) -> None:
        await sweep(self.store, now_ms, LOGGER, self.told.append)

    def all_rows(self) -> list[tuple[object, ...]]:
        def read(store: JobStore) -> list[tuple[object, ...]]:
            cursor = store._database.execute_sql("SELECT * FROM DOWNLOAD_QUEUE ORDER BY rowid")
            return list(cursor.fetchall())

        return self.store.call(read)

    @property
    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Left]:
    left = Left(tmp_path)
    yield left
    left.store.close()


class TestJobsInProgress:
    def test_go_back_to_the_queue_at_the_cost_of_a_retry(
        self, run, left: Left, caplog: pytest.LogCaptureFixture
    ):
        job = left.job(phase=Phase.DOWNLOADING, pid=1, pid_started_at=1)
        run(left.sweep())
        row = left.row(job)
        assert (row.status, row.retry_count, row.next_retry_at) == (Status.RETRYING, 1, NOW_MS)
        assert (row.unclean_stop, row.pid, row.phase) == (False, None, None)
        assert left.files == {Path(job.part_path or "").name: b"complete"}
        assert job.id in caplog.text

    def test_without_a_retry_left_have_failed(self, run, left: Left):
        job = left.job(max_retries=0)
        run(left.sweep())
        row = left.row(job)
        assert (row.status, row.error_kind, row.finished_at) == (
            Status.FAILED,
            ErrorKind.INTERRUPTED,
            NOW_MS,
        )

    def test_for_the_third_time_in_a_row_are_paused_and_named(self, run, left: Left):
        job = left.job(filename="a.bin", crash_count=2, crash_bytes=8)
        run(left.sweep())
        assert left.row(job).status is Status.PAUSED
        assert left.told == [
            "a.bin: dlmanager ended three times while it worked on this download. "
            "Resume it when you are ready."
        ]
        run(left.sweep())
        assert len(left.told) == 1

    @pytest.mark.parametrize(
        "wish, status",
        [(None, Status.PENDING), (Wish.PAUSE, Status.PAUSED)],
        ids=["pending", "paused"],
    )
    def test_others_stay_as_they_are(self, run, left: Left, wish: Wish | None, status: Status):
        order = NewJob("http://127.0.0.1/a.bin", str(left.folder))
        (job,) = left.store.call(JobStore.add, [order], 1)
        if wish is not None:
            (job,) = left.store.call(fulfil, wish, [job.id], 2)
        run(left.sweep())
        assert left.row(job) == job
        assert job.status is status


class TestAttempts:
    def attempt(self, left: Left, job: Job) -> AttemptRecord:
        (record,) = left.store.call(attempts.read, job.id)
        return record

    def test_ended_with_the_program(self, run, left: Left):
        job = left.job()
        run(left.sweep())
        assert self.attempt(left, job).ending is AttemptEnding.INTERRUPTED
        assert self.attempt(left, job).ended_at == job.updated_at

    def test_whose_file_was_being_published_were_completed(self, run, left: Left):
        job = left.finalising()
        run(left.sweep())
        assert self.attempt(left, job).ending is AttemptEnding.COMPLETED

    def test_that_are_open_without_a_job_in_progress_are_closed(self, run, left: Left):
        job = left.job()
        query = "UPDATE DOWNLOAD_QUEUE SET status='PAUSED'"
        left.store.call(lambda store: store.database.execute_sql(query))
        run(left.sweep())
        assert self.attempt(left, job).ending is AttemptEnding.INTERRUPTED


class TestFilesThatWereBeingPublished:
    def test_are_published_now(self, run, left: Left):
        job = left.finalising()
        run(left.sweep())
        row = left.row(job)
        assert (row.status, row.path) == (Status.COMPLETED, str(left.folder / "a.bin"))
        assert (row.part_path, row.retry_count, row.finished_at) == (None, 0, NOW_MS)
        assert left.files == {"a.bin": b"complete"}

    def test_and_had_both_names_keep_the_final_one(self, run, left: Left):
        job = left.finalising()
        os.link(job.part_path or "", job.final_path or "")
        run(left.sweep())
        assert left.row(job).status is Status.COMPLETED
        assert left.files == {"a.bin": b"complete"}

    @pytest.mark.parametrize("what", ["part gone", "never a part", "another file there"])
    def test_and_vanished_are_told(self, run, left: Left, what: str):
        job = left.finalising(**({"part_path": None} if what == "never a part" else {}))
        path = left.folder / f"a.bin.{job.id[:8]}.part"
        path.rename(left.folder / "moved")
        if what == "another file there":
            path.write_bytes(b"mine")
        run(left.sweep())
        row = left.row(job)
        assert (row.status, row.error_kind) == (Status.FAILED, ErrorKind.VANISHED)
        assert (row.path, row.final_path, row.verification) == (None, None, Verification.NONE)
        assert "Retry" in (row.error_message or "")
        assert "a.bin" not in left.files

    def test_but_are_still_being_written_wait(self, run, left: Left):
        job = left.finalising()
        holder = job_lock(left.store.path, job.id)
        holder.acquire()
        run(left.sweep())
        holder.release()
        assert left.row(job).status is Status.RETRYING
        assert "a.bin" not in left.files

    def test_but_are_not_complete_go_back_to_the_queue(self, run, left: Left):
        job = left.finalising(content=b"half")
        run(left.sweep())
        assert left.row(job).status is Status.RETRYING
        assert "a.bin" not in left.files
        assert left.files[Path(job.part_path or "").name] == b"half"

    def test_but_cannot_be_go_back_to_the_queue_and_are_let_go(
        self, run, left: Left, monkeypatch: pytest.MonkeyPatch
    ):
        def refuse(self: PartFile, final_path: Path) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        job = left.finalising()
        monkeypatch.setattr(PartFile, "publish", refuse)
        run(left.sweep())
        assert left.row(job).status is Status.RETRYING
        PartFile.reopen(Path(job.part_path or ""), job.part_device, job.part_inode).close()

    def test_next_to_somebody_elses_file_get_a_number(self, run, left: Left):
        job = left.finalising()
        (left.folder / "a.bin").write_bytes(b"mine")
        run(left.sweep())
        row = left.row(job)
        assert (row.path, row.filename) == (str(left.folder / "a (1).bin"), "a (1).bin")
        assert left.files == {"a.bin": b"mine", "a (1).bin": b"complete"}


class TestPartsOfUnwantedJobs:
    @pytest.mark.parametrize("wish", [Wish.CANCEL, Wish.REMOVE])
    def test_go(self, run, left: Left, wish: Wish):
        job = left.job()
        left.store.call(fulfil, wish, [job.id], 4)
        run(left.sweep(now_ms=5))
        assert left.files == {}
        assert left.store.call(JobStore.left_parts) == []

    def test_stay_while_somebody_writes_them_and_go_the_next_time(self, run, left: Left):
        job = left.job()
        left.store.call(fulfil, Wish.CANCEL, [job.id], 4)
        holder = job_lock(left.store.path, job.id)
        holder.acquire()
        run(left.sweep())
        assert left.row(job).part_path == job.part_path
        holder.release()
        run(left.sweep())
        assert left.row(job).part_path is None
        assert left.files == {}

    def test_in_whose_place_another_file_stands_are_forgotten(self, run, left: Left):
        job = left.job()
        left.store.call(fulfil, Wish.CANCEL, [job.id], 4)
        path = Path(job.part_path or "")
        path.rename(left.folder / "moved")
        path.write_bytes(b"mine")
        run(left.sweep())
        assert left.row(job).part_path is None
        assert left.files[path.name] == b"mine"

    def test_removed_rows_are_kept_a_day_and_then_go(self, run, left: Left):
        job, last = left.job(), left.job()
        left.store.call(fulfil, Wish.REMOVE, [job.id], NOW_MS)
        left.store.call(fulfil, Wish.PAUSE, [last.id], NOW_MS)

        run(left.sweep(now_ms=NOW_MS + KEEP_REMOVED_MS))
        assert len(left.all_rows()) == 2
        # The highest revision is never purged: something must have been written since.
        left.store.call(fulfil, Wish.RESUME, [last.id], NOW_MS)
        run(left.sweep(now_ms=NOW_MS + KEEP_REMOVED_MS + 1))
        assert len(left.all_rows()) == 1


def test_a_second_sweep_changes_nothing(run, left: Left):
    left.job()
    left.job(max_retries=0)
    left.finalising()
    Path(left.finalising().part_path or "").unlink()
    cancelled = left.job()
    left.store.call(fulfil, Wish.CANCEL, [cancelled.id], 4)

    async def scenario() -> None:
        await left.sweep()
        rows, files = left.all_rows(), left.files
        await left.sweep(now_ms=NOW_MS + 1)
        assert (left.all_rows(), left.files) == (rows, files)

    run(scenario())


class TestOrphans:
    PART = "/tmp/downloads/a.bin.0f8d2c5e.part"

    @pytest.fixture
    def sleeper(self) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
        """Starts a process with the part's path on its command line, as wget has it."""
        started: list[subprocess.Popen[bytes]] = []

        def start(*arguments: str, stubborn: bool = False) -> subprocess.Popen[bytes]:
            ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if stubborn else ""
            code = f"import signal, sys; {ignore} print(flush=True); sys.stdin.read()"
            process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            started.append(process)
            assert process.stdout is not None
            process.stdout.readline()  # it is past its beginning
            return process

        yield start
        for process in started:
            process.kill()
            process.communicate()

    @pytest.fixture
    def job_of(self, make_job: Callable[..., Job]) -> Callable[[int], Job]:
        def make(pid: int) -> Job:
            started_at = round(psutil.Process(pid).create_time() * 1000)
            return make_job(part_path=self.PART, pid=pid, pid_started_at=started_at)

        return make

    def test_that_are_proven_ours_are_ended(self, sleeper, job_of):
        process = sleeper("-c", "-O", self.PART)
        end_orphan(job_of(process.pid))
        assert not psutil.pid_exists(process.pid)

    def test_that_will_not_end_are_killed(self, sleeper, job_of, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(sweep_module, "ORPHAN_GRACE_S", 0.2)
        process = sleeper("-c", "-O", self.PART, stubborn=True)
        asked_at = time.monotonic()
        end_orphan(job_of(process.pid))
        assert time.monotonic() - asked_at >= 0.2
        assert not psutil.pid_exists(process.pid)

    @pytest.mark.fault(29)
    @pytest.mark.parametrize(
        "changes",
        [
            {"pid": None},
            {"part_path": None},
            {"pid_started_at": None},
            {"pid_started_at": 12345},
            {"part_path": "/tmp/downloads/other.part"},
        ],
        ids=["no pid", "no part", "no start time", "another start time", "another part"],
    )
    def test_that_are_not_proven_ours_live_on(self, sleeper, job_of, changes: dict[str, object]):
        process = sleeper("-c", "-O", self.PART)
        end_orphan(job_of(process.pid)._replace(**changes))
        assert process.poll() is None

    def test_whose_path_is_but_a_piece_of_an_argument_live_on(self, sleeper, job_of):
        process = sleeper(f"--copy-of={self.PART}")
        end_orphan(job_of(process.pid))
        assert process.poll() is None

    def test_that_are_gone_are_no_trouble(self, sleeper, job_of):
        process = sleeper(self.PART)
        job = job_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        end_orphan(job)
