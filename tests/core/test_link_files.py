import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlmanager.core.checksum import parse_checksum
from dlmanager.core.errors import BadInput
from dlmanager.core.filenames import check_filename
from dlmanager.core.link_files import (
    MAX_BYTES,
    FileLink,
    LeftOut,
    LinkFile,
    decoded,
    read_link_file,
)
from dlmanager.core.mirrors import MAX_MIRRORS
from dlmanager.core.urls import normalise_url

A, B = "https://a.org/a.iso", "https://b.org/b.iso"


def urls(name: str, text: str | bytes, address: str | None = None) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [link.url for link in read_link_file(name, data, address).links]


def left_out(name: str, text: str, address: str | None = None) -> list[tuple[str, str]]:
    return [(e.where, e.reason) for e in read_link_file(name, text.encode(), address).left_out]


# Texts


def test_a_list_is_read_line_by_line_and_bad_lines_are_named():
    text = f"# mine\n{A}\n\nhttps://a.org/a b.iso\nftp://a.org/c\n{B}\n{A}\n"
    found = read_link_file("links.txt", text.encode())
    assert found.links == (FileLink(A), FileLink(B))
    assert [each.where for each in found.left_out] == ["Line 4", "Line 5"]
    assert "has a blank in it" in found.left_out[0].reason
    assert found.left_out[1].reason == "Only http and https links can be downloaded, not ftp."


def test_a_text_is_searched_for_links():
    text = f"Dear all,\nthe file is at {A} now, and the\nother one at {B}.\nYours\n"
    assert urls("mail", text) == [A, B]
    assert left_out("mail", text) == []


def test_a_text_without_links_holds_none():
    assert read_link_file("a.txt", b"Nothing here.\n").links == ()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_texts_of_other_systems_are_read(encoding: str):
    assert urls("a.txt", "https://a.org/größe\r\n".encode(encoding)) == ["https://a.org/größe"]


# Shortcuts


@pytest.mark.parametrize(
    "text",
    [
        f"[InternetShortcut]\r\nURL={A}\r\nIconIndex=0\r\n",
        f"[{{000214A0-0000-0000-C000-000000000046}}]\nProp3=19,2\n[INTERNETSHORTCUT]\nurl = {A}\n",
        f"[DEFAULT]\nBASEURL=http://no.org/\n[InternetShortcut]\nURL={A}\nURL=http://no.org/\n",
        f"; a % sign, and a line that is none\n[InternetShortcut]\n\nnone\n;URL=x\nURL={A}",
    ],
    ids=["Windows", "other sections", "before and after", "odd lines"],
)
def test_the_link_of_an_internet_shortcut(text: str):
    assert urls("a.URL", text) == [A]
    assert left_out("a.URL", text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"[Desktop Entry]\nVersion=1.0\nType=Link\nName=x\nURL={A}\n",
        f"[Desktop Entry]\nURL[$e]={A}\nType=Link\n",
        f"[Desktop Entry]\nURL[de]=http://no.org/\nURL={A}\nType=Link\n[Other]\nURL=http://no.org/",
        "[Desktop Entry]\nType=Link\nURL=https://a.org/a.is\\\\o\n".replace("\\\\", ""),
    ],
    ids=["usual", "KDE", "languages", "plain"],
)
def test_the_link_of_a_desktop_entry(text: str):
    assert urls("a.desktop", text) == [A]
    assert left_out("a.desktop", text) == []


@pytest.mark.parametrize(
    "name, text, where, words",
    [
        ("a.url", "", "Line 1", "no internet shortcut"),
        ("a.url", f"[Other]\nURL={A}", "Line 1", "no internet shortcut"),
        ("a.url", "[InternetShortcut]\nURL=file:///etc/passwd", "Line 2", "not file."),
        ("a.desktop", "[Desktop Entry]\nExec=rm\nType=Application", "Line 3", "starts a program"),
        ("a.desktop", f"[Desktop Entry]\nURL={A}", "Line 1", "no link"),
        ("a.desktop", "[Desktop Entry]\nType=Link", "Line 2", "names no URL"),
        ("a.desktop", "[Desktop Entry]\nType=Link\nURL=a\\sb", "Line 3", "has a blank in it"),
    ],
)
def test_a_shortcut_that_is_no_link_is_told(name: str, text: str, where: str, words: str):
    assert urls(name, text) == []
    ((found, reason),) = left_out(name, text)
    assert found == where
    assert words in reason


# Metalinks

METALINK = """<metalink xmlns="urn:ietf:params:xml:ns:metalink">
<file name="../../.ssh/a.iso"><url>ftp://a.org/a.iso</url><url>https://a.org/a.iso</url></file>
<file name="b.iso"><url>ftp://b.org/b.iso</url></file>
<file name="c.iso"></file>
<file><url>https://d.org/d</url></file>
"""


