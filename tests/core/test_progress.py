import pytest

from dlmanager.core.job import Phase
from dlmanager.core.progress import JobProgress, eta_s, percent, speed_in


@pytest.mark.parametrize(
    "done, total, expected",
    [
        (0, None, None),
        (0, 0, 100),
        (0, 10, 0),
        (999, 1000, 99),
        (1000, 1000, 100),
        (1100, 1000, 100),
        (2**33, 2**34, 50),
    ],
    ids=str,
)
def test_percent_is_rounded_down_and_bounded(done: int, total: int | None, expected: int | None):
    assert percent(done, total) == expected


@pytest.mark.parametrize(
    "done, total, speed, expected",
    [
        (0, None, 5.0, None),
        (0, 100, None, None),
        (0, 100, 0.0, None),
        (0, 100, -3.0, None),
        (0, 100, 10.0, 10),
        (5, 100, 10.0, 10),
        (100, 100, 10.0, 0),
        (120, 100, 10.0, 0),
    ],
    ids=str,
)
def test_time_left_is_rounded_up_and_unknown_without_speed_or_total(done, total, speed, expected):
    assert eta_s(done, total, speed) == expected


def test_the_summary_tells_the_raw_numbers():
    known = JobProgress("id", 1, Phase.DOWNLOADING, 50, 200, 12.4)
    assert known.summary == "50/200 bytes, 12 bytes/s"
    assert (known.percent, known.eta_s) == (25, 13)
    unknown = JobProgress("id", 1, Phase.DOWNLOADING, 50, None, None)
    assert unknown.summary == "50/? bytes, ? bytes/s"


@pytest.mark.parametrize("speed", [None, 0, 1, 250_000, 10**12])
@pytest.mark.parametrize("total", [None, 1_000])
def test_the_speed_is_read_from_the_summary_again(total: int | None, speed: int | None):
    summary = JobProgress("1", 1, Phase.DOWNLOADING, 500, total, speed).summary
    assert speed_in(summary) == speed


@pytest.mark.parametrize("text", [None, "", "43% 1.2M 3 bytes/s", ", x bytes/s", ", 9 bytes/s and"])
def test_a_summary_of_somebody_else_tells_no_speed(text: str | None):
    assert speed_in(text) is None


def test_while_a_part_is_checked_the_percentage_is_that_of_the_check():
    checked = JobProgress("id", 1, Phase.VERIFYING, 200, 200, None, checked_bytes=50)
    assert checked.percent == 25
    assert checked.summary == "200/200 bytes, ? bytes/s"
    unknown_size = JobProgress("id", 1, Phase.VERIFYING, 200, None, None, checked_bytes=100)
    assert unknown_size.percent == 50
