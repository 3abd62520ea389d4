"""Whatever comes: no error but the declared ones, and the invariants hold."""

import itertools
import pickle
import re
from urllib.parse import quote

import ada_url
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlmanager.core.checksum import parse_checksum, parse_checksum_list
from dlmanager.core.errors import InvalidChecksum, InvalidName, InvalidUrl
from dlmanager.core.expectation import Expectation, doubt_of, looks_like_page, name_of_page
from dlmanager.core.filenames import check_filename, safe_filename, suggest_filename
from dlmanager.core.html_links import find_html_links
from dlmanager.core.links import read_pasted
from dlmanager.core.response import Response
from dlmanager.core.retry_after import MAX_RETRY_AFTER_S, parse_retry_after
from dlmanager.core.urls import MAX_URL_BYTES, normalise_url, redact_url
from dlmanager.core.validators import (
    check_response,
    condition_header,
    parse_content_range,
    validators_of,
)
from dlmanager.wget.exit_status import WgetExit, classify
from dlmanager.wget.output import (
    MAX_HEADER_BYTES,
    MAX_LINE_BYTES,
    MAX_TAIL_CHARACTERS,
    BarLine,
    Event,
    Message,
    OutputParser,
)
from tests.core.safe_names import assert_safe

fuzz = settings(deadline=None, max_examples=120, database=None)

any_text = st.text(st.characters(codec=None, categories=None), max_size=300)


def mixed(*pieces: str) -> st.SearchStrategy[str]:
    """Text that is mostly made of the pieces that matter to a parser."""
    return st.lists(st.sampled_from(pieces) | any_text, max_size=12).map("".join)


LINK = mixed(
    "http://", "https://", "HTTP:", "//", "/", "a.b", "..", "%", "%2f", "%00", "@", ":", "?", "#",
    "[::1]", "xn--", "ä", "-O", "\\", "\n", " ", "token=", "&", "99999", "\u202e", "\udcff",
)  # fmt: skip
NAME = mixed("a", ".", "-", " ", "/", "\\", "con", "NUL", ".tar.gz", "x" * 200, "😀" * 60, "\u0301")
DISPOSITION = mixed(
    "attachment", ";", "filename", "*", "=", '"', "'", "UTF-8''", "%", "%e4", "*0", "*1*",
    "=?utf-8?B?", "=?utf-8?Q?", "?=", "\\", "../", "utf-16", "latin-1",
)  # fmt: skip
RANGE = mixed("bytes", " ", "0", "999", "-", "/", "*", "9" * 25, "٣")
WAIT = mixed("0", "9" * 30, "Mon", ", ", "23", " Nov ", "2026", " 12:00:00", " GMT", "-", ".", "٣")

CHECKSUM = mixed(
    "0a" * 16, "F" * 40, "1b" * 32, "e" * 128, "sha256", "BLAKE2b", "SHA-1", "md5", ":", "=", " ",
    "  ", " *", "(", ")", "\\", "\n", "#", "./a", "-----BEGIN PGP SIGNED MESSAGE-----", "٣",
)  # fmt: skip

HEADER_NAME = st.sampled_from(
    ["etag", "last-modified", "content-length", "content-range", "retry-after", "location",
     "content-type", "content-disposition", "transfer-encoding"]
)  # fmt: skip
HEADER = (
    RANGE
    | WAIT
    | DISPOSITION
    | mixed('"', "W/", "bytes 0-9/10", "10", "9" * 20, "chunked", "text/html", ",", "/", "ftp:x")
)

OUTPUT = st.lists(
    st.sampled_from(
        [
            b"--2026-11-23 22:56:50--  http://u:p@a/?key=x\n",
            b"HTTP request sent, awaiting response... \n",
            b"  HTTP/1.1 200 OK\n",
            b"  ETag: \\033\\344\\\\x\n",
            b"Length: 5\n",
            b"\n",
            b"\r",
            b"\rname 43%[++=>  ]   1.25M  1.46MB/s    eta 4h 1m  ",
            b"  <=> ]",
            b"99999999999999999P",
            b"Connecting to a... failed: x.\n",
            b"Proxy request sent, awaiting response... \r\n",
            b"  HTTP/1.1 206 " + b"x" * 40_000 + b"\r\n",
            b"x" * MAX_LINE_BYTES,
            b"  Content-Length: 5\r",
            b"--2026-11-23 22:56:50--  http://a/\xc3",
            b"\xa4\r\n",
        ]
    )
    | st.binary(max_size=40),
    max_size=30,
).map(b"".join)


