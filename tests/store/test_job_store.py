import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import (
    SOURCES,
    Job,
    NewJob,
    Phase,
    Status,
    WaitingFor,
    Wish,
)
from dlmanager.core.progress import JobProgress
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil
from tests.store.conftest import order

SPECIFIED = [
    ("id", "TEXT", 0, None, 1),
    ("url", "TEXT", 1, None, 0),
    ("target_directory", "TEXT", 1, None, 0),
    ("filename", "TEXT", 0, None, 0),
    ("status", "TEXT", 1, "'PENDING'", 0),
    ("progress_percent", "INTEGER", 0, "0", 0),
    ("progress_summary", "TEXT", 0, None, 0),
    ("retry_count", "INTEGER", 1, "0", 0),
    ("max_retries", "INTEGER", 1, "3", 0),
    ("next_retry_at", "INTEGER", 0, None, 0),
    ("pid", "INTEGER", 0, None, 0),
    ("created_at", "INTEGER", 1, None, 0),
    ("updated_at", "INTEGER", 1, None, 0),
]


@pytest.fixture
def raw(store: JobStore, tmp_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(tmp_path / "queue.db")
    yield connection
    connection.close()


def test_the_table_begins_with_the_columns_of_the_specification(raw: sqlite3.Connection):
    columns = [row[1:] for row in raw.execute("PRAGMA table_info(DOWNLOAD_QUEUE)")]
    assert columns[: len(SPECIFIED)] == SPECIFIED


def test_the_database_is_for_its_owner_alone_and_keeps_what_was_acknowledged(
    store: JobStore, raw: sqlite3.Connection, tmp_path: Path
):
    store.add([order()], 1)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("queue.db*")} == {0o600}
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._database.execute_sql("PRAGMA synchronous").fetchone() == (2,)


def test_what_is_added_is_there_after_opening_again(tmp_path: Path):
    store = JobStore(tmp_path / "queue.db")
    jobs = store.add([order("a"), order("b", filename="x", max_retries=-1, paused=True)], 77)
    store.close()
    again = JobStore(tmp_path / "queue.db")
    assert again.list_jobs() == jobs
    assert again.get(jobs[1].id) == jobs[1]
    assert (jobs[0].status, jobs[1].status) == (Status.PENDING, Status.PAUSED)
    assert (jobs[1].filename, jobs[1].max_retries, jobs[1].created_at) == ("x", -1, 77)
    again.close()


def test_jobs_keep_the_order_they_were_added_in(store: JobStore):
    names = [f"f{number}" for number in range(50)]
    store.add([order(name) for name in names], 5)
    assert [job.display_name for job in store.list_jobs()] == names
    assert [job.display_name for job in store.claim(3, 6)] == names[:3]


def test_adding_is_all_or_nothing(store: JobStore):
    with pytest.raises(Exception, match="NOT NULL"):
        store.add([order("a"), order("b", max_retries=None)], 1)
    assert store.list_jobs() == []


def test_a_claim_takes_what_is_due_and_no_more(store: JobStore, job_in: Callable[..., Job]):
    waiting = job_in(Status.RETRYING)  # due at 10,000
    paused = job_in(Status.PAUSED)
    store.add([order("b"), order("c")], 5)
    assert [job.display_name for job in store.claim(9, 9_999)] == ["b", "c"]
    (retried,) = store.claim(9, 10_000)
    assert (retried.id, retried.attempt, retried.phase) == (waiting.id, 2, Phase.CONNECTING)
    assert store.get(paused.id).status is Status.PAUSED


@pytest.mark.fault(58)
def test_those_that_fail_again_and_again_do_not_starve_the_others(
    store: JobStore, job_in: Callable[..., Job]
):
    """Whoever became due first comes first, however old those are that fail."""
    failing = [job_in(Status.RETRYING) for _ in range(3)]  # due at 10,000
    store.add([order("before")], 9_999)
    store.add([order("after")], 10_001)
    first, *others = store.claim(5, 10_002)
    assert first.display_name == "before"
    assert [job.id for job in others[:3]] == [job.id for job in failing]
    assert others[3].display_name == "after"


def test_a_claim_leaves_out_jobs_whose_process_is_still_ending(store: JobStore):
    first, second = store.add([order("a"), order("b")], 1)
    assert [job.id for job in store.claim(5, 2, [first.id])] == [second.id]


