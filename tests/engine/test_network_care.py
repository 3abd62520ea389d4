"""Patience with the network, step by step: outcomes are told, the timer is fired by hand."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal

from dlmanager.core.errors import ErrorKind, StoreUnusable
from dlmanager.core.job import Job, NewJob, Phase, Status, WaitingFor
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.progress import JobProgress
from dlmanager.core.reachability import SystemState
from dlmanager.engine import network_care
from dlmanager.engine.clock import now_ms
from dlmanager.engine.network_care import NetworkCare
from dlmanager.engine.tasks import Tasks
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

LOGGER = logging.getLogger("dlmanager.test")
UNFOUND = Outcome(Ending.RETRY, ErrorKind.DNS, "Not found.", is_unreached=True)
SILENT = Outcome(Ending.RETRY, ErrorKind.TIMEOUT, "Silent.", http_status=200)
SERVED = Outcome(Ending.DONE, http_status=200)


class System(QObject):
    changed = Signal()
    state = SystemState.UNKNOWN


class BreakingStore(StoreThread):
    """A real store that cannot be used while `broken`."""

    broken = False

    async def run(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        if self.broken:
            raise StoreUnusable("The disk is full.")
        return await super().run(method, *args, **kwargs)


class Bench:
    """The care, the queue that it cares for, and what it told."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = BreakingStore(path)
        self.tasks = Tasks(LOGGER)
        self.system = System()
        self.now_s = 1000.0
        self.knocked: list[tuple[str, int]] = []
        self.answer: Callable[[], Awaitable[bool]] = self.nobody
        self.opened = 0
        self.retries = 3
        monkeypatch.setattr(network_care, "can_connect", self.can_connect)
        self.care = NetworkCare(
            self.store,
            self.tasks,
            LOGGER,
            initial_retry_delay_ms=60_000,
            system=self.system,
            clock_s=lambda: self.now_s,
        )
        self.care.opened.connect(self._on_opened)

    def _on_opened(self) -> None:
        self.opened += 1

    async def nobody(self) -> bool:
        return False

    async def can_connect(self, host: str, port: int) -> bool:
        self.knocked.append((host, port))
        return await self.answer()

    def running(self, *hosts: str) -> list[Job]:
        url = "http://{}.test/file"
        orders = [NewJob(url.format(host), "/tmp", max_retries=self.retries) for host in hosts]
        self.store.call(JobStore.add, orders, 1)
        return self.store.call(JobStore.claim, len(hosts), now_ms())

    async def end(self, job: Job, outcome: Outcome) -> Job:
        """Do with an outcome what the queue does."""
        self.now_s += 2
        self.care.note_outcome(job, outcome)
        planned = self.care.next_try(job, outcome, 0)
        facts = {
            "retry_count": planned.retry_count,
            "next_retry_at": planned.next_retry_at,
            "waiting_for": planned.waiting_for,
            "unresolved_count": planned.unresolved_count,
        }
        ended = await self.store.run(
            JobStore.finish, job.id, job.attempt, planned.status, now_ms(), facts
        )
        assert ended is not None
        await self.tasks.settle()
        return self.row(job)

    def row(self, job: Job) -> Job:
        row = self.store.call(JobStore.get, job.id)
        assert row is not None
        return row

    def moved(self, job: Job, bytes_done: int) -> None:
        progress = JobProgress(job.id, job.attempt, Phase.DOWNLOADING, bytes_done, None, None)
        self.care.note_progress([progress])

    async def end_again(self, job: Job, outcome: Outcome) -> Job:
        """Try a job that waits for its retry once more, to another end."""
        (claimed,) = self.store.call(JobStore.claim, 1, now_ms() + 10**9)
        assert claimed.id == job.id
        return await self.end(claimed, outcome)

    async def probe(self) -> None:
        """Fire the timer and wait for the probe's end."""
        self.care._timer.timeout.emit()
        assert self.care._probing is not None
        await asyncio.wait([self.care._probing])
        await self.tasks.settle()


@pytest.fixture
def bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loop, at_end: list[Any]
) -> Iterator[Bench]:
    bench = Bench(tmp_path / "queue.db", monkeypatch)
    at_end += [bench.care.stop, bench.tasks.settle]
    yield bench
    bench.store.close()


