"""What has to wait is waited for: no loop spins, and no wget is started for nothing."""

import asyncio
from collections.abc import Callable

import pytest

from dlmanager.core.job import Status
from dlmanager.store.job_store import JobStore
from tests.fakes.fake_wget import SCENARIOS, make_fake_wget, read_calls
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, until


@pytest.fixture
def count_turns(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Tells how many turns the queue's work has begun: each asks first what others changed."""
    turns = 0
    changes = JobStore.changes

    def counted(self):
        nonlocal turns
        turns += 1
        return changes(self)

    monkeypatch.setattr(JobStore, "changes", counted)
    return lambda: turns


async def turns_go_by(count_turns: Callable[[], int], number: int) -> None:
    """Wait until so many whole turns have begun and ended."""
    last = count_turns() + number
    while count_turns() <= last:
        await asyncio.sleep(0.02)


def test_a_due_retry_without_a_free_slot_does_not_spin(
    run, server, orchestrate, folder, count_turns
):
    failing = server.serve("/fail.bin", MEGABYTE)
    server.sequence("/fail.bin", [answers.status(503), answers.ok()])
    held = server.serve("/held.bin", MEGABYTE)
    gate = server.hold("/held.bin", 500_000)

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=1, poll_interval_ms=1000)
        await orchestrator.start()
        first = orchestrator.enqueue_download(failing, folder)
        orchestrator.enqueue_download(held, folder)
        await until(orchestrator, first, Status.RETRYING)
        assert await asyncio.to_thread(gate.reached.wait, 10)
        before = count_turns()
        await asyncio.sleep(2)  # the stretch of time that is measured
        assert count_turns() - before < 20

    run(scenario())


@pytest.mark.fault(33)
def test_a_used_up_quota_is_no_retry_storm(run, orchestrate, folder, tmp_path, count_turns):
    """statvfs(3) knows nothing of quotas, nor of used-up inodes: there seems to be space."""
    steps = [
        *SCENARIOS["disk_full"]["steps"][:-2],
        {"stderr": "\n\nCannot write to 'part' (Disk quota exceeded).\n"},
        {"exit": 3},
    ]
    wget = make_fake_wget(tmp_path / "fake", {"steps": steps})

    async def scenario() -> None:
        orchestrator = orchestrate(wget_executable_path=str(wget), poll_interval_ms=50)
        await orchestrator.start()
        job_id = orchestrator.enqueue_download("http://127.0.0.1/a", folder, max_retries=0)
        await until(orchestrator, job_id, Status.PAUSED)
        await turns_go_by(count_turns, 20)

    run(scenario())
    assert len(read_calls(tmp_path / "fake")) == 1


def test_pause_by_hand_of_a_job_that_waits_for_space_is_obeyed(
    run, orchestrate, folder, tmp_path, monkeypatch, count_turns
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
        await until(orchestrator, job_id, Status.PAUSED)
        await orchestrator.pause_all()
        has_space = True
        await turns_go_by(count_turns, 3)
        assert orchestrator.get_job_status(job_id).status is Status.PAUSED

    run(scenario())
    assert len(read_calls(tmp_path / "fake")) == 1
