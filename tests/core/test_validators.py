import pytest

from dlmanager.core.response import Response, Validators
from dlmanager.core.validators import (
    ContentRange,
    Verdict,
    check_response,
    condition_header,
    content_range_of,
    has_conflicting_lengths,
    is_whole_piece,
    parse_content_range,
    validators_of,
)

DATE = "Mon, 02 Nov 2026 10:00:00 GMT"
OTHER_DATE = "Tue, 03 Nov 2026 10:00:00 GMT"
KNOWN = Validators(etag='"v1"', last_modified=DATE, total=1000)


def answer(status: int | None, **headers: str) -> Response:
    return Response(status, tuple((name.replace("_", "-"), v) for name, v in headers.items()))


@pytest.mark.parametrize(
    "value, expected",
    [
        ("bytes 0-499/1000", ContentRange(0, 499, 1000)),
        (" BYTES  500-999/1000 ", ContentRange(500, 999, 1000)),
        ("bytes 0-499/*", ContentRange(0, 499, None)),
        ("bytes */1000", ContentRange(None, None, 1000)),
        ("bytes */0", ContentRange(None, None, 0)),
        ("bytes */*", None),
        ("bytes 500-499/1000", None),
        ("bytes 0-1000/1000", None),
        ("bytes -5-10/1000", None),
        ("bytes 0-499", None),
        ("bytes=0-499/1000", None),
        ("items 0-4/5", None),
        ("bytes 0-9223372036854775807/*", ContentRange(0, 2**63 - 1, None)),
        ("bytes 9223372036854775808-9223372036854775809/*", None),
        ("bytes 18446744073709551616-18446744073709551620/*", None),
        ("bytes 0-" + "9" * 5000 + "/*", None),
        ("bytes ٠-٤/٥", None),
        ("", None),
    ],
)
def test_a_content_range_is_read(value: str, expected: ContentRange | None):
    assert parse_content_range(value) == expected


def test_two_different_content_ranges_are_none():
    same = ("content-range", "bytes 0-4/5")
    assert content_range_of(Response(206, (same, same))) == ContentRange(0, 4, 5)
    assert content_range_of(Response(206, (same, ("content-range", "bytes 1-4/5")))) is None


@pytest.mark.parametrize(
    "response, expected",
    [
        (
            answer(200, etag=' "v1" ', last_modified=DATE, content_length="1000"),
            Validators('"v1"', DATE, 1000),
        ),
        (answer(200, etag="", last_modified=" "), Validators()),
        (answer(200, content_length="-5"), Validators()),
        (answer(200, content_length="5 bytes"), Validators()),
        (answer(200, content_length="9" * 19), Validators()),
        (answer(200, content_length="9" * 20), Validators()),
        (answer(200, content_length="5, 5"), Validators(total=5)),
        (answer(200, content_length="5, 6"), Validators()),
        (answer(200, content_length="5", transfer_encoding="chunked"), Validators()),
        (answer(206, content_length="5", content_range="bytes 5-9/10"), Validators(total=10)),
        (answer(206, content_length="5", content_range="bytes 5-9/*"), Validators()),
        (answer(206, content_length="5"), Validators()),
        (answer(416, content_length="0", content_range="bytes */10"), Validators(total=10)),
        (answer(404, content_length="5"), Validators()),
        (answer(None), Validators()),
    ],
)
def test_validators_are_read_from_an_answer(response: Response, expected: Validators):
    assert validators_of(response) == expected


def test_different_lengths_are_a_conflict_and_equal_ones_are_not():
    five, ten = ("content-length", "5"), ("content-length", "10")
    assert has_conflicting_lengths(Response(200, (five, ten)))
    assert validators_of(Response(200, (five, ten))).total is None
    assert not has_conflicting_lengths(Response(200, (five, five)))
    assert not has_conflicting_lengths(Response(200))


RANGE = "bytes 100-999/1000"


