"""What a person asks of jobs: where it is legal, and what it changes."""

from collections.abc import Callable

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import (
    WISH_SOURCES,
    WISH_TARGET,
    Job,
    Phase,
    Status,
    Wish,
)
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil, fulfil_all
from tests.store.conftest import order


@pytest.mark.parametrize("wish", list(Wish), ids=str)
@pytest.mark.parametrize("status", list(Status), ids=str)
def test_a_wish_changes_a_job_only_where_it_is_legal(
    store: JobStore, job_in: Callable[..., Job], status: Status, wish: Wish
):
    job = job_in(status)
    changed = fulfil(store, wish, [job.id], 50)
    if status not in WISH_SOURCES[wish] or wish is Wish.ACCEPT:  # that is for web pages alone
        assert changed == []
        assert store.get(job.id) == job
    elif wish is Wish.REMOVE:
        assert changed[0].removed_at == 50
        assert store.get(job.id) is None
        assert store.list_jobs() == []
    else:
        assert [each.status for each in changed] == [WISH_TARGET[wish]]


@pytest.mark.parametrize(
    "named_by_server, name", [(True, None), (False, "mine.iso")], ids=["the server's", "mine"]
)
def test_an_accepted_page_is_fetched_from_zero_under_a_name_of_its_own(
    store: JobStore, named_by_server: bool, name: str | None
):
    store.add([order(filename="mine.iso")], 1)
    (job,) = store.claim(1, 2)
    facts = {
        "bytes_done": 500,
        "bytes_total": 900,
        "etag": '"1"',
        "content_type": "application/zip",
        "part_path": "/tmp/x.part",
        "named_by_server": named_by_server,
        "error_kind": ErrorKind.WEB_PAGE,
        "error_message": "A page.",
    }
    failed = store.finish(job.id, job.attempt, Status.FAILED, 3, facts)
    assert failed.allows(Wish.ACCEPT)
    (accepted,) = fulfil(store, Wish.ACCEPT, [job.id], 4)
    assert accepted.status is Status.PENDING
    assert accepted.accept_page
    assert accepted.filename == name
    assert (accepted.bytes_done, accepted.bytes_total, accepted.etag) == (0, None, None)
    assert accepted.unproven_from == 0
    assert accepted.part_path == "/tmp/x.part"
    assert accepted.error_kind is accepted.error_message is accepted.content_type is None
    assert not accepted.allows(Wish.ACCEPT)


def test_only_a_page_can_be_accepted(store: JobStore, job_in: Callable[..., Job]):
    job = job_in(Status.FAILED)
    assert not job.allows(Wish.ACCEPT)
    assert fulfil(store, Wish.ACCEPT, [job.id], 4) == []


def test_a_wish_for_thousands_of_jobs_is_one_transaction(store: JobStore):
    jobs = store.add([order(str(number)) for number in range(2_500)], 1)
    changed = fulfil(store, Wish.PAUSE, [job.id for job in jobs], 2)
    assert len(changed) == 2_500
    assert len({job.revision for job in changed}) == 1


def test_a_wish_for_all_takes_those_it_is_legal_for(store: JobStore, job_in: Callable[..., Job]):
    done, failed, running, waiting = (
        job_in(status)
        for status in (Status.COMPLETED, Status.FAILED, Status.PROCESSING, Status.PENDING)
    )
    assert {job.id for job in fulfil_all(store, Wish.PAUSE, 9)} == {running.id, waiting.id}
    assert {job.id for job in fulfil_all(store, Wish.RESUME, 9)} == {running.id, waiting.id}
    assert store.get(done.id).status is Status.COMPLETED
    assert store.get(failed.id).status is Status.FAILED


def test_a_file_that_is_being_published_is_not_paused(store: JobStore, job_in: Callable[..., Job]):
    job = job_in(Status.PROCESSING)
    store.record(job.id, job.attempt, 5, {"phase": Phase.FINALISING})
    assert fulfil(store, Wish.PAUSE, [job.id], 6) == []
    assert [each.status for each in fulfil(store, Wish.CANCEL, [job.id], 6)] == [Status.CANCELLED]


def test_retry_gives_all_retries_again(store: JobStore, job_in: Callable[..., Job]):
    job = job_in(Status.PROCESSING)
    facts = {"retry_count": 3, "error_kind": ErrorKind.TIMEOUT, "finished_at": 4}
    store.finish(job.id, job.attempt, Status.FAILED, 4, facts)
    (again,) = fulfil(store, Wish.RETRY, [job.id], 5)
    assert (again.status, again.retry_count, again.error_kind, again.finished_at) == (
        Status.PENDING,
        0,
        None,
        None,
    )
