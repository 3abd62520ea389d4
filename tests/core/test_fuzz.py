import itertools
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlmanager.core.errors import InvalidName, InvalidUrl
from dlmanager.core.filenames import (
    MAX_COMPONENT_BYTES,
    MAX_NAME_BYTES,
    check_filename,
    numbered_name,
    part_name,
    safe_filename,
    suggest_filename,
)
from dlmanager.core.links import find_html_links, find_links
from dlmanager.core.response import Response
from dlmanager.core.retry_after import MAX_RETRY_AFTER_S, parse_retry_after
from dlmanager.core.urls import MAX_URL_BYTES, normalise_url, redact_url
from dlmanager.core.validators import parse_content_range
from dlmanager.wget.output import MAX_TAIL_CHARACTERS, BarLine, Event, Message, OutputParser

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
        ]
    )
    | st.binary(max_size=40),
    max_size=30,
).map(b"".join)


def assert_safe(name: str) -> None:
    """Section by section: what may become a file's name anywhere."""
    assert name
    assert name == unicodedata.normalize("NFC", name)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert not re.search(
        r'[/\\<>:"|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]', name
    )
    assert not name[0].isspace()
    assert name[0] not in ".-"
    assert not name[-1].isspace()
    assert name[-1] != "."
    stem = name.split(".")[0].rstrip().lower()
    assert stem not in {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{d}{n}" for d in ("com", "lpt") for n in range(10)),
    }


@fuzz
@given(LINK)
def test_any_text_is_a_clean_link_or_refused(text: str):
    try:
        url = normalise_url(text)
    except InvalidUrl as refused:
        words = str(refused)
        assert words.isprintable()
        return
    assert re.fullmatch(r"https?://[\x21-\x7e]+", url)
    assert "\\" not in url
    assert "#" not in url
    assert len(url) <= MAX_URL_BYTES
    assert normalise_url(url) == url
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


@fuzz
@given(NAME, st.integers(1, 999))
def test_any_name_is_made_safe_and_stays_so(text: str, n: int):
    name = safe_filename(text)
    assert_safe(name)
    assert safe_filename(name) == name
    assert check_filename(name) == name
    numbered = numbered_name(name, n)
    part = part_name(numbered, "0123456789")
    assert len(numbered.encode()) <= MAX_COMPONENT_BYTES
    assert len(part.encode()) <= MAX_COMPONENT_BYTES
    assert part == f"{numbered}.01234567.part"


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
    for link in find_links(text) + find_html_links(f"<a href='{text}'>{text}"):
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
