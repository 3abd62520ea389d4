"""What every fault is tried with: one download, to its end, whatever that is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.job import Job, Status
from tests.conftest import Run
from tests.integration.conftest import until

ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.PAUSED, Status.CANCELLED})


@dataclass(frozen=True)
class Ended:
    """A download that has ended. files: what lies in the folder, parts left out."""

    job: Job
    files: Mapping[str, bytes]


Fetch = Callable[..., Ended]


@pytest.fixture
def fetch(run: Run, orchestrate: Callable[..., Any], folder: Path) -> Fetch:
    """Downloads a link; no file may stand under a final name but that of a completed job."""

    def fetched(url: str, *, timeout_s: float = 15, **options: Any) -> Ended:
        async def scenario() -> Job:
            orchestrator = orchestrate(**options)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            async with asyncio.timeout(timeout_s):
                job = await until(orchestrator, job_id, lambda each: each.status in ENDED)
            await orchestrator.stop()
            return job

        job = run(scenario())
        files = {path.name: path.read_bytes() for path in finished_files(folder)}
        assert list(files) == ([job.filename] if job.status is Status.COMPLETED else [])
        return Ended(job, files)

    return fetched


def finished_files(folder: Path) -> list[Path]:
    """What stands under a final name."""
    return [path for path in folder.iterdir() if path.suffix != ".part"]
