"""Which mirror is next, whether bytes may go on with it, and when one is too slow."""

from dataclasses import replace

import pytest

from dlmanager.core.errors import BadInput, ErrorKind
from dlmanager.core.job import NewJob, NewMirror
from dlmanager.core.mirrors import (
    MAX_MIRRORS,
    Mirror,
    MirrorState,
    after_try,
    check_mirrors,
    check_other_mirror,
    choose_next,
    condition_for_other_mirror,
    is_its_fault,
    is_worth_staying,
    least_speed_bytes_s,
    may_keep,
    one_file,
)
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.response import Response, Validators
from dlmanager.core.secrets import Secrets
from dlmanager.core.validators import Verdict

FRESH, FAILED, GONE = MirrorState
MIB = 1024**2


def mirror(position: int, state: MirrorState = FRESH, **facts: object) -> Mirror:
    return replace(
        Mirror(position, f"http://m{position}.test/a.bin", state=state),
        **facts,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("mirrors", "position", "is_at_once"),
    [
        pytest.param([mirror(1, FAILED), mirror(2), mirror(3)], 2, True, id="in their order"),
        pytest.param([mirror(1, GONE), mirror(2)], 2, True, id="one has no such file"),
        pytest.param(
            [mirror(1, FAILED), mirror(2, failures=2), mirror(3, failures=1)],
            3,
            True,
            id="the one that failed less",
        ),
        pytest.param(
            [mirror(1, FAILED), mirror(2, speed_bytes_s=10), mirror(3, speed_bytes_s=20)],
            3,
            True,
            id="then the faster one",
        ),
        pytest.param([mirror(1, FAILED), mirror(2, FAILED)], 1, False, id="all have failed"),
        pytest.param(
            [mirror(1, FAILED, failures=2), mirror(2, FAILED, failures=1), mirror(3, GONE)],
            2,
            False,
            id="a new round, without the one that is gone",
        ),
        pytest.param([mirror(1, GONE), mirror(2, GONE)], None, False, id="none has the file"),
    ],
)
def test_chooses_the_next(mirrors: list[Mirror], position: int | None, is_at_once: bool):
    choice = choose_next(mirrors)
    assert (choice.next.position if choice.next else None) == position
    assert choice.is_at_once is is_at_once


def test_a_new_round_gives_each_another_try_but_those_that_are_gone():
    choice = choose_next([mirror(1, FAILED), mirror(2, GONE)])
    assert [each.state for each in choice.mirrors] == [FRESH, GONE]


def test_a_host_that_is_closed_comes_last():
    mirrors = [mirror(1, FAILED), mirror(2), mirror(3)]
    assert choose_next(mirrors, {"m2.test"}).next == mirrors[2]
    assert choose_next(mirrors[:2], {"m2.test"}).next == mirrors[1]


@pytest.mark.parametrize(
    ("outcome", "is_its"),
    [
        (Outcome(Ending.FAIL, ErrorKind.NOT_FOUND, http_status=404), True),
        (Outcome(Ending.RETRY, ErrorKind.SERVER, http_status=503), True),
        (Outcome(Ending.RETRY, ErrorKind.TOO_SLOW), True),
        (Outcome(Ending.FAIL, ErrorKind.AUTH, http_status=401), True),
        (Outcome(Ending.FAIL, ErrorKind.WEB_PAGE, http_status=200), True),
        (Outcome(Ending.FAIL, ErrorKind.AUTH, http_status=407), False),
        (Outcome(Ending.FAIL, ErrorKind.AUTH, http_status=511), False),
        (Outcome(Ending.FAIL, ErrorKind.FOLDER), False),
        (Outcome(Ending.DISK_FULL, ErrorKind.DISK_FULL), False),
        (Outcome(Ending.RETRY, ErrorKind.KILLED), False),
        (Outcome(Ending.INSTALLATION, ErrorKind.WGET), False),
        (Outcome(Ending.BUSY, ErrorKind.BUSY), False),
        (Outcome(Ending.DONE), False),
        (Outcome(Ending.RETRY, ErrorKind.CHECKSUM), True),
        (Outcome(Ending.FAIL, ErrorKind.CHECKSUM), False),
    ],
    ids=lambda value: str(value.error_kind or value.ending) if isinstance(value, Outcome) else "",
)
def test_what_another_mirror_may_do_better(outcome: Outcome, is_its: bool):
    assert is_its_fault(outcome) is is_its


