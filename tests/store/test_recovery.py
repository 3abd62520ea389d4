"""How rows go on after a crash."""

from collections.abc import Callable

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status, Wish
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import requeue_crashed
from dlmanager.store.wishes import fulfil


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


class TestCrashesInARow:
    """Each time the program is found to have ended uncleanly while it worked on the same job."""

    @staticmethod
    def crash(store: JobStore, job: Job, bytes_done: int = 0) -> Job:
        (claimed,) = store.claim(1, 1_000)
        store.record(job.id, claimed.attempt, 1_000, {"bytes_done": bytes_done})
        swept = requeue_crashed(store, job.id, 1_000)
        assert swept is not None
        return swept

    def test_the_third_pauses_the_job(self, store: JobStore, job_in: Callable[..., Job]):
        job = job_in(Status.PENDING, max_retries=99)
        assert [self.crash(store, job, 700).status for _ in range(2)] == [Status.RETRYING] * 2
        paused = self.crash(store, job, 700)
        assert (paused.status, paused.error_kind, paused.bytes_done) == (
            Status.PAUSED,
            ErrorKind.INTERRUPTED,
            700,
        )
        assert paused.error_message == (
            "dlmanager ended three times while it worked on this download. "
            "Resume it when you are ready."
        )
        assert store.claim(1, 2_000) == []

    def test_the_third_pauses_also_where_no_retry_is_left(
        self, store: JobStore, job_in: Callable[..., Job]
    ):
        job = job_in(Status.PENDING, max_retries=2)
        assert [self.crash(store, job).status for _ in range(3)][-1] is Status.PAUSED

    def test_a_job_that_was_resumed_has_all_its_tries_again(
        self, store: JobStore, job_in: Callable[..., Job]
    ):
        job = job_in(Status.PENDING, max_retries=99)
        for _ in range(3):
            self.crash(store, job)
        (resumed,) = fulfil(store, Wish.RESUME, [job.id], 2_000)
        assert resumed.error_message is None
        assert [self.crash(store, job).status for _ in range(3)] == [
            Status.RETRYING,
            Status.RETRYING,
            Status.PAUSED,
        ]

    def test_bytes_that_came_in_between_start_the_count_anew(
        self, store: JobStore, job_in: Callable[..., Job]
    ):
        job = job_in(Status.PENDING, max_retries=99)
        states = [self.crash(store, job, done).status for done in (0, 0, 1, 1, 1)]
        assert states == [Status.RETRYING] * 4 + [Status.PAUSED]

    def test_bytes_that_came_again_from_the_beginning_do_not(
        self, store: JobStore, job_in: Callable[..., Job]
    ):
        job = job_in(Status.PENDING, max_retries=99)
        states = [self.crash(store, job, done).status for done in (9_000, 10, 4_000)]
        assert states == [Status.RETRYING] * 2 + [Status.PAUSED]

    @pytest.mark.parametrize("end", ["an outcome", "a clean stop", "a pause"])
    def test_an_attempt_that_ended_in_good_order_starts_the_count_anew(
        self, store: JobStore, job_in: Callable[..., Job], end: str
    ):
        job = job_in(Status.PENDING, max_retries=99)
        self.crash(store, job)
        self.crash(store, job)
        (claimed,) = store.claim(1, 1_000)
        if end == "an outcome":
            retry = {"next_retry_at": 1_000}
            store.finish(job.id, claimed.attempt, Status.RETRYING, 1_000, retry)
        elif end == "a clean stop":
            store.give_back([(job.id, claimed.attempt)], 1_000)
        else:
            fulfil(store, Wish.PAUSE, [job.id], 1_000)
            fulfil(store, Wish.RESUME, [job.id], 1_000)
        assert [self.crash(store, job).status for _ in range(3)] == [
            Status.RETRYING,
            Status.RETRYING,
            Status.PAUSED,
        ]
