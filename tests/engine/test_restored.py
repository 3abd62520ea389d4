"""What the disk says after a backup of the queue has taken the queue's place."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.job import Job, NewJob, Status, Verification, Wish
from dlmanager.engine.restored import lost_parts, lost_parts_sentence, settle_restored
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil

LOGGER = logging.getLogger("dlmanager.test")
BODY = b"bytes" * 100


@pytest.fixture
def store(tmp_path: Path) -> StoreThread:
    store = StoreThread(tmp_path / "data" / "queue.db")
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


@pytest.fixture
def backed_up(store: StoreThread, folder: Path) -> Callable[..., Job]:
    """Makes a job that had half a part when the backup was made; RETRYING, as after the sweep."""

    def make(name: str = "a.bin", total: int | None = len(BODY)) -> Job:
        store.call(JobStore.add, [NewJob(f"http://127.0.0.1/{name}", str(folder))], 1)
        (job,) = store.call(JobStore.claim, 1, 2)
        path = folder / f"{name}.{job.id[:8]}.part"
        path.write_bytes(BODY[:100])
        facts: dict[str, Any] = {
            "part_path": str(path),
            "part_device": path.stat().st_dev,
            "part_inode": path.stat().st_ino,
            "bytes_done": 100,
            "bytes_total": total,
        }
        store.call(JobStore.record, job.id, job.attempt, 3, facts)
        due = {"next_retry_at": 1 << 40}
        retrying = store.call(JobStore.finish, job.id, job.attempt, Status.RETRYING, 4, due)
        assert retrying is not None
        return retrying

    return make


def finish_on_disk(job: Job, name: str) -> Path:
    """What happened after the backup: the part grew and got its final name."""
    part = Path(job.part_path)
    part.write_bytes(BODY)
    return part.rename(part.with_name(name))


def row(store: StoreThread, job: Job) -> Job:
    found = store.call(JobStore.get, job.id)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["a.bin", "a (1).bin", "the server's own name.bin"])
def test_a_job_whose_part_became_a_file_is_complete(run, store, backed_up, name: str):
    job = backed_up()
    path = finish_on_disk(job, name)
    run(settle_restored(store, 9, LOGGER))
    after = row(store, job)
    assert (after.status, after.path, after.filename) == (Status.COMPLETED, str(path), name)
    assert (after.bytes_done, after.verification) == (len(BODY), Verification.SIZE)
    assert (after.part_path, after.next_retry_at, after.progress_percent) == (None, None, 100)
    run(settle_restored(store, 10, LOGGER))
    assert row(store, job) == after


@pytest.mark.parametrize(
    "total", [None, len(BODY) + 1], ids=["length unknown", "of another length"]
)
def test_a_file_that_may_be_another_completes_nothing_but_is_not_fetched_again(
    run, store, backed_up, total
):
    """An inode that was given back may have been given to any file."""
    job = backed_up(total=total)
    finish_on_disk(job, "a.bin")
    run(settle_restored(store, 9, LOGGER))
    after = row(store, job)
    assert after.status is Status.PAUSED
    assert "Resume" in (after.error_message or "")
    (resumed,) = store.call(fulfil, Wish.RESUME, [job.id], 10)
    assert (resumed.status, resumed.error_message) == (Status.PENDING, None)


def test_a_job_that_had_not_begun_is_paused_where_its_file_stands(run, store, folder):
    orders = [NewJob(f"http://127.0.0.1/{name}", str(folder)) for name in ("a.bin", "b.bin")]
    there, not_there = store.call(JobStore.add, orders, 1)
    (folder / "a.bin").write_bytes(BODY)
    run(settle_restored(store, 9, LOGGER))
    assert row(store, there).status is Status.PAUSED
    assert row(store, not_there).status is Status.PENDING
    assert (folder / "a.bin").read_bytes() == BODY


def test_a_part_that_is_there_goes_on_from_what_the_backup_knew(run, store, backed_up):
    job = backed_up()
    Path(job.part_path).write_bytes(BODY[:300])
    run(settle_restored(store, 9, LOGGER))
    after = row(store, job)
    assert (after.status, after.unproven_from, after.unclean_stop) == (Status.RETRYING, 100, True)
    assert Path(job.part_path).read_bytes() == BODY[:300]


def test_a_folder_that_is_gone_hurts_nobody(run, store, backed_up, folder):
    job = backed_up()
    Path(job.part_path).unlink()
    folder.rmdir()
    run(settle_restored(store, 9, LOGGER))
    assert row(store, job).status is Status.RETRYING
    assert run(lost_parts(store)) == []


def test_parts_that_no_row_names_are_found_and_left_alone(
    run, store, backed_up, folder, tmp_path: Path
):
    job = backed_up()
    names = ["b.bin.0123abcd.part", "b.bin.0123abcd (1).part", "ü.89abcdef.part"]
    for name in [*names, "thesis.part", "b.bin.0123abcd.part.zip", "x.0123ABCG.part"]:
        (folder / name).write_bytes(b"x")
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.0123abcd.part").write_bytes(b"x")
    found = run(lost_parts(store, [str(other), str(tmp_path / "none")]))
    assert {path.name for path in found} == {*names, "c.0123abcd.part"}
    assert all(path.exists() for path in [*found, Path(job.part_path)])


def test_the_sentence_stays_short():
    paths = [Path(f"/d/{number}.0123abcd.part") for number in range(9)]
    assert lost_parts_sentence(paths[:1]).startswith("A partial file belongs to no download: /d/0")
    many = lost_parts_sentence(paths)
    assert "9 partial files" in many
    assert "and 6 more" in many
    assert "/d/3" not in many
