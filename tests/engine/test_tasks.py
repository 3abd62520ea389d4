import asyncio
import gc
import logging

import pytest

from dlmanager.engine.tasks import Tasks


@pytest.fixture
def tasks() -> Tasks:
    return Tasks(logging.getLogger("dlmanager.test"))


def test_settling_waits_for_all_even_for_those_that_others_start(run, tasks: Tasks):
    done: list[str] = []

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.start(second())
        done.append("first")

    async def second() -> None:
        await asyncio.sleep(0.01)
        done.append("second")

    async def scenario() -> None:
        tasks.start(first())
        gc.collect()  # asyncio itself holds its tasks but weakly
        await tasks.settle()

    run(scenario())
    assert done == ["first", "second"]


def test_with_nothing_to_wait_for_settling_returns(run, tasks: Tasks):
    run(tasks.settle())


def test_an_error_is_logged_with_its_traceback_and_hurts_nobody_else(
    run, tasks: Tasks, caplog: pytest.LogCaptureFixture
):
    done: list[str] = []

    async def fail() -> None:
        raise ZeroDivisionError("of no use")

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("work")

    async def scenario() -> None:
        tasks.start(fail())
        tasks.start(work())
        await tasks.settle()

    run(scenario())
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)
    assert done == ["work"]
    caplog.clear()


def test_a_cancelled_task_is_no_error(run, tasks: Tasks, caplog: pytest.LogCaptureFixture):
    async def cancel_itself() -> None:
        raise asyncio.CancelledError

    async def scenario() -> None:
        tasks.start(cancel_itself())
        await tasks.settle()

    run(scenario())
    assert caplog.records == []