@pytest.mark.parametrize("name", ["x.meta4", "x.metalink"])
def test_each_file_of_a_metalink_gives_its_best_link_and_a_safe_name(name: str):
    found = read_link_file(name, f"{METALINK}</metalink>".encode())
    assert found.links == (
        FileLink("https://a.org/a.iso", "a.iso"),
        FileLink("https://d.org/d", None),
    )
    assert found.left_out == (
        LeftOut("Entry 2 (b.iso)", "Only http and https links can be downloaded, not ftp."),
        LeftOut("Entry 3 (c.iso)", "It names no link."),
    )


def test_a_metalink_that_was_cut_is_told_and_its_beginning_taken():
    found = read_link_file("x.meta4", METALINK.encode())
    assert len(found.links) == 2
    assert found.left_out[-1] == LeftOut("Line 6", "From here on this is no valid metalink.")


@given(st.text(max_size=40))
def test_names_of_metalinks_are_ones_that_a_person_could_type(name: str):
    escaped = "".join(c for c in name if c.isprintable()).translate(
        {ord("&"): "&amp;", ord("<"): "&lt;", ord('"'): "&quot;"}
    )
    text = (
        '<metalink xmlns="urn:ietf:params:xml:ns:metalink">'
        f'<file name="{escaped}"><url>{A}</url></file></metalink>'
    )
    (link,) = read_link_file("x.meta4", text.encode(errors="replace")).links
    assert link.name is None or check_filename(link.name) == link.name


# Web pages


@pytest.mark.parametrize(
    "html, address, links",
    [
        (f'<a href="{A}">x</a><A HREF={B}>', None, [A, B]),
        ('<a href="x/y.zip"><a href="/z.zip">', "https://a.org/d/i.html", "x/y /z"),
        ('<base href="https://a.org/d/"><a href="x/y.zip"><a href="/z.zip">', None, "x/y /z"),
        ('<base href="d/"><a href="x/y.zip"><a href="/z.zip">', "https://a.org/i", "x/y /z"),
        ('<base href="file:///etc/"><a href="d/x/y.zip">', "https://a.org/i", "x/y"),
        (
            '<!-- saved from url=(0022)https://a.org/d/i.html -->\n<a href="x/y.zip">',
            None,
            "x/y",
        ),
        ('<a href="//b.org/b.iso">', "https://a.org/", [B]),
        (f'<img src="{A}"><script src="{A}"></script><link href="{A}">', None, []),
        ('<a href="#top"><a href="mailto:x"><a href="JavaScript:x"><a href=""><a>', None, []),
        ('<a href="https://a.org/?x=1&amp;y=2">', None, ["https://a.org/?x=1&y=2"]),
        (f'<a href="{A}#1"><a href="{A}#2">', None, [f"{A}#1"]),
    ],
    ids=[
        "absolute",
        "address",
        "base",
        "both",
        "base that is none",
        "saved page",
        "without scheme",
        "no links to files",
        "not meant",
        "entities",
        "fragments",
    ],
)
def test_the_links_of_a_page(html: str, address: str | None, links: "list[str] | str"):
    whole = {"x/y": "https://a.org/d/x/y.zip", "/z": "https://a.org/z.zip"}
    wanted = links if isinstance(links, list) else [whole[each] for each in links.split()]
    assert urls("page.html", html, address) == wanted
    assert left_out("page.html", html, address) == []


def test_links_of_a_page_that_cannot_be_used_are_named_by_line():
    html = f'<p>\n<a href="{A}">\n\n<a href="b.zip?token=hunter2"> <a href="ftp://c.org/c">\n'
    assert urls("a.htm", html) == [A]
    assert left_out("a.htm", html) == [
        (
            "Line 4",
            "The page does not tell its own address, which this link is relative to: "
            "b.zip?token=***",
        ),
        ("Line 4", "Only http and https links can be downloaded, not ftp."),
    ]


@pytest.mark.parametrize(
    "head, encoding",
    [
        ('<meta charset="utf-8">', "utf-8"),
        ('<meta charset="utf-16">', "utf-8"),
        ("<META http-equiv=x content='text/html; charset=windows-1251'>", "cp1251"),
        ("<meta charset=latin1>", "cp1252"),
        ("<meta charset=no-such>", "utf-8"),
        ("<meta charset=rot13>", "utf-8"),
        ("<meta charset=utf-8>", "cp1252"),
        ("", "cp1252"),
        ("", "utf-16"),
    ],
)
def test_a_page_is_read_by_what_it_declares(head: str, encoding: str):
    written = "Я" if encoding == "cp1251" else "ö"
    html = f'{head}<a href="https://a.org/{written}">'
    assert urls("a.html", html.encode(encoding)) == [f"https://a.org/{written}"]


