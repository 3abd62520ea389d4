"""How rows go on after a crash."""

from collections.abc import Callable

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import (
    Job,
    Status,
)
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import requeue_crashed


def test_the_sweep_spends_one_retry_and_can_be_repeated(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    swept = requeue_crashed(store, job.id, 500)
    assert (swept.status, swept.retry_count, swept.next_retry_at, swept.unclean_stop) == (
        Status.RETRYING,
        1,
        500,
        False,
    )
    assert requeue_crashed(store, job.id, 600) is None
    assert store.get(job.id) == swept
    assert requeue_crashed(store, "no such job", 600) is None


def test_the_sweep_fails_a_job_that_has_no_retry_left(store: JobStore, job_in: Callable[..., Job]):
    job = job_in(Status.PROCESSING, max_retries=0)
    swept = requeue_crashed(store, job.id, 500)
    assert (swept.status, swept.error_kind) == (Status.FAILED, ErrorKind.INTERRUPTED)
    assert "Retry" in swept.error_message