BROKEN_OFF = Outcome(Ending.RETRY, ErrorKind.CONNECTION, "It broke off.")
STRONG = Validators('"a"', None, 100)
DATED = Validators(None, "Mon, 01 Jan 2024 00:00:00 GMT", 100)


@pytest.mark.parametrize(
    ("outcome", "known", "new_bytes", "has_checksum", "stays"),
    [
        pytest.param(BROKEN_OFF, DATED, MIB, False, True, id="its bytes are its own"),
        pytest.param(BROKEN_OFF, DATED, 1000, False, False, id="it brought next to nothing"),
        pytest.param(BROKEN_OFF, STRONG, MIB, False, False, id="others may have the same"),
        pytest.param(BROKEN_OFF, DATED, MIB, True, False, id="a checksum will tell"),
        pytest.param(
            Outcome(Ending.RETRY, ErrorKind.TOO_SLOW), DATED, MIB, False, False, id="slow"
        ),
        pytest.param(
            Outcome(Ending.FAIL, ErrorKind.NOT_FOUND), DATED, MIB, False, False, id="gone"
        ),
    ],
)
def test_stays_with_the_mirror_that_can_go_on(
    outcome: Outcome, known: Validators, new_bytes: int, has_checksum: bool, stays: bool
):
    assert is_worth_staying(outcome, known, new_bytes, has_checksum=has_checksum) is stays


class TestTheRecord:
    def test_of_one_that_failed_for_now(self):
        after = after_try(mirror(1), BROKEN_OFF, bytes_received=10, speed_bytes_s=5.0)
        assert (after.tries, after.failures, after.bytes_received) == (1, 1, 10)
        assert (after.speed_bytes_s, after.last_error) == (5.0, "It broke off.")
        assert after.state is FAILED

    def test_of_one_that_has_no_such_file(self):
        outcome = Outcome(Ending.FAIL, ErrorKind.NOT_FOUND, "No such file.", 404)
        known = mirror(1, speed_bytes_s=7.0)
        after = after_try(known, outcome, bytes_received=0, speed_bytes_s=None)
        assert (after.state, after.speed_bytes_s) == (GONE, 7.0)

    def test_of_one_that_brought_the_file(self):
        failed = mirror(1, last_error="It broke off.", tries=1, failures=1)
        after = after_try(failed, Outcome(Ending.DONE), bytes_received=10, speed_bytes_s=5.0)
        assert (after.tries, after.failures, after.last_error) == (2, 1, None)


@pytest.mark.parametrize(
    ("known", "now", "has_checksum", "keeps"),
    [
        pytest.param(STRONG, STRONG, False, True, id="strong ETag and size agree"),
        pytest.param(STRONG, Validators('"b"', None, 100), False, False, id="other ETag"),
        pytest.param(STRONG, Validators('"a"', None, 99), False, False, id="other size"),
        pytest.param(STRONG, Validators('"a"'), False, False, id="size not told"),
        pytest.param(Validators('"a"'), Validators('"a"'), False, False, id="no size at all"),
        pytest.param(
            Validators('W/"a"', None, 100), Validators('W/"a"', None, 100), False, False, id="weak"
        ),
        pytest.param(DATED, DATED, False, False, id="a date proves nothing"),
        pytest.param(Validators(total=100), Validators(total=100), False, False, id="size alone"),
        pytest.param(Validators(), Validators(), False, False, id="nothing known"),
        pytest.param(DATED, Validators('"b"', None, 100), True, True, id="a checksum will tell"),
        pytest.param(DATED, Validators(), True, True, id="a checksum, and no size told"),
        pytest.param(DATED, Validators(total=99), True, False, id="a checksum, other size"),
    ],
)
def test_bytes_go_on_with_another_mirror(
    known: Validators, now: Validators, has_checksum: bool, keeps: bool
):
    assert may_keep(known, now, has_checksum=has_checksum) is keeps


def answer(status: int, etag: str | None, content_range: str = "") -> Response:
    headers = [("content-range", content_range)] if content_range else [("content-length", "100")]
    return Response(status, (*headers, *((("etag", etag),) if etag else ())))


