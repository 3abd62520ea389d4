import asyncio
import errno
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from dlmanager.core.errors import StoreUnusable, StoreUnusableNow
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread
from tests.store.conftest import order


@pytest.fixture
def store(tmp_path: Path) -> StoreThread:
    store = StoreThread(tmp_path / "data" / "queue.db")
    yield store
    store.close()


def test_nothing_is_made_before_it_is_needed(store: StoreThread):
    assert not store.path.parent.exists()
    store.call(JobStore.add, [order()], 1)
    assert store.path.exists()


def test_all_work_is_done_on_one_thread_that_is_not_ours(store: StoreThread):
    def where(_: JobStore) -> int:
        return threading.get_ident()

    threads = {store.call(where) for _ in range(5)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_coroutine_waits_without_blocking(store: StoreThread, run):
    held, passed = threading.Event(), []

    def slow(_: JobStore) -> str:
        assert held.wait(10)
        return "done"

    async def both() -> str:
        slow_result = asyncio.ensure_future(store.run(slow))
        await asyncio.sleep(0)
        passed.append("the loop goes on")
        held.set()
        return await slow_result

    assert run(both()) == "done"
    assert passed


def test_after_closing_it_opens_again(store: StoreThread):
    (job,) = store.call(JobStore.add, [order()], 1)
    store.close()
    assert store.call(JobStore.get, job.id) == job
    store.close()
    store.close()


def test_a_file_that_is_no_database_is_told_and_left_alone(store: StoreThread):
    store.path.parent.mkdir()
    store.path.write_bytes(b"these are somebody's notes, not a database " * 50)
    before = store.path.read_bytes()
    with pytest.raises(StoreUnusable, match="is not a database"):
        store.call(JobStore.list_jobs)
    assert store.path.read_bytes() == before


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    store = StoreThread(tmp_path / "file" / "queue.db")
    with pytest.raises(StoreUnusable, match="cannot be used"):
        store.call(JobStore.list_jobs)
    store.close()


def test_a_locked_database_is_told(store: StoreThread, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dlmanager.store.connection.PRAGMAS", {"busy_timeout": 10})
    store.call(JobStore.list_jobs)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnusableNow, match="in use by another program"):
        store.call(JobStore.add, [order()], 1)
    other.execute("ROLLBACK")
    other.close()
    assert len(store.call(JobStore.add, [order()], 1)) == 1


@pytest.mark.parametrize(
    "number, words, may_pass",
    [
        (errno.ENOSPC, "is full", True),
        (errno.EDQUOT, "is full", True),
        (errno.EROFS, "cannot be written", True),
        (errno.EIO, "is out of order", True),
        (errno.EACCES, "cannot be used", False),
    ],
    ids=["full", "quota", "read-only", "broken", "somebody else's"],
)
def test_what_the_system_refuses_may_pass_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, may_pass: bool
):
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    # Its name is no sign of anything.
    store = StoreThread(tmp_path / "locked full disk" / "queue.db")
    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(StoreUnusable, match=words) as caught:
        store.call(JobStore.list_jobs)
    assert isinstance(caught.value, StoreUnusableNow) is may_pass
    store.close()


def test_one_that_is_not_in_order_refuses_everything_and_makes_no_database(store: StoreThread, run):
    store.refuse("The disk is full.")
    with pytest.raises(StoreUnusableNow, match=r"The disk is full\."):
        store.call(JobStore.list_jobs)
    with pytest.raises(StoreUnusableNow):
        run(store.run(JobStore.add, [order()], 1))
    assert not store.path.exists()
    store.refuse(None)
    assert store.call(JobStore.list_jobs) == []
