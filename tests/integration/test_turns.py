"""Whose turn it is, with a real wget: what makes room keeps its bytes, and nobody starves."""

import asyncio

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.job import Status
from dlmanager.core.priority import Priority
from tests.integration.conftest import MEGABYTE, is_right, until
from tests.integration.loopback_server import Content

LARGE = Content(size=5_000_000, seed=3)


@pytest.mark.parametrize("asked", ["waiting", "paused"])
def test_starting_one_now_puts_the_lowest_back_with_its_bytes(
    run, server, orchestrate, folder, asked: str
):
    high = server.serve("/high.bin", LARGE)
    low = server.serve("/low.bin", LARGE)
    now = server.serve("/now.bin", MEGABYTE)
    high_gate, low_gate = server.hold("/high.bin", 1_000_000), server.hold("/low.bin", 3_000_000)

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=2, max_retries=0)
        await orchestrator.start()
        low_id = orchestrator.enqueue_download(low, folder, priority=Priority.LOW)
        high_id = orchestrator.enqueue_download(high, folder)
        for gate in (low_gate, high_gate):
            assert await asyncio.to_thread(gate.reached.wait, 20)
        (part,) = folder.glob("low.bin.*.part")
        async with asyncio.timeout(20):
            while part.stat().st_size < 3_000_000:
                await asyncio.sleep(0.01)
        now_id = orchestrator.enqueue_download(
            now, folder, paused=asked == "paused", priority=Priority.LOW
        )
        await orchestrator.start_now([now_id])
        back = await until(orchestrator, low_id, Status.PENDING)
        assert (back.bytes_done, back.retry_count) == (3_000_000, 0)
        done = await until(orchestrator, now_id, Status.COMPLETED)
        assert is_right(done.path, MEGABYTE)
        assert orchestrator.get_job_status(high_id).status is Status.PROCESSING
        low_gate.release()
        high_gate.release()
        done = await until(orchestrator, low_id, Status.COMPLETED)
        assert is_right(done.path, LARGE)
        assert done.retry_count == 0
        first, second = await orchestrator.attempts(low_id)
        assert first.ending is AttemptEnding.GAVE_WAY
        assert second.from_byte > 2_900_000
        await until(orchestrator, high_id, Status.COMPLETED)

    run(scenario())


def test_a_low_one_gets_its_slot_among_endless_urgent_ones(run, server, orchestrate, folder):
    low = server.serve("/low.bin", MEGABYTE)
    urgent = server.serve("/urgent.bin", Content(size=200_000, seed=4), rate_bytes_s=1_000_000)

    async def scenario() -> int:
        orchestrator = orchestrate(max_concurrent_downloads=1, low_priority_wait_s=1)
        await orchestrator.start()

        def one_more(count: int) -> None:
            for _ in range(count):
                orchestrator.enqueue_download(urgent, folder, priority=Priority.URGENT)

        def on_changed(jobs: list) -> None:
            one_more(sum(job.status is Status.COMPLETED and job.id != low_id for job in jobs))

        one_more(3)
        low_id = orchestrator.enqueue_download(low, folder, priority=Priority.LOW)
        orchestrator.jobs_changed.connect(on_changed)
        await until(orchestrator, low_id, Status.COMPLETED)
        orchestrator.jobs_changed.disconnect(on_changed)
        jobs = await orchestrator.list_jobs()
        assert any(job.status is Status.PENDING for job in jobs)
        return sum(job.status is Status.COMPLETED for job in jobs)

    assert run(scenario()) >= 3
