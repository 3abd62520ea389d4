"""The header Retry-After, and the three date forms of HTTP that it and Last-Modified may use."""

import re
from datetime import UTC, datetime

MAX_RETRY_AFTER_S = 24 * 60 * 60
"""Longer waits are cut to a day; how much of it is honoured is for `core.retry` to say."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
# RFC 9110 5.6.7: IMF-fixdate, RFC 850, asctime.
_DATES = (
    re.compile(rf"{_DAY}, (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_CLOCK} GMT", re.ASCII),
    re.compile(rf"[A-Z][a-z]+day, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_CLOCK} GMT", re.ASCII),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})", re.ASCII),
)
_SECONDS = re.compile(r"[0-9]+")


def parse_http_date(value: str) -> int | None:
    """Read a date as HTTP writes it; None if it is not exactly one of the three forms.

    Returns whole seconds since the epoch.
    """
    found = next(filter(None, (date.fullmatch(value) for date in _DATES)), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:  # RFC 850; 69 is the turning point of POSIX
        year += 1900 if year >= 69 else 2000
    try:
        moment = datetime(
            year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            min(int(found["second"]), 59),  # a leap second is legal in HTTP, not in datetime
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return int(moment.timestamp())


def parse_retry_after(value: str, now_s: float) -> int | None:
    """Read the header Retry-After: how many seconds to wait from now on.

    now_s: seconds since the epoch; only a date needs it. A date of the past is 0, a wait of
    more than a day is a day. None if the value is neither seconds nor a date.
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        # The length is looked at first: int() refuses more than 4,300 digits.
        digits = value.lstrip("0") or "0"
        return MAX_RETRY_AFTER_S if len(digits) > 9 else min(int(digits), MAX_RETRY_AFTER_S)
    moment_s = parse_http_date(value)
    if moment_s is None:
        return None
    # Compared before rounding, so that even an infinite clock gives an answer.
    wait_s = moment_s - now_s
    if not wait_s > 0:
        return 0
    return MAX_RETRY_AFTER_S if wait_s >= MAX_RETRY_AFTER_S else -int(-wait_s // 1)
