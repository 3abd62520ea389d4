"""What is expected of a file, what it was found to be, and what makes a new beginning."""

from collections.abc import Callable

import pytest

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.job import Job, Phase, Status, Verification, Wish
from dlmanager.store.checksums import expect, note_check
from dlmanager.store.corrections import change_link
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil
from tests.store.conftest import order

RIGHT = Checksum(ChecksumKind.SHA256, "0a" * 32)
OTHER = Checksum(ChecksumKind.MD5, "1b" * 16)


def test_what_is_expected_comes_with_the_order(store: JobStore):
    plain, checked = store.add([order(), order(checksum=RIGHT)], 1)
    assert plain.expected_checksum is plain.checksum is plain.checksum_kind is None
    assert checked.expected_checksum == RIGHT
    assert store.get(checked.id) == checked


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_another_checksum_can_be_expected_until_the_file_is_finished(
    store: JobStore, job_in: Callable[..., Job], status: Status
):
    job = job_in(status)
    changed = expect(store, job.id, RIGHT, 50)
    if status is Status.COMPLETED:
        assert changed is None
        assert store.get(job.id) == job
        return
    assert changed.expected_checksum == RIGHT
    assert changed.status is status
    assert changed.revision > job.revision
    assert expect(store, job.id, None, 60).expected_checksum is None


def test_none_can_be_expected_of_a_file_that_gets_its_name_or_of_none(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    store.record(job.id, job.attempt, 40, {"phase": Phase.FINALISING})
    assert expect(store, job.id, RIGHT, 50) is None
    assert expect(store, "gone", RIGHT, 50) is None


def completed(store: JobStore) -> Job:
    store.add([order()], 1)
    (job,) = store.claim(1, 2)
    facts = {"final_path": "/tmp/a.bin", "verification": Verification.SIZE}
    return store.finish(job.id, job.attempt, Status.COMPLETED, 3, facts)


def test_a_check_of_a_finished_file_is_noted(store: JobStore):
    job = completed(store)
    right = note_check(store, job.id, "/tmp/a.bin", RIGHT, RIGHT.hex, 50)
    assert (right.status, right.verification) == (Status.COMPLETED, Verification.CHECKSUM)
    assert (right.expected_checksum, right.checksum_found) == (RIGHT, RIGHT.hex)
    wrong = note_check(store, job.id, "/tmp/a.bin", OTHER, "00" * 16, 60)
    assert (wrong.status, wrong.verification) == (Status.COMPLETED, Verification.MISMATCH)
    assert (wrong.expected_checksum, wrong.checksum_found) == (OTHER, "00" * 16)
    assert wrong.revision > right.revision > job.revision


def test_a_check_of_another_file_than_the_jobs_is_not_noted(store: JobStore):
    job = completed(store)
    assert note_check(store, job.id, "/tmp/b.bin", RIGHT, RIGHT.hex, 50) is None
    assert store.get(job.id) == job
    fulfil(store, Wish.REMOVE, [job.id], 55)
    assert note_check(store, job.id, "/tmp/a.bin", RIGHT, RIGHT.hex, 60) is None


def test_a_new_beginning_forgets_what_was_found_and_not_what_is_expected(store: JobStore):
    for begin in (
        lambda job: fulfil(store, Wish.RETRY, [job.id], 5)[0],
        lambda job: change_link(store, job.id, "http://127.0.0.1/b", 5, has_secrets=False),
    ):
        (added,) = store.add([order(checksum=RIGHT)], 1)
        (job,) = store.claim(1, 2)
        assert job.id == added.id
        found = {"checksum_found": "00" * 32, "verification": Verification.MISMATCH}
        failed = store.finish(job.id, job.attempt, Status.FAILED, 3, found)
        assert failed.verification is Verification.MISMATCH
        begun = begin(failed)
        assert (begun.expected_checksum, begun.checksum_found) == (RIGHT, None)
        (again,) = store.claim(1, 6)
        assert again.verification is Verification.NONE
        store.finish(job.id, again.attempt, Status.FAILED, 7, {})
