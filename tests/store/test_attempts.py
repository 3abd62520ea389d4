"""Every try at a job is remembered, whatever ended it, without a commit of its own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dlmanager.core.attempt_record import (
    ENDING_BY_STATUS,
    MAX_ATTEMPTS_KEPT,
    AttemptEnding,
    AttemptNotes,
    AttemptRecord,
)
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import SOURCES, Job, Status, Wish
from dlmanager.store import attempts, wishes
from dlmanager.store.job_store import JobStore
from dlmanager.store.recovery import requeue_crashed
from tests.store.conftest import order


@pytest.fixture
def running(store: JobStore, job_in: Callable[..., Job]) -> Job:
    return job_in(Status.PROCESSING)


@pytest.fixture
def commits(store: JobStore) -> Iterator[list[str]]:
    """The commits of the store's connection, as they come."""
    seen: list[str] = []
    store.database.connection().set_trace_callback(
        lambda statement: seen.append(statement) if statement.startswith("COMMIT") else None
    )
    yield seen
    store.database.connection().set_trace_callback(None)


def only(store: JobStore, job: Job) -> AttemptRecord:
    (record,) = attempts.read(store, job.id)
    return record


def test_a_claim_opens_an_attempt(store: JobStore, running: Job):
    assert only(store, running) == AttemptRecord(running.id, 1, started_at=2, from_byte=0)


def test_an_attempt_begins_where_the_one_before_got_to(store: JobStore, running: Job):
    facts = {"bytes_done": 700, "next_retry_at": 5, "error_kind": ErrorKind.CONNECTION}
    store.finish(running.id, 1, Status.RETRYING, 4, facts)
    store.claim(1, 6)
    first, second = attempts.read(store, running.id)
    assert (first.bytes_done, first.error_kind) == (700, ErrorKind.CONNECTION)
    assert (second.attempt, second.from_byte, second.started_at) == (2, 700, 6)
    assert (second.ended_at, second.error_kind, second.http_status) == (None, None, None)


@pytest.mark.parametrize("status", [each for each in Status if Status.PROCESSING in SOURCES[each]])
def test_what_ends_it_stands_in_it(store: JobStore, running: Job, status: Status):
    facts = {
        "bytes_done": 9,
        "error_kind": ErrorKind.SERVER,
        "error_message": "The server has trouble.",
        "http_status": 500,
    }
    store.finish(running.id, 1, status, 7, facts, AttemptNotes(4, "line 1\nline 2"))
    assert only(store, running) == AttemptRecord(
        running.id,
        1,
        started_at=2,
        from_byte=4,
        ended_at=7,
        bytes_done=9,
        ending=ENDING_BY_STATUS[status],
        error_kind=ErrorKind.SERVER,
        message="The server has trouble.",
        http_status=500,
        log="line 1\nline 2",
    )


@pytest.mark.parametrize(
    ("wish", "ending"),
    [
        (Wish.PAUSE, AttemptEnding.PAUSED),
        (Wish.CANCEL, AttemptEnding.CANCELLED),
        (Wish.REMOVE, AttemptEnding.REMOVED),
    ],
)
def test_a_wish_ends_it_and_its_words_come_later(
    store: JobStore, running: Job, wish: Wish, ending: AttemptEnding
):
    store.record(running.id, 1, 3, {"bytes_done": 55})
    wishes.fulfil(store, wish, [running.id], 8)
    ended = only(store, running)
    assert (ended.ended_at, ended.ending, ended.bytes_done, ended.log) == (8, ending, 55, "")
    attempts.note(store, running.id, 1, AttemptNotes(0, "words"))
    assert only(store, running).log == "words"
    assert only(store, running).ended_at == 8


def test_a_wish_for_all_ends_what_runs_and_nothing_else(
    store: JobStore, running: Job, job_in: Callable[..., Job]
):
    retrying = job_in(Status.RETRYING)
    wishes.fulfil_all(store, Wish.PAUSE, 9)
    assert only(store, running).ending is AttemptEnding.PAUSED
    assert only(store, retrying).ending is AttemptEnding.RETRYING


