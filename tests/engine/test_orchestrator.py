"""The queue's scheduling and its signals, with real processes of the scripted wget."""

import asyncio
import contextlib
import inspect
import logging
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.errors import BadInput, ErrorKind, InvalidUrl, StoreUnusable
from dlmanager.core.job import WISH_SOURCES, WISH_TARGET, Job, NewJob, Phase, Status, Wish
from dlmanager.core.priority import Priority
from dlmanager.core.progress import JobProgress
from dlmanager.core.queue_order import Move
from dlmanager.engine import orchestrator as orchestrator_module
from dlmanager.engine import runs, wget_care
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.clock import now_ms, steady_ms
from dlmanager.engine.file_lock import FileLock, job_lock
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.part_file import PartFile
from dlmanager.store import connection, turns
from dlmanager.store.job_store import DueNow, JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil
from tests.fakes.fake_wget import SCENARIOS, make_fake_wget, read_calls

SOON_MS = 30
NEVER_MS = 60_000
COMPLETE = SCENARIOS["complete"]["steps"]
NOT_FOUND = [
    COMPLETE[0],
    {"response": "404 Not Found", "headers": {}},
    {"stderr": "\n"},
    {"exit": 8},
]


def waiting(name: str, then: Sequence[dict[str, Any]] = COMPLETE) -> list[dict[str, Any]]:
    """Steps that touch `<name>.here`, wait for `<name>.go` and go on."""
    return [{"touch": f"{name}.here"}, {"wait_for_file": f"{name}.go"}, *then]


def link(name: str) -> str:
    return f"http://127.0.0.1/{name}"


