from collections.abc import Callable
from typing import Any

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import (
    SOURCES,
    WISH_SOURCES,
    WISH_TARGET,
    Job,
    Status,
    Verification,
    Wish,
)


def test_every_state_but_the_first_can_be_reached():
    assert set(SOURCES) == set(Status)


def test_a_completed_job_stays_completed():
    assert all(Status.COMPLETED not in sources for sources in SOURCES.values())


def test_only_a_claim_makes_a_job_processing():
    assert SOURCES[Status.PROCESSING] == {Status.PENDING, Status.RETRYING}


@pytest.mark.parametrize("wish", list(WISH_TARGET))
def test_a_wish_is_legal_only_where_its_transition_is(wish: Wish):
    assert WISH_SOURCES[wish] <= SOURCES[WISH_TARGET[wish]]


@pytest.mark.parametrize(
    "status, wishes",
    [
        (Status.PENDING, {Wish.START, Wish.PAUSE, Wish.CANCEL, Wish.REMOVE}),
        (Status.PROCESSING, {Wish.PAUSE, Wish.CANCEL, Wish.REMOVE}),
        (Status.RETRYING, {Wish.START, Wish.PAUSE, Wish.CANCEL, Wish.RETRY, Wish.REMOVE}),
        (Status.PAUSED, {Wish.START, Wish.RESUME, Wish.CANCEL, Wish.RETRY, Wish.REMOVE}),
        (Status.COMPLETED, {Wish.REMOVE}),
        (Status.FAILED, {Wish.CANCEL, Wish.RETRY, Wish.REMOVE}),
        (Status.CANCELLED, {Wish.RETRY, Wish.REMOVE}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # the order of a set is by chance
)
def test_what_may_be_asked_of_a_job(make_job: Callable[..., Job], status: Status, wishes: set):
    job = make_job(status=status)
    assert {wish for wish in Wish if job.allows(wish)} == wishes


def test_the_path_is_told_only_once_the_file_is_complete(make_job: Callable[..., Job]):
    assert make_job(status=Status.PROCESSING, final_path="/d/a").path is None
    assert make_job(status=Status.COMPLETED, final_path="/d/a").path == "/d/a"


def test_the_link_names_a_job_until_its_name_is_decided(make_job: Callable[..., Job]):
    assert make_job(url="http://h/a/b%20c.iso").display_name == "b c.iso"
    assert make_job(url="http://h/a/b.iso", filename="mine.iso").display_name == "mine.iso"


@pytest.mark.parametrize(
    "facts, is_wrong",
    [
        ({"status": Status.FAILED, "error_kind": ErrorKind.CHECKSUM}, True),
        ({"status": Status.RETRYING, "error_kind": ErrorKind.CHECKSUM}, True),
        ({"status": Status.COMPLETED, "verification": Verification.MISMATCH}, True),
        ({"status": Status.COMPLETED, "verification": Verification.CHECKSUM}, False),
        # What came before is wrong; what comes now is not known to be.
        ({"status": Status.PENDING, "verification": Verification.MISMATCH}, False),
        ({"status": Status.FAILED, "error_kind": ErrorKind.NOT_FOUND}, False),
    ],
    ids=["came wrong", "tries another mirror", "found wrong", "right", "begun anew", "not there"],
)
def test_what_has_a_wrong_checksum(
    make_job: Callable[..., Job], facts: dict[str, Any], is_wrong: bool
):
    assert make_job(final_path="/tmp/a", **facts).has_wrong_checksum is is_wrong
