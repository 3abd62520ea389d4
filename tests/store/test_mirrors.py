"""The links of a job that has several, and the record of each."""

from dataclasses import replace

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.job import Job, NewMirror, Status, Wish
from dlmanager.core.mirrors import Mirror, MirrorState
from dlmanager.core.secrets import Secrets
from dlmanager.store import attempts, mirrors
from dlmanager.store.corrections import change_link
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil
from tests.store.conftest import order

LINKS = tuple(f"http://m{number}.test/a.bin" for number in (2, 3))


@pytest.fixture
def job(store: JobStore) -> Job:
    """A job with three mirrors that is being worked on."""
    store.add([order(mirrors=tuple(map(NewMirror, LINKS)), expected_bytes=7), order()], 1)
    return store.claim(1, 2)[0]


def test_a_job_of_one_link_has_no_mirrors(store: JobStore):
    (job,) = store.add([order()], 1)
    assert (job.mirror, job.mirror_count, mirrors.read(store, job.id)) == (None, 0, [])


def test_all_links_are_kept_in_their_order(store: JobStore, job: Job):
    assert (job.mirror, job.mirror_count, job.expected_bytes) == (1, 3, 7)
    urls = ("http://127.0.0.1/a.bin", *LINKS)
    assert mirrors.read(store, job.id) == [Mirror(n, url) for n, url in enumerate(urls, 1)]


def test_a_switch_is_one_transition_with_the_records(store: JobStore, job: Job):
    known = mirrors.read(store, job.id)
    failed = replace(
        known[0],
        tries=1,
        failures=1,
        bytes_received=5,
        speed_bytes_s=2.5,
        last_error="Gone.",
        state=MirrorState.GONE,
    )
    facts = {"url": LINKS[0], "host": "m2.test", "mirror": 2, "error_message": "Gone."}
    now = mirrors.finish(
        store,
        job.id,
        job.attempt,
        Status.PENDING,
        3,
        facts,
        None,
        [failed, *known[1:]],
        AttemptEnding.OTHER_MIRROR,
    )
    assert now is not None
    assert (now.status, now.url, now.mirror) == (Status.PENDING, LINKS[0], 2)
    assert mirrors.read(store, job.id) == [failed, *known[1:]]
    (attempt,) = attempts.read(store, job.id)
    assert (attempt.ending, attempt.message) == (AttemptEnding.OTHER_MIRROR, "Gone.")


def test_an_attempt_that_runs_no_more_changes_no_record(store: JobStore, job: Job):
    known = mirrors.read(store, job.id)
    fulfil(store, Wish.PAUSE, [job.id], 3)
    records = [replace(each, tries=1) for each in known]
    args = (store, job.id, job.attempt, Status.FAILED, 4, {}, None, records)
    assert mirrors.finish(*args) is None
    assert mirrors.read(store, job.id) == known


@pytest.mark.parametrize("wish", [Wish.RETRY, Wish.RESUME])
def test_a_person_who_wants_it_lets_every_mirror_be_tried_again(
    store: JobStore, job: Job, wish: Wish
):
    gone = [replace(each, tries=1, state=MirrorState.GONE) for each in mirrors.read(store, job.id)]
    mirrors.finish(store, job.id, job.attempt, Status.PAUSED, 3, {}, None, gone)
    fulfil(store, wish, [job.id], 4)
    assert {(each.tries, each.state) for each in mirrors.read(store, job.id)} == {
        (1, MirrorState.FRESH)
    }


def test_another_link_takes_the_place_of_the_mirror_in_use(store: JobStore, job: Job):
    change_link(store, job.id, "http://new.test/b.bin", 3, has_secrets=False)
    urls = [each.url for each in mirrors.read(store, job.id)]
    assert urls == ["http://new.test/b.bin", *LINKS]


def test_the_rows_go_with_their_job(store: JobStore, job: Job):
    fulfil(store, Wish.REMOVE, [job.id], 3)
    store.add([order()], 4)
    store.purge_removed(10)
    assert mirrors.read(store, job.id) == []


def test_a_state_of_another_version_is_as_good_as_fresh(store: JobStore, job: Job):
    store.database.execute_sql("UPDATE DOWNLOAD_MIRROR SET state='dusty'")
    assert {each.state for each in mirrors.read(store, job.id)} == {MirrorState.FRESH}


def test_secrets_of_a_mirror_are_kept_before_the_row(store: JobStore):
    with pytest.raises(ValueError, match="secrets"):
        store.add([order(mirrors=(NewMirror(LINKS[0], Secrets("eva", "pw")),))], 1)
