import time

import pytest

from dlmanager.core.html_links import MAX_HTML_CHARACTERS, find_html_links
from dlmanager.core.links import MAX_LINK_CHARACTERS


@pytest.mark.parametrize(
    "html, links",
    [
        ("", []),
        ("<a href='http://a/b'>x</a><img src=http://c/d.png>", ["http://a/b", "http://c/d.png"]),
        ("<A HREF=' http://a/b?x=1&amp;y=2 '>", ["http://a/b?x=1&y=2"]),
        ("<a\nhref='http://a/\nb'>", ["http://a/b"]),
        ("<a title='>' href=\"http://a/b\">", ["http://a/b"]),
        ("<a href='/relative'><a href='//a/b'><a href='javascript:x'><a href>", []),
        ("<script src='http://a/b'></script><link href='http://a/c'>", []),
        ("<a src='http://a/b'><abbr href='http://a/c'>", []),
        ("<a href='http://a/b'><a href='http://a/b'>", ["http://a/b"]),
        ("<a href='http://a/b'><![foo", ["http://a/b"]),
        ("<video src=http://a/v><source src=http://a/s>", ["http://a/v", "http://a/s"]),
        ("<a href='http://a/" + "b" * MAX_LINK_CHARACTERS + "'>", []),
        ("<a href='http://a/" + "b" * 2 * MAX_LINK_CHARACTERS + "'>", []),
    ],
)
def test_links_are_found_in_html(html: str, links: list[str]):
    assert find_html_links(html) == links


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<a href='", "<a =>", "<a ' >", "((((("])
def test_hostile_pages_take_time_in_proportion(piece: str):
    text = (piece * (MAX_HTML_CHARACTERS // 16 // len(piece)))[: MAX_HTML_CHARACTERS // 16]
    started_s = time.monotonic()
    find_html_links(text)
    assert time.monotonic() - started_s < 5  # quadratic time would be minutes