# Whatever comes


def test_a_file_beyond_the_bound_is_told():
    with pytest.raises(BadInput, match=r"more than 8 MB in a\.txt\. Split it"):
        read_link_file("a.txt", bytes(MAX_BYTES + 1))


def test_more_links_than_can_be_added_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dlmanager.core.link_files.MAX_LINKS", 2)
    text = "".join(f"https://a.org/{n}\n" for n in range(4))
    found = read_link_file("a.txt", text.encode())
    assert len(found.links) == 2
    assert [each.where for each in found.left_out] == ["Line 3", "Line 4"]


@pytest.mark.parametrize("name", ["a.txt", "a.url", "a.desktop", "a.meta4", "a.html", "", ".url"])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_and_what_is_found_can_be_used(name: str, data: bytes):
    for link in read_link_file(name, data).links:
        normalise_url(link.url)


@given(st.text(max_size=100))
def test_text_survives_its_encoding(text: str):
    data = text.encode("utf-8", errors="replace")
    if b"\0" not in data[:2] and not data.startswith("\ufeff".encode()):
        assert decoded(data) == data.decode()


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.meta4"])
def test_ten_thousand_links_take_seconds(name: str):
    lines = {
        "a.txt": "https://a.org/{n}\n",
        "a.html": '<a href="{n}">\n',
        "a.meta4": "<file><url>https://a.org/{n}</url></file>\n",
    }[name]
    text = "".join(lines.format(n=n) for n in range(10_000))
    if name == "a.meta4":
        text = f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">{text}</metalink>'
    started_s = time.monotonic()
    assert len(urls(name, text, "https://a.org/")) == 10_000
    assert time.monotonic() - started_s < 10


def of_metalink(inner: str) -> LinkFile:
    text = f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">{inner}</metalink>'
    return read_link_file("a.meta4", text.encode())


def test_further_links_of_a_file_in_a_metalink_are_its_mirrors():
    found = of_metalink(
        "<file><size>7</size>"
        '<url priority="3">http://c.test/</url><url priority="1">http://a.test/</url>'
        '<url priority="1">ftp://f.test/</url><url priority="2">http://b.test/</url></file>'
    )
    (link,) = found.links
    assert (link.url, link.mirrors) == ("http://a.test/", ("http://b.test/", "http://c.test/"))
    assert (link.size_bytes, found.left_out) == (7, ())


def test_the_same_link_is_no_mirror_of_itself():
    (link,) = of_metalink(
        "<file><url>http://a.test</url><url>HTTP://A.test/</url>"
        "<url>http://eva:pw@a.test/</url></file>"
    ).links
    assert link.mirrors == ()


def test_a_metalink_gives_no_more_mirrors_than_a_file_may_have():
    urls = "".join(f"<url>http://a.test/{number}</url>" for number in range(5000))
    (link,) = of_metalink(f"<file>{urls}</file>").links
    assert len(link.mirrors) == MAX_MIRRORS - 1


SHA1, SHA256, SHA512 = ("a" * digits for digits in (40, 64, 128))


@pytest.mark.parametrize(
    ("hashes", "checksum"),
    [
        (f'<hash type="sha-256">{SHA256}</hash>', f"sha256:{SHA256}"),
        (f'<hash type="SHA-256"> {SHA256.upper()} </hash>', f"sha256:{SHA256}"),
        (
            f'<hash type="sha-1">{SHA1}</hash><hash type="sha-512">{SHA512}</hash>'
            f'<hash type="sha-256">{SHA256}</hash>',
            f"sha512:{SHA512}",
        ),
        (f'<verification><hash type="sha1">{SHA1}</hash></verification>', f"sha1:{SHA1}"),
        (f'<pieces type="sha-1"><hash>{SHA1}</hash></pieces>', None),
        ('<hash type="tiger">00</hash>', None),
        ("", None),
    ],
)
def test_the_strongest_checksum_of_a_metalink_is_expected(hashes: str, checksum: str | None):
    (link,) = of_metalink(f"<file>{hashes}<url>{A}</url></file>").links
    assert link.checksum == (parse_checksum(checksum) if checksum else None)


def test_a_file_whose_checksum_is_none_is_left_out():
    found = of_metalink(f'<file><hash type="sha-256">12</hash><url>{A}</url></file>')
    assert found.links == ()
    ((where, reason),) = [(each.where, each.reason) for each in found.left_out]
    assert where == "Entry 1"
    assert "SHA-256" in reason
