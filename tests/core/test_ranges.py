import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlmanager.core.errors import InvalidUrl
from dlmanager.core.ranges import MAX_LINKS, range_in

A = "https://a.org/"


@pytest.mark.parametrize(
    "text, links",
    [
        ("f[1-3].zip", "f1.zip f2.zip f3.zip"),
        ("f[08-11].zip", "f08.zip f09.zip f10.zip f11.zip"),
        ("f[1-010]", " ".join(f"f{n:03}" for n in range(1, 11))),
        ("f[0-2]", "f0 f1 f2"),
        ("f[3-1]", "f3 f2 f1"),
        ("f[10-08]", "f10 f09 f08"),
        ("f[0-10:5]", "f0 f5 f10"),
        ("f[0-9:4]", "f0 f4 f8"),
        ("f[9-0:4]", "f9 f5 f1"),
        ("f[5-5]", "f5"),
        ("f[00-01]", "f00 f01"),
        ("[1-2]/[1-2]", "1/1 1/2 2/1 2/2"),
        ("[1-2][1-2]", "11 12 21 22"),
        ("a[0][1-2]b[x-y]", "a[0]1b[x-y] a[0]2b[x-y]"),
    ],
)
def test_ranges_are_written_out(text: str, links: str):
    found = range_in(A + text)
    assert found is not None
    wanted = [A + each for each in links.split()]
    assert list(found.links()) == wanted
    assert (found.count, found.first, found.last) == (len(wanted), wanted[0], wanted[-1])


@pytest.mark.parametrize(
    "link",
    [
        "",
        A,
        "http://[::1]/file",
        "http://[2001:db8::1-2]/file",
        "http://[fe80::1]:8080/a[1].zip",
        f"{A}a[-1-2]",
        f"{A}a[1-2",
        f"{A}a[1--2]",
        f"{A}a[a-c]",
        f"{A}a[1-2:]",
        f"{A}a[1 - 2]",
        f"{A}a[١-٣]",
        f"{A}a%5B1-3%5D",
        f"{A}a[1234567890123456789-2]",
    ],
)
def test_other_brackets_are_no_range(link: str):
    assert range_in(link) is None


def test_a_range_beside_a_literal_address():
    found = range_in("http://[::1]:80/f[1-2]")
    assert found is not None
    assert list(found.links()) == ["http://[::1]:80/f1", "http://[::1]:80/f2"]


@pytest.mark.parametrize(
    "text, words",
    [
        ("f[1-10001]", "10,001 links, and 10,000 is the most"),
        ("[1-101]/[1-100]", "10,100 links"),
        ("[0-999999999999999999][0-999999999999999999]", "too many links"),
        ("[1-9:0]", "The step of [1-9:0] is 0."),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, words: str):
    with pytest.raises(InvalidUrl, match=re.escape(words)):
        range_in(A + text)


def test_as_many_as_allowed_are_taken():
    found = range_in(f"{A}[1-{MAX_LINKS}]")
    assert found is not None
    assert found.count == MAX_LINKS


@given(
    first=st.integers(0, 300),
    last=st.integers(0, 300),
    digits=st.integers(1, 6),
    step=st.integers(1, 7),
    text=st.text(alphabet="ab[]-:1", max_size=8),
)
def test_count_and_ends_are_those_of_the_links(
    first: int, last: int, digits: int, step: int, text: str
):
    link = f"{A}x[{first:0{digits}}-{last:0{digits}}:{step}]{text}"
    try:
        found = range_in(link)
    except InvalidUrl:
        return
    assert found is not None
    links = list(found.links())
    assert len(links) == found.count
    assert (links[0], links[-1]) == (found.first, found.last)
    assert len(set(links)) == len(links) or "[" in text
    assert f"{first:0{digits}}" in links[0]