def test_a_claim_leaves_closed_hosts_alone(store: JobStore):
    urls = ["http://a.test/1", "http://b.test:8080/2", "https://[::1]/3"]
    store.add([NewJob(url, "/tmp") for url in urls], 1)
    assert [job.host for job in store.list_jobs()] == ["a.test", "b.test", "::1"]
    assert [job.url for job in store.claim(9, 2, (), {"a.test", "::1"})] == [urls[1]]


def test_a_claim_leaves_out_what_waits_for_the_network_while_it_is_away(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    facts = {"next_retry_at": 5, "waiting_for": WaitingFor.NETWORK}
    store.finish(job.id, job.attempt, Status.RETRYING, 3, facts)
    assert store.claim(9, 10, network_is_away=True) == []
    (claimed,) = store.claim(9, 10)
    assert claimed.waiting_for is None


def test_a_claim_forgets_the_last_failure(store: JobStore, job_in: Callable[..., Job]):
    job = job_in(Status.PROCESSING)
    facts = {"error_kind": ErrorKind.SERVER, "error_message": "busy", "next_retry_at": 0}
    store.finish(job.id, job.attempt, Status.RETRYING, 3, {**facts, "http_status": 503})
    (again,) = store.claim(1, 4)
    assert (again.error_kind, again.error_message, again.http_status) == (None, None, None)


def test_facts_are_written_for_the_running_attempt_only(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    recorded = store.record(job.id, job.attempt, 9, {"pid": 77, "etag": '"x"'})
    assert (recorded.pid, recorded.etag, recorded.updated_at) == (77, '"x"', 9)
    assert store.record(job.id, job.attempt + 1, 10, {"pid": 78}) is None
    assert store.get(job.id).pid == 77


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PROCESSING], ids=str)
def test_an_attempt_cannot_end_a_job_that_is_not_processing(
    store: JobStore, job_in: Callable[..., Job], status: Status
):
    job = job_in(status)
    assert store.finish(job.id, job.attempt, Status.COMPLETED, 5, {}) is None
    assert store.record(job.id, job.attempt, 5, {"pid": 1}) is None
    assert store.give_back([(job.id, job.attempt)], 5) == []
    assert store.get(job.id) == job


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_processing_ends_only_in_legal_states(
    store: JobStore, job_in: Callable[..., Job], status: Status
):
    job = job_in(Status.PROCESSING)
    if Status.PROCESSING in SOURCES[status]:
        ended = store.finish(job.id, job.attempt, status, 5, {})
        assert (ended.status, ended.phase, ended.pid) == (status, None, None)
    else:
        with pytest.raises(ValueError, match="cannot become"):
            store.finish(job.id, job.attempt, status, 5, {})


def test_a_late_word_of_an_old_attempt_changes_nothing(store: JobStore, job_in: Callable[..., Job]):
    old = job_in(Status.PROCESSING)
    fulfil(store, Wish.PAUSE, [old.id], 3)
    fulfil(store, Wish.RESUME, [old.id], 4)
    (new,) = store.claim(1, 5)
    assert store.finish(old.id, old.attempt, Status.FAILED, 6, {}) is None
    assert store.get(old.id) == new


def test_giving_back_spends_no_retry_but_lets_a_publication_finish(
    store: JobStore, job_in: Callable[..., Job]
):
    job = job_in(Status.PROCESSING)
    (back,) = store.give_back([(job.id, job.attempt)], 5)
    assert (back.status, back.retry_count, back.pid) == (Status.PENDING, 0, None)
    (job,) = store.claim(1, 6)
    store.record(job.id, job.attempt, 7, {"phase": Phase.FINALISING})
    assert store.give_back([(job.id, job.attempt)], 8) == []
    assert store.get(job.id).status is Status.PROCESSING


def test_progress_of_many_is_written_at_once_and_only_while_they_run(
    store: JobStore, job_in: Callable[..., Job]
):
    running, paused = job_in(Status.PROCESSING), job_in(Status.PAUSED)

    def progress(job: Job, attempt: int) -> JobProgress:
        return JobProgress(job.id, attempt, Phase.DOWNLOADING, 50, 200, 10.0)

    store.write_progress([progress(running, 1), progress(paused, 0)], 99)
    written = store.get(running.id)
    assert (written.bytes_done, written.bytes_total, written.progress_percent) == (50, 200, 25)
    assert (written.progress_summary, written.phase, written.updated_at) == (
        "50/200 bytes, 10 bytes/s",
        Phase.DOWNLOADING,
        99,
    )
    assert store.get(paused.id) == paused
    store.write_progress([progress(running, 7)], 100)
    assert store.get(running.id) == written


