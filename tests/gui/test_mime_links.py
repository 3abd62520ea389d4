import pytest
from PySide6.QtCore import QMimeData

from dlmanager.gui import mime_links
from dlmanager.gui.mime_links import may_hold_links, offer_of


def mime(**formats: bytes) -> QMimeData:
    names = {
        "uri_list": "text/uri-list",
        "moz": "text/x-moz-url",
        "netscape": "_NETSCAPE_URL",
        "plain": "text/plain",
        "html": "text/html",
    }
    made = QMimeData()
    for name, data in formats.items():
        made.setData(names[name], data)
    return made


@pytest.mark.parametrize(
    "dropped, links",
    [
        (
            mime(uri_list=b"http://a.org/x%20y\r\nhttps://b.org/\r\n"),
            "http://a.org/x%20y https://b.org/",
        ),
        (mime(uri_list=b"# title\r\nhttp://a.org/\r\nhttp://a.org/\r\n"), "http://a.org/"),
        (
            mime(uri_list=b"file:///etc/passwd\r\njavascript:alert(1)\r\n"),
            "javascript:alert(1)",
        ),
        (mime(uri_list=b"http://a.org/\r\nftp://a.org/\r\n"), "http://a.org/ ftp://a.org/"),
        (mime(plain=b"ftp://a.org/x"), "ftp://a.org/x"),
        (mime(html=b'<a href="http://a.org/x">x</a>', plain=b"ftp://a.org/x"), "http://a.org/x"),
        (mime(uri_list=b"file:///a.txt\r\n", plain=b"http://a.org/"), "http://a.org/"),
        (mime(moz="http://a.org/x\nTitle http://no.org/".encode("utf-16-le")), "http://a.org/x"),
        (mime(moz=b"http://a.org/x\nTitle"), "http://a.org/x"),
        (mime(netscape=b"http://a.org/x\nTitle"), "http://a.org/x"),
        (mime(plain=b"see http://a.org/x, and https://b.org/y."), "http://a.org/x https://b.org/y"),
        (mime(html=b'<a href="http://a.org/x">here</a>', plain=b"here"), "http://a.org/x"),
        (
            mime(
                uri_list=b"http://a.org/x%20y",
                plain=b"http://a.org/x y",
                html=b'<a href="http://a.org/other">x</a>',
            ),
            "http://a.org/x%20y",
        ),
        (
            mime(moz="http://a.org/x\nTitle\nhttp://b.org/y\nOther".encode("utf-16-le")),
            "http://a.org/x http://b.org/y",
        ),
        (mime(plain=b"no link at all", html=b"<p>no link at all</p>"), ""),
        (mime(), ""),
        (mime(netscape=b"http://a.org/\xff\r\n"), "http://a.org/\N{REPLACEMENT CHARACTER}"),
    ],
    ids=[
        "uri list as written",
        "comments and repeats",
        "other schemes",
        "another scheme beside a link",
        "another scheme in text",
        "a link that can be used wins",
        "files beside text",
        "Firefox",
        "Firefox in UTF-8",
        "Netscape",
        "text",
        "HTML",
        "the most careful format wins",
        "several of Firefox",
        "none",
        "empty",
        "broken bytes",
    ],
)
def test_links_of_drops_and_pastes(dropped: QMimeData, links: str) -> None:
    assert offer_of(dropped).read_links() == links.split()


def test_a_blank_in_a_pasted_link_cuts_nothing_off(qapp: object) -> None:
    assert offer_of(mime(plain=b"http://a.org/x y.bin")).read_links() == ["http://a.org/x y.bin"]


def test_text_set_by_a_qt_program_is_read(qapp: object) -> None:
    made = QMimeData()
    made.setText("http://a.org/ä")
    assert offer_of(made).read_links() == ["http://a.org/ä"]


@pytest.mark.parametrize("name", ["uri_list", "plain"])
def test_a_flood_is_cut_between_two_links(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mime_links, "MAX_BYTES", 33)
    flood = mime(**{name: b"http://a.org/1\nhttp://a.org/2\nhttp://a.org/3\n"})
    assert offer_of(flood).read_links() == ["http://a.org/1", "http://a.org/2"]


def test_formats_alone_tell_what_may_hold_links() -> None:
    assert may_hold_links(mime(plain=b"x"))
    assert may_hold_links(mime(netscape=b"x"))
    assert may_hold_links(mime(uri_list=b"x"))
    picture = QMimeData()
    picture.setData("image/png", b"x")
    assert not may_hold_links(picture)


@pytest.mark.parametrize(
    "dropped, files, links",
    [
        (mime(uri_list=b"file:///a%20b.url\r\n", plain=b"file:///a b.url"), ["/a b.url"], []),
        (mime(uri_list=b"file:///a.url\r\nhttp://a.org/\r\n"), ["/a.url"], ["http://a.org/"]),
        (mime(uri_list=b"FILE:///a\r\nfile:///b\r\nfile:///b\r\n"), ["/a", "/b"], []),
        (mime(uri_list=b"http://a.org/"), [], ["http://a.org/"]),
        (mime(plain=b"file:///a.url"), [], []),
        (mime(uri_list=b"file:\r\n"), [], []),
    ],
    ids=["a file", "a file and a link", "files", "a link", "a file as text", "nothing"],
)
def test_files_of_this_machine_are_told_apart(
    dropped: QMimeData, files: list[str], links: list[str]
) -> None:
    offer = offer_of(dropped)
    assert list(offer.files) == files
    assert [link for link in offer.read_links() if not link.startswith("file:")] == links


def test_what_is_long_is_told_before_it_is_read() -> None:
    assert not offer_of(mime(plain=b"http://a.org/")).is_long
    assert offer_of(mime(plain=b"http://a.org/\n" * 10_000)).is_long