def test_what_fell_silent_before_it_was_clear_why_gets_its_retry_back(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        a, b, c = bench.running("a", "b", "c")
        first = await bench.end(a, SILENT)
        assert (first.retry_count, first.waiting_for) == (1, None)
        await bench.end(b, UNFOUND)
        last = await bench.end(c, UNFOUND)
        for job in (bench.row(a), bench.row(b), last):
            assert (job.retry_count, job.waiting_for) == (0, WaitingFor.NETWORK)

    run(scenario())


def test_a_retry_of_before_the_last_contact_stays_spent(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        a, b, c, d = bench.running("a", "b", "c", "d")
        await bench.end(a, UNFOUND)
        bench.care.note_outcome(d, SERVED)
        await bench.end(b, UNFOUND)
        await bench.end(c, UNFOUND)
        assert bench.care.is_away
        assert (bench.row(a).retry_count, bench.row(b).retry_count) == (1, 0)

    run(scenario())


def test_bytes_that_come_end_the_wait(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        a, b, c = bench.running("a", "b", "c")
        bench.moved(c, 500)
        await bench.end(a, UNFOUND)
        waiting = await bench.end(b, UNFOUND)
        assert waiting.waiting_for is WaitingFor.NETWORK
        bench.moved(c, 500)
        assert bench.care.is_away
        bench.moved(c, 501)
        await bench.tasks.settle()
        assert (bench.care.is_away, bench.opened) == (False, 1)
        assert bench.row(b).next_retry_at <= now_ms()

    run(scenario())


def test_the_hosts_are_knocked_at_in_turn_until_one_answers(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        for job in bench.running("a", "b"):
            await bench.end(job, UNFOUND)
        assert set(bench.care.closed_hosts) == {"a.test", "b.test"}
        for _ in range(3):
            before = bench.care._probe_at_ms
            await bench.probe()
            assert bench.care._probe_at_ms > before
        assert [host for host, _ in bench.knocked] == ["a.test", "b.test", "a.test"]
        row = bench.store.call(JobStore.list_jobs)[0]
        assert row.next_retry_at == bench.care._probe_at_ms

        async def somebody() -> bool:
            return True

        bench.answer = somebody
        await bench.probe()
        assert (bench.care.is_away, bench.opened, set(bench.care.closed_hosts)) == (
            False,
            1,
            set(),
        )

    run(scenario())


def test_somewhere_else_can_be_knocked_at(run, bench: Bench):
    """As with a proxy."""

    async def scenario() -> None:
        bench.care._probe_address = lambda link: ("proxy.test", 3128)
        await bench.care.start()
        for job in bench.running("a", "b"):
            await bench.end(job, UNFOUND)
        await bench.probe()
        assert bench.knocked == [("proxy.test", 3128)]

    run(scenario())


def test_an_answer_that_comes_too_late_changes_nothing(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        a, b = bench.running("a", "b")
        await bench.end(a, UNFOUND)
        await bench.end(b, UNFOUND)

        async def meanwhile() -> bool:
            bench.care.note_outcome(a, SERVED)
            return False

        bench.answer = meanwhile
        await bench.probe()
        assert not bench.care.is_away

    run(scenario())


def test_a_database_that_cannot_be_read_does_not_end_the_probes(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        for job in bench.running("a", "b"):
            await bench.end(job, UNFOUND)
        bench.store.broken = True
        await bench.probe()
        assert bench.care._timer.isActive()
        bench.store.broken = False
        await bench.probe()
        assert len(bench.knocked) == 1

    run(scenario())


def test_a_probe_is_not_waited_for_at_the_end(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        for job in bench.running("a", "b"):
            await bench.end(job, UNFOUND)

        async def never() -> bool:
            await asyncio.Event().wait()
            return True

        bench.answer = never
        bench.care._timer.timeout.emit()
        while not bench.knocked:
            await asyncio.sleep(0)
        async with asyncio.timeout(1):
            await bench.care.stop()
        assert not bench.care._timer.isActive()

    run(scenario())


def test_a_probe_that_breaks_is_told(run, bench: Bench, caplog: pytest.LogCaptureFixture):
    async def scenario() -> None:
        await bench.care.start()
        for job in bench.running("a", "b"):
            await bench.end(job, UNFOUND)

        async def broken() -> bool:
            raise ZeroDivisionError

        bench.answer = broken
        await bench.probe()
        assert bench.care._timer.isActive()

    run(scenario())
    assert "a probe failed" in caplog.text
    caplog.clear()


def test_the_system_tells_that_it_is_connected_and_hosts_are_judged_anew(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        a, b = bench.running("a", "b")
        bench.system.state = SystemState.DISCONNECTED
        bench.system.changed.emit()
        assert not bench.care.is_away
        assert (await bench.end(a, UNFOUND)).waiting_for is WaitingFor.NETWORK
        bench.system.state = SystemState.CONNECTED
        bench.system.changed.emit()
        await bench.tasks.settle()
        assert (bench.care.is_away, bench.row(a).waiting_for) == (False, None)
        assert (await bench.end(b, UNFOUND)).retry_count == 1

    run(scenario())


def test_the_systems_word_may_come_after_the_first_failure(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        (a,) = bench.running("a")
        assert (await bench.end(a, UNFOUND)).retry_count == 1
        bench.system.state = SystemState.DISCONNECTED
        bench.system.changed.emit()
        await bench.tasks.settle()
        row = bench.row(a)
        assert (row.retry_count, row.waiting_for) == (0, WaitingFor.NETWORK)

    run(scenario())


def test_a_job_without_retries_left_waits_as_well(run, bench: Bench):
    async def scenario() -> None:
        await bench.care.start()
        a, b = bench.running("a", "b")
        await bench.end(a, UNFOUND)
        last = await bench.store.run(
            JobStore.record, b.id, b.attempt, now_ms(), {"retry_count": b.max_retries}
        )
        assert (await bench.end(last, UNFOUND)).status is Status.RETRYING

    run(scenario())


class TestANameThatIsNotFound:
    @pytest.fixture(params=["something was reached", "the system says so", "nobody knows"])
    def is_up(self, request: pytest.FixtureRequest, bench: Bench) -> bool:
        bench.retries = 1_000
        if request.param == "the system says so":
            bench.system.state = SystemState.CONNECTED
        if request.param == "something was reached":
            bench.care._on_reached("other.test")
        return request.param != "nobody knows"

    def test_is_given_up_after_three_retries_where_the_network_is_up(
        self, run, bench: Bench, is_up: bool
    ):
        async def scenario() -> None:
            (job,) = bench.running("a")
            rows = [await bench.end(job, UNFOUND)]
            rows += [await bench.end_again(job, UNFOUND) for _ in range(2)]
            assert {row.status for row in rows} == {Status.RETRYING}
            last = await bench.end_again(job, UNFOUND)
            assert last.status is (Status.FAILED if is_up else Status.RETRYING)
            if is_up:
                assert [row.unresolved_count for row in rows] == [1, 2, 3]

        run(scenario())

    def test_counts_no_more_once_the_network_turns_out_to_be_away(self, run, bench: Bench):
        bench.retries = 1_000
        bench.system.state = SystemState.CONNECTED

        async def scenario() -> None:
            a, b = bench.running("a", "b")
            assert (await bench.end(a, UNFOUND)).unresolved_count == 1
            assert (await bench.end(b, UNFOUND)).waiting_for is WaitingFor.NETWORK
            assert (bench.row(a).unresolved_count, bench.row(b).unresolved_count) == (0, 0)

        run(scenario())


def test_it_is_told_when_the_network_goes_and_when_it_comes_back(run, bench: Bench):
    told: list[bool] = []
    bench.care.away_changed.connect(told.append)

    async def scenario() -> None:
        a, b = bench.running("a", "b")
        await bench.end(a, UNFOUND)
        assert told == []
        await bench.end(b, UNFOUND)
        assert told == [True]
        bench.care._on_reached("a.test")
        await bench.tasks.settle()
        assert told == [True, False]

    run(scenario())
