"""Cancelling in every state, a hundred times at random moments."""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dlmanager.core.job import Job, Phase, Status
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.part_file import PartFile
from tests.integration.conftest import until
from tests.integration.loopback_server import (
    Content,
    LoopbackServer,
    chunked,
    stall_before_head,
    status,
)

CONTENT = Content(size=400_000, seed=1)
TIMES = 100
AT_ONCE = 8
WITHIN_S = 1.0
GENEROUSLY_S = 5.0
"""On a machine that does much else: what is promised is WITHIN_S."""


class Bench:
    """Brings jobs into a state and cancels them there."""

    def __init__(self, server: LoopbackServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.chance = random.Random(38)
        self.orchestrator: DownloadQueueOrchestrator
        self.states: Counter[str] = Counter()
        self.took_s: list[float] = []
        self._states: dict[str, Callable[[str], Awaitable[str]]] = {
            "queued": self._queued,
            "starting": self._starting,
            "running": self._running,
            "waiting": self._waiting,
            "verifying": self._verifying,
            "finalising": self._finalising,
        }

    async def cancel_one(self, number: int, places: asyncio.Semaphore) -> str | None:
        """Have one job reach a state, cancel it; returns its id, None if it was done before."""
        state = self.chance.choice(list(self._states))
        lag_s = self.chance.uniform(0, 0.1)
        async with places:
            job_id = await self._states[state](f"/{number}.bin")
            await asyncio.sleep(lag_s)
            began_at = time.monotonic()
            is_cancelled = await self.orchestrator.cancel_job(job_id)
            self.took_s.append(time.monotonic() - began_at)
            job = self.orchestrator.get_job_status(job_id)
            assert job is not None
            if not is_cancelled:
                assert job.status is Status.COMPLETED
                return None
            self.states[state] += 1
            assert job.status is Status.CANCELLED
            assert job_id not in BaseProcess.get_active_job_ids()
            assert not [path for path in self.folder.iterdir() if job_id[:8] in path.name]
        return job_id

    def _enqueue(self, path: str) -> str:
        url = self.server.serve(path, CONTENT)
        return self.orchestrator.enqueue_download(url, self.folder)

    async def _queued(self, path: str) -> str:
        return self._enqueue(path)

    async def _starting(self, path: str) -> str:
        self.server.on(path, stall_before_head())
        return await self._reached(path, lambda job: job.status is Status.PROCESSING)

    async def _running(self, path: str) -> str:
        self.server.hold(path, CONTENT.size // 2)
        return await self._reached(path, lambda job: job.phase is Phase.DOWNLOADING)

    async def _waiting(self, path: str) -> str:
        self.server.on(path, status(502, retry_after=60))
        return await self._reached(path, lambda job: job.status is Status.RETRYING)

    async def _verifying(self, path: str) -> str:
        self.server.sequence(path, [chunked(), stall_before_head()])
        return await self._reached(path, lambda job: job.phase is Phase.VERIFYING)

    async def _finalising(self, path: str) -> str:
        return await self._reached(path, lambda job: job.phase is Phase.FINALISING)

    async def _reached(self, path: str, is_reached: Callable[[Job], bool]) -> str:
        job_id = self._enqueue(path)
        await until(self.orchestrator, job_id, is_reached)
        return job_id


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def slow_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which the last step takes a moment, so that it can be met."""
    publish = PartFile.publish

    def publish_slowly(self: PartFile, final_path: Path) -> None:
        time.sleep(0.15)
        publish(self, final_path)

    monkeypatch.setattr(PartFile, "publish", publish_slowly)


@pytest.mark.fault(38)
def test_a_cancelled_job_is_gone_within_a_second_and_never_comes_back(
    run, server: LoopbackServer, orchestrate, folder: Path, slow_publishing: None
):
    bench = Bench(server, folder)
    descriptors = count_descriptors()

    async def scenario() -> None:
        bench.orchestrator = orchestrate(max_concurrent_downloads=AT_ONCE, max_downloads_per_host=0)
        told: dict[str, list[Status]] = {}
        bench.orchestrator.jobs_changed.connect(
            lambda jobs: [told.setdefault(job.id, []).append(job.status) for job in jobs]
        )
        await bench.orchestrator.start()
        places = asyncio.Semaphore(AT_ONCE)
        ids = await asyncio.gather(*(bench.cancel_one(each, places) for each in range(TIMES)))
        cancelled = {each for each in ids if each is not None}
        await bench.orchestrator.stop()
        await bench.orchestrator.start()
        await bench.orchestrator.wait_until_idle()
        for job in await bench.orchestrator.list_jobs():
            wanted = Status.CANCELLED if job.id in cancelled else Status.COMPLETED
            assert (job.status, job.part_path) == (wanted, None)
        for job_id in cancelled:
            after = told[job_id][told[job_id].index(Status.CANCELLED) :]
            assert set(after) == {Status.CANCELLED}
        assert len(list(folder.iterdir())) == TIMES - len(cancelled)

    run(scenario())
    slow = sum(each > WITHIN_S for each in bench.took_s)
    sys.stdout.write(f"{bench.states}; longest {max(bench.took_s):.2f} s, over 1 s: {slow}\n")
    assert len(bench.states) == 6
    assert max(bench.took_s) < GENEROUSLY_S
    assert list((folder.parent / "data" / "locks").iterdir()) == []
    server.wait_until_idle()
    assert count_descriptors() <= descriptors + 12  # the loop's ten workers, the watch on the queue
