"""What counts as a page, what as a file, and when one comes for the other."""

import pytest

from dlmanager.core.expectation import (
    SNIFFED_BYTES,
    Doubt,
    Expectation,
    Kind,
    doubt_of,
    kind_of_name,
    kind_of_type,
    looks_like_page,
    name_of_page,
)
from dlmanager.core.response import Response

SITE = "http://example.org"


def answer(content_type: str | None = None, status: int = 200, **headers: str) -> Response:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if content_type is not None:
        pairs.append(("content-type", content_type))
    return Response(status, tuple(pairs))


def doubt(
    path: str,
    response: Response,
    *,
    name: str | None = None,
    earlier_type: str | None = None,
    earlier_total: int | None = None,
    is_same_file: bool = False,
) -> Doubt:
    expected = Expectation(SITE + path, name, earlier_type, earlier_total)
    return doubt_of(expected, response, is_same_file=is_same_file)


@pytest.mark.parametrize(
    "content_type", ["text/html", "Text/HTML; charset=x", "application/xhtml+xml"]
)
class TestAPageByItsType:
    @pytest.mark.parametrize(
        "path",
        [
            "/a.zip",
            "/a.iso?x=1",
            "/A.PDF",
            "/a.tar.gz",
            "/a.7z.001",
            "/a.r00",
            "/a.txt",
            "/x/a.JSON",
        ],
    )
    def test_is_no_file(self, path: str, content_type: str):
        assert doubt(path, answer(content_type)) is Doubt.PAGE

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "/",
            "/get",
            "/a/",
            "/a.html",
            "/a.HTM",
            "/a.php?file=a.zip",
            "/a.aspx",
            "/about.me",
            "/example.com",
            "/v1.2",
            "/a.unheard-of",
            "/.zip",
            "/a.zip/",
        ],
    )
    def test_is_what_many_links_lead_to(self, path: str, content_type: str):
        assert doubt(path, answer(content_type)) is Doubt.NONE

    def test_is_no_file_of_the_name_that_the_person_gave(self, content_type: str):
        assert doubt("/get", answer(content_type), name="a.zip") is Doubt.PAGE
        assert doubt("/a.zip", answer(content_type), name="a") is Doubt.PAGE
        assert doubt("/a.zip", answer(content_type), name="a.html") is Doubt.NONE

    @pytest.mark.parametrize(
        "earlier", ["application/zip", "application/octet-stream", "text/plain", "image/png"]
    )
    def test_is_not_what_came_before(self, earlier: str, content_type: str):
        assert doubt("/get.php", answer(content_type), earlier_type=earlier) is Doubt.PAGE

    def test_may_have_come_before_too(self, content_type: str):
        page = answer(content_type)
        assert doubt("/get", page, earlier_type="text/html", earlier_total=5) is Doubt.NONE
        assert doubt("/get", page, earlier_type="application/xhtml+xml") is Doubt.NONE

    def test_of_another_size_is_not_what_came_before(self, content_type: str):
        page = answer(content_type, content_length="300")
        assert doubt("/get", page, earlier_total=9000) is Doubt.PAGE
        assert doubt("/get", answer(content_type), earlier_total=9000) is Doubt.PAGE
        assert doubt("/get", page, earlier_total=300) is Doubt.NONE

    def test_is_the_file_where_the_validators_say_so(self, content_type: str):
        page = answer(content_type, status=206)
        assert doubt("/a.zip", page, is_same_file=True) is Doubt.NONE

    def test_that_names_a_file_is_judged_by_its_body(self, content_type: str):
        zipped = answer(content_type, content_disposition='attachment; filename="a.zip"')
        assert doubt("/get.php", zipped) is Doubt.BODY
        assert doubt("/a.zip", zipped) is Doubt.BODY
        text = answer(content_type, content_disposition='attachment; filename="a.txt"')
        assert doubt("/get.php", text) is Doubt.NONE
        page = answer(content_type, content_disposition='attachment; filename="login.html"')
        assert doubt("/get.php", page) is Doubt.NONE
        assert doubt("/a.zip", page) is Doubt.PAGE

    @pytest.mark.parametrize("status", [302, 404, 416, 503, None])
    def test_with_an_error_is_judged_by_the_error(self, status: int | None, content_type: str):
        assert doubt("/a.zip", Response(status, (("content-type", content_type),))) is Doubt.NONE