def test_a_retry_of_a_failed_one_leaves_its_attempt_alone(
    store: JobStore, job_in: Callable[..., Job]
):
    failed = job_in(Status.FAILED)
    wishes.fulfil(store, Wish.RETRY, [failed.id], 9)
    assert only(store, failed).ending is AttemptEnding.FAILED


def test_a_stop_in_good_order_says_so(store: JobStore, running: Job):
    store.give_back([(running.id, 1)], 8)
    assert (only(store, running).ending, only(store, running).ended_at) == ("stopped", 8)


def test_an_old_word_changes_no_attempt(store: JobStore, running: Job):
    store.give_back([(running.id, 1)], 3)
    store.claim(1, 4)
    assert store.finish(running.id, 1, Status.FAILED, 5, {}, AttemptNotes(1, "late")) is None
    assert store.give_back([(running.id, 1)], 5) == []
    first, second = attempts.read(store, running.id)
    assert (first.ending, second.ending, second.log) == (AttemptEnding.STOPPED, None, "")


@pytest.mark.parametrize("max_retries", [3, 0])
def test_after_a_crash_it_ended_with_the_last_word_of_its_job(
    store: JobStore, job_in: Callable[..., Job], max_retries: int
):
    job = job_in(Status.PROCESSING, max_retries)
    store.record(job.id, 1, 77, {"bytes_done": 5})
    requeue_crashed(store, job.id, 1_000_000)
    ended = only(store, job)
    assert (ended.ending, ended.ended_at, ended.bytes_done) == (AttemptEnding.INTERRUPTED, 77, 5)


def test_what_is_open_though_nothing_runs_is_closed(store: JobStore, running: Job, commits):
    store.database.execute_sql("UPDATE DOWNLOAD_QUEUE SET status='PAUSED'")
    attempts.close_left(store)
    assert only(store, running).ending is AttemptEnding.INTERRUPTED
    commits.clear()
    attempts.close_left(store)
    assert commits == []


def test_no_transition_costs_a_commit_more(store: JobStore, commits):
    store.add([order()], 1)
    (job,) = store.claim(1, 2)
    store.finish(job.id, 1, Status.RETRYING, 3, {"next_retry_at": 3}, AttemptNotes(0, "a"))
    store.claim(1, 4)
    requeue_crashed(store, job.id, 5)
    store.claim(1, 6)
    store.give_back([(job.id, 3)], 7)
    store.claim(1, 8)
    wishes.fulfil(store, Wish.PAUSE, [job.id], 9)
    assert len(commits) == 9
    assert [each.ending for each in attempts.read(store, job.id)] == [
        AttemptEnding.RETRYING,
        AttemptEnding.INTERRUPTED,
        AttemptEnding.STOPPED,
        AttemptEnding.PAUSED,
    ]


def test_the_last_ones_are_kept(store: JobStore, running: Job):
    for number in range(1, MAX_ATTEMPTS_KEPT + 3):
        store.finish(running.id, number, Status.RETRYING, 3, {"next_retry_at": 3})
        store.claim(1, 4)
    kept = [each.attempt for each in attempts.read(store, running.id)]
    assert kept == list(range(4, MAX_ATTEMPTS_KEPT + 4))


def test_they_go_with_the_row_of_their_job(store: JobStore, running: Job, tmp_path: Path):
    wishes.fulfil(store, Wish.REMOVE, [running.id], 5)
    store.add([order("another")], 6)  # the highest revision stays
    assert store.purge_removed(100) == 1
    with closing(sqlite3.connect(tmp_path / "queue.db")) as raw:
        assert raw.execute("SELECT COUNT(*) FROM DOWNLOAD_ATTEMPT").fetchone() == (0,)


def test_a_word_of_a_newer_version_is_unknown(store: JobStore, running: Job):
    store.finish(running.id, 1, Status.FAILED, 3, {})
    store.database.execute_sql("UPDATE DOWNLOAD_ATTEMPT SET ending='dreamt', error_kind='new'")
    assert (only(store, running).ending, only(store, running).error_kind) == (None, None)


def test_a_job_without_attempts_has_none(store: JobStore):
    (job,) = store.add([order()], 1)
    assert attempts.read(store, job.id) == []
    assert attempts.read(store, "nobody") == []