@pytest.mark.parametrize(
    ("response", "offset", "has_checksum", "verdict"),
    [
        (answer(206, '"a"', "bytes 50-99/100"), 50, False, Verdict.GO_ON),
        (answer(206, '"b"', "bytes 50-99/100"), 50, False, Verdict.CHANGED),
        (answer(206, '"a"', "bytes 50-98/99"), 50, False, Verdict.CHANGED),
        (answer(206, '"a"', "bytes 40-99/100"), 50, False, Verdict.CHANGED),
        (answer(206, '"b"', "bytes 50-99/100"), 50, True, Verdict.GO_ON),
        (answer(206, '"b"', "bytes 50-98/99"), 50, True, Verdict.CHANGED),
        (answer(200, '"a"'), 50, False, Verdict.GO_ON),
        (answer(200, '"b"'), 50, False, Verdict.CHANGED),
        (answer(200, '"b"'), 50, True, Verdict.NO_RANGE),
        (answer(200, '"b"'), 0, False, Verdict.GO_ON),
        (answer(412, None), 50, False, Verdict.CHANGED),
        (answer(404, None), 50, False, Verdict.GO_ON),
    ],
)
def test_judges_the_answer_of_another_mirror(
    response: Response, offset: int, has_checksum: bool, verdict: Verdict
):
    assert check_other_mirror(STRONG, offset, response, has_checksum=has_checksum) is verdict


def test_another_mirror_is_asked_with_a_strong_etag_or_no_condition():
    assert condition_for_other_mirror(STRONG, has_checksum=False) == 'If-Match: "a"'
    assert condition_for_other_mirror(STRONG, has_checksum=True) is None
    assert condition_for_other_mirror(DATED, has_checksum=False) is None


TRIED = mirror(2, tries=1, speed_bytes_s=400_000)


@pytest.mark.parametrize(
    ("rivals", "done", "total", "has_checksum", "least"),
    [
        pytest.param([mirror(2)], 0, 10 * MIB, False, 16 * 1024, id="an untried one"),
        pytest.param([mirror(2)], 2 * MIB, 10 * MIB, False, 0, id="too much to lose for it"),
        pytest.param([mirror(2)], 2 * MIB, 10 * MIB, True, 16 * 1024, id="nothing to lose"),
        pytest.param([TRIED], 4 * MIB, 10 * MIB, False, 100_000, id="a faster one"),
        pytest.param([TRIED], 6 * MIB, 10 * MIB, False, 0, id="more than half is here"),
        pytest.param([TRIED], 6 * MIB, None, False, 0, id="no end known"),
        pytest.param([TRIED], 6 * MIB, 10 * MIB, True, 100_000, id="a faster one, kept bytes"),
        pytest.param([replace(TRIED, state=GONE)], 0, MIB, False, 0, id="gone"),
        pytest.param([], 0, MIB, False, 0, id="no other"),
    ],
)
def test_how_slow_is_too_slow(
    rivals: list[Mirror], done: int, total: int | None, has_checksum: bool, least: float
):
    assert least_speed_bytes_s(rivals, done, total, has_checksum=has_checksum) == least


def test_no_two_mirrors_are_each_too_slow_for_the_other():
    for one in (1_000.0, 50_000.0, 200_000.0, 10_000_000.0):
        for other in (one / 10, one / 4, one / 2, one):
            slow = least_speed_bytes_s(
                [mirror(1, tries=1, speed_bytes_s=one)], 0, MIB, has_checksum=False
            )
            back = least_speed_bytes_s(
                [mirror(2, tries=1, speed_bytes_s=other)], 0, MIB, has_checksum=False
            )
            assert not (other < slow and one < back)


def test_the_links_of_one_file_are_checked():
    check_mirrors(["http://a.test/", "http://b.test/"])
    with pytest.raises(BadInput, match="twice"):
        check_mirrors(["http://a.test/", "http://a.test/"])
    with pytest.raises(BadInput, match=str(MAX_MIRRORS)):
        check_mirrors([f"http://a.test/{number}" for number in range(MAX_MIRRORS + 1)])


def test_several_orders_become_one_file_with_each_link_once():
    secret = Secrets("eva", "pw")
    orders = [
        NewJob("http://a.test/", "/tmp", "a.bin"),
        NewJob("http://b.test/", "/tmp", secrets=secret),
        NewJob("http://a.test/", "/tmp"),
        NewJob("http://c.test/", "/tmp", mirrors=(NewMirror("http://b.test/"),)),
    ]
    order = one_file(orders)
    assert (order.url, order.filename) == ("http://a.test/", "a.bin")
    assert order.mirrors == (NewMirror("http://b.test/", secret), NewMirror("http://c.test/"))
