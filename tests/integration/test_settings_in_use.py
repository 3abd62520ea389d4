"""Settings that are changed while the queue is at work."""

import asyncio

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.job import Status
from dlmanager.core.settings import Settings
from tests.integration.conftest import is_right, until
from tests.integration.loopback_server import Content


class TestSettingsInUse:
    def test_more_downloads_at_once_begin_at_once(self, run, orchestrate, server, folder):
        urls = [
            server.serve(f"/{n}.bin", Content(1_000_000, seed=n), rate_bytes_s=200_000)
            for n in range(3)
        ]

        async def scenario():
            orchestrator = orchestrate(max_concurrent_downloads=1)
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for url in urls]
            await until(orchestrator, ids[0], Status.PROCESSING)
            assert orchestrator.get_job_status(ids[1]).status is Status.PENDING
            orchestrator.use_settings(Settings(max_concurrent_downloads=3))
            for job_id in ids:
                await until(orchestrator, job_id, Status.PROCESSING)
            for job_id in ids:
                done = await until(orchestrator, job_id, Status.COMPLETED)
                assert done.attempt == 1

        run(scenario())

    @pytest.mark.parametrize(
        "fewer",
        [
            Settings(max_concurrent_downloads=1),
            Settings(max_concurrent_downloads=4, max_downloads_per_host=1),
        ],
        ids=["of all", "of one host"],
    )
    def test_fewer_downloads_at_once_give_the_last_ones_back_with_their_bytes(
        self, run, orchestrate, server, folder, fewer: Settings
    ):
        content = Content(size=3_000_000, seed=3)
        urls = [server.serve(f"/{number}.bin", content) for number in range(3)]
        gates = [server.hold(f"/{number}.bin", 2_000_000) for number in range(3)]

        async def scenario() -> None:
            orchestrator = orchestrate(max_concurrent_downloads=3, max_retries=0)
            await orchestrator.start()
            ids = [orchestrator.enqueue_download(url, folder) for url in urls]
            for gate in gates:
                assert await asyncio.to_thread(gate.reached.wait, 20)
            async with asyncio.timeout(20):
                while any(part.stat().st_size < 2_000_000 for part in folder.glob("*.part")):
                    await asyncio.sleep(0.01)
            orchestrator.use_settings(fewer)
            for job_id in ids[1:]:
                back = await until(orchestrator, job_id, Status.PENDING)
                assert (back.bytes_done, back.retry_count) == (2_000_000, 0)
            assert orchestrator.get_job_status(ids[0]).status is Status.PROCESSING
            for gate in gates:
                gate.release()
            for job_id in ids:
                done = await until(orchestrator, job_id, Status.COMPLETED)
                assert is_right(done.path, content)
                assert done.retry_count == 0
            first, second = await orchestrator.attempts(ids[2])
            assert first.ending is AttemptEnding.GAVE_WAY
            assert second.from_byte > 1_900_000

        run(scenario())

    def test_another_wget_is_used_from_the_next_download_on(
        self, run, orchestrate, server, folder, caplog
    ):
        url = server.serve("/a.bin", Content(100_000, seed=1))

        async def scenario():
            orchestrator = orchestrate()
            await orchestrator.start()
            orchestrator.use_settings(Settings(wget_executable_path="/no/such/wget"))
            while orchestrator.problem is None:
                await asyncio.sleep(0.01)
            assert "/no/such/wget" in orchestrator.problem
            job_id = orchestrator.enqueue_download(url, folder)
            orchestrator.use_settings(Settings())
            await until(orchestrator, job_id, Status.COMPLETED)
            assert orchestrator.problem is None

        run(scenario())
        caplog.clear()

    def test_retries_of_new_downloads_and_their_wait_follow(
        self, run, orchestrate, server, folder, caplog
    ):
        url = server.answer("/a.bin", 503)

        async def scenario():
            orchestrator = orchestrate(max_retries=3, initial_retry_delay_ms=60_000)
            await orchestrator.start()
            orchestrator.use_settings(Settings(max_retries=1, initial_retry_delay_ms=100))
            job_id = orchestrator.enqueue_download(url, folder)
            failed = await until(orchestrator, job_id, Status.FAILED)
            assert failed.retry_count == failed.max_retries == 1

        run(scenario())
        caplog.clear()
