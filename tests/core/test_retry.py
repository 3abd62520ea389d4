from collections.abc import Callable

import pytest

from dlmanager.core.job import Job, Status, WaitingFor
from dlmanager.core.retry import (
    FRESH_BYTES,
    MOST_UNRESOLVED,
    NextTry,
    crashes_in_a_row,
    next_try,
    retries_left,
    retry_delay_ms,
    wait_for_network,
)


@pytest.mark.parametrize(
    "retry_count, expected_ms",
    [(0, 2_000), (1, 4_000), (2, 8_000), (7, 256_000), (8, 300_000), (10**6, 300_000)],
    ids=str,
)
def test_the_delay_doubles_up_to_five_minutes(retry_count: int, expected_ms: int):
    assert retry_delay_ms(2_000, retry_count) == expected_ms


@pytest.mark.parametrize(
    "retry_after_s, expected_ms",
    [(None, 4_000), (1, 4_000), (30, 30_000), (10**9, 3_600_000), (-5, 4_000)],
    ids=str,
)
def test_the_server_can_only_raise_the_delay_to_an_hour(retry_after_s, expected_ms):
    assert retry_delay_ms(2_000, 1, retry_after_s) == expected_ms


@pytest.mark.parametrize(
    "spent, allowed, left",
    [(0, 0, False), (0, 3, True), (2, 3, True), (3, 3, False), (9, -1, True)],
    ids=str,
)
def test_retries_end_unless_they_are_without_end(spent: int, allowed: int, left: bool):
    assert retries_left(spent, allowed) is left


def _next(job: Job, new_bytes: int = 0) -> tuple:
    planned = next_try(
        job, new_bytes=new_bytes, retry_after_s=None, initial_retry_delay_ms=100, now_ms=1_000
    )
    return planned.status, planned.retry_count, planned.next_retry_at


def test_a_failed_attempt_spends_one_retry(make_job: Callable[..., Job]):
    assert _next(make_job(retry_count=1)) == (Status.RETRYING, 2, 1_200)


def test_the_last_retry_spent_is_a_failure(make_job: Callable[..., Job]):
    assert _next(make_job(retry_count=3)) == (Status.FAILED, 3, None)


def test_an_attempt_that_brought_bytes_starts_the_count_anew(make_job: Callable[..., Job]):
    assert _next(make_job(retry_count=3), FRESH_BYTES) == (Status.RETRYING, 1, 1_100)
    assert _next(make_job(retry_count=3), FRESH_BYTES - 1) == (Status.FAILED, 3, None)


@pytest.mark.parametrize(
    "spent, new_bytes, left_spent", [(0, 0, 0), (3, 0, 3), (2, FRESH_BYTES, 0)], ids=str
)
def test_waiting_for_the_network_spends_nothing(
    make_job: Callable[..., Job], spent: int, new_bytes: int, left_spent: int
):
    job = make_job(retry_count=spent, max_retries=3)
    assert wait_for_network(job, new_bytes=new_bytes, next_probe_at_ms=77) == NextTry(
        Status.RETRYING, left_spent, 77, WaitingFor.NETWORK
    )


@pytest.mark.parametrize(
    "count, crash_bytes, bytes_done, expected",
    [(0, None, 0, 1), (0, None, 9, 1), (1, 9, 9, 2), (2, 9, 8, 3), (2, 9, 10, 1)],
    ids=["the first", "the first in mid-file", "no byte more", "fewer bytes", "it got on"],
)
def test_crashes_count_while_a_job_does_not_get_on(
    make_job: Callable[..., Job],
    count: int,
    crash_bytes: int | None,
    bytes_done: int,
    expected: int,
):
    job = make_job(crash_count=count, crash_bytes=crash_bytes, bytes_done=bytes_done)
    assert crashes_in_a_row(job) == expected


def _unresolved(job: Job, *, is_unresolved: bool = True) -> tuple[Status, int]:
    planned = next_try(
        job,
        new_bytes=0,
        retry_after_s=None,
        initial_retry_delay_ms=100,
        now_ms=1_000,
        is_unresolved=is_unresolved,
    )
    return planned.status, planned.unresolved_count


def test_a_name_that_is_not_found_is_tried_again_a_few_times_alone(make_job: Callable[..., Job]):
    job = make_job(max_retries=1_000, unresolved_count=MOST_UNRESOLVED - 1)
    assert _unresolved(job) == (Status.RETRYING, MOST_UNRESOLVED)
    job = make_job(max_retries=1_000, unresolved_count=MOST_UNRESOLVED)
    assert _unresolved(job)[0] is Status.FAILED


def test_any_other_trouble_starts_the_count_of_names_not_found_anew(make_job: Callable[..., Job]):
    job = make_job(max_retries=1_000, unresolved_count=MOST_UNRESOLVED)
    assert _unresolved(job, is_unresolved=False) == (Status.RETRYING, 0)


@pytest.mark.parametrize(
    "max_retries, status", [(1, Status.FAILED), (-1, Status.RETRYING)], ids=["few", "without end"]
)
def test_fewer_retries_count_and_retries_without_end(
    make_job: Callable[..., Job], max_retries: int, status: Status
):
    job = make_job(max_retries=max_retries, retry_count=1, unresolved_count=MOST_UNRESOLVED)
    assert _unresolved(job)[0] is status
