import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dlmanager.core.errors import StoreUnusable
from dlmanager.engine.patient_store import PatientStore


class FailingStore:
    """Stands for the database thread: fails while told to, and notes what was written."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.tries: list[str] = []
        self.written: list[str] = []

    async def run(self, method: Callable[..., Any], word: str) -> str:
        await asyncio.sleep(0)
        self.tries.append(word)
        if self.problem is not None:
            raise StoreUnusable(self.problem)
        self.written.append(word)
        return f"{word} written"


@pytest.fixture
def store() -> FailingStore:
    return FailingStore()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def patient(store: FailingStore, told: list[str]) -> PatientStore:
    return PatientStore(store, 5, told.append, lambda: told.append("recovered"))


async def tried(store: FailingStore, count: int) -> None:
    async with asyncio.timeout(5):
        while len(store.tries) < count:
            await asyncio.sleep(0.001)


def test_what_can_be_written_is_written_at_once(run, patient, store, told):
    assert run(patient.run(len, "a")) == "a written"
    assert (store.tries, told, patient.is_waiting) == (["a"], [], False)


def test_writes_wait_in_their_order_and_one_alone_tries(run, patient, store, told):
    async def scenario() -> None:
        store.problem = "The disk is full."
        first = asyncio.ensure_future(patient.run(len, "a"))
        await tried(store, 1)
        writes = [first, *(asyncio.ensure_future(patient.run(len, word)) for word in "bc")]
        await tried(store, 4)
        assert patient.is_waiting
        assert set(store.tries) == {"a"}
        assert set(told) == {"The disk is full."}
        store.problem = None
        assert await asyncio.gather(*writes) == ["a written", "b written", "c written"]
        assert (store.written, told[-1]) == (["a", "b", "c"], "recovered")
        assert told.count("recovered") == 3
        assert not patient.is_waiting

    run(scenario())


def test_nothing_stands_between_a_write_and_the_store_while_all_is_well(run, patient, store):
    """What was asked for first has been handed over when a wish comes, past this, the moment
    after: else the wish would void it."""

    async def scenario() -> None:
        writes = [asyncio.ensure_future(patient.run(len, word)) for word in "abc"]
        await asyncio.sleep(0)
        await store.run(len, "wish")
        await asyncio.gather(*writes)
        assert store.written == ["a", "b", "c", "wish"]

    run(scenario())


def test_at_the_end_nothing_waits_any_more(run, store, told):
    patient = PatientStore(store, 60_000, told.append, lambda: None)

    async def scenario() -> None:
        store.problem = "The disk is full."
        writes = [asyncio.ensure_future(patient.run(len, word)) for word in "ab"]
        await tried(store, 1)
        patient.wait_no_more()
        async with asyncio.timeout(5):
            results = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(result) for result in results] == [StoreUnusable, StoreUnusable]
        store.problem = None
        assert await patient.run(len, "c") == "c written"
        patient.wait_again()
        assert await patient.run(len, "d") == "d written"

    run(scenario())


def test_a_write_that_is_cancelled_lets_the_next_one_try(run, patient, store):
    async def scenario() -> None:
        store.problem = "The disk is full."
        first = asyncio.ensure_future(patient.run(len, "a"))
        second = asyncio.ensure_future(patient.run(len, "b"))
        await tried(store, 1)
        first.cancel()
        store.problem = None
        assert await second == "b written"

    run(scenario())
