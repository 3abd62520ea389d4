import asyncio
import contextlib
import logging
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication

from dlmanager.core.job import Job, NewJob, Status
from dlmanager.core.progress import JobProgress
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.part_file import PartFile
from dlmanager.store.job_store import JobStore
from tests.integration.loopback_server import Content, LoopbackServer

MEGABYTE = Content(size=1_000_000, seed=1)
OTHER = Content(size=1_000_000, seed=2)


def is_right(path: Path | str, content: Content) -> bool:
    return Path(path).read_bytes() == content.read(0, content.size)


@contextlib.contextmanager
def small_disk_at(folder: Path) -> Iterator[None]:
    """Mounts a file system of one megabyte on an empty folder, where that is allowed."""
    options = ["-t", "tmpfs", "-o", "size=1m,mode=0700"]
    mounted = subprocess.run(
        ["mount", *options, "dlmanager-test", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where downloads go."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The database of the orchestrators that `orchestrate` makes."""
    return tmp_path / "data" / "queue.db"


@pytest.fixture
def leave(database: Path, folder: Path) -> Callable[..., Job]:
    """Makes a job in progress as a killed program leaves it: its row and its part."""

    def make(url: str, part_bytes: bytes = b"", max_retries: int = 3, **facts: Any) -> Job:
        store = JobStore(database)
        store.add([NewJob(url, str(folder), max_retries=max_retries)], 1)
        (job,) = store.claim(1, 2)
        part = PartFile.create(folder / f"a.bin.{job.id[:8]}.part")
        part.path.write_bytes(part_bytes)
        facts = {
            "part_path": str(part.path),
            "part_device": part.device,
            "part_inode": part.inode,
            "bytes_done": len(part_bytes),
            "final_url": url,
            **facts,
        }
        part.close()
        job = store.record(job.id, job.attempt, 3, facts)
        store.close()
        return job

    return make


@pytest.fixture
def orchestrate(
    qapp: QCoreApplication, database: Path, at_end: list[Callable[[], Awaitable[None]]]
) -> Iterator[Callable[..., DownloadQueueOrchestrator]]:
    """Makes an orchestrator on the test's own database; short delays, and stopped at the end."""
    made: list[DownloadQueueOrchestrator] = []

    def make(**options: Any) -> DownloadQueueOrchestrator:
        orchestrator = DownloadQueueOrchestrator(
            db=database,
            logger=logging.getLogger("dlmanager.test"),
            **{"initial_retry_delay_ms": 50, "poll_interval_ms": 200, **options},
        )
        made.append(orchestrator)
        at_end.append(orchestrator.stop)
        return orchestrator

    yield make
    for orchestrator in made:
        orchestrator._store.close()
    assert BaseProcess.get_active_process_count() == 0


async def until(
    orchestrator: DownloadQueueOrchestrator, job_id: str, wanted: Callable[[Job], bool] | Status
) -> Job:
    """Wait for a job to be as wanted; told by the orchestrator's signal, not by polling."""
    is_wanted = wanted if callable(wanted) else (lambda job: job.status is wanted)
    reached: asyncio.Future[Job] = asyncio.get_running_loop().create_future()

    def on_changed(jobs: list[Job]) -> None:
        for job in jobs:
            if job.id == job_id and is_wanted(job) and not reached.done():
                reached.set_result(job)

    orchestrator.jobs_changed.connect(on_changed)
    try:
        job = orchestrator.get_job_status(job_id)
        if job is not None and is_wanted(job):
            return job
        async with asyncio.timeout(20):
            return await reached
    finally:
        orchestrator.jobs_changed.disconnect(on_changed)


async def until_bytes(orchestrator: DownloadQueueOrchestrator, job_id: str, count: int) -> None:
    """Wait until so many bytes have come: what a server has sent may still be on its way."""
    reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_progressed(progress: list[JobProgress]) -> None:
        there = any(each.job_id == job_id and each.bytes_done >= count for each in progress)
        if there and not reached.done():
            reached.set_result(None)

    orchestrator.progressed.connect(on_progressed)
    try:
        async with asyncio.timeout(20):
            await reached
    finally:
        orchestrator.progressed.disconnect(on_progressed)
