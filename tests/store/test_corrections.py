"""What a person takes back or puts right: undone removals and other links."""

from collections.abc import Callable
from typing import Any

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, Wish
from dlmanager.store import attempts
from dlmanager.store.corrections import change_link, note_secrets, restore
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil

NEW = "https://mirror.example.org/b.bin"
ENDED = {Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PAUSED}
PART: dict[str, Any] = {
    "part_path": "/tmp/a.bin.part",
    "bytes_done": 500,
    "bytes_total": 900,
    "etag": '"1"',
    "last_modified": "Mon, 01 Jan 2024 00:00:00 GMT",
    "final_url": "http://127.0.0.1/a.bin",
    "content_type": "application/zip",
}


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_a_removed_job_comes_back_as_it_was_and_what_was_at_work_waits_for_its_turn(
    store: JobStore, job_in: Callable[..., Job], status: Status
):
    job = job_in(status)
    fulfil(store, Wish.REMOVE, [job.id], 50)
    (restored,) = restore(store, [job.id], 60)
    assert restored == store.get(job.id)
    assert restored.removed_at is None
    assert restored.status is (status if status in ENDED else Status.PENDING)
    assert restored.revision > job.revision


def test_what_was_not_removed_or_is_gone_is_not_restored(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    assert restore(store, [job.id, "gone"], 60) == []
    assert store.get(job.id) == job


def test_the_word_of_an_attempt_from_before_the_removal_counts_no_more(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    fulfil(store, Wish.REMOVE, [job.id], 50)
    (restored,) = restore(store, [job.id], 60)
    assert store.finish(job.id, job.attempt, Status.FAILED, 70, {}) is None
    assert store.get(job.id) == restored


def test_a_restored_job_keeps_its_part_and_one_whose_part_is_gone_says_so(
    store: JobStore, job_in: Callable[..., Job]
):
    kept, lost = (with_part(store, job_in(Status.PROCESSING)) for _ in range(2))
    fulfil(store, Wish.REMOVE, [kept.id, lost.id], 50)
    store.forget_part(lost.id, 55)
    restored = restore(store, [lost.id, kept.id], 60)
    assert [(job.id, job.bytes_done, job.part_path) for job in restored] == [
        (lost.id, 0, None),
        (kept.id, 500, "/tmp/a.bin.part"),
    ]
    assert [job.id for job in store.left_parts()] == []


def with_part(store: JobStore, job: Job) -> Job:
    recorded = store.record(job.id, job.attempt, 4, PART)
    assert recorded is not None
    return recorded


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_another_link_is_taken_until_the_file_is_there(
    store: JobStore, job_in: Callable[..., Job], status: Status
):
    job = job_in(status)
    changed = change_link(store, job.id, NEW, 50, has_secrets=False)
    if status is Status.COMPLETED:
        assert changed is None
        assert store.get(job.id) == job
        return
    assert changed is not None
    assert changed == store.get(job.id)
    assert (changed.url, changed.host) == (NEW, "mirror.example.org")
    assert changed.status is (
        status if status in (Status.PAUSED, Status.CANCELLED) else Status.PENDING
    )
    assert changed.next_retry_at is None


def test_a_file_that_gets_its_final_name_takes_no_other_link(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    finalising = store.record(job.id, job.attempt, 4, {"phase": Phase.FINALISING})
    assert change_link(store, job.id, NEW, 50, has_secrets=False) is None
    assert store.get(job.id) == finalising


def test_the_part_and_what_tells_its_version_stay_with_another_link(
    store: JobStore, job_in: Callable[..., Job]
):
    job = with_part(store, job_in(Status.PROCESSING))
    changed = change_link(store, job.id, NEW, 50, has_secrets=False)
    assert changed is not None
    for name, value in PART.items():
        assert getattr(changed, name) == (None if name == "final_url" else value)
    assert changed.unclean_stop  # more than usual is compared
    assert store.finish(job.id, job.attempt, Status.COMPLETED, 60, {}) is None
    (record,) = attempts.read(store, job.id)
    assert (record.ended_at, record.ending) == (50, AttemptEnding.OTHER_LINK)


def test_a_failure_of_the_link_before_is_forgotten_with_it(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    facts = {"error_kind": ErrorKind.NOT_FOUND, "error_message": "Gone.", "retry_count": 3}
    store.finish(job.id, job.attempt, Status.FAILED, 4, {**facts, "finished_at": 4})
    changed = change_link(store, job.id, NEW, 50, has_secrets=False)
    assert changed is not None
    assert (changed.error_kind, changed.error_message, changed.finished_at) == (None, None, None)
    assert changed.retry_count == 0


def test_what_a_full_disk_paused_still_waits_for_room(store: JobStore, job_in: Callable[..., Job]):
    job = job_in(Status.PROCESSING)
    store.finish(job.id, job.attempt, Status.PAUSED, 4, {"error_kind": ErrorKind.DISK_FULL})
    changed = change_link(store, job.id, NEW, 50, has_secrets=False)
    assert changed is not None
    assert changed.waits_for_space


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_job_rests_until_its_secrets_are_kept(
    store: JobStore, job_in: Callable[..., Job], goes_on: bool
):
    job = job_in(Status.PENDING)
    resting = change_link(store, job.id, NEW, 50, has_secrets=False, rests=True)
    assert resting is not None
    assert (resting.status, resting.has_secrets) == (Status.PAUSED, False)
    assert store.claim(9, 55) == []
    noted = note_secrets(store, job.id, NEW, 60, goes_on=goes_on)
    assert noted is not None
    assert noted.has_secrets
    assert noted.status is (Status.PENDING if goes_on else Status.PAUSED)


def test_secrets_are_not_noted_for_a_link_that_was_changed_again(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PENDING)
    change_link(store, job.id, NEW, 50, has_secrets=False, rests=True)
    other = change_link(store, job.id, "https://example.com/c", 55, has_secrets=False)
    assert note_secrets(store, job.id, NEW, 60, goes_on=True) is None
    assert store.get(job.id) == other
