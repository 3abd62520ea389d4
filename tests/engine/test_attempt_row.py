"""What an attempt knows of its row, and the order in which it is written."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dlmanager.core.job import Job
from dlmanager.engine.attempt_row import AttemptRow, AttemptVoid


class Record:
    """The row in memory; writing takes as long as `gate` is closed."""

    def __init__(self, job: Job) -> None:
        self.job: Job | None = job
        self.facts: list[dict[str, Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def record(self, facts: dict[str, Any]) -> Job | None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.facts.append(facts)
        if self.job is not None:
            self.job = self.job._replace(**facts)
        return self.job


@pytest.fixture
def record(make_job: Callable[..., Job]) -> Record:
    return Record(make_job())


@pytest.fixture
def row(record: Record) -> AttemptRow:
    assert record.job is not None
    return AttemptRow(record.job, record.record)


def test_facts_are_known_once_they_are_recorded(run, row: AttemptRow, record: Record):
    run(row.record(etag='"v1"', bytes_done=7))
    assert (row.job.etag, row.job.bytes_done) == ('"v1"', 7)
    assert row.job == record.job


def test_what_is_written_beside_the_attempt_is_known_at_once_and_in_order(
    run, row: AttemptRow, record: Record
):
    async def scenario() -> None:
        record.gate.clear()
        row.write(pid=1)
        row.write(pid=2)
        assert row.job.pid == 2
        assert record.facts == []
        settling = asyncio.ensure_future(row.settle())
        await asyncio.sleep(0)
        assert not settling.done()
        record.gate.set()
        await settling
        assert record.facts == [{"pid": 1}, {"pid": 2}]

    run(scenario())


def test_settling_raises_what_kept_a_write_from_its_row_once(run, row: AttemptRow, record: Record):
    async def scenario() -> None:
        record.error = RuntimeError("no")
        row.write(pid=1)
        with pytest.raises(RuntimeError, match="no"):
            await row.settle()
        await row.settle()

    run(scenario())


def test_a_row_that_was_taken_ends_the_attempt_at_its_next_word(
    run, row: AttemptRow, record: Record
):
    record.job = None
    with pytest.raises(AttemptVoid):
        run(row.record(bytes_done=7))
    assert row.job.bytes_done == 0


def test_a_row_that_is_let_go_says_so_when_asked(row: AttemptRow):
    row.check()
    row.let_go()
    with pytest.raises(AttemptVoid):
        row.check()
