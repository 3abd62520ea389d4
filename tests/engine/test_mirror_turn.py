"""Whose turn it is once an attempt at one of several mirrors has ended, and what is written."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job
from dlmanager.core.mirrors import SLOW_WORDS, Mirror, MirrorState
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.retry import FRESH_BYTES
from dlmanager.engine.mirror_turn import Turn, take_turn

GONE = Outcome(Ending.FAIL, ErrorKind.NOT_FOUND, "No such file.", 404)
SILENT = Outcome(Ending.RETRY, ErrorKind.TIMEOUT, "Silent.")
KNOWN = [Mirror(1, "http://one.test/a"), Mirror(2, "http://two.test/a")]

Take = Callable[..., Turn]


@pytest.fixture
def take(make_job: Callable[..., Job]) -> Take:
    """Takes a turn after an attempt at the first of two mirrors."""

    def taken(outcome: Outcome, known: list[Mirror] = KNOWN, new_bytes: int = 0, **row) -> Turn:
        attempt = SimpleNamespace(
            job=make_job(mirror=1, mirror_count=2, **row),
            new_bytes=new_bytes,
            bytes_received=70,
            speed_bytes_s=7.0,
        )
        return take_turn(attempt, outcome, known, ())  # type: ignore[arg-type]

    return taken


def test_another_link_and_its_host_are_written(take: Take):
    turn = take(GONE)
    assert turn.is_at_once
    assert (turn.facts["url"], turn.facts["host"], turn.facts["mirror"]) == (
        "http://two.test/a",
        "two.test",
        2,
    )
    assert turn.facts["unclean_stop"] is True
    assert (turn.records[0].tries, turn.records[0].bytes_received) == (1, 70)
    assert turn.records[1] == KNOWN[1]


def test_what_is_not_the_mirrors_fault_changes_nothing(take: Take):
    outcome = Outcome(Ending.DISK_FULL, ErrorKind.DISK_FULL, "Full.")
    assert take(outcome) == Turn(outcome, (), {})


def test_the_one_that_brought_the_file_gets_its_record(take: Take):
    turn = take(Outcome(Ending.DONE))
    assert (turn.facts, turn.is_at_once) == ({}, False)
    assert (turn.records[0].tries, turn.records[0].failures) == (1, 0)


def test_when_all_have_failed_it_is_a_retry(take: Take):
    known = [KNOWN[0], Mirror(2, "http://two.test/a", failures=1, state=MirrorState.FAILED)]
    turn = take(GONE, known)
    assert (turn.outcome.ending, turn.is_at_once) == (Ending.RETRY, False)
    assert turn.facts["mirror"] == 2


def test_when_none_has_the_file_it_fails(take: Take):
    known = [KNOWN[0], Mirror(2, "http://two.test/a", state=MirrorState.GONE)]
    turn = take(GONE, known)
    assert (turn.outcome.ending, turn.facts, turn.is_at_once) == (Ending.FAIL, {}, False)


def test_a_slow_one_is_said_to_be_slow(take: Take):
    turn = take(Outcome(Ending.RETRY, ErrorKind.TOO_SLOW, "Next to nothing."))
    assert (turn.outcome.error_message, turn.records[0].last_error) == (SLOW_WORDS, SLOW_WORDS)


def test_many_new_bytes_set_the_retries_back(take: Take):
    row = {"etag": '"a"', "bytes_total": 10**6}
    assert take(SILENT, new_bytes=FRESH_BYTES, **row).facts["retry_count"] == 0
    assert "retry_count" not in take(SILENT, new_bytes=FRESH_BYTES - 1, **row).facts


def test_bytes_that_only_their_mirror_can_go_on_with_make_it_stay(take: Take):
    turn = take(SILENT, new_bytes=FRESH_BYTES)
    assert (turn.outcome, turn.facts, turn.is_at_once) == (SILENT, {}, False)
    assert turn.records[0].failures == 1
