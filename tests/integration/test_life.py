"""Starting, stopping, crashing: what the queue is like afterwards."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dlmanager.core.errors import ErrorKind, QueueInUse
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.file_lock import job_lock, queue_lock
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil
from tests.fakes.fake_wget import make_fake_wget, read_calls
from tests.integration.conftest import until
from tests.integration.loopback_server import Content

CONTENT = Content(size=1_000_000, seed=1)


class TestStopping:
    @pytest.mark.fault(54)
    def test_stop_ends_every_wget_and_spends_no_retry(self, run, server, orchestrate, folder):
        urls = [server.serve(f"/{number}.bin", CONTENT) for number in range(4)]
        gates = [server.hold(f"/{number}.bin", 500_000) for number in range(4)]

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for url in urls]
            for gate in gates[:3]:
                assert await asyncio.to_thread(gate.reached.wait, 10)
            await orchestrator.stop()
            assert not orchestrator.is_running
            assert BaseProcess.get_active_process_count() == 0
            jobs = [orchestrator.get_job_status(job_id) for job_id in ids]
            assert {(job.status, job.retry_count, job.pid) for job in jobs} == {
                (Status.PENDING, 0, None)
            }
            assert [job.bytes_done for job in jobs] == [500_000] * 3 + [0]
            for gate in gates:
                gate.release()
            await orchestrator.start()
            for job_id in ids:
                job = await until(orchestrator, job_id, Status.COMPLETED)
                assert Path(job.path).read_bytes() == CONTENT.read(0, CONTENT.size)

        run(scenario())
        assert [r.range_start for r in server.requests[3:6]] == [500_000 - 4096] * 3

    def test_stop_twice_and_start_twice_are_harmless(self, run, orchestrate):
        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.stop()
            await orchestrator.start()
            await orchestrator.start()
            await orchestrator.stop()
            await orchestrator.stop()

        run(scenario())

    def test_a_wget_that_will_not_end_is_killed(self, run, orchestrate, folder, tmp_path):
        wget = make_fake_wget(tmp_path / "fake", "stubborn")

        async def scenario() -> None:
            orchestrator = orchestrate(wget_executable_path=str(wget))
            await orchestrator.start()
            job_id = orchestrator.enqueue_download("http://127.0.0.1/a", folder)
            while not (tmp_path / "fake" / "hanging").exists():
                await asyncio.sleep(0.02)
            assert await orchestrator.cancel_job(job_id)
            (call,) = read_calls(tmp_path / "fake")
            assert not psutil.pid_exists(call.pid)

        run(scenario())
        assert list(folder.iterdir()) == []


class TestOneAtATime:
    @pytest.mark.fault(37)
    def test_a_second_orchestrator_on_the_same_queue_is_refused(self, run, orchestrate):
        async def scenario() -> None:
            first, second = orchestrate(), orchestrate()
            await first.start()
            with pytest.raises(QueueInUse, match="already works"):
                await second.start()
            await first.stop()
            await second.start()

        run(scenario())

    def test_whoever_only_looks_who_works_keeps_nobody_from_it(
        self, run, orchestrate, database, monkeypatch
    ):
        monkeypatch.setattr("dlmanager.engine.orchestrator.LOCK_TRIES", 1_000)
        looking = queue_lock(database)

        async def scenario() -> None:
            assert looking.acquire()
            started = asyncio.ensure_future(orchestrate().start())
            await asyncio.sleep(0)
            looking.release()
            await started

        run(scenario())


class TestSweep:
    """Rows as a killed program leaves them, made by hand in the database."""

    def test_a_job_in_progress_costs_one_retry_and_goes_on(
        self, run, server, orchestrate, folder, leave
    ):
        content = Content(size=4_000_000, seed=1)
        url = server.serve("/a.bin", content)
        job = leave(url, content.read(0, 2_000_000), etag=content.etag, bytes_total=4_000_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            seen: list[Status] = []
            orchestrator.jobs_changed.connect(lambda jobs: seen.extend(j.status for j in jobs))
            await orchestrator.start()
            done = await until(orchestrator, job.id, Status.COMPLETED)
            assert (done.attempt, done.retry_count) == (2, 1)
            assert Path(done.path).read_bytes() == content.read(0, content.size)

        run(scenario())
        (request,) = server.requests
        assert request.range_start == 2_000_000 - 1024 * 1024  # an unclean end is re-read further

    @pytest.mark.fault(32)
    def test_a_stale_tail_after_a_power_cut_is_found(self, run, server, orchestrate, folder, leave):
        content = Content(size=4_000_000, seed=1)
        url = server.serve("/a.bin", content)
        stale = content.read(0, 1_500_000) + bytes(500_000)
        job = leave(url, stale, etag=content.etag, bytes_total=4_000_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            done = await until(orchestrator, job.id, Status.COMPLETED)
            assert Path(done.path).read_bytes() == content.read(0, content.size)

        run(scenario())

    def test_without_retries_left_it_fails_and_keeps_the_part(
        self, run, orchestrate, folder, leave
    ):
        job = leave("http://127.0.0.1/a.bin", b"x" * 10, max_retries=0)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            swept = orchestrator.get_job_status(job.id)
            assert (swept.status, swept.error_kind) == (Status.FAILED, ErrorKind.INTERRUPTED)
            assert Path(swept.part_path).read_bytes() == b"x" * 10

        run(scenario())

    @pytest.mark.parametrize("killed", ["before link", "after link", "after unlink"])
    def test_a_file_killed_while_it_got_its_name_is_there_once(
        self, run, orchestrate, folder, leave, killed: str
    ):
        job = leave(
            "http://127.0.0.1/a.bin",
            b"complete",
            phase=Phase.FINALISING,
            final_path=str(folder / "a.bin"),
            filename="a.bin",
            bytes_total=8,
            verification=Verification.SIZE,
        )
        if killed != "before link":
            os.link(job.part_path, job.final_path)
        if killed == "after unlink":
            Path(job.part_path).unlink()

        async def scenario() -> None:
            for _ in range(2):
                orchestrator = orchestrate()
                await orchestrator.start()
                done = orchestrator.get_job_status(job.id)
                assert (done.status, done.verification) == (Status.COMPLETED, Verification.SIZE)
                assert (done.path, done.retry_count) == (str(folder / "a.bin"), 0)
                await orchestrator.stop()

        run(scenario())
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.bin": b"complete"}

    @pytest.mark.fault(36)
    def test_somebody_elses_file_under_the_planned_name_stays(
        self, run, orchestrate, folder, leave
    ):
        final_path = folder / "a.bin"
        job = leave(
            "http://127.0.0.1/a.bin",
            b"complete",
            phase=Phase.FINALISING,
            final_path=str(final_path),
            filename="a.bin",
            bytes_total=8,
        )
        final_path.write_bytes(b"mine")

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            assert orchestrator.get_job_status(job.id).path == str(folder / "a (1).bin")

        run(scenario())
        assert final_path.read_bytes() == b"mine"
        assert (folder / "a (1).bin").read_bytes() == b"complete"

    def test_a_file_that_vanished_is_told(self, run, orchestrate, folder, leave):
        job = leave(
            "http://127.0.0.1/a.bin",
            phase=Phase.FINALISING,
            final_path=str(folder / "a.bin"),
            bytes_total=8,
        )
        Path(job.part_path).unlink()

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            failed = orchestrator.get_job_status(job.id)
            assert (failed.status, failed.error_kind) == (Status.FAILED, ErrorKind.VANISHED)
            assert (failed.final_path, failed.path) == (None, None)

        run(scenario())

    def test_a_part_that_is_not_complete_after_all_is_fetched_further(
        self, run, server, orchestrate, folder, leave
    ):
        url = server.serve("/a.bin", CONTENT)
        job = leave(
            url,
            CONTENT.read(0, 10),
            phase=Phase.FINALISING,
            final_path=str(folder / "a.bin"),
            bytes_total=CONTENT.size,
        )

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            done = await until(orchestrator, job.id, Status.COMPLETED)
            assert Path(done.path).read_bytes() == CONTENT.read(0, CONTENT.size)

        run(scenario())

    @pytest.mark.fault(29)
    def test_an_orphan_is_ended_and_an_innocent_process_is_not(
        self, run, server, orchestrate, folder, leave
    ):
        url = server.serve("/a.bin", CONTENT)
        orphan_job, innocent_job = leave(url), leave(url)
        sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
        orphan = subprocess.Popen([*sleeper, orphan_job.part_path])
        innocent = subprocess.Popen(sleeper)
        _note_process(orchestrate, orphan_job, orphan.pid)
        _note_process(orchestrate, innocent_job, innocent.pid)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            for job in (orphan_job, innocent_job):
                await until(orchestrator, job.id, Status.COMPLETED)

        try:
            run(scenario())
            assert orphan.wait(5) is not None
            assert innocent.poll() is None
        finally:
            for process in (orphan, innocent):
                process.kill()
                process.wait()

    def test_while_an_unknown_process_holds_the_part_nothing_is_started(
        self, run, server, orchestrate, folder, leave, database
    ):
        url = server.serve("/a.bin", CONTENT)
        job = leave(url, CONTENT.read(0, 100_000), etag=CONTENT.etag, bytes_total=CONTENT.size)
        holder = job_lock(database, job.id)
        holder.acquire()

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            waiting = await until(
                orchestrator, job.id, lambda each: each.error_kind is ErrorKind.BUSY
            )
            assert (waiting.status, waiting.retry_count) == (Status.RETRYING, 1)
            assert server.requests == []
            holder.release()
            await until(orchestrator, job.id, Status.COMPLETED)

        run(scenario())

    def test_the_part_of_a_cancelled_job_goes(self, run, orchestrate, folder, leave, database):
        from dlmanager.core.job import Wish

        job = leave("http://127.0.0.1/a.bin", b"x")
        store = JobStore(database)
        fulfil(store, Wish.CANCEL, [job.id], 9)
        store.close()

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            assert orchestrator.get_job_status(job.id).part_path is None

        run(scenario())
        assert list(folder.iterdir()) == []


def _note_process(orchestrate, job: Job, pid: int) -> None:
    store = JobStore(Path(job.part_path).parent.parent / "data" / "queue.db")
    started_at = round(psutil.Process(pid).create_time() * 1000)
    store.record(job.id, job.attempt, 4, {"pid": pid, "pid_started_at": started_at})
    store.close()


class TestSurroundings:
    @pytest.mark.fault(40)
    @pytest.mark.parametrize(
        "version, words",
        [
            ("wget2", "wget2"),
            ("busybox", "BusyBox"),
            ("old", "1.13.4"),
            ("fail", "Install GNU wget"),
        ],
    )
    def test_a_wget_that_will_not_do_stops_the_queue_with_a_sentence(
        self, run, orchestrate, folder, tmp_path, caplog, version: str, words: str
    ):
        wget = make_fake_wget(tmp_path / "fake", {"version": version, "steps": [{"exit": 0}]})

        async def scenario() -> None:
            orchestrator = orchestrate(wget_executable_path=str(wget))
            told: list[str | None] = []
            orchestrator.problem_changed.connect(told.append)
            job_id = orchestrator.enqueue_download("http://127.0.0.1/a", folder)
            await orchestrator.start()
            assert words.lower() in orchestrator.problem.lower()
            assert told == [orchestrator.problem]
            assert orchestrator.get_job_status(job_id).status is Status.PENDING

        run(scenario())
        caplog.clear()

    @pytest.mark.fault(40)
    def test_when_wget_is_there_the_queue_goes_on(
        self, run, server, orchestrate, folder, tmp_path, caplog, monkeypatch
    ):
        monkeypatch.setattr("dlmanager.engine.wget_care.CHECK_INTERVAL_MS", 50)
        url = server.serve("/a.bin", CONTENT)
        wget = tmp_path / "wget"

        async def scenario() -> None:
            orchestrator = orchestrate(wget_executable_path=str(wget))
            await orchestrator.start()
            assert "not found" in orchestrator.problem
            job_id = orchestrator.enqueue_download(url, folder)
            wget.write_text("no program")
            solved = asyncio.get_running_loop().create_future()
            orchestrator.problem_changed.connect(
                lambda problem: problem is None and solved.set_result(None)
            )
            wget.unlink()
            wget.symlink_to("/usr/bin/wget")
            await solved
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        caplog.clear()

    @pytest.mark.fault(34)
    def test_a_folder_that_went_away_fails_the_job_with_a_hint(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/a.bin", CONTENT)

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = orchestrator.enqueue_download(url, folder)
            folder.rmdir()
            await orchestrator.start()
            job = await until(orchestrator, job_id, Status.FAILED)
            assert job.error_kind is ErrorKind.FOLDER
            assert str(folder) in job.error_message

        run(scenario())
