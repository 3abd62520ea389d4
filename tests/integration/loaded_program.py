"""The program on a long queue, measured from inside: runs in a process of its own.

python -m tests.integration.loaded_program DATA_DIR RESULT works on the queue until it is idle, as
`dlmanager run --until-idle` does, and writes one JSON object: `Load`.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from dlmanager import app
from dlmanager.core.job import Job, Status
from dlmanager.core.settings import Settings
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.paths import Paths, profile_paths
from tests.benchmarks.measuring import percentile
from tests.benchmarks.probed_program import LoopProbe

WARM_UP = 0.25
"""The part of the jobs after which everything that is made once has been made."""
SAMPLE_INTERVAL_S = 0.25


@dataclass(frozen=True, slots=True)
class Load:
    """What the work on a queue took.

    most_at_once: wgets. delay_*: of the event loop. memory_*: resident, after the warm-up and the
    most after it. descriptors_*, children_*: before the first and after the last job.
    """

    jobs: int
    wall_s: float
    cpu_share: float
    most_at_once: int
    delay_p50_ms: float
    delay_p99_ms: float
    delay_most_ms: float
    own_delay_p99_ms: float
    memory_warm_bytes: int
    memory_most_bytes: int
    memory_end_bytes: int
    descriptors_before: int
    descriptors_after: int
    children_after: int
    threads_after: int


class Watch:
    """Looks at the process while the orchestrator works."""

    def __init__(self, orchestrator: DownloadQueueOrchestrator) -> None:
        self._orchestrator = orchestrator
        self._process = psutil.Process()
        self._ended: set[str] = set()
        self._most_at_once = 0
        self._memory: list[int] = []

    async def until_idle(self) -> Load:
        """Start the work, wait for its end, and stop it."""
        descriptors = self._process.num_fds()
        await self._orchestrator.start()
        jobs = await self._orchestrator.list_jobs()
        self._orchestrator.jobs_changed.connect(self._on_changed)
        probe = LoopProbe()
        probe.begin()
        began_s = time.perf_counter()
        sampling = asyncio.ensure_future(self._sample(len(jobs)))
        await self._orchestrator.wait_until_idle()
        wall_s = time.perf_counter() - began_s
        found = probe.end()
        sampling.cancel()
        await self._orchestrator.stop()
        return Load(
            jobs=len(jobs),
            wall_s=wall_s,
            cpu_share=found["cpu_share"],
            most_at_once=self._most_at_once,
            delay_p50_ms=percentile(found["delays_ms"], 50),
            delay_p99_ms=percentile(found["delays_ms"], 99),
            delay_most_ms=max(found["delays_ms"]),
            own_delay_p99_ms=percentile(found["own_delays_ms"], 99),
            memory_warm_bytes=self._memory[0],
            memory_most_bytes=max(self._memory),
            memory_end_bytes=self._process.memory_info().rss,
            descriptors_before=descriptors,
            descriptors_after=self._process.num_fds(),
            children_after=len(self._process.children(recursive=True)),
            threads_after=self._process.num_threads(),
        )

    def _on_changed(self, jobs: list[Job]) -> None:
        self._most_at_once = max(self._most_at_once, BaseProcess.get_active_process_count())
        self._ended.update(job.id for job in jobs if job.status is Status.COMPLETED)

    async def _sample(self, jobs: int) -> None:
        while True:
            if len(self._ended) >= WARM_UP * jobs:
                self._memory.append(self._process.memory_info().rss)
            await asyncio.sleep(SAMPLE_INTERVAL_S)


def main(arguments: list[str]) -> int:
    """Measure the work on the queue in a data folder."""
    paths = profile_paths(arguments[0])

    async def measured(paths: Paths, settings: Settings, *, until_idle: bool) -> int:
        load = await Watch(app.make_orchestrator(paths, settings)).until_idle()
        Path(arguments[1]).write_text(json.dumps(asdict(load)))
        return 0

    app._headless = measured
    return app.run_headless(paths, until_idle=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