@fuzz
@given(LINK)
def test_any_text_is_a_clean_link_or_refused(text: str):
    try:
        url = normalise_url(text)
    except InvalidUrl as refused:
        words = str(refused)
        assert words.isprintable()
        assert len(words) < 300
        return
    assert re.fullmatch(r"https?://[\x21-\x7e]+", url)
    assert "\\" not in url
    assert "#" not in url
    assert len(url) <= MAX_URL_BYTES
    assert normalise_url(url) == url
    parsed = ada_url.URL(url)
    assert parsed.href == url
    assert parsed.protocol in ("http:", "https:")
    assert parsed.hostname
    assert parsed.port != "0"
    assert_safe(suggest_filename(url))


@fuzz
@given(st.text("ab:/%", max_size=10), st.text("klmnop", min_size=12, max_size=12))
def test_no_password_survives_redaction(user: str, password: str):
    shown = redact_url(f"http://{user.replace('/', '')}:{password}@host/?a=b&token={password}")
    assert password not in shown


@fuzz
@given(LINK, DISPOSITION | st.none(), any_text | st.just("text/html") | st.none())
def test_any_suggestion_is_one_safe_name(url: str, disposition: str | None, type_: str | None):
    assert_safe(suggest_filename(url, disposition, type_))
    assert_safe(name_of_page(suggest_filename(url, disposition), type_, b"<html>"))


@fuzz
@given(NAME.map(lambda text: quote(text, errors="surrogatepass")))
def test_any_name_in_a_link_is_made_safe(name: str):
    assert_safe(suggest_filename(f"http://a/{name}"))


@fuzz
@given(NAME, st.sampled_from(["utf-8", "iso-8859-1", "utf-16", "koi8-r", "gb18030"]))
def test_any_name_in_a_header_is_made_safe(name: str, charset: str):
    encoded = quote(name.encode(charset, errors="replace"))
    assert_safe(suggest_filename("", f"attachment; filename*={charset}''{encoded}"))
    quoted = name.replace("\\", r"\\").replace('"', r"\"")
    assert_safe(suggest_filename("", f'attachment; filename="{quoted}"'))


@fuzz
@given(DISPOSITION)
def test_a_safe_name_in_quotes_comes_through_as_it_is(text: str):
    name = safe_filename(text)
    if name.isascii() and "=?" not in name:
        assert suggest_filename("", f'attachment; filename="{name}"') == name
    assert suggest_filename("", f"attachment; filename*=UTF-8''{quote(name)}") == name


@fuzz
@given(NAME)
def test_any_name_is_made_safe(text: str):
    assert_safe(safe_filename(text))


@fuzz
@given(NAME)
def test_a_name_that_a_person_may_type_needs_no_repair(text: str):
    try:
        name = check_filename(text)
    except InvalidName as refused:
        words = str(refused)
        assert words.isprintable()
        return
    assert_safe(name)
    assert safe_filename(name) == name


@fuzz
@given(LINK)
def test_links_in_any_text_are_found_without_raising(text: str):
    for link in read_pasted(text) + find_html_links(f"<a href='{text}'>{text}"):
        assert link in text or "&" in text or re.search(r"[\t\r\n]", text)


@fuzz
@given(RANGE)
def test_any_content_range_is_sound_or_none(text: str):
    content_range = parse_content_range(text)
    if content_range is not None and content_range.start is not None:
        assert content_range.end is not None
        assert 0 <= content_range.start <= content_range.end < 2**63
        assert content_range.total is None or content_range.end < content_range.total


@fuzz
@given(WAIT, st.floats())
def test_any_retry_after_is_a_bounded_wait_or_none(text: str, now_s: float):
    wait_s = parse_retry_after(text, now_s)
    assert wait_s is None or 0 <= wait_s <= MAX_RETRY_AFTER_S


