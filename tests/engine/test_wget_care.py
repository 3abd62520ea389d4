"""Whether wget can be used: told when it changes, looked for again while it cannot."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dlmanager.engine.tasks import Tasks
from dlmanager.engine.wget_care import WgetCare
from tests.fakes.fake_wget import make_fake_wget, read_calls

LOGGER = logging.getLogger("dlmanager.test")


class Bench:
    def __init__(self, tmp_path: Path) -> None:
        self.fake = tmp_path / "fake"
        self.home = tmp_path / "run"
        self.tasks = Tasks(LOGGER)
        self.told: list[str | None] = []

    def care(self, wget_path: str | None) -> WgetCare:
        care = WgetCare(wget_path, self.home, self.tasks, LOGGER)
        care.changed.connect(lambda: self.told.append(care.problem))
        return care


@pytest.fixture
def bench(tmp_path: Path, loop, at_end: list[Callable[[], Awaitable[Any]]]) -> Bench:
    bench = Bench(tmp_path)
    at_end.append(bench.tasks.settle)
    return bench


def test_a_wget_that_will_do_is_set_up_in_a_home_of_its_own(run, bench: Bench):
    wget = make_fake_wget(bench.fake)
    care = bench.care(str(wget))
    assert care.setup is None
    run(care.check())
    assert care.setup is not None
    assert (care.setup.wget_path, care.setup.home) == (str(wget), bench.home)
    assert bench.home.stat().st_mode & 0o777 == 0o700
    assert bench.told == [None]


def test_one_that_is_known_is_not_asked_again(run, bench: Bench):
    care = bench.care(str(make_fake_wget(bench.fake)))
    run(care.check())
    run(care.check())
    assert len(read_calls(bench.fake, versions=True)) == 1


def test_a_missing_one_is_told_and_found_when_it_comes(run, bench: Bench):
    async def scenario() -> None:
        care = bench.care(str(bench.fake / "wget"))
        care.start()
        await care.check()
        assert care.setup is None
        assert "not found" in (care.problem or "")
        assert care._timer.isActive()
        make_fake_wget(bench.fake)
        care._timer.timeout.emit()
        await bench.tasks.settle()
        assert (care.problem, care.setup is None) == (None, False)
        assert not care._timer.isActive()
        care.stop()

    run(scenario())
    assert bench.told[-1] is None


def test_before_the_start_and_after_the_end_nobody_looks_again(run, bench: Bench):
    async def scenario() -> None:
        care = bench.care("/no/such/wget")
        await care.check()
        assert not care._timer.isActive()
        care.start()
        await care.check()
        assert care._timer.isActive()
        care.stop()
        assert not care._timer.isActive()

    run(scenario())


def test_one_that_could_not_be_started_is_looked_for_anew(run, bench: Bench):
    async def scenario() -> None:
        care = bench.care(str(make_fake_wget(bench.fake)))
        care.start()
        await care.check()
        care.note_failure("It is gone.")
        assert (care.setup, care.problem) == (None, "It is gone.")
        assert care._timer.isActive()
        care.stop()

    run(scenario())


def test_another_one_is_used_from_now_on_and_the_same_one_is_not_asked_for(run, bench: Bench):
    async def scenario() -> None:
        first = make_fake_wget(bench.fake)
        other = make_fake_wget(bench.fake.with_name("other"))
        care = bench.care(str(first))
        care.start()
        await care.check()
        known = care.setup
        care.use(str(first))
        assert care.setup is known
        care.use(str(other))
        assert care.setup is None
        await bench.tasks.settle()
        assert care.setup is not None
        assert care.setup.wget_path == str(other)
        care.stop()

    run(scenario())


def test_a_home_that_cannot_be_made_is_told(run, bench: Bench):
    bench.home.parent.joinpath("file").write_bytes(b"")
    bench.home = bench.home.parent / "file" / "run"
    care = bench.care(str(make_fake_wget(bench.fake)))
    run(care.check())
    assert care.setup is None
    assert str(bench.home) in (care.problem or "")