@pytest.mark.parametrize(
    "known, offset_bytes, response, verdict",
    [
        pytest.param(Validators(), 0, answer(200), Verdict.GO_ON, id="fresh"),
        pytest.param(KNOWN, 0, answer(200, etag='"v2"'), Verdict.GO_ON, id="fresh, other file"),
        pytest.param(Validators(), 0, answer(None), Verdict.GO_ON, id="fresh, HTTP/0.9"),
        pytest.param(
            Validators(),
            0,
            answer(206, content_range="bytes 0-9/10"),
            Verdict.GO_ON,
            id="fresh 206",
        ),
        pytest.param(
            Validators(), 0, answer(206, content_range="bytes 5-9/10"), Verdict.CHANGED, id="piece"
        ),
        pytest.param(
            KNOWN, 100, answer(206, content_range=RANGE, etag='"v1"'), Verdict.GO_ON, id="same"
        ),
        pytest.param(
            Validators(), 100, answer(206, content_range=RANGE), Verdict.GO_ON, id="nothing known"
        ),
        pytest.param(
            KNOWN, 100, answer(206, content_range="bytes 100-999/*"), Verdict.GO_ON, id="no total"
        ),
        pytest.param(
            KNOWN, 100, answer(206, content_range="bytes 99-999/1000"), Verdict.CHANGED, id="start"
        ),
        pytest.param(KNOWN, 100, answer(206, etag='"v1"'), Verdict.CHANGED, id="206 without range"),
        pytest.param(
            KNOWN, 100, answer(206, content_range="bytes 100-998/999"), Verdict.CHANGED, id="total"
        ),
        pytest.param(
            KNOWN, 100, answer(206, content_range=RANGE, etag='"v2"'), Verdict.CHANGED, id="etag"
        ),
        pytest.param(
            Validators(etag='W/"v1"'),
            100,
            answer(206, content_range=RANGE, etag='W/"v2"'),
            Verdict.CHANGED,
            id="weak etag",
        ),
        pytest.param(
            KNOWN,
            100,
            answer(206, content_range=RANGE, etag='"v1"', last_modified=OTHER_DATE),
            Verdict.CHANGED,
            id="date differs though the etag agrees",
        ),
        pytest.param(
            KNOWN,
            100,
            answer(200, etag='"v1"', content_length="1000"),
            Verdict.GO_ON,
            id="200 same",
        ),
        pytest.param(
            KNOWN, 100, answer(200, last_modified=DATE), Verdict.GO_ON, id="200, same date"
        ),
        pytest.param(KNOWN, 100, answer(200, etag='"v2"'), Verdict.CHANGED, id="200, other etag"),
        pytest.param(
            KNOWN,
            100,
            answer(200, etag='"v1"', content_length="999"),
            Verdict.CHANGED,
            id="200, other total",
        ),
        pytest.param(
            KNOWN, 100, answer(200, content_length="1000"), Verdict.NO_RANGE, id="200, same size"
        ),
        pytest.param(KNOWN, 100, answer(200), Verdict.NO_RANGE, id="200, nothing to compare"),
        pytest.param(KNOWN, 100, answer(None), Verdict.NO_RANGE, id="HTTP/0.9"),
        pytest.param(KNOWN, 100, answer(203), Verdict.NO_RANGE, id="203"),
        pytest.param(KNOWN, 100, answer(300), Verdict.NO_RANGE, id="300"),
        pytest.param(KNOWN, 100, answer(204), Verdict.GO_ON, id="204 writes nothing"),
        pytest.param(KNOWN, 100, answer(503), Verdict.GO_ON, id="503 writes nothing"),
        pytest.param(KNOWN, 100, answer(412), Verdict.CHANGED, id="412"),
        pytest.param(KNOWN, 100, answer(416), Verdict.CHANGED, id="416 while partial"),
        pytest.param(Validators(), 0, answer(416), Verdict.CHANGED, id="fresh 416"),
        pytest.param(
            Validators(),
            1000,
            answer(416, content_range="bytes */1000"),
            Verdict.GO_ON,
            id="416 of a complete file",
        ),
        pytest.param(KNOWN, 1000, answer(416), Verdict.GO_ON, id="416 of a known complete file"),
        pytest.param(
            KNOWN, 999, answer(416, content_range="bytes */999"), Verdict.CHANGED, id="416 smaller"
        ),
        pytest.param(
            KNOWN,
            1000,
            answer(416, content_range="bytes */1000", etag='"v2"'),
            Verdict.CHANGED,
            id="416 of another file",
        ),
    ],
)
def test_an_answer_is_judged_by_its_head(
    known: Validators, offset_bytes: int, response: Response, verdict: Verdict
):
    assert check_response(known, offset_bytes, response) is verdict


