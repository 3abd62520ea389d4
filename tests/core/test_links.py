import time

import pytest

from dlmanager.core.links import (
    MAX_HTML_CHARACTERS,
    MAX_LINK_CHARACTERS,
    find_html_links,
    find_links,
)


@pytest.mark.parametrize(
    "text, links",
    [
        ("", []),
        ("no link here, ftp://a/b neither", []),
        ("http:// http:/// https", []),
        ("see http://a/b.", ["http://a/b"]),
        ("http://a/b\nhttps://c/d\r\nhttp://a/b", ["http://a/b", "https://c/d"]),
        ("Is it http://a/b?c=d&e=f?!", ["http://a/b?c=d&e=f"]),
        ("(http://a/b)", ["http://a/b"]),
        ("http://en.wikipedia.org/wiki/A_(b)", ["http://en.wikipedia.org/wiki/A_(b)"]),
        ("(see http://en.wikipedia.org/wiki/A_(b)).", ["http://en.wikipedia.org/wiki/A_(b)"]),
        ("[text](http://a/b)", ["http://a/b"]),
        ("[http://a/b](http://c/d)", ["http://a/b", "http://c/d"]),
        ("<http://a/b>", ["http://a/b"]),
        ("\"http://a/b\" 'http://c/d'", ["http://a/b", "http://c/d"]),
        ("http://a/b,http://c/d;http://e/f", ["http://a/b", "http://c/d", "http://e/f"]),
        ("http://a/b,c", ["http://a/b,c"]),
        ("http://a/web/http://b/c", ["http://a/web/http://b/c"]),
        ("http://a/b[0]", ["http://a/b[0]"]),
        ("http://a/b(", ["http://a/b"]),
        ("http://a/b)(", ["http://a/b"]),
        ("見よhttp://例え.jp/あ。はい", ["http://例え.jp/あ"]),
        ("“http://a/b”", ["http://a/b"]),
        ("HTTP://A/B", ["HTTP://A/B"]),
        ("link:http://a/b xhttp://c/d", ["http://a/b"]),
        ("http://a/b\0http://c/d", ["http://a/b", "http://c/d"]),
        ("http://a/" + "b" * MAX_LINK_CHARACTERS, []),
    ],
)
def test_links_are_found_in_text(text: str, links: list[str]):
    assert find_links(text) == links


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


def test_a_hundred_thousand_lines_are_read_at_once():
    links = [f"https://example.org/file{i}.zip" for i in range(100_000)]
    started_s = time.monotonic()
    assert find_links("\n".join(links)) == links
    assert time.monotonic() - started_s < 10


@pytest.mark.parametrize(
    "piece", ["<a ", "<!--", "<a href='", "<a =>", "<a ' >", "http://a,", "http://a/(((", "((((("]
)
def test_hostile_text_takes_time_in_proportion(piece: str):
    text = (piece * (MAX_HTML_CHARACTERS // 16 // len(piece)))[: MAX_HTML_CHARACTERS // 16]
    started_s = time.monotonic()
    find_html_links(text)
    find_links(text)
    assert time.monotonic() - started_s < 5  # quadratic time would be minutes
