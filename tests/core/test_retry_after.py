import math

import pytest

from dlmanager.core.retry_after import MAX_RETRY_AFTER_S, parse_http_date, parse_retry_after

NOON_S = 1795435200  # Mon, 23 Nov 2026 12:00:00 GMT


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("Mon, 23 Nov 2026 12:00:00 GMT", NOON_S),
        ("Monday, 23-Nov-26 12:00:00 GMT", NOON_S),
        ("Mon Nov 23 12:00:00 2026", NOON_S),
        ("Sun Nov  1 12:00:00 2026", NOON_S - 22 * 86400),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun, 06 Nov 1994 08:49:60 GMT", 784111799),
        ("Sun, 32 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("Sun, 06 Nov 0000 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 +0000", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT\r\nX: y", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT\n", None),
        ("1994-11-06", None),
        ("", None),
    ],
)
def test_a_date_of_http_is_read(value: str, seconds: int | None):
    assert parse_http_date(value) == seconds


@pytest.mark.parametrize(
    "value, wait_s",
    [
        ("0", 0),
        ("120", 120),
        (" 007 ", 7),
        ("86400", MAX_RETRY_AFTER_S),
        ("999999", MAX_RETRY_AFTER_S),
        ("9" * 10_000, MAX_RETRY_AFTER_S),
        ("0" * 10_000, 0),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("١٢٠", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read(value: str, wait_s: int | None):
    assert parse_retry_after(value, NOON_S) == wait_s


def test_a_part_of_a_second_is_waited_in_full():
    assert parse_retry_after("Mon, 23 Nov 2026 12:00:02 GMT", NOON_S + 0.5) == 2


@pytest.mark.parametrize("now_s", [math.inf, -math.inf, math.nan])
def test_a_broken_clock_gives_an_answer_too(now_s: float):
    assert parse_retry_after("Mon, 23 Nov 2026 12:00:02 GMT", now_s) in (0, MAX_RETRY_AFTER_S)