class TestAnAnswerWithoutAType:
    @pytest.mark.parametrize(
        "content_type",
        [None, "", "application/octet-stream", "text/plain", "*/*", "unknown/unknown"],
    )
    def test_is_judged_by_its_body_where_a_binary_file_was_expected(self, content_type: str | None):
        assert doubt("/a.zip", answer(content_type)) is Doubt.BODY
        assert doubt("/get", answer(content_type), name="a.zip") is Doubt.BODY
        assert doubt("/get", answer(content_type), earlier_type="video/mp4") is Doubt.BODY

    @pytest.mark.parametrize("path", ["/README.md", "/a.txt", "/a.xml", "/a.svg", "/get", "/"])
    def test_is_believed_where_a_text_may_begin_with_tags(self, path: str):
        assert doubt(path, answer(None)) is Doubt.NONE
        assert doubt(path, answer("text/plain"), earlier_type="text/plain") is Doubt.NONE

    def test_with_a_type_of_its_own_is_believed(self):
        assert doubt("/a.zip", answer("application/pdf")) is Doubt.NONE
        assert doubt("/a.zip", answer("text/css")) is Doubt.NONE


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><html>",
        b"<!doctype HTML PUBLIC",
        b"\r\n\t <html lang=en>",
        b"\xef\xbb\xbf<html>",
        b"<head><title>",
        b"<!-- login -->",
        b"<script>location='/login'</script>",
        b"<body >",
        b"<p>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC',
        b'<?xml version="1.0"?>\n<!-- x -->\n<html xmlns="x">',
    ],
)
def test_a_body_that_begins_with_tags_is_a_page(head: bytes):
    assert looks_like_page(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<",
        b"<html",
        b"PK\x03\x04",
        b"\x7fELF",
        b"%PDF-1.7",
        b"<pre>",
        b"<article>",
        b'<?xml version="1.0"?><svg>',
        b'<?xml version="1.0"?><rss><html>',
        b"hello <html>",
        b" " * SNIFFED_BYTES + b"<html>",
    ],
)
def test_another_body_is_none(head: bytes):
    assert not looks_like_page(head)


def test_a_hostile_body_takes_no_time():
    for piece in (b"<!--", b"<?xml ", b"<!-- -->", b" ", b"<?xml a>" + b"<!---->" * 200):
        looks_like_page(b'<?xml version="1.0"?>' + piece * 100_000)


@pytest.mark.parametrize(
    "name, kind",
    [
        ("a.zip", Kind.BINARY),
        ("a.b.ISO", Kind.BINARY),
        ("a.deb", Kind.BINARY),
        ("a.exe", Kind.BINARY),
        ("a.mp4", Kind.BINARY),
        ("a.docx", Kind.BINARY),
        ("a.xz", Kind.BINARY),
        ("a.part01.rar", Kind.BINARY),
        ("a.py", Kind.TEXT),
        ("a.csv", Kind.TEXT),
        ("a.svg", Kind.TEXT),
        ("a.js", Kind.TEXT),
        ("a.html", Kind.PAGE),
        ("a.jsp", Kind.PAGE),
        ("a.pl", Kind.PAGE),
        ("zip", None),
        (".zip", None),
        ("a.", None),
        ("a.001", None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_is_of_a_kind(name: str | None, kind: Kind | None):
    assert kind_of_name(name) is kind


@pytest.mark.parametrize(
    "content_type, kind",
    [
        ("application/zip", Kind.BINARY),
        ("image/png; q=1", Kind.BINARY),
        ("image/svg+xml", Kind.TEXT),
        ("text/css", Kind.TEXT),
        ("application/json", Kind.TEXT),
        ("text/plain", None),
        ("application/octet-stream", None),
        (None, None),
    ],
)
def test_a_type_is_of_a_kind(content_type: str | None, kind: Kind | None):
    assert kind_of_type(content_type) is kind


@pytest.mark.parametrize(
    "name, content_type, head, expected",
    [
        ("a.zip", "text/html", b"<html>", "a.zip.html"),
        ("a.zip", None, b"<html>", "a.zip.html"),
        ("a.zip", "text/html", b"plain words", "a.zip.html"),
        ("a.zip", "text/html", b"PK\x03\x04\0", "a.zip"),
        ("a.zip", "application/zip", b"PK\x03\x04\0", "a.zip"),
        ("login.htm", "text/html", b"<html>", "login.htm"),
        ("login", "text/html", b"<html>", "login.html"),
    ],
)
def test_an_accepted_page_gets_the_name_of_one(
    name: str, content_type: str | None, head: bytes, expected: str
):
    assert name_of_page(name, content_type, head) == expected
