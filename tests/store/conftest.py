from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlmanager.core.job import Job, NewJob, Status, Wish
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path / "queue.db")
    yield store
    store.close()


def order(name: str = "a.bin", **fields: object) -> NewJob:
    return NewJob(f"http://127.0.0.1/{name}", "/tmp", **fields)


@pytest.fixture
def job_in(store: JobStore) -> Callable[[Status], Job]:
    """Makes a job and brings it into a state by legal steps."""

    def make(status: Status, max_retries: int = 3) -> Job:
        (job,) = store.add([order(max_retries=max_retries)], 1)
        if status is Status.PENDING:
            return job
        if status is Status.PAUSED:
            return fulfil(store, Wish.PAUSE, [job.id], 2)[0]
        if status is Status.CANCELLED:
            return fulfil(store, Wish.CANCEL, [job.id], 2)[0]
        claimed = next(each for each in store.claim(99, 2) if each.id == job.id)
        if status is Status.PROCESSING:
            return claimed
        facts = {"next_retry_at": 10_000} if status is Status.RETRYING else {}
        ended = store.finish(job.id, claimed.attempt, status, 3, facts)
        assert ended is not None
        return ended

    return make