class Bench:
    """A queue in a folder, a scripted wget, and everything that was told."""

    def __init__(self, tmp_path: Path) -> None:
        self.database = tmp_path / "data" / "queue.db"
        self.folder = tmp_path / "downloads"
        self.folder.mkdir()
        self.fake = tmp_path / "fake"
        self.made: list[DownloadQueueOrchestrator] = []
        self.added: list[Any] = []
        self.changed: list[Any] = []
        self.removed: list[Any] = []
        self.progress: list[Any] = []
        self.problems: list[Any] = []
        self.notices: list[str] = []

    def play(self, default: Sequence[dict[str, Any]] = COMPLETE, **by_name: Any) -> None:
        """What the wget does, by the name at the end of the link."""
        by_url = {
            link(name): play if isinstance(play, dict) else {"steps": play}
            for name, play in by_name.items()
        }
        make_fake_wget(self.fake, {"steps": list(default), "by_url": by_url})

    def make(self, **options: Any) -> DownloadQueueOrchestrator:
        if not self.fake.exists():
            self.play()
        orchestrator = DownloadQueueOrchestrator(
            db=self.database,
            wget_executable_path=str(self.fake / "wget"),
            logger=logging.getLogger("dlmanager.test"),
            **{"initial_retry_delay_ms": SOON_MS, "poll_interval_ms": NEVER_MS, **options},
        )
        orchestrator.jobs_added.connect(self.added.append)
        orchestrator.jobs_changed.connect(self.changed.append)
        orchestrator.jobs_removed.connect(self.removed.append)
        orchestrator.progressed.connect(self.progress.append)
        orchestrator.problem_changed.connect(self.problems.append)
        self.made.append(orchestrator)
        return orchestrator

    async def started(self, **options: Any) -> DownloadQueueOrchestrator:
        orchestrator = self.make(**options)
        await orchestrator.start()
        return orchestrator

    def enqueue(self, *names: str, **options: Any) -> list[str]:
        return [
            self.made[-1].enqueue_download(link(name), self.folder, **options) for name in names
        ]

    def let(self, *names: str) -> None:
        for name in names:
            (self.fake / f"{name}.go").touch()

    def is_here(self, name: str) -> bool:
        return (self.fake / f"{name}.here").exists()

    async def here(self, *names: str) -> None:
        """Wait until these wgets have said that they wait."""
        await until_true(lambda: all(map(self.is_here, names)))

    async def status(self, job_id: str, *wanted: Status) -> Job:
        """Wait until a change to one of these states was told, or is so already."""

        def find() -> Job | None:
            told = [job for jobs in self.changed for job in jobs if job.id == job_id]
            return told[-1] if told and told[-1].status in wanted else None

        await until_true(lambda: find() is not None)
        job = find()
        assert job is not None
        return job

    @property
    def started_links(self) -> list[str]:
        """The last parts of the links that wgets were started for, in order."""
        return [(call.url or "").rpartition("/")[2] for call in read_calls(self.fake)]

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """While it lasts nobody else can write to the database."""
        other = sqlite3.connect(self.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()


async def running_count(count: int) -> None:
    """Wait until so many wgets run."""
    await until_true(lambda: BaseProcess.get_active_process_count() == count)


async def until_true(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not is_true():
            await asyncio.sleep(0.005)


@pytest.fixture
def bench(tmp_path: Path, at_end: list[Callable[[], Awaitable[None]]]) -> Iterator[Bench]:
    bench = Bench(tmp_path)

    async def stop() -> None:
        for orchestrator in bench.made:
            await orchestrator.stop()

    at_end.append(stop)
    before = psutil.Process().children()
    yield bench
    for orchestrator in bench.made:
        orchestrator._store.close()
    assert BaseProcess.get_active_process_count() == 0
    assert psutil.Process().children() == before


@pytest.fixture
def impatient_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is locked is told at once, not after seconds."""
    monkeypatch.setitem(connection.PRAGMAS, "busy_timeout", 1)


class TestDefaults:
    def test_are_those_of_the_specification(self):
        parameters = inspect.signature(DownloadQueueOrchestrator).parameters
        assert {
            name: parameter.default
            for name, parameter in parameters.items()
            if isinstance(parameter.default, int)
        } == {
            "max_concurrent_downloads": 3,
            "poll_interval_ms": 1000,
            "max_retries": 3,
            "initial_retry_delay_ms": 2000,
            "progress_throttle_ms": 500,
            "max_downloads_per_host": 4,
        }
        assert all(each.kind is each.KEYWORD_ONLY for each in parameters.values())

    def test_a_job_takes_the_queues_retries_unless_it_has_its_own(self, run, bench: Bench):
        async def scenario() -> list[int]:
            queue = bench.make(max_retries=7)
            ids = [*bench.enqueue("a"), *bench.enqueue("b", max_retries=0)]
            return [queue.get_job_status(each).max_retries for each in ids]  # type: ignore[union-attr]

        assert run(scenario()) == [7, 0]

    def test_without_a_logger_it_has_one(self, run, tmp_path: Path):
        async def scenario() -> None:
            DownloadQueueOrchestrator(db=tmp_path / "queue.db")

        run(scenario())


class TestBeforeTheStart:
    def test_jobs_are_kept_and_nothing_runs(self, run, bench: Bench):
        async def scenario() -> None:
            queue = bench.make()
            assert not queue.is_running
            assert queue.problem is None
            (job_id,) = bench.enqueue("a")
            (other,) = await queue.add([queue.order(link("b"), bench.folder, paused=True)])
            assert [job.id for job in await queue.list_jobs()] == [job_id, other.id]
            assert (other.status, other.url) == (Status.PAUSED, link("b"))
            assert queue.get_job_status("no such job") is None

        run(scenario())
        assert bench.started_links == []
        assert bench.changed == []

    def test_nothing_is_added_if_one_of_many_is_bad(self, run, bench: Bench):
        async def scenario() -> None:
            queue = bench.make()
            with pytest.raises(InvalidUrl):
                await queue.add([queue.order(each, bench.folder) for each in (link("a"), "x")])
            with pytest.raises(BadInput):
                queue.order(link("a"), bench.folder, max_retries=-2)
            assert await queue.list_jobs() == []

        run(scenario())
        assert bench.added == []

    def test_what_waited_is_begun_at_the_start(self, run, bench: Bench):
        async def scenario() -> None:
            queue = bench.make()
            ids = bench.enqueue("a", "b")
            await queue.start()
            for job_id in ids:
                await bench.status(job_id, Status.COMPLETED)
            await queue.wait_until_idle()

        run(scenario())
        assert bench.files == ["a", "b"]


class TestSlots:
    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_a_slot_that_gets_free_goes_to_the_oldest_that_waits(
        self, run, bench: Bench, limit: int
    ):
        names = ["a", "b", "c", "d", "e"]
        bench.play(**{name: waiting(name) for name in names})

        async def scenario() -> None:
            await bench.started(max_concurrent_downloads=limit)
            bench.enqueue(*names)
            for number, name in enumerate(names):
                running = names[number : number + limit]
                await bench.here(*running)
                await running_count(len(running))
                assert not any(map(bench.is_here, names[number + limit :]))
                bench.let(name)
            await bench.made[-1].wait_until_idle()

        run(scenario())
        assert sorted(bench.started_links) == names
        assert bench.files == names

    @pytest.mark.parametrize("wish", [Wish.PAUSE, Wish.CANCEL, Wish.REMOVE])
    def test_a_wish_frees_a_slot(self, run, bench: Bench, wish: Wish):
        bench.play(a=waiting("a"), b=waiting("b"))

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=1)
            first, _ = bench.enqueue("a", "b")
            await bench.here("a")
            await getattr(queue, wish.value)([first])
            await bench.here("b")
            assert BaseProcess.get_active_process_count() == 1
            bench.let("b")
            await queue.wait_until_idle()

        run(scenario())
        assert bench.started_links == ["a", "b"]

    def test_a_failure_frees_a_slot(self, run, bench: Bench):
        bench.play(a=NOT_FOUND)

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=1)
            first, second = bench.enqueue("a", "b")
            await bench.status(second, Status.COMPLETED)
            assert (await bench.status(first, Status.FAILED)).error_kind is ErrorKind.NOT_FOUND
            await queue.wait_until_idle()

        run(scenario())

    def test_a_job_whose_process_is_still_ending_waits_for_it(self, run, bench: Bench):
        # It will not end at a signal; the file lets it go, within the grace.
        steps = [{"ignore_sigterm": True}, *waiting("a", [{"exit": 0}])]
        bench.play(a={"attempts": [steps, COMPLETE]})

        async def scenario() -> None:
            queue = await bench.started(poll_interval_ms=10)
            (job_id,) = bench.enqueue("a")
            await bench.here("a")
            pausing = asyncio.ensure_future(queue.pause([job_id]))
            await bench.status(job_id, Status.PAUSED)
            resuming = asyncio.ensure_future(queue.resume([job_id]))
            await bench.status(job_id, Status.PENDING)
            (other,) = bench.enqueue("b")
            await bench.status(other, Status.COMPLETED)  # the queue has had its chance
            assert bench.started_links == ["a", "b"]
            assert not pausing.done()
            bench.let("a")
            await asyncio.gather(pausing, resuming)
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        assert bench.started_links == ["a", "b", "a"]

    def test_idle_is_told_again_and_again(self, run, bench: Bench):
        bench.play(a=waiting("a"))

        async def scenario() -> None:
            queue = await bench.started()
            await queue.wait_until_idle()
            (job_id,) = bench.enqueue("a")
            idle = asyncio.ensure_future(queue.wait_until_idle())
            await bench.here("a")
            assert not idle.done()
            await queue.pause([job_id])
            await idle

        run(scenario())


class TestTurns:
    def test_levels_go_first_and_a_wish_counts_for_the_next_slot(self, run, bench: Bench):
        names = ["a", "b", "c", "low"]
        bench.play(**{name: waiting(name) for name in names})

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=1)
            bench.enqueue("a")
            await bench.here("a")
            bench.enqueue("low", priority=Priority.LOW)
            b, c = bench.enqueue("b", "c")
            (changed,) = await queue.prioritize([c], Priority.HIGH)
            assert changed.priority is Priority.HIGH
            bench.let("a")
            await bench.here("c")
            assert [job.id for job in await queue.move([b], Move.TOP)] == []  # alone in its level
            bench.let("c")
            await bench.here("b")
            bench.let("b", "low")
            await queue.wait_until_idle()

        run(scenario())
        assert bench.started_links == ["a", "c", "b", "low"]

    def test_jobs_are_taken_in_the_order_they_were_moved_into(self, run, bench: Bench):
        bench.play(a=waiting("a"))

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=1)
            bench.enqueue("a")
            await bench.here("a")
            b, _, d = bench.enqueue("b", "c", "d")
            await queue.move([d], Move.TOP)
            await queue.put([b], Priority.NORMAL, None)
            assert [job.id for job in bench.changed[-1]] == [b]
            bench.let("a")
            await queue.wait_until_idle()

        run(scenario())
        assert bench.started_links == ["a", "d", "c", "b"]

    def test_what_is_to_start_now_takes_the_slot_of_the_last(self, run, bench: Bench):
        names = ["high", "a", "b", "now"]
        bench.play(**{name: waiting(name) for name in names})

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=3, max_retries=0)
            a, b = bench.enqueue("a", "b")
            bench.enqueue("high", priority=Priority.HIGH)
            await bench.here("high", "a", "b")
            (now,) = bench.enqueue("now", priority=Priority.LOW, paused=True)
            assert [job.id for job in await queue.start_now([now])] == [now]
            await bench.here("now")
            back = await bench.status(b, Status.PENDING)
            assert (back.retry_count, back.error_kind) == (0, None)
            assert queue.get_job_status(a).status is Status.PROCESSING
            await running_count(3)
            assert bench.started_links.count("now") == 1
            (bench.fake / "b.here").unlink()
            bench.let("now")
            await bench.here("b")
            bench.let("a", "b", "high")
            await queue.wait_until_idle()
            (ended, _) = await queue.attempts(b)
            assert ended.ending is AttemptEnding.GAVE_WAY

        run(scenario())
        assert bench.files == sorted(names)

    def test_of_more_than_may_run_the_rest_is_next(self, run, bench: Bench):
        names = ["a", "b", "c", "d"]
        bench.play(**{name: waiting(name) for name in names})

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=2)
            _, b, c, d = bench.enqueue(*names)
            await bench.here("a", "b")
            await queue.start_now([d, c])
            await bench.here("c", "d")
            await running_count(2)
            # Asked for later than c and d, and there is no end of making room.
            (bench.fake / "a.here").unlink()
            (bench.fake / "b.here").unlink()
            await asyncio.sleep(0.002)
            await queue.start_now([b])
            await bench.here("b")
            assert not bench.is_here("a")
            bench.let(*names)
            await queue.wait_until_idle()

        run(scenario())

    def test_a_wish_to_start_from_another_process_is_followed(self, run, bench: Bench):
        bench.play(a=waiting("a"), b=waiting("b"))

        async def scenario() -> None:
            queue = await bench.started(max_concurrent_downloads=1)
            bench.enqueue("a", "b")
            await bench.here("a")
            other = JobStore(bench.database)
            ids = [job.id for job in other.list_jobs()]
            fulfil(other, Wish.START, ids[1:], now_ms())
            await bench.here("b")
            await bench.status(ids[0], Status.PENDING)
            turns.prioritize(other, ids, Priority.LOW, now_ms())
            await until_true(lambda: bench.changed[-1][0].priority is Priority.LOW)
            other.close()
            bench.let("a", "b")
            await queue.wait_until_idle()

        run(scenario())

    @pytest.mark.parametrize(
        "wait_s, position", [(0.2, 1), (0, 6)], ids=["for a while", "for ever"]
    )
    def test_a_low_one_waits_for_its_slot(self, run, bench: Bench, wait_s: float, position: int):
        names = [f"u{number}" for number in range(6)]
        bench.play(**{name: waiting(name) for name in names})

        async def scenario() -> None:
            queue = await bench.started(
                max_concurrent_downloads=1, low_priority_wait_s=wait_s, poll_interval_ms=20
            )
            bench.enqueue(*names[:1], priority=Priority.URGENT)
            await bench.here("u0")
            bench.enqueue("low", priority=Priority.LOW)
            bench.enqueue(*names[1:], priority=Priority.URGENT)
            async with asyncio.timeout(15):
                while wait_s and not queue._slots._waits.overdue(steady_ms(), round(wait_s * 1000)):
                    await asyncio.sleep(0.01)
            bench.let(*names)
            await queue.wait_until_idle()

        run(scenario())
        assert bench.started_links.index("low") == position

    def test_nobody_waits_while_a_slot_is_free(self, run, bench: Bench):
        bench.play(low=waiting("low"))

        async def scenario() -> None:
            queue = await bench.started(low_priority_wait_s=0.001, poll_interval_ms=10)
            bench.enqueue("low", priority=Priority.LOW)
            await bench.here("low")
            assert queue._slots._waits.overdue(steady_ms() + 10_000, 1) == []
            bench.let("low")
            await queue.wait_until_idle()

        run(scenario())


class TestRetries:
    CUT = SCENARIOS["refused"]["steps"]

    def test_begin_when_they_fall_due_without_any_poll(self, run, bench: Bench):
        bench.play(a={"attempts": [self.CUT, self.CUT, COMPLETE]})

        async def scenario() -> Job:
            await bench.started()
            (job_id,) = bench.enqueue("a")
            waits = await bench.status(job_id, Status.RETRYING)
            assert waits.next_retry_at is not None
            assert waits.error_kind is ErrorKind.CONNECTION
            return await bench.status(job_id, Status.COMPLETED)

        job = run(scenario())
        assert (job.retry_count, job.attempt, job.error_kind) == (2, 3, None)
        gaps = [call.started_at for call in read_calls(bench.fake)]
        assert gaps[1] - gaps[0] >= SOON_MS / 1000
        assert gaps[2] - gaps[1] >= 2 * SOON_MS / 1000

    def test_that_fall_due_between_the_claim_and_the_look_ahead_begin_without_any_poll(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        async def scenario() -> None:
            queue = bench.make()
            (job_id,) = bench.enqueue("a")
            store = StoreThread(bench.database)
            (job,) = store.call(JobStore.claim, 1, now_ms())
            due_at = now_ms()
            facts = {"next_retry_at": due_at, "retry_count": 1}
            store.call(JobStore.finish, job_id, job.attempt, Status.RETRYING, due_at, facts)
            store.close()
            claim, claims = JobStore.claim, 0

            def claim_and_let_time_pass(*args: Any) -> list[Job]:
                nonlocal claims
                jobs = claim(*args)
                claims += 1
                return jobs

            # Time stands still until the start's own writes wake nobody any more.
            monkeypatch.setattr(orchestrator_module, "now_ms", lambda: due_at - (claims < 50))
            monkeypatch.setattr(JobStore, "claim", claim_and_let_time_pass)
            await queue.start()
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())

    def test_that_are_further_off_than_a_timer_reaches_come_too(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(orchestrator_module, "MAX_TIMER_MS", 20)
        bench.play(a={"attempts": [self.CUT, COMPLETE]})

        async def scenario() -> None:
            await bench.started(initial_retry_delay_ms=150)
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        first, second = read_calls(bench.fake)
        assert second.started_at - first.started_at >= 0.15

    def test_do_not_take_a_slot_while_they_wait(self, run, bench: Bench):
        bench.play(a=self.CUT)

        async def scenario() -> None:
            await bench.started(max_concurrent_downloads=1, initial_retry_delay_ms=NEVER_MS)
            first, second = bench.enqueue("a", "b")
            await bench.status(second, Status.COMPLETED)
            assert (await bench.status(first, Status.RETRYING)).retry_count == 1
            assert not bench.made[-1]._idle.is_set()

        run(scenario())

    def test_may_be_had_at_once(self, run, bench: Bench):
        bench.play(a={"attempts": [self.CUT, COMPLETE]})

        async def scenario() -> None:
            queue = await bench.started(initial_retry_delay_ms=NEVER_MS)
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.RETRYING)
            (job,) = await queue.retry([job_id])
            assert (job.status, job.retry_count) == (Status.PENDING, 0)
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())

    def test_are_not_spent_on_a_part_that_another_process_writes(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(runs, "BUSY_DELAY_MS", SOON_MS)
        bench.play(a={"attempts": [SCENARIOS["cut"]["steps"], COMPLETE]})

        async def scenario() -> None:
            queue = await bench.started(initial_retry_delay_ms=NEVER_MS)
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.RETRYING)
            holder = job_lock(bench.database, job_id)
            holder.acquire()
            await queue.retry([job_id])
            busy = await bench.status(job_id, Status.RETRYING)
            assert (busy.error_kind, busy.retry_count) == (ErrorKind.BUSY, 0)
            holder.release()
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        assert len(bench.started_links) == 2

    def test_follow_what_nobody_foresaw(self, run, bench: Bench, caplog: pytest.LogCaptureFixture):
        # A link that no order lets through: the attempt cannot even write it down for wget.
        async def scenario() -> Job:
            queue = await bench.started()
            (job,) = await queue.add([NewJob(link("ä"), str(bench.folder), max_retries=1)])
            return await bench.status(job.id, Status.FAILED)

        job = run(scenario())
        assert (job.error_kind, job.retry_count) == (ErrorKind.INTERRUPTED, 1)
        assert "the log tells more" in (job.error_message or "")
        assert [record.exc_info is not None for record in caplog.records if record.exc_info] == [
            True,
            True,
        ]
        assert bench.files == []
        caplog.clear()


class TestWishes:
    """Each wish, asked of jobs in every state; the queue does not run, so the states stay."""

    @pytest.fixture
    def jobs_in_every_state(self, bench: Bench) -> Callable[[], dict[Status, Job]]:
        def make_one(queue: DownloadQueueOrchestrator, status: Status) -> Job:
            store, others = queue._store, [job.id for job in queue._store.call(JobStore.list_jobs)]
            (job_id,) = bench.enqueue(status.value)
            if status is Status.PAUSED:
                store.call(fulfil, Wish.PAUSE, [job_id], 2)
            elif status is Status.CANCELLED:
                store.call(fulfil, Wish.CANCEL, [job_id], 2)
            elif status is not Status.PENDING:
                store.call(JobStore.claim, 1, 2, others)
                if status is not Status.PROCESSING:
                    # A page in place of the file, as only that can be accepted.
                    facts = {"next_retry_at": 2**50, "error_kind": ErrorKind.WEB_PAGE}
                    store.call(JobStore.finish, job_id, 1, status, 3, facts)
            job = queue.get_job_status(job_id)
            assert job is not None
            assert job.status is status
            return job

        return lambda: {status: make_one(bench.made[-1], status) for status in Status}

    @pytest.mark.parametrize("wish", [wish for wish in Wish if wish is not Wish.REMOVE])
    def test_is_done_where_it_makes_sense_and_told_once(
        self, run, bench: Bench, jobs_in_every_state, wish: Wish
    ):
        async def scenario() -> tuple[dict[Status, Job], list[Job]]:
            queue = bench.make()
            jobs = jobs_in_every_state()
            wanted = [job.id for job in jobs.values()]
            ask = queue.start_now if wish is Wish.START else getattr(queue, wish.value)
            changed = await ask([*wanted, "no such job"])
            assert await ask([jobs[Status.COMPLETED].id]) == []
            return jobs, changed

        jobs, changed = run(scenario())
        expected = [status for status in Status if status in WISH_SOURCES[wish]]
        assert [job.id for job in changed] == [jobs[status].id for status in expected]
        assert {job.status for job in changed} == {WISH_TARGET[wish]}
        assert bench.changed == [changed]
        assert [status for status, job in jobs.items() if job.allows(wish)] == expected

    def test_removing_is_told_by_id(self, run, bench: Bench, jobs_in_every_state):
        async def scenario() -> list[str]:
            queue = bench.make()
            ids = [job.id for job in jobs_in_every_state().values()]
            await queue.remove(ids)
            await queue.remove(ids)
            assert await queue.list_jobs() == []
            return ids

        assert bench.removed == [run(scenario())]
        assert bench.changed == []

    def test_many_at_once_are_one_signal(self, run, bench: Bench):
        async def scenario() -> list[str]:
            queue = bench.make()
            ids = bench.enqueue("a", "b", "c")
            await queue.pause_all()
            await queue.resume_all()
            assert await queue.cancel(list(reversed(ids))) == bench.changed[-1]
            return ids

        ids = run(scenario())
        assert [{job.status for job in jobs} for jobs in bench.changed] == [
            {Status.PAUSED},
            {Status.PENDING},
            {Status.CANCELLED},
        ]
        assert [job.id for job in bench.changed[0]] == ids

    def test_cancelling_one_says_whether_there_was_something_to_cancel(self, run, bench: Bench):
        async def scenario() -> None:
            queue = bench.make()
            (job_id,) = bench.enqueue("a")
            assert await queue.cancel_job(job_id) is True
            assert await queue.cancel_job(job_id) is False
            assert await queue.cancel_job("no such job") is False

        run(scenario())


class SlowDisk:
    """Lets the test act while a file is being given its name."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        self.go.wait(15)


class TestADiskThatIsFull:
    def test_is_not_tried_again_in_a_loop_where_it_says_that_it_has_room(self, run, bench: Bench):
        # A quota: wget says that there is no space, and the disk that there is.
        bench.play(SCENARIOS["disk_full"]["steps"])

        async def scenario() -> None:
            await bench.started(poll_interval_ms=10)
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.PAUSED)
            (other,) = bench.enqueue("b")
            await bench.status(other, Status.PAUSED)
            await asyncio.sleep(0.2)  # many polls

        run(scenario())
        assert bench.started_links == ["a", "b"]


class TestTheMomentOfPublishing:
    @pytest.fixture
    def disk(self, monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
        disk, publish = SlowDisk(), PartFile.publish

        def publish_slowly(part: PartFile, final_path: Path) -> None:
            disk.wait()
            publish(part, final_path)

        monkeypatch.setattr(PartFile, "publish", publish_slowly)
        return disk

    @pytest.mark.parametrize("wish", [Wish.CANCEL, Wish.REMOVE])
    def test_a_wish_that_comes_first_counts_and_no_file_stays(
        self, run, bench: Bench, disk: SlowDisk, wish: Wish
    ):
        async def scenario() -> Job | None:
            queue = await bench.started()
            (job_id,) = bench.enqueue("a")
            await until_true(disk.reached.is_set)
            wished = asyncio.ensure_future(getattr(queue, wish.value)([job_id]))
            await until_true(
                lambda: (
                    (row := queue.get_job_status(job_id)) is None or row.status is Status.CANCELLED
                )
            )
            disk.go.set()
            await wished
            return queue.get_job_status(job_id)

        job = run(scenario())
        assert bench.files == []
        if wish is Wish.CANCEL:
            assert job is not None
            assert (job.status, job.path, job.part_path) == (Status.CANCELLED, None, None)

    def test_pausing_comes_too_late(self, run, bench: Bench, disk: SlowDisk):
        async def scenario() -> None:
            queue = await bench.started()
            (job_id,) = bench.enqueue("a")
            await until_true(disk.reached.is_set)
            assert await queue.pause([job_id]) == []
            disk.go.set()
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        assert bench.files == ["a"]

    def test_a_stop_waits_for_it(self, run, bench: Bench, disk: SlowDisk):
        async def scenario() -> None:
            queue = await bench.started()
            (job_id,) = bench.enqueue("a")
            await until_true(disk.reached.is_set)
            stopping = asyncio.ensure_future(queue.stop())
            await until_true(lambda: not queue.is_running)
            disk.go.set()
            await stopping
            job = queue.get_job_status(job_id)
            assert job is not None
            assert job.status is Status.COMPLETED

        run(scenario())
        assert bench.files == ["a"]


class TestSignals:
    def test_carry_lists(self, run, bench: Bench):
        bench.play(a=waiting("a", [*COMPLETE[:4], {"write": 100_000}, *waiting("b", COMPLETE[4:])]))

        async def scenario() -> None:
            queue = await bench.started()
            (job_id,) = bench.enqueue("a")
            await bench.here("a")
            bench.let("a")
            await until_true(lambda: bool(bench.progress))
            bench.let("b")
            await bench.status(job_id, Status.COMPLETED)
            await queue.remove([job_id])

        run(scenario())
        for told, kind in (
            (bench.added, Job),
            (bench.changed, Job),
            (bench.removed, str),
            (bench.progress, JobProgress),
        ):
            assert told
            assert all(type(each) is list and each for each in told)
            assert all(isinstance(each, kind) for one in told for each in one)

    def test_tell_rows_as_they_were_committed(self, run, bench: Bench):
        seen: list[bool] = []

        async def scenario() -> None:
            queue = bench.make()

            def compare(jobs: list[Job]) -> None:
                # Blocks for a query; a window would not.
                stored = [queue.get_job_status(job.id) for job in jobs]
                seen.extend(
                    row is not None and row.revision >= job.revision
                    for row, job in zip(stored, jobs, strict=True)
                )

            queue.jobs_added.connect(compare)
            queue.jobs_changed.connect(compare)
            await queue.start()
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        assert len(seen) > 4
        assert all(seen)

    def test_a_job_passes_its_phases_in_order(self, run, bench: Bench):
        async def scenario() -> None:
            await bench.started()
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        stages: list[tuple[Status, Phase | None]] = []
        for jobs in bench.changed:
            for job in jobs:
                if (job.status, job.phase) not in stages:
                    stages.append((job.status, job.phase))
        assert stages == [
            (Status.PROCESSING, Phase.CONNECTING),
            (Status.PROCESSING, Phase.DOWNLOADING),
            (Status.PROCESSING, Phase.FINALISING),
            (Status.COMPLETED, None),
        ]


class TestOthersAtTheDatabase:
    def test_are_followed_by_the_poll_alone(self, run, bench: Bench):
        async def scenario() -> None:
            queue = await bench.started(poll_interval_ms=20)
            queue._watcher.removePaths(queue._watcher.files())  # a file system that tells nothing
            await queue.wait_until_idle()
            other = JobStore(bench.database)
            (job,) = other.add([NewJob(link("a"), str(bench.folder))], 1)
            other.close()
            await bench.status(job.id, Status.COMPLETED)
            # Rows of others are told as changes.
            assert bench.added == []

        run(scenario())

    def test_are_followed_at_once_where_the_file_system_tells(self, run, bench: Bench):
        async def scenario() -> None:
            queue = await bench.started(poll_interval_ms=NEVER_MS)
            await queue.wait_until_idle()
            other = JobStore(bench.database)
            (job,) = other.add([NewJob(link("a"), str(bench.folder))], 1)
            await bench.status(job.id, Status.COMPLETED)
            other.close()

        run(scenario())


class TestAStoreThatFails:
    @pytest.mark.parametrize("limit", [1, 3], ids=["all slots taken", "slots free"])
    def test_for_a_while_is_waited_for_and_told_once(
        self, run, bench: Bench, impatient_store, caplog: pytest.LogCaptureFixture, limit: int
    ):
        bench.play(a=waiting("a", NOT_FOUND))

        async def scenario() -> None:
            queue = await bench.started(poll_interval_ms=20, max_concurrent_downloads=limit)
            (job_id,) = bench.enqueue("a")
            await bench.here("a")
            await until_true(lambda: bench.changed[-1][0].pid is not None)
            with bench.locked():
                bench.let("a")
                await until_true(lambda: bool(bench.problems))
                await until_true(lambda: BaseProcess.get_active_process_count() == 0)
                row = queue.get_job_status(job_id)
                assert row is not None
                assert row.status is Status.PROCESSING
                assert queue.problem == bench.problems[0]
                await asyncio.sleep(0.1)  # several polls and tries
            await bench.status(job_id, Status.FAILED)
            await until_true(lambda: queue.problem is None)

        run(scenario())
        first, last = bench.problems
        assert "in use by another program" in first
        assert last is None
        assert [each.getMessage() for each in caplog.records if each.levelno >= 40] == [first]
        caplog.clear()

    def test_does_not_keep_a_stop_from_ending_every_wget_and_giving_the_queue_back(
        self, run, bench: Bench, impatient_store, caplog: pytest.LogCaptureFixture
    ):
        bench.play(a=waiting("a"), b=waiting("b"))
        lock = FileLock(bench.database.with_name("queue.db.lock"))

        async def scenario() -> None:
            queue = await bench.started()
            bench.enqueue("a", "b")
            await bench.here("a", "b")
            wgets = read_calls(bench.fake)
            await until_true(
                lambda: (
                    {job.pid for jobs in bench.changed for job in jobs}
                    >= {wget.pid for wget in wgets}
                )
            )
            with bench.locked(), contextlib.suppress(StoreUnusable):
                await queue.stop()
            assert not queue.is_running
            assert BaseProcess.get_active_process_count() == 0
            assert lock.acquire()
            lock.release()
            await queue.start()
            assert {job.status for job in await queue.list_jobs()} <= {
                Status.RETRYING,
                Status.PROCESSING,
            }

        run(scenario())
        assert "could not be given back" in caplog.text
        caplog.clear()

    def test_does_not_keep_a_wish_from_being_refused_with_a_sentence(
        self, run, bench: Bench, impatient_store
    ):
        async def scenario() -> None:
            queue = bench.make()
            (job_id,) = bench.enqueue("a")
            with bench.locked():
                with pytest.raises(StoreUnusable, match="in use"):
                    await queue.cancel([job_id])
                with pytest.raises(StoreUnusable, match="in use"):
                    bench.enqueue("b")
            assert await queue.cancel_job(job_id)

        run(scenario())
        assert len(bench.added) == 1

    def test_that_is_no_database_is_set_aside_told_and_the_queue_works(
        self, run, bench: Bench, caplog: pytest.LogCaptureFixture
    ):
        bench.database.parent.mkdir()
        bench.database.write_bytes(b"my own notes " * 100)

        async def scenario() -> None:
            queue = bench.make()
            queue.noticed.connect(bench.notices.append)
            await queue.start()
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.COMPLETED)

        run(scenario())
        (aside,) = bench.database.parent.glob("queue.db.corrupt-*")
        assert aside.read_bytes() == b"my own notes " * 100
        (notice,) = bench.notices
        assert aside.name in notice
        assert "is not a database" in caplog.text
        caplog.clear()

    def test_a_data_folder_that_cannot_be_made_is_told(self, run, bench: Bench):
        bench.database.parent.write_text("a file where the folder should be")

        async def scenario() -> None:
            queue = bench.make()
            with pytest.raises(StoreUnusable, match="cannot be used"):
                await queue.start()
            assert not queue.is_running

        run(scenario())


class TestAWgetThatFails:
    def test_in_between_gives_the_job_back_and_is_found_again(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        monkeypatch.setattr(wget_care, "CHECK_INTERVAL_MS", 20)
        wget, hidden = bench.fake / "wget", bench.fake / "hidden"

        async def scenario() -> None:
            queue = await bench.started()
            wget.rename(hidden)
            (job_id,) = bench.enqueue("a")
            await until_true(lambda: bool(bench.problems))
            row = await bench.status(job_id, Status.PENDING)
            assert (row.retry_count, row.error_kind) == (0, None)
            hidden.rename(wget)
            job = await bench.status(job_id, Status.COMPLETED)
            assert (job.retry_count, queue.problem) == (0, None)

        run(scenario())
        assert bench.problems[-1] is None
        assert len(bench.problems) % 2 == 0
        caplog.clear()

    def test_while_a_job_is_claimed_costs_it_no_try(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        monkeypatch.setattr(wget_care, "CHECK_INTERVAL_MS", 20)

        async def scenario() -> None:
            queue = await bench.started()
            claim = queue._slots.claim

            async def claim_and_lose_wget(count: int, due: DueNow) -> list[Job]:
                claimed = await claim(count, due)
                if claimed:
                    monkeypatch.setattr(queue._slots, "claim", claim)
                    queue._wget.note_failure("It is gone.")
                return claimed

            monkeypatch.setattr(queue._slots, "claim", claim_and_lose_wget)
            (job_id,) = bench.enqueue("a", max_retries=0)
            job = await bench.status(job_id, Status.COMPLETED)
            assert (job.retry_count, job.error_kind) == (0, None)

        run(scenario())
        assert bench.problems[:1] == ["It is gone."]
        caplog.clear()

    def test_without_setpriv_the_same_holds(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        monkeypatch.setattr(wget_care, "find_setpriv", lambda: None)

        async def scenario() -> None:
            queue = await bench.started()
            (bench.fake / "wget").unlink()
            (job_id,) = bench.enqueue("a")
            await bench.status(job_id, Status.PENDING)
            await until_true(lambda: queue.problem is not None)
            assert "could not be started" in (queue.problem or "")

        run(scenario())
        assert len(bench.problems) == 1
        caplog.clear()


class TestStopping:
    def test_gives_the_queue_back(self, run, bench: Bench):
        lock = FileLock(bench.database.with_name("queue.db.lock"))

        async def scenario() -> None:
            queue = await bench.started()
            assert queue.is_running
            assert not lock.acquire()
            await queue.stop()
            assert not queue.is_running
            assert lock.acquire()
            lock.release()

        run(scenario())

    def test_and_starting_again_goes_on(self, run, bench: Bench):
        bench.play(a={"attempts": [waiting("a"), COMPLETE]})

        async def scenario() -> None:
            queue = await bench.started()
            (job_id,) = bench.enqueue("a")
            await bench.here("a")
            await queue.stop()
            assert (await bench.status(job_id, Status.PENDING)).retry_count == 0
            await queue.start()
            assert (await bench.status(job_id, Status.COMPLETED)).attempt == 2

        run(scenario())

    def test_the_folder_of_the_wgets_is_for_its_owner_alone(self, run, bench: Bench):
        async def scenario() -> None:
            await bench.started()

        run(scenario())
        home = bench.database.parent / "run"
        assert home.stat().st_mode & 0o777 == 0o700
        assert os.listdir(home) == []  # noqa: PTH208
