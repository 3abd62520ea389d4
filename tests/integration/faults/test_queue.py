"""Faults of many: long queues, long histories, limits, and jobs that always fail."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from dlmanager.core.job import Job, NewJob, Status
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.store.job_store import JobStore
from tests.benchmarks.measuring import percentile
from tests.benchmarks.probed_program import LoopProbe
from tests.conftest import Run
from tests.integration import loopback_server
from tests.integration.conftest import MEGABYTE, until
from tests.integration.loopback_server import Content, LoopbackServer

Orchestrate = Callable[..., DownloadQueueOrchestrator]
HISTORY = 10_000
QUEUED = 1_000
AT_ONCE = 50
WATCHED = 150
"""So many of the queue are fetched while it is watched; the long suite fetches thousands."""


def open_files() -> list[str]:
    """What our descriptors lead to.

    Without the loopback server's sockets, which come and go, and the event descriptors that each
    thread of the pool keeps.
    """
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(descriptor.readlink()))
    return sorted(path for path in found if "socket:" not in path and "[eventfd]" not in path)


@pytest.mark.fault(53)
def test_a_long_queue_and_a_long_history_are_no_burden(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, database: Path
):
    content = Content(size=5_000, seed=53)
    urls = [server.serve(f"/{number}.bin", content) for number in range(QUEUED)]
    store = JobStore(database)
    store.add([NewJob("http://127.0.0.1:9/old", str(folder)) for _ in range(HISTORY)], 1)
    with contextlib.closing(sqlite3.connect(database)) as raw, raw:
        raw.execute("UPDATE DOWNLOAD_QUEUE SET status = 'COMPLETED', final_path = '/nowhere/old'")
    store.add([NewJob(url, str(folder)) for url in urls], 2)
    store.close()
    completed: set[str] = set()

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=AT_ONCE, max_downloads_per_host=0)
        await orchestrator.start()
        await orchestrator.stop()
        before = open_files()  # Qt keeps some for the orchestrator's life
        completed.clear()
        enough = asyncio.Event()

        def on_changed(jobs: list[Job]) -> None:
            completed.update(job.id for job in jobs if job.status is Status.COMPLETED)
            if len(completed) >= WATCHED:
                enough.set()

        orchestrator.jobs_changed.connect(on_changed)
        began_at = time.monotonic()
        await orchestrator.start()
        assert time.monotonic() - began_at < 2
        watched = await LoopProbe().watch(2)
        await enough.wait()
        # Less the time in which the machine had no CPU for us: it may be busy with others.
        delays_ms = watched["own_delays_ms"]
        assert percentile(delays_ms, 99) < 100
        await orchestrator.stop()
        assert psutil.Process().children(recursive=True) == []
        await asyncio.to_thread(server.wait_until_idle)
        assert open_files() == before

    run(scenario())
    done = [path for path in folder.iterdir() if path.suffix != ".part"]
    assert len(done) >= WATCHED
    assert all(path.read_bytes() == content.read(0, content.size) for path in done)
    assert server.max_active <= AT_ONCE


@pytest.mark.fault(58)
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_there_are_never_more_wgets_than_the_limit_and_no_slot_stays_empty(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, limit: int
):
    """Among them some that fail, are paused, cancelled, and tried again."""
    urls = [server.serve(f"/{number}.bin", MEGABYTE) for number in range(14)]
    gates = [server.hold(f"/{number}.bin", 500_000) for number in range(14)]
    for number in range(0, 14, 5):
        server.sequence(f"/{number}.bin", [loopback_server.cut_fin(300_000), loopback_server.ok()])

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=limit, max_downloads_per_host=0)
        await orchestrator.start()
        jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
        ids = [job.id for job in jobs]
        await orchestrator.pause(ids[1::6])
        await orchestrator.cancel(ids[2::6])
        await orchestrator.resume(ids[1::6])
        await orchestrator.retry(ids[2::6])
        while BaseProcess.get_active_process_count() < limit:
            await asyncio.sleep(0.02)
        for gate in gates:
            gate.release()
        for job_id in ids:
            await until(orchestrator, job_id, Status.COMPLETED)

    run(scenario())
    assert server.max_active <= limit


@pytest.mark.fault(58)
def test_jobs_that_always_fail_do_not_starve_the_others(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
):
    """Old ones, tried again at once and without end, and one slot for all."""
    for number in range(5):
        server.answer(f"/busy{number}.bin", 503)
    url = server.serve("/a.bin", MEGABYTE)

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=1, initial_retry_delay_ms=0)
        await orchestrator.start()
        for number in range(5):
            busy = server.url(f"/busy{number}.bin")
            orchestrator.enqueue_download(busy, folder, max_retries=-1)
        await asyncio.to_thread(server.wait_for_requests, 10)
        asked = len(server.requests)
        job_id = orchestrator.enqueue_download(url, folder)
        await until(orchestrator, job_id, Status.COMPLETED)
        (request,) = server.requests_for("/a.bin")
        assert server.requests.index(request) - asked <= 10

    run(scenario())