def test_parts_of_unwanted_jobs_are_remembered_until_they_are_gone(
    store: JobStore, job_in: Callable[..., Job]
):
    facts = {"part_path": "/tmp/p", "part_device": 1, "part_inode": 2, "bytes_done": 9}
    cancelled, removed, kept = (job_in(Status.PROCESSING) for _ in range(3))
    for job in (cancelled, removed, kept):
        store.record(job.id, job.attempt, 4, facts)
    fulfil(store, Wish.CANCEL, [cancelled.id], 5)
    fulfil(store, Wish.REMOVE, [removed.id], 5)
    assert {job.id for job in store.left_parts()} == {cancelled.id, removed.id}
    assert store.purge_removed(100) == 0
    forgotten = store.forget_part(cancelled.id, 6)
    assert (forgotten.part_path, forgotten.bytes_done) == (None, 0)
    store.forget_part(removed.id, 6)
    assert store.left_parts() == []
    assert store.forget_part(kept.id, 6) is None
    assert store.get(kept.id).part_path == "/tmp/p"


def test_removed_rows_go_after_a_while(store: JobStore, job_in: Callable[..., Job]):
    old, new = job_in(Status.COMPLETED), job_in(Status.FAILED)
    fulfil(store, Wish.REMOVE, [old.id], 1_000)
    fulfil(store, Wish.REMOVE, [new.id], 2_000)
    assert store.purge_removed(1_500) == 1
    assert store.purge_removed(1_500) == 0


def test_unfinished_jobs_are_counted_and_the_next_retry_is_known(
    store: JobStore, job_in: Callable[..., Job]
):
    assert (store.count_unfinished(), store.next_retry_at()) == (0, None)
    for status in Status:
        job_in(status)
    assert store.count_unfinished() == 3
    assert store.next_retry_at() == 10_000
    assert store.next_retry_at(10_000) is None


def test_jobs_are_found_by_the_beginning_of_their_id(store: JobStore):
    first, _ = store.add([order("a"), order("b")], 1)
    assert store.find(first.id[:8]) == [first]
    assert store.find("%") == []
    assert len(store.find("")) == 2


def test_the_list_can_be_narrowed_to_a_state(store: JobStore, job_in: Callable[..., Job]):
    job_in(Status.PENDING)
    paused = job_in(Status.PAUSED)
    assert store.list_jobs(Status.PAUSED) == [paused]


class TestTwoProcesses:
    @pytest.fixture
    def other(self, store: JobStore, tmp_path: Path) -> JobStore:
        other = JobStore(tmp_path / "queue.db")
        yield other
        other.close()

    def test_what_another_one_adds_changes_or_removes_is_seen_once(self, store, other):
        (job,) = other.add([order()], 1)
        assert store.changes() == [job]
        assert store.changes() == []
        (paused,) = fulfil(other, Wish.PAUSE, [job.id], 2)
        assert store.changes() == [paused]
        fulfil(other, Wish.REMOVE, [job.id], 3)
        (removed,) = store.changes()
        assert removed.removed_at == 3

    def test_own_changes_are_not_told(self, store, other):
        store.add([order()], 1)
        store.claim(1, 2)
        assert store.changes() == []

    def test_nothing_of_another_one_is_missed_between_own_changes(self, store, other):
        (mine,) = store.add([order("mine")], 1)
        (theirs,) = other.add([order("theirs")], 2)
        fulfil(store, Wish.PAUSE, [mine.id], 3)
        assert theirs in store.changes()

    def test_a_write_that_hit_nothing_hides_nothing_of_another_one(self, store, other):
        (job,) = store.add([order()], 1)
        fulfil(store, Wish.PAUSE, [job.id], 2)
        assert store.claim(1, 3) == []
        assert store.record(job.id, 1, 4, {"pid": 1}) is None
        fulfil(other, Wish.RESUME, [job.id], 5)
        assert [each.status for each in store.changes()] == [Status.PENDING]

    def test_progress_is_not_told_as_a_change_of_the_queue(self, store, other):
        store.add([order()], 1)
        (job,) = store.claim(1, 2)
        other.changes()
        store.write_progress([JobProgress(job.id, 1, Phase.DOWNLOADING, 1, 2, None)], 3)
        assert other.changes() == []

    def test_two_claims_never_take_the_same_job(self, store, other):
        store.add([order(str(number)) for number in range(10)], 1)
        taken = [store.claim(1, 2) + other.claim(1, 2) for _ in range(5)]
        ids = [job.id for pair in taken for job in pair]
        assert len(ids) == len(set(ids)) == 10