@pytest.mark.parametrize(
    "known, offset_bytes, response, verdict",
    [
        pytest.param(
            KNOWN, 100, answer(206, content_range=RANGE, etag='"v1"'), Verdict.GO_ON, id="same etag"
        ),
        pytest.param(
            KNOWN,
            100,
            answer(206, content_range=RANGE, last_modified=DATE),
            Verdict.GO_ON,
            id="same date",
        ),
        pytest.param(
            KNOWN, 100, answer(206, content_range=RANGE), Verdict.CHANGED, id="same size alone"
        ),
        pytest.param(
            Validators(total=1000),
            100,
            answer(206, content_range=RANGE, etag='"v1"'),
            Verdict.CHANGED,
            id="nothing known to compare with",
        ),
        pytest.param(
            KNOWN,
            1000,
            answer(416, content_range="bytes */1000"),
            Verdict.CHANGED,
            id="416 of an equal size",
        ),
        pytest.param(
            KNOWN,
            1000,
            answer(416, content_range="bytes */1000", etag='"v1"'),
            Verdict.GO_ON,
            id="416 of the same file",
        ),
        pytest.param(Validators(), 0, answer(200), Verdict.GO_ON, id="from zero"),
        pytest.param(KNOWN, 100, answer(503), Verdict.GO_ON, id="503 writes nothing"),
    ],
)
def test_another_link_must_show_that_it_leads_to_the_same_file(
    known: Validators, offset_bytes: int, response: Response, verdict: Verdict
):
    assert check_response(known, offset_bytes, response, is_other_link=True) is verdict


@pytest.mark.parametrize(
    "known, header",
    [
        (KNOWN, 'If-Match: "v1"'),
        (Validators(etag='""'), 'If-Match: ""'),
        (Validators(etag='W/"v1"', last_modified=DATE), f"If-Unmodified-Since: {DATE}"),
        (Validators(etag='"a b"', last_modified=DATE), f"If-Unmodified-Since: {DATE}"),
        (Validators(etag="v1"), None),
        (Validators(etag='"a"b"'), None),
        (Validators(etag='"ä"'), None),
        (Validators(etag='"a\r\nX: y"'), None),
        (Validators(etag='"a"\n'), None),
        (Validators(etag='"' + "a" * 5000 + '"'), None),
        (Validators(last_modified="yesterday"), None),
        (Validators(last_modified=f"{DATE}\r\nX: y"), None),
        (Validators(last_modified=f"{DATE}\n"), None),
        (Validators(total=5), None),
        (Validators(), None),
    ],
)
def test_a_condition_is_sent_only_if_it_is_strong_and_clean(known: Validators, header: str | None):
    assert condition_header(known) == header


@pytest.mark.parametrize(
    "response, size_bytes, expected",
    [
        (answer(206, content_range="bytes 1000-20999/50000"), 21_000, True),
        (answer(206, content_range="bytes 1000-20999/*"), 21_000, True),
        (answer(206, content_range="bytes 1000-20999/50000"), 20_000, False),
        (answer(206, content_range="bytes 1000-1999/50000"), 2_000, False),
        (answer(206), 21_000, False),
        (answer(200, content_range="bytes 1000-20999/50000"), 21_000, False),
        (answer(None), 21_000, False),
    ],
    ids=["whole", "of unknown total", "cut", "tiny", "no range", "not a range", "no HTTP"],
)
def test_a_piece_that_came_whole_is_told_from_one_that_was_cut(
    response: Response, size_bytes: int, expected: bool
):
    assert is_whole_piece(response, 1000, size_bytes) is expected
