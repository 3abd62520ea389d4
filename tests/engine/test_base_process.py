import asyncio
from collections.abc import Iterator

import pytest

from dlmanager.engine.base_process import BaseProcess, ProcessAlreadyRunning


class ScriptedProcess(BaseProcess[str]):
    """Ends when told to, or when stopped."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int | None:
        return None if self.end.done() else 4711

    async def _run(self) -> str:
        return await self.end

    async def _stop(self) -> None:
        self.end.set_result("stopped")


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    assert BaseProcess.get_active_job_ids() == []


async def _started(process: ScriptedProcess) -> asyncio.Task[str]:
    task = asyncio.ensure_future(process.run())
    await asyncio.sleep(0)
    return task


def test_it_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        BaseProcess("job")


def test_a_process_is_known_while_it_runs(run):
    async def scenario() -> None:
        first, second = ScriptedProcess("a"), ScriptedProcess("b")
        tasks = [await _started(first), await _started(second)]
        assert BaseProcess.get_active_process_count() == 2
        assert BaseProcess.get_active_job_ids() == ["a", "b"]
        first.end.set_result("well")
        assert await tasks[0] == "well"
        assert BaseProcess.get_active_job_ids() == ["b"]
        second.end.set_result("well")
        await tasks[1]

    run(scenario())


def test_a_second_start_for_the_same_job_is_refused(run):
    async def scenario() -> None:
        first = ScriptedProcess("a")
        task = await _started(first)
        with pytest.raises(ProcessAlreadyRunning):
            await ScriptedProcess("a").run()
        assert BaseProcess.get_active_job_ids() == ["a"]
        first.end.set_result("well")
        assert await task == "well"
        again = ScriptedProcess("a")
        again.end.set_result("again")
        assert await again.run() == "again"

    run(scenario())


def test_a_process_that_fails_is_let_go(run):
    async def scenario() -> None:
        process = ScriptedProcess("a")
        process.end.set_exception(OSError("it would not start"))
        with pytest.raises(OSError, match="would not start"):
            await process.run()

    run(scenario())


def test_a_process_whose_waiter_is_cancelled_is_let_go(run):
    async def scenario() -> None:
        task = await _started(ScriptedProcess("a"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario())


def test_cancelling_waits_until_it_has_ended(run):
    async def scenario() -> None:
        process = ScriptedProcess("a")
        task = await _started(process)
        assert not process.cancelled
        assert await process.cancel()
        assert process.cancelled
        assert BaseProcess.get_active_process_count() == 0
        assert await task == "stopped"
        assert not await process.cancel()

    run(scenario())


def test_a_process_is_cancelled_by_its_job(run):
    async def scenario() -> None:
        task = await _started(ScriptedProcess("a"))
        assert not await BaseProcess.cancel_job("b")
        assert await BaseProcess.cancel_job("a")
        assert await task == "stopped"
        assert not await BaseProcess.cancel_job("a")

    run(scenario())


def test_a_process_that_was_never_started_has_nothing_to_cancel(run):
    async def scenario() -> None:
        assert not await ScriptedProcess("a").cancel()

    run(scenario())
