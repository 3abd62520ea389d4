"""Whole downloads: the real orchestrator, the real store, the real wget, a loopback server."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from dlmanager.core.errors import ErrorKind, InvalidFolder, InvalidUrl
from dlmanager.core.job import Phase, Status, Verification
from dlmanager.engine.base_process import BaseProcess
from tests.fakes.fake_wget import SCENARIOS, make_fake_wget, read_calls
from tests.integration import loopback_server as answers
from tests.integration.conftest import until, until_bytes
from tests.integration.loopback_server import Content

MEGABYTE = Content(size=1_000_000, seed=1)
OTHER = Content(size=1_000_000, seed=2)


def files_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def is_right(path: Path | str, content: Content) -> bool:
    return Path(path).read_bytes() == content.read(0, content.size)


class TestAFileArrives:
    def test_complete_verified_and_under_its_own_name(self, run, server, orchestrate, folder):
        url = server.serve("/files/census%202021.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert (job.filename, job.path) == (
                "census 2021.bin",
                str(folder / "census 2021.bin"),
            )
            assert (job.progress_percent, job.bytes_done, job.bytes_total) == (
                100,
                1_000_000,
                1_000_000,
            )
            assert (job.verification, job.http_status) == (Verification.SIZE, 200)
            assert (job.pid, job.phase, job.part_path, job.retry_count) == (None, None, None, 0)
            assert job.finished_at >= job.created_at
            assert is_right(job.path, MEGABYTE)
            assert files_in(folder) == {"census 2021.bin": 1_000_000}
            await orchestrator.wait_until_idle()

        run(scenario())
        assert len(server.requests) == 1

    @pytest.mark.fault(24)
    def test_an_empty_file_is_a_file(self, run, server, orchestrate, folder):
        url = server.serve("/empty", b"")

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert (job.bytes_total, job.verification) == (0, Verification.SIZE)

        run(scenario())
        assert files_in(folder) == {"empty": 0}

    def test_it_is_remembered_before_anything_runs(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=5)
            job = orchestrator.get_job_status(job_id)
            assert (job.status, job.max_retries) == (Status.PENDING, 5)
            assert not orchestrator.is_running
            await orchestrator.start()
            assert orchestrator.is_running
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    @pytest.mark.parametrize(
        "given, disposition, expected",
        [
            (None, 'attachment; filename="report.pdf"', "report.pdf"),
            ("mine.pdf", 'attachment; filename="report.pdf"', "mine.pdf"),
            (None, 'attachment; filename="../../evil.sh"', "evil.sh"),
            (None, None, "get.php"),
        ],
        ids=["server's", "person's", "hostile", "link's"],
    )
    def test_who_names_the_file(
        self, run, server, orchestrate, folder, given, disposition, expected
    ):
        url = server.serve("/get.php", MEGABYTE, content_disposition=disposition)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, filename=given)
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert files_in(folder) == {expected: 1_000_000}

    def test_a_redirect_is_followed_and_names_the_file(self, run, server, orchestrate, folder):
        server.serve("/mirror/real-name.iso", MEGABYTE)
        url = server.redirect("/download", "/mirror/real-name.iso")

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.final_url == server.url("/mirror/real-name.iso")

        run(scenario())
        assert files_in(folder) == {"real-name.iso": 1_000_000}

    @pytest.mark.fault(36)
    @pytest.mark.fault(37)
    def test_a_taken_name_gets_a_number(self, run, server, orchestrate, folder):
        url = server.serve("/a.tar.gz", MEGABYTE)
        (folder / "a.tar.gz").write_bytes(b"mine")

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for _ in range(2)]
            for job_id in ids:
                await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert (folder / "a.tar.gz").read_bytes() == b"mine"
        assert set(files_in(folder)) == {"a.tar.gz", "a (1).tar.gz", "a (2).tar.gz"}
        assert is_right(folder / "a (2).tar.gz", MEGABYTE)

    @pytest.mark.parametrize(
        "behaviour, verification",
        [
            (answers.chunked(), Verification.SIZE),
            (answers.bent(lambda each: each.framed(answers.Framing.CHUNKED), ("range",)), None),
            (answers.bent(lambda each: each.framed(answers.Framing.UNTIL_CLOSE), ("range",)), None),
        ],
        ids=["chunked with ranges", "chunked without", "no length"],
    )
    def test_an_unknown_length_is_asked_for_once_more(
        self, run, server, orchestrate, folder, behaviour, verification
    ):
        url = server.serve("/a.bin", MEGABYTE)
        server.on("/a.bin", behaviour)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.verification is (verification or Verification.UNCONFIRMED)
            assert job.bytes_total == 1_000_000
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        assert len(server.requests) == 2
        assert files_in(folder) == {"a.bin": 1_000_000}


class TestTheQueue:
    @pytest.mark.fault(58)
    def test_three_at_once_and_the_oldest_first(self, run, server, orchestrate, folder):
        urls = [server.serve(f"/{number}.bin", MEGABYTE) for number in range(6)]
        gates = [server.hold(f"/{number}.bin", 500_000) for number in range(6)]

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for url in urls]
            for gate in gates[:3]:
                assert await asyncio.to_thread(gate.reached.wait, 10)
            assert sorted(BaseProcess.get_active_job_ids()) == sorted(ids[:3])
            assert [orchestrator.get_job_status(each).status for each in ids[3:]] == [
                Status.PENDING
            ] * 3
            for gate in gates:
                gate.release()
            for job_id in ids:
                await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert server.max_active == 3

    def test_while_it_runs_the_row_tells_how_far_it_is(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)
        seen = []

        async def scenario() -> None:
            orchestrator = orchestrate(progress_throttle_ms=100)
            orchestrator.progressed.connect(seen.extend)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, lambda job: job.phase is Phase.DOWNLOADING)
            assert (job.status, job.bytes_total, job.part_path) == (
                Status.PROCESSING,
                1_000_000,
                str(folder / f"a.bin.{job_id[:8]}.part"),
            )
            assert Path(f"/proc/{job.pid}/exe").readlink().name == "wget"
            while not (stored := orchestrator.get_job_status(job_id)).bytes_done:
                await asyncio.sleep(0.05)
            assert stored.bytes_done == 500_000
            assert stored.progress_percent == 50
            assert stored.progress_summary.startswith("500000/1000000 bytes")
            gate.release()
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert {each.bytes_total for each in seen} <= {None, 1_000_000}
        assert seen[-1].bytes_done <= 1_000_000

    def test_what_another_process_adds_and_wishes_is_followed(
        self, run, server, orchestrate, folder, tmp_path
    ):
        from dlmanager.core.job import NewJob, Wish
        from dlmanager.store.job_store import JobStore
        from dlmanager.store.wishes import fulfil

        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            other = JobStore(tmp_path / "data" / "queue.db")
            (job,) = other.add([NewJob(url, str(folder))], 1)
            assert await asyncio.to_thread(gate.reached.wait, 10)
            fulfil(other, Wish.PAUSE, [job.id], 2)
            while BaseProcess.get_active_process_count():
                await asyncio.sleep(0.02)
            assert (folder / f"a.bin.{job.id[:8]}.part").stat().st_size == 500_000
            gate.release()
            fulfil(other, Wish.RESUME, [job.id], 3)
            await until(orchestrator, job.id, Status.COMPLETED)
            fulfil(other, Wish.REMOVE, [job.id], 4)
            other.close()
            removed = asyncio.get_running_loop().create_future()
            orchestrator.jobs_removed.connect(removed.set_result)
            assert await removed == [job.id]

        run(scenario())
        assert is_right(folder / "a.bin", MEGABYTE)

    def test_bad_input_is_refused_and_the_queue_keeps_what_it_had(
        self, run, server, orchestrate, folder
    ):
        async def scenario() -> None:
            orchestrator = orchestrate()
            kept = orchestrator.enqueue_download("http://127.0.0.1/a", folder, paused=True)
            with pytest.raises(InvalidUrl):
                orchestrator.enqueue_download("ftp://127.0.0.1/a", folder)
            with pytest.raises(InvalidFolder, match="does not exist"):
                orchestrator.enqueue_download("http://127.0.0.1/a", folder / "nowhere")
            assert [job.id for job in await orchestrator.list_jobs()] == [kept]

        run(scenario())


class TestFailures:
    @pytest.mark.fault(13)
    @pytest.mark.parametrize(
        "code, kind",
        [
            (404, ErrorKind.NOT_FOUND),
            (410, ErrorKind.NOT_FOUND),
            (403, ErrorKind.REFUSED),
            (401, ErrorKind.AUTH),
        ],
        ids=str,
    )
    def test_what_would_not_help_is_not_tried_again(
        self, run, server, orchestrate, folder, code, kind
    ):
        url = server.answer("/gone", code)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.FAILED)
            assert (job.error_kind, job.http_status, job.retry_count) == (kind, code, 0)
            assert str(code) in job.error_message

        run(scenario())
        assert len(server.requests) == 1
        assert files_in(folder) == {}

    def test_a_busy_server_is_asked_again_with_growing_gaps(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        busy = answers.status(503)
        server.sequence("/a.bin", [busy, busy, busy, answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=200)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, lambda job: job.status is Status.RETRYING)
            assert (job.error_kind, job.http_status, job.retry_count) == (
                ErrorKind.SERVER,
                503,
                1,
            )
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.retry_count == 3
            assert job.error_message is None

        run(scenario())
        times = [request.received_at for request in server.requests]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert [gap >= least for gap, least in zip(gaps, (0.2, 0.4, 0.8), strict=True)] == [
            True
        ] * 3

    def test_after_the_last_retry_it_fails_and_can_be_tried_by_hand(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/a.bin", MEGABYTE)
        busy = answers.status(503)
        server.sequence("/a.bin", [busy, busy, answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=1)
            job = await until(orchestrator, job_id, Status.FAILED)
            assert (job.retry_count, job.error_kind) == (1, ErrorKind.SERVER)
            assert len(server.requests) == 2
            assert [job.id for job in await orchestrator.retry([job_id])] == [job_id]
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    @pytest.mark.fault(1)
    @pytest.mark.parametrize("cut", [answers.cut_fin, answers.cut_rst], ids=["FIN", "RST"])
    def test_a_cut_transfer_goes_on_where_it_stopped(
        self, run, server, orchestrate, folder, cut: Callable
    ):
        url = server.serve("/a.bin", MEGABYTE)
        server.sequence("/a.bin", [cut(400_000), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        first, second = server.requests
        assert first.range_start is None
        assert 0 < second.range_start <= 400_000
        assert second.headers["if-match"] == MEGABYTE.etag
        assert second.bytes_sent <= 1_000_000 - second.range_start

    @pytest.mark.fault(5)
    @pytest.mark.fault(6)
    @pytest.mark.fault(7)
    @pytest.mark.parametrize(
        "then",
        [
            answers.ok(),
            answers.ignore_conditions(),
            answers.ignore_range(),
            answers.bent(lambda each: each, ("range", "if-match", "if-unmodified-since")),
        ],
        ids=["412", "206 of another version", "range ignored", "all ignored"],
    )
    def test_bytes_of_two_versions_are_never_joined(self, run, server, orchestrate, folder, then):
        url = server.serve("/a.bin", MEGABYTE)

        def cut_and_change(exchange: answers.Exchange) -> None:
            answers.cut_fin(400_000)(exchange)
            server.serve("/a.bin", OTHER)

        server.sequence("/a.bin", [cut_and_change, then])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, OTHER)

        run(scenario())
        assert files_in(folder) == {"a.bin": 1_000_000}

    @pytest.mark.fault(9)
    def test_another_version_is_noticed_by_its_bytes_alone(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE, etag=None, last_modified=None)

        def cut_and_change(exchange: answers.Exchange) -> None:
            answers.cut_fin(400_000)(exchange)
            server.serve("/a.bin", OTHER, etag=None, last_modified=None)

        server.sequence("/a.bin", [cut_and_change, answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, OTHER)

        run(scenario())

    @pytest.mark.fault(10)
    def test_a_server_that_refuses_even_the_start_is_given_up(
        self, run, server, orchestrate, folder
    ):
        url = server.answer("/a.bin", 416)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.FAILED)
            assert (job.http_status, job.path) == (416, None)

        run(scenario())
        assert len(server.requests) <= 3

    def test_a_refused_connection_is_tried_again(self, run, orchestrate, folder, tmp_path):
        wget = make_fake_wget(tmp_path / "fake", "refused")

        async def scenario() -> None:
            orchestrator = orchestrate(wget_executable_path=str(wget))
            await orchestrator.start()
            job_id = orchestrator.enqueue_download("http://127.0.0.1/a", folder, max_retries=2)
            job = await until(orchestrator, job_id, Status.FAILED)
            assert (job.retry_count, job.error_kind) == (2, ErrorKind.CONNECTION)

        run(scenario())

    @pytest.mark.fault(33)
    def test_a_full_disk_pauses_the_job_until_there_is_space(
        self, run, orchestrate, folder, tmp_path, monkeypatch
    ):
        wget = make_fake_wget(
            tmp_path / "fake",
            {"attempts": [SCENARIOS["disk_full"]["steps"], SCENARIOS["complete"]["steps"]]},
        )
        has_space = False
        monkeypatch.setattr("dlmanager.engine.orchestrator.has_space_for", lambda job: has_space)
        monkeypatch.setattr("dlmanager.engine.orchestrator.SPACE_RETRY_MS", 0)

        async def scenario() -> None:
            nonlocal has_space
            orchestrator = orchestrate(wget_executable_path=str(wget))
            await orchestrator.start()
            job_id = orchestrator.enqueue_download("http://127.0.0.1/a", folder)
            job = await until(orchestrator, job_id, Status.PAUSED)
            assert (job.error_kind, job.retry_count) == (ErrorKind.DISK_FULL, 0)
            assert "Make room" in job.error_message
            assert Path(job.part_path).exists()
            await asyncio.sleep(0.5)  # several looks at the disk change nothing
            assert orchestrator.get_job_status(job_id).status is Status.PAUSED
            has_space = True
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert len(read_calls(tmp_path / "fake")) == 2


class TestWishes:
    def test_cancel_ends_the_process_and_leaves_no_part(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            assert await asyncio.to_thread(gate.reached.wait, 10)
            pid = orchestrator.get_job_status(job_id).pid
            assert await orchestrator.cancel_job(job_id)
            assert BaseProcess.get_active_process_count() == 0
            assert not Path(f"/proc/{pid}").exists()
            job = orchestrator.get_job_status(job_id)
            assert (job.status, job.part_path, job.bytes_done) == (Status.CANCELLED, None, 0)
            assert not await orchestrator.cancel_job(job_id)
            assert not await orchestrator.cancel_job("no such job")

        run(scenario())
        assert files_in(folder) == {}

    def test_a_cancelled_job_can_be_retried(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            job_id = orchestrator.enqueue_download(url, folder)
            assert await orchestrator.cancel_job(job_id)
            await orchestrator.start()
            await orchestrator.retry([job_id])
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert is_right(folder / "a.bin", MEGABYTE)

    def test_pause_keeps_the_bytes_and_resume_goes_on(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until_bytes(orchestrator, job_id, 500_000)
            (job,) = await orchestrator.pause([job_id])
            assert (job.status, job.bytes_done, job.retry_count) == (Status.PAUSED, 500_000, 0)
            assert BaseProcess.get_active_process_count() == 0
            assert await orchestrator.pause([job_id]) == []
            gate.release()
            await orchestrator.resume([job_id])
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        assert is_right(folder / "a.bin", MEGABYTE)
        assert server.requests[-1].range_start == 500_000 - 4096

    @pytest.mark.fault(39)
    def test_pause_and_resume_many_times_gives_the_right_file(
        self, run, server, orchestrate, folder
    ):
        content = Content(size=3_000_000, seed=3)
        url = server.serve("/a.bin", content)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            for number in range(1, 11):
                gate = server.hold("/a.bin", number * 250_000)
                await asyncio.to_thread(gate.reached.wait, 10)
                await orchestrator.pause([job_id])
                gate.release()
                await orchestrator.resume([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.retry_count == 0
            assert is_right(job.path, content)

        run(scenario())

    def test_pause_all_and_resume_all(self, run, server, orchestrate, folder):
        urls = [server.serve(f"/{number}.bin", MEGABYTE) for number in range(4)]
        gates = [server.hold(f"/{number}.bin", 500_000) for number in range(4)]

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for url in urls]
            assert await asyncio.to_thread(gates[2].reached.wait, 10)
            await orchestrator.pause_all()
            assert {job.status for job in await orchestrator.list_jobs()} == {Status.PAUSED}
            await orchestrator.wait_until_idle()
            for gate in gates:
                gate.release()
            await orchestrator.resume_all()
            for job_id in ids:
                await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    def test_remove_takes_the_part_but_never_a_finished_file(
        self, run, server, orchestrate, folder
    ):
        done_url = server.serve("/done.bin", MEGABYTE)
        running_url = server.serve("/running.bin", MEGABYTE)
        gate = server.hold("/running.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            removed: list[str] = []
            orchestrator.jobs_removed.connect(removed.extend)
            await orchestrator.start()
            done, running = (
                orchestrator.enqueue_download(url, folder) for url in (done_url, running_url)
            )
            await until(orchestrator, done, Status.COMPLETED)
            assert await asyncio.to_thread(gate.reached.wait, 10)
            await orchestrator.remove([done, running])
            assert removed == [done, running]
            assert await orchestrator.list_jobs() == []
            assert orchestrator.get_job_status(running) is None

        run(scenario())
        assert files_in(folder) == {"done.bin": 1_000_000}
