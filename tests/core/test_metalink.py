import pytest

from dlmanager.core.metalink import MetalinkFile, read_metalink

V4 = '<?xml version="1.0" encoding="UTF-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">'
V3 = '<metalink version="3.0" xmlns="http://www.metalinker.org/">'

OLD_NAMESPACE = "http://www.metalinker.org/"


def test_version_4_gives_each_file_with_its_addresses_by_priority():
    text = f"""{V4}
      <published>2026-01-01T00:00:00Z</published>
      <file name="a.iso"><size>10</size><hash type="sha-256">00</hash>
        <url location="de" priority="2">https://de.org/a.iso</url>
        <url priority="1"> https://us.org/a.iso
        </url>
        <url>ftp://last.org/a.iso</url>
        <metaurl mediatype="torrent">https://us.org/a.torrent</metaurl>
      </file>
      <file name="b.iso"><url>https://us.org/b.iso?x=1&amp;y=2</url></file>
    </metalink>"""
    found = read_metalink(text.encode())
    assert found.trouble is None
    assert found.files == (
        MetalinkFile(
            "a.iso",
            ("https://us.org/a.iso", "https://de.org/a.iso", "ftp://last.org/a.iso"),
            size_bytes=10,
            hashes=(("sha-256", "00"),),
        ),
        MetalinkFile("b.iso", ("https://us.org/b.iso?x=1&y=2",)),
    )


def test_version_3_gives_each_file_with_its_addresses_by_preference():
    text = f"""{V3}<files><file name="a.iso"><verification><hash type="md5">0</hash></verification>
      <resources><url type="http" preference="10">http://a.org/</url>
      <url type="http" preference="90">http://b.org/</url></resources></file></files></metalink>"""
    assert read_metalink(text.encode()).files == (
        MetalinkFile("a.iso", ("http://b.org/", "http://a.org/"), hashes=(("md5", "0"),)),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_encoding_is_the_one_that_the_file_tells(encoding: str):
    declared = "UTF-8" if encoding == "utf-8-sig" else encoding
    text = (
        f'<?xml version="1.0" encoding="{declared}"?>{V3}<files><file name="größe"/></files>'
        "</metalink>"
    )
    assert read_metalink(text.encode(encoding)).files == (MetalinkFile("größe", ()),)


def test_elements_of_others_mean_nothing():
    text = f"""{V4}<x:file xmlns:x="urn:x" name="no"><x:url>http://no.org/</x:url></x:file>
      <file name="a"><x:url xmlns:x="urn:x">http://no.org/</x:url><url>http://a.org/</url></file>
      </metalink>"""
    assert read_metalink(text.encode()).files == (MetalinkFile("a", ("http://a.org/",)),)


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("", 1, "From here on"),
        ("<html></html>", 1, "This is no metalink"),
        ("<metalink></metalink>", 1, "This is no metalink"),
        ("\n\nno xml", 3, "From here on"),
        (f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{V3}</metalink>', 1, "document type"),
        (f'<!DOCTYPE x [<!ENTITY a "aa">]>{V3}&a;</metalink>', 1, "document type"),
        ('<?xml version="1.0" encoding="no-such"?><metalink/>', 1, "From here on"),
        ('<?xml version="1.0" encoding="rot13"?><metalink/>', 1, "From here on"),
    ],
)
def test_what_is_none_is_told(text: str, line: int, words: str):
    found = read_metalink(text.encode())
    assert found.files == ()
    assert found.trouble is not None
    assert found.trouble[0] == line
    assert words in found.trouble[1]


def test_what_stands_before_the_end_of_a_cut_file_was_read():
    text = f"{V4}\n<file name='a'><url>http://a.org/</url></file>\n<file name='b'><url>http://b"
    found = read_metalink(text.encode())
    assert found.files == (MetalinkFile("a", ("http://a.org/",)),)
    assert found.trouble is not None
    assert found.trouble[0] == 4


@pytest.mark.parametrize(
    ("written", "size_bytes"),
    [
        ("<size>1234</size>", 1234),
        ("<size> 0 </size>", 0),
        ("<size>9</size><size>9</size>", 9),
        ("", None),
        ("<size>9</size><size>8</size>", None),
        ("<size>-1</size>", None),
        ("<size>1e3</size>", None),
        (f"<size>{'9' * 19}</size>", None),
        ("<pieces><size>9</size></pieces>", None),
    ],
)
@pytest.mark.parametrize("namespace", ["urn:ietf:params:xml:ns:metalink", OLD_NAMESPACE])
def test_the_size_is_read_where_it_is_told_once_and_for_all(
    namespace: str, written: str, size_bytes: int | None
):
    text = f'<metalink xmlns="{namespace}"><file name="a">{written}</file><file/></metalink>'
    first, second = read_metalink(text.encode()).files
    assert (first.size_bytes, second.size_bytes) == (size_bytes, None)
