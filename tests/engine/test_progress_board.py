"""The live progress of attempts: shown together, written seldom. Timers are fired by hand."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import Job, NewJob, Phase
from dlmanager.core.progress import JobProgress
from dlmanager.engine.coalescer import Coalescer
from dlmanager.engine.part_file import Look, Overlap
from dlmanager.engine.progress_board import ProgressBoard
from dlmanager.engine.tasks import Tasks
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread

NEVER_MS = 3_600_000


class Moving:
    """An attempt as the board sees it: its part grows when the test says so."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.size: int | None = 0
        self.on_look: Callable[[], None] = lambda: None
        self.noted_at: list[float] = []

    def look(self) -> Look | None:
        self.on_look()
        return None if self.size is None else Look(self.size, Overlap.EQUAL)

    def note(self, look: Look, now_s: float) -> JobProgress | None:
        self.noted_at.append(now_s)
        if self.job.phase is None:
            return None
        return JobProgress(
            self.job.id, self.job.attempt, self.job.phase, look.size_bytes, 1000, None
        )


class CountingStore(StoreThread):
    """A real store that counts the writes, and cannot be written while `broken`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writes: list[list[tuple[str, int]]] = []
        self.broken = False

    async def run(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        assert method is JobStore.write_progress
        if self.broken:
            raise StoreUnusable("The disk is full. Make room.")
        self.writes.append([(each.job_id, each.bytes_done) for each in args[0]])
        return await super().run(method, *args, **kwargs)


class Bench:
    """A board on a real store, with two jobs that move."""

    def __init__(self, path: Path) -> None:
        self.store = CountingStore(path)
        self.tasks = Tasks(logging.getLogger("dlmanager.test"))
        self.now_s = 50.0
        self.board = ProgressBoard(
            self.store,
            NEVER_MS,
            self.tasks,
            logging.getLogger("dlmanager.test"),
            clock_s=lambda: self.now_s,
        )
        self.show, self.save = self.board.findChildren(Coalescer)
        self.shown: list[dict[str, int]] = []
        self.failures: list[str] = []
        self.board.progressed.connect(
            lambda progress: self.shown.append({each.job_id: each.bytes_done for each in progress})
        )
        self.board.store_failed.connect(self.failures.append)
        self.store.call(JobStore.add, [NewJob("http://127.0.0.1/a", "/tmp")] * 2, 1)
        self.store.call(JobStore.claim, 2, 2)
        jobs = self.store.call(JobStore.list_jobs)
        self.first, self.second = (Moving(job._replace(phase=Phase.DOWNLOADING)) for job in jobs)
        for moving in (self.first, self.second):
            self.board.add(moving)  # type: ignore[arg-type]

    async def show_now(self) -> None:
        self.show.flush()
        await self.tasks.settle()

    async def save_now(self) -> None:
        self.save.flush()
        await self.tasks.settle()

    def row(self, moving: Moving) -> Job:
        row = self.store.call(JobStore.get, moving.job.id)
        assert row is not None
        return row


@pytest.fixture
def bench(tmp_path: Path, loop: object) -> Iterator[Bench]:
    bench = Bench(tmp_path / "queue.db")
    yield bench
    bench.board.stop()
    bench.store.close()


class TestShowing:
    def test_many_marks_are_shown_once_and_together(self, run, bench: Bench):
        async def scenario() -> None:
            for size in (100, 200, 300):
                bench.first.size = bench.second.size = size
                bench.board.mark(bench.first.job.id)
                bench.board.mark(bench.second.job.id)
            assert bench.shown == []
            await bench.show_now()
            await bench.show_now()

        run(scenario())
        assert bench.shown == [{bench.first.job.id: 300, bench.second.job.id: 300}]
        assert bench.first.noted_at == [50.0]

    def test_only_what_moved_is_looked_at(self, run, bench: Bench):
        async def scenario() -> None:
            bench.board.mark(bench.second.job.id)
            await bench.show_now()

        run(scenario())
        assert bench.shown == [{bench.second.job.id: 0}]
        assert bench.first.noted_at == []

    @pytest.mark.parametrize("how", ["no part", "at rest", "removed", "unknown"])
    def test_nothing_is_told_of_what_has_nothing_to_show(self, run, bench: Bench, how: str):
        job_id = bench.first.job.id
        match how:
            case "no part":
                bench.first.size = None
            case "at rest":
                bench.first.job = bench.first.job._replace(phase=None)
            case "removed":
                bench.board.remove(bench.first)  # type: ignore[arg-type]
            case "unknown":
                job_id = "no such job"

        async def scenario() -> None:
            bench.board.mark(job_id)
            await bench.show_now()
            await bench.save_now()

        run(scenario())
        assert (bench.shown, bench.store.writes) == ([], [])

    def test_an_attempt_that_ends_during_the_look_is_left_out(self, run, bench: Bench):
        bench.first.on_look = lambda: bench.board.remove(bench.first)  # type: ignore[arg-type]

        async def scenario() -> None:
            await bench.board.flush()

        run(scenario())
        assert bench.shown == [{bench.second.job.id: 0}]

    def test_a_later_attempt_at_the_job_is_not_taken_away_with_the_earlier(self, run, bench: Bench):
        later = Moving(bench.first.job)
        later.size = 7
        bench.board.add(later)  # type: ignore[arg-type]
        bench.board.remove(bench.first)  # type: ignore[arg-type]
        run(bench.board.flush())
        assert bench.shown[0][later.job.id] == 7


class TestWriting:
    def test_many_shows_are_one_write_of_the_latest(self, run, bench: Bench):
        async def scenario() -> None:
            for size in range(100, 1000, 100):
                bench.first.size = bench.second.size = size
                bench.board.mark(bench.first.job.id)
                bench.board.mark(bench.second.job.id)
                await bench.show_now()
            assert bench.store.writes == []
            await bench.save_now()

        run(scenario())
        assert len(bench.shown) == 9
        (write,) = bench.store.writes
        assert sorted(write) == sorted([(bench.first.job.id, 900), (bench.second.job.id, 900)])
        assert bench.row(bench.first).progress_percent == 90
        assert bench.row(bench.second).progress_summary == "900/1000 bytes, ? bytes/s"

    def test_nothing_new_is_no_write(self, run, bench: Bench):
        async def scenario() -> None:
            await bench.save_now()
            bench.board.mark(bench.first.job.id)
            await bench.show_now()
            await bench.save_now()
            await bench.save_now()
            await bench.show_now()

        run(scenario())
        assert len(bench.store.writes) == 1

    def test_the_unwritten_progress_of_what_has_ended_is_dropped(self, run, bench: Bench):
        async def scenario() -> None:
            bench.board.mark(bench.first.job.id)
            await bench.show_now()
            bench.board.remove(bench.first)  # type: ignore[arg-type]
            await bench.save_now()

        run(scenario())
        assert bench.store.writes == []

    def test_flush_looks_and_writes_at_once(self, run, bench: Bench):
        bench.first.size = 123
        run(bench.board.flush())
        assert bench.row(bench.first).bytes_done == 123
        assert len(bench.store.writes) == 1

    def test_flush_with_nothing_running_writes_nothing(self, run, bench: Bench):
        for moving in (bench.first, bench.second):
            bench.board.remove(moving)  # type: ignore[arg-type]
        run(bench.board.flush())
        assert bench.store.writes == []

    def test_after_stop_nothing_is_shown_or_written(self, run, bench: Bench):
        async def scenario() -> None:
            bench.board.mark(bench.first.job.id)
            await bench.show_now()
            bench.board.mark(bench.first.job.id)
            bench.board.stop()
            await bench.show_now()
            await bench.save_now()

        run(scenario())
        assert len(bench.shown) == 1
        assert bench.store.writes == []

    def test_a_store_that_cannot_be_written_is_told_and_the_next_write_brings_all(
        self, run, bench: Bench, caplog: pytest.LogCaptureFixture
    ):
        async def scenario() -> None:
            bench.store.broken = True
            for size in (100, 200):
                bench.first.size = size
                bench.board.mark(bench.first.job.id)
                await bench.show_now()
                await bench.save_now()
            assert bench.row(bench.first).bytes_done == 0
            bench.store.broken = False
            bench.first.size = 300
            bench.board.mark(bench.first.job.id)
            await bench.show_now()
            await bench.save_now()

        run(scenario())
        assert bench.failures == ["The disk is full. Make room."] * 2
        assert [list(each.values()) for each in bench.shown] == [[100], [200], [300]]
        assert bench.row(bench.first).bytes_done == 300
        assert "progress was not written" in caplog.text
