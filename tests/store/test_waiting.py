from collections.abc import Callable

import pytest

from dlmanager.core.job import Job, NewJob, Status, WaitingFor, Wish
from dlmanager.store import waiting
from dlmanager.store.job_store import DueNow, JobStore
from dlmanager.store.wishes import fulfil

NETWORK, HOST, HOST_LIMIT = WaitingFor
SOON_MS = 10_000


@pytest.fixture
def add(store: JobStore) -> Callable[..., Job]:
    """Makes a PENDING job, or with a moment to retry at, a RETRYING one."""

    def make(host: str = "a", next_retry_at: int | None = None, **facts: object) -> Job:
        (job,) = store.add([NewJob(f"http://{host}/file", "/tmp")], 1)
        if next_retry_at is None:
            return job
        running = [each.id for each in store.list_jobs() if each.id != job.id]
        (job,) = store.claim(1, 2, running)
        retrying = store.finish(
            job.id, job.attempt, Status.RETRYING, 3, {"next_retry_at": next_retry_at, **facts}
        )
        assert retrying is not None
        return retrying

    return make


def waits(store: JobStore) -> list[WaitingFor | None]:
    return [job.waiting_for for job in store.list_jobs()]


def test_jobs_of_a_host_with_a_pause_say_so_and_keep_their_state(store: JobStore, add):
    add("a"), add("b"), add("a", next_retry_at=20), add("a", next_retry_at=SOON_MS)
    changed = waiting.mark_waiting(store, {"a": (HOST, 500)}, 7)
    assert waits(store) == [HOST, None, HOST, None]
    assert [job.status for job in store.list_jobs()][:2] == [Status.PENDING] * 2
    assert [job.waiting_for for job in changed] == [HOST, HOST]
    assert waiting.mark_waiting(store, {"a": (HOST, 500)}, 8) == []
    assert len(waiting.mark_waiting(store, {}, 9)) == 2
    assert waits(store) == [None] * 4


def test_what_one_waits_for_can_change(store: JobStore, add):
    add("a")
    waiting.mark_waiting(store, {"a": (HOST, 500)}, 7)
    waiting.mark_waiting(store, {"a": (NETWORK, 500)}, 8)
    waiting.mark_waiting(store, {"a": (NETWORK, 500)}, 9)
    assert waits(store) == [NETWORK]


def test_a_mark_goes_with_the_first_change_of_state(store: JobStore, add):
    job = add("a")
    waiting.mark_waiting(store, {"a": (HOST, 500)}, 7)
    assert fulfil(store, Wish.PAUSE, [job.id], 8)[0].waiting_for is None


def test_the_first_failures_are_undone_once_it_is_clear_what_they_mean(store: JobStore, add):
    job = add("a", SOON_MS, retry_count=2)
    free = add("b", SOON_MS, retry_count=0)
    other = add("c", SOON_MS, retry_count=2)
    stale = (other.id, other.attempt - 1)
    attempts = [(job.id, job.attempt), (free.id, free.attempt), stale]
    changed = waiting.start_network_wait(store, attempts, 77, 5)
    assert [(each.waiting_for, each.retry_count, each.next_retry_at) for each in changed] == [
        (NETWORK, 1, 77),
        (NETWORK, 0, 77),
    ]
    assert waiting.start_network_wait(store, attempts, 78, 6) == []
    assert store.get(other.id) == other


def test_the_end_of_the_wait_makes_all_due_at_once(store: JobStore, add):
    add("a", SOON_MS, waiting_for=NETWORK), add("b"), add("c", SOON_MS)
    waiting.mark_waiting(store, {"b": (NETWORK, 4)}, 4)
    assert [job.next_retry_at for job in waiting.move_network_wait(store, 99, 5)] == [99]
    assert len(waiting.end_network_wait(store, 50)) == 2
    assert waits(store) == [None] * 3
    assert [job.next_retry_at for job in store.list_jobs()] == [50, None, SOON_MS]
    assert waiting.end_network_wait(store, 51) == []


def test_one_link_of_each_host_that_is_waited_for_can_be_knocked_at(store: JobStore, add):
    add("a"), add("a"), add("b", SOON_MS), add("c")
    paused = add("d")
    fulfil(store, Wish.PAUSE, [paused.id], 5)
    links = waiting.links_of_hosts(store, ["a", "b", "d", "e"])
    assert links == ["http://a/file", "http://b/file"]
    assert waiting.links_of_other_hosts(store, ["a", "b"]) == ["http://c/file"]


def test_retries_move_with_the_clock(store: JobStore, add):
    add("a", SOON_MS), add("b")
    (job,) = waiting.shift_retries(store, -4_000, 5)
    assert (job.next_retry_at, job.revision > 0) == (6_000, True)


def test_due_jobs_of_a_host_without_a_slot_say_so(store: JobStore, add):
    add("a"), add("b"), add("a", next_retry_at=7), add("a", next_retry_at=SOON_MS)
    changed = waiting.mark_held(store, DueNow(7), ["a"], 7)
    assert waits(store) == [HOST_LIMIT, None, HOST_LIMIT, None]
    assert {job.status for job in changed} == {Status.PENDING, Status.RETRYING}
    assert waiting.mark_held(store, DueNow(8), ["a"], 8) == []
    assert len(waiting.mark_held(store, DueNow(9), ["b"], 9)) == 3
    assert waits(store) == [None, HOST_LIMIT, None, None]


def test_only_the_next_of_a_very_long_line_say_so(store: JobStore):
    orders = [NewJob(f"http://a/{number}", "/tmp") for number in range(3 * waiting.MOST_HELD)]
    jobs = store.add(orders, 1)
    waiting.mark_held(store, DueNow(7), ["a"], 7)
    assert waits(store) == [HOST_LIMIT] * waiting.MOST_HELD + [None] * 2 * waiting.MOST_HELD
    store.claim(1, 8)
    (changed,) = waiting.mark_held(store, DueNow(9), ["a"], 9)
    assert changed.id == jobs[waiting.MOST_HELD].id


def test_each_kind_of_wait_takes_back_its_own_notes_alone(store: JobStore, add):
    add("a"), add("b"), add("c")
    waiting.mark_held(store, DueNow(7), ["a"], 7)
    waiting.mark_waiting(store, {"b": (HOST, 500), "c": (NETWORK, 500)}, 8)
    assert waits(store) == [HOST_LIMIT, HOST, NETWORK]
    waiting.mark_held(store, DueNow(9), [], 9)
    assert waits(store) == [None, HOST, NETWORK]
    waiting.mark_held(store, DueNow(10), ["a"], 10)
    waiting.mark_waiting(store, {}, 11)
    assert waits(store) == [HOST_LIMIT, None, None]