@fuzz
@given(
    st.sampled_from([None, 200, 206, 301, 401, 404, 412, 416, 429, 503]),
    st.lists(st.tuples(HEADER_NAME, HEADER), max_size=6),
    st.integers(0, 2**40),
)
def test_any_header_block_is_judged_without_raising(
    status: int | None, headers: list[tuple[str, str]], offset_bytes: int
):
    response = Response(status, tuple(headers))
    told = validators_of(response)
    assert told.total is None or 0 <= told.total < 2**63
    check_response(told, offset_bytes, response)
    condition = condition_header(told)
    assert condition is None or re.fullmatch(r"If-[A-Z][A-Za-z-]+: [\x20-\x7e]+", condition)
    expected = Expectation("http://a/x.zip", None, response.header("content-type"), offset_bytes)
    doubt_of(expected, response, is_same_file=False)
    outcome = classify(
        WgetExit(8, None),
        response,
        [],
        offset_bytes=offset_bytes,
        size_bytes=offset_bytes,
        known_total=None,
        now_s=1.8e9,
    )
    assert outcome.retry_after_s is None or 0 <= outcome.retry_after_s <= MAX_RETRY_AFTER_S
    assert (outcome.error_message or "x").isprintable()


@fuzz
@given(st.binary(max_size=200).map(lambda tail: b"<?xml a?><!--" + tail) | st.binary())
def test_any_body_is_a_page_or_not(head: bytes):
    looks_like_page(head)


@pytest.mark.fault(41)
@fuzz
@given(OUTPUT, st.lists(st.integers(0, 1200), max_size=20))
def test_any_output_reads_the_same_however_it_is_cut(output: bytes, cuts: list[int]):
    def read(places: list[int]) -> tuple[list[Event], list[str]]:
        parser = OutputParser()
        bounds = [0, *sorted(places), max([len(output), *places])]
        events: list[Event] = []
        for start, end in itertools.pairwise(bounds):
            events += parser.feed(output[start:end])
            assert state_bytes(parser) < MAX_STATE_BYTES
        events += parser.close()
        assert sum(map(len, parser.tail)) <= MAX_TAIL_CHARACTERS
        return [event for event in events if not isinstance(event, BarLine)], parser.tail

    whole, tail = read([])
    assert read(cuts) == (whole, tail)
    assert all("\x1b" not in line and "\r" not in line for line in tail)
    for event in whole:
        if isinstance(event, Message):
            assert not re.search(r"[\x00-\x1f\x7f-\x9f]", event.text)
        elif isinstance(event, Response):
            assert not any(
                re.search(r"[\x00-\x1f\x7f]", name + value) for name, value in event.headers
            )


MAX_STATE_BYTES = 2 * MAX_HEADER_BYTES + 4 * MAX_TAIL_CHARACTERS


def state_bytes(parser: OutputParser) -> int:
    """What a parser holds on to, whatever it is called."""
    return len(pickle.dumps(vars(parser)))


@pytest.mark.parametrize(
    "piece",
    [
        b"x",
        b"x\n",
        b"\r",
        b"\r\n",
        b"  Header: value\n",
        b"HTTP request sent, awaiting response... \n  HTTP/1.1 200 OK\n",
        b"HTTP request sent, awaiting response... \n" + b"  x: " + b"y" * 60_000 + b"\n",
        b"\r 43%[++=>  ]   1.25M  1.46MB/s    eta 4h 1m  ",
        b"\xff\x00\xc3",
    ],
    ids=lambda piece: ascii(piece)[:40],
)
def test_a_flood_of_anything_is_not_kept(piece: bytes):
    parser = OutputParser()
    flood = piece * (2_000_000 // len(piece))
    for _ in range(3):
        parser.feed(flood)
        assert state_bytes(parser) < MAX_STATE_BYTES
    parser.close()
    assert sum(map(len, parser.tail)) <= MAX_TAIL_CHARACTERS


@fuzz
@given(CHECKSUM)
def test_whatever_a_checksum_is_read_from_it_is_one(text: str) -> None:
    reason, checksum = "", None
    try:
        checksum = parse_checksum(text)
    except InvalidChecksum as error:
        reason = str(error)
    assert reason.isprintable()
    assert len(reason) < 300
    if checksum is not None:
        assert re.fullmatch(f"[0-9a-f]{{{checksum.kind.digits}}}", checksum.hex, re.ASCII)
        assert parse_checksum(str(checksum)) == checksum


@fuzz
@given(CHECKSUM)
def test_whatever_a_list_of_checksums_holds_each_line_is_read_or_named(text: str) -> None:
    read = parse_checksum_list(text)
    count = text.count("\n") + 1
    assert len(read.checksums) + len(read.bad_lines) <= count
    assert all(1 <= line.number <= count and line.reason for line in read.bad_lines)
    assert all(name for name in read.checksums)
    for checksum in read.checksums.values():
        assert parse_checksum(str(checksum)) == checksum
