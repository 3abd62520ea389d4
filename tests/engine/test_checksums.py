"""What is expected of files, and finished ones that are verified: noted, told, and stopped."""

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import BadInput, CannotOpen, UnknownJob
from dlmanager.core.job import Job, NewJob, Status, Verification, Wish
from dlmanager.engine.checksums import Checksums
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.wishes import fulfil

CONTENT = b"abc" * 1_000_000
RIGHT = Checksum(ChecksumKind.SHA256, hashlib.sha256(CONTENT).hexdigest())
WRONG = Checksum(ChecksumKind.MD5, "0a" * 16)
HUGE_BYTES = 64 * 1024**3
"""More than any machine hashes while a test goes on; sparse, it takes no room."""

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreThread]:
    thread = StoreThread(tmp_path / "queue.db")
    yield thread
    thread.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def waiting(store: StoreThread, tmp_path: Path) -> Job:
    order = NewJob("http://127.0.0.1/a.bin", str(tmp_path), "a.bin")
    (job,) = store.call(JobStore.add, [order], 1)
    return job


@pytest.fixture
def finished(store: StoreThread, waiting: Job, path: Path) -> Job:
    (job,) = store.call(JobStore.claim, 1, 2)
    facts = {"final_path": str(path), "verification": Verification.SIZE}
    done = store.call(JobStore.finish, job.id, job.attempt, Status.COMPLETED, 3, facts)
    assert done is not None
    return done


def untold(done: int, total: int) -> None:
    """Somebody who does not want to know how far it is."""


def test_what_is_expected_can_be_changed_and_taken_back(run: Run, store: StoreThread, waiting: Job):
    checksums = Checksums(store)
    assert run(checksums.expect(waiting.id, RIGHT)).expected_checksum == RIGHT
    assert run(checksums.expect(waiting.id, None)).expected_checksum is None


def test_a_finished_file_is_to_be_verified_instead(run: Run, store: StoreThread, finished: Job):
    with pytest.raises(BadInput, match=r"is finished by now\. Choose Checksum again to verify"):
        run(Checksums(store).expect(finished.id, RIGHT))


def test_what_is_off_the_list_expects_and_verifies_nothing(
    run: Run, store: StoreThread, finished: Job
):
    store.call(fulfil, Wish.REMOVE, [finished.id], 9)
    for job_id in (finished.id, "nobody"):
        with pytest.raises(UnknownJob):
            run(Checksums(store).expect(job_id, RIGHT))
        with pytest.raises(UnknownJob):
            run(Checksums(store).verify(job_id, RIGHT, untold))


@pytest.mark.parametrize(
    "given, verification",
    [(RIGHT, Verification.CHECKSUM), (WRONG, Verification.MISMATCH)],
    ids=["right", "wrong"],
)
def test_a_finished_file_is_verified_and_the_result_noted(
    run: Run, store: StoreThread, finished: Job, given: Checksum, verification: Verification
):
    told: list[tuple[int, int]] = []
    checksums = Checksums(store)
    job = run(checksums.verify(finished.id, given, lambda *far: told.append(far)))
    assert job == store.call(JobStore.get, finished.id)
    assert (job.verification, job.expected_checksum) == (verification, given)
    assert job.checksum_found == hashlib.new(given.kind, CONTENT).hexdigest()
    assert told[-1] == (len(CONTENT), len(CONTENT))
    # From now on it is remembered.
    assert run(checksums.verify(finished.id, None, untold)).verification is verification


def test_what_cannot_be_verified_is_told(run: Run, store: StoreThread, finished: Job, path: Path):
    with pytest.raises(BadInput, match=r"No checksum of a\.bin is known"):
        run(Checksums(store).verify(finished.id, None, untold))
    path.unlink()
    with pytest.raises(CannotOpen, match=r"a\.bin is not there any more"):
        run(Checksums(store).verify(finished.id, RIGHT, untold))
    assert store.call(JobStore.get, finished.id) == finished


def test_a_file_without_a_byte_is_verified_too(
    run: Run, store: StoreThread, finished: Job, path: Path
):
    path.write_bytes(b"")
    empty = Checksum(ChecksumKind.SHA1, hashlib.sha1(b"").hexdigest())
    job = run(Checksums(store).verify(finished.id, empty, untold))
    assert job.verification is Verification.CHECKSUM


def test_a_job_that_goes_meanwhile_gets_no_note(run: Run, store: StoreThread, finished: Job):
    def remove(*_: int) -> None:
        store.call(fulfil, Wish.REMOVE, [finished.id], 9)

    with pytest.raises(UnknownJob):
        run(Checksums(store).verify(finished.id, RIGHT, remove))


@pytest.mark.parametrize("way", ["of the job", "of all", "at the end"])
def test_a_long_check_can_be_stopped(
    run: Run, store: StoreThread, finished: Job, path: Path, way: str
):
    os.truncate(path, HUGE_BYTES)
    checksums = Checksums(store)
    ended: list[asyncio.Task[None]] = []
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        checksums.stop("another")
        if way == "at the end":
            ended.append(asyncio.ensure_future(checksums.stop_all()))
        else:
            checksums.stop(finished.id if way == "of the job" else None)

    async def scenario() -> None:
        assert await checksums.verify(finished.id, RIGHT, stop) is None
        await checksums.stop_all()
        for each in ended:
            await each

    run(scenario())
    assert store.call(JobStore.get, finished.id) == finished
    assert len(told) == 1 or way == "at the end"
    for each in threading.enumerate():
        if each.name.startswith("hashing"):
            each.join(timeout=10)
            assert not each.is_alive()


def test_a_stop_before_it_began_counts(run: Run, store: StoreThread, finished: Job, path: Path):
    os.truncate(path, HUGE_BYTES)
    checksums = Checksums(store)

    async def scenario() -> None:
        check = asyncio.ensure_future(checksums.verify(finished.id, RIGHT, untold))
        await asyncio.sleep(0)
        await checksums.stop_all()
        assert await check is None

    run(scenario())
    assert store.call(JobStore.get, finished.id) == finished
