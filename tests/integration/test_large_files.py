"""Files beyond 4 GiB: positions, sizes and progress are 64 bits wide everywhere."""

import ast
import os
from pathlib import Path

import pytest

from dlmanager.core.job import Job, NewJob, Status
from dlmanager.core.progress import JobProgress
from dlmanager.engine.part_file import OVERLAP_BYTES_UNCLEAN, PartFile
from dlmanager.store.job_store import JobStore
from tests.integration.conftest import until, until_bytes
from tests.integration.loopback_server import Content

pytestmark = pytest.mark.fault(55)

GIB = 1 << 30
PACKAGE = Path(__file__).parents[2] / "dlmanager"


def leave_sparse_part(database: Path, folder: Path, url: str, content: Content, size: int) -> Job:
    """A waiting job whose part holds `size` bytes, of which only the last were written.

    As many as are compared after a start of the machine, which every first start counts as.
    """
    store = JobStore(database)
    store.add([NewJob(url, str(folder))], 1)
    (job,) = store.claim(1, 2)
    part = PartFile.create(folder / f"{Path(url).name}.{job.id[:8]}.part")
    os.ftruncate(part.descriptor, size)
    start = size - OVERLAP_BYTES_UNCLEAN
    os.pwrite(part.descriptor, content.read(start, OVERLAP_BYTES_UNCLEAN), start)
    facts = {
        "part_path": str(part.path),
        "part_device": part.device,
        "part_inode": part.inode,
        "bytes_done": size,
        "bytes_total": content.size,
        "etag": content.etag,
    }
    part.close()
    store.record(job.id, job.attempt, 3, facts)
    (job,) = store.give_back([(job.id, job.attempt)], 4)
    store.close()
    return job


def end_of(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read()


@pytest.mark.parametrize("have", [2 * GIB + 5, 4 * GIB - 1, 4 * GIB + 100, 300 * GIB])
def test_a_resume_far_into_a_file_goes_on_at_the_right_byte(
    run, server, orchestrate, folder, database, have: int
):
    content = Content(size=have + 3_000_000, seed=5)
    url = server.serve("/large.iso", content)
    job = leave_sparse_part(database, folder, url, content, have)
    gate = server.hold("/large.iso", have + 1_000_000)
    seen: list[JobProgress] = []

    async def scenario() -> None:
        orchestrator = orchestrate()
        orchestrator.progressed.connect(seen.extend)
        await orchestrator.start()
        await until_bytes(orchestrator, job.id, have + 1_000_000)
        gate.release()
        done = await until(orchestrator, job.id, Status.COMPLETED)
        assert done.bytes_done == done.bytes_total == content.size
        path = Path(done.path)
        assert path.stat().st_size == content.size
        assert end_of(path, have - OVERLAP_BYTES_UNCLEAN) == content.read(
            have - OVERLAP_BYTES_UNCLEAN, content.size
        )

    run(scenario())
    (request,) = server.requests
    assert request.range_start == have - OVERLAP_BYTES_UNCLEAN
    assert max(each.bytes_done for each in seen) >= have + 1_000_000
    assert {each.bytes_total for each in seen} == {content.size}
    assert all(each.percent is None or 0 <= each.percent <= 100 for each in seen)


def test_another_version_beyond_4_gib_is_noticed(run, server, orchestrate, folder, database):
    """Its bytes differ at the place that 32 bits would mistake for another one."""
    have = 4 * GIB + 100
    old = Content(size=have + 1_000_000, seed=5)
    url = server.serve("/large.iso", Content(size=50_000, seed=6), etag='"new"')
    job = leave_sparse_part(database, folder, url, old, have)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        done = await until(orchestrator, job.id, Status.COMPLETED)
        assert Path(done.path).read_bytes() == Content(size=50_000, seed=6).read(0, 50_000)

    run(scenario())


def test_no_signal_of_ours_squeezes_a_number_into_32_bits():
    """Signal(int) is a C int in Qt: sizes travel as Python objects."""
    narrow = [
        f"{path.name}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Signal", "Slot")
        and any(isinstance(each, ast.Name) and each.id == "int" for each in node.args)
    ]
    assert narrow == []
