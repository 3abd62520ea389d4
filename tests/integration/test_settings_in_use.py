"""Settings that are changed while the queue is at work."""

import asyncio

from dlmanager.core.job import Status
from dlmanager.core.settings import Settings
from tests.integration.conftest import until
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
            # Fewer from now on: what runs is not taken back.
            orchestrator.use_settings(Settings(max_concurrent_downloads=1))
            for job_id in ids:
                done = await until(orchestrator, job_id, Status.COMPLETED)
                assert done.attempt == 1

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
