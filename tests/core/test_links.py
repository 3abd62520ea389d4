import time

import pytest

from dlmanager.core.links import MAX_LINK_CHARACTERS, read_pasted


@pytest.mark.parametrize(
    "text, links",
    [
        ("", []),
        ("http://", []),
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
        ("see http://a/b(", ["http://a/b"]),
        ("see http://a/b)(", ["http://a/b"]),
        ("見よhttp://例え.jp/あ。はい", ["http://例え.jp/あ"]),
        ("“http://a/b”", ["http://a/b"]),
        ("HTTP://A/B", ["HTTP://A/B"]),
        ("link:http://a/b xhttp://c/d", ["http://a/b", "xhttp://c/d"]),
        ("http://a/b\0http://c/d", ["http://a/b", "http://c/d"]),
    ],
)
def test_links_are_found_in_text(text: str, links: list[str]):
    assert read_pasted(text) == links


@pytest.mark.parametrize(
    "text, lines",
    [
        ("", []),
        ("no link here", []),
        ("http://a/b c.bin", ["http://a/b c.bin"]),
        ("http://a/my holiday album.zip", ["http://a/my holiday album.zip"]),
        ("http://a/Smith, John.pdf", ["http://a/Smith, John.pdf"]),
        ("http://a/b\tc", ["http://a/b\tc"]),
        ("http://a/b\\c.bin", ["http://a/b\\c.bin"]),
        ("  http://a/b~ \n\n http://a/c.\n", ["http://a/b~", "http://a/c."]),
        ("http://a/b\x85c.bin", ["http://a/b\x85c.bin"]),
        ("http://a/（b）.pdf", ["http://a/（b）.pdf"]),
        ("http://a/b。はい", ["http://a/b"]),
        ("http://a/b\nftp://a/c\nnonsense", ["http://a/b", "ftp://a/c", "nonsense"]),
        ("nonsense\nhttp://a/b", ["nonsense", "http://a/b"]),
        ("http://a/b\nhttp://a/c\nnot a link", ["http://a/b", "http://a/c", "not a link"]),
        ("file:///etc/passwd", ["file:///etc/passwd"]),
        ("magnet:?xt=urn:btih:1", ["magnet:?xt=urn:btih:1"]),
        ("http://a/b http://a/c", ["http://a/b", "http://a/c"]),
        ("http://a/b,http://a/c;", ["http://a/b", "http://a/c"]),
        ("http://a/b,", ["http://a/b"]),
        ("1. http://a/b\n- http://a/c\n• http://a/d", ["http://a/b", "http://a/c", "http://a/d"]),
        ("<http://a/b>", ["http://a/b"]),
        ('[\n  "http://a/b",\n  "http://a/c"\n]', ["http://a/b", "http://a/c"]),
        ("[text](http://a/b)", ["http://a/b"]),
        ('<a href="http://a/b">c.zip</a>', ["http://a/b"]),
        ("wget http://a/b", ["http://a/b"]),
        ("see http://a/b, or http://a/c.", ["http://a/b", "http://a/c"]),
        ("Take http://a/b and, if you like, (http://a/c).", ["http://a/b", "http://a/c"]),
        ("Hi,\nthe file is here:\nhttp://a/b\n\nRegards\nBob", ["http://a/b"]),
        ("It is on ftp://a/b or on http://a/c today", ["ftp://a/b", "http://a/c"]),
        ("You find it at http://a/b c.bin", ["http://a/b c.bin"]),
        ("see http://a/b c", ["http://a/b c"]),
        ("see http://a/b\\c for more of it", ["http://a/b\\c for more of it"]),
        ("http://a/b\nhttp://a/b", ["http://a/b"]),
        (
            "http://a/b\nsome rubbish line\nhttps://\nwww.a.org/x.zip\nhttp://a/c\nx\ny\nz",
            [
                "http://a/b",
                "some rubbish line",
                "https://",
                "www.a.org/x.zip",
                "http://a/c",
                "x",
                "y",
                "z",
            ],
        ),
        (
            "Hi,\nthe files are here:\nhttp://a/b\nwww.a.org/x.zip\na.org/and/more\nBye and/or so",
            ["http://a/b", "www.a.org/x.zip", "a.org/and/more"],
        ),
    ],
)
def test_pasted_lines_are_kept_whole_and_prose_is_searched(text: str, lines: list[str]):
    assert read_pasted(text) == lines


def test_an_endless_pasted_line_stays_too_long_to_be_a_link():
    (line,) = read_pasted("http://a/" + "b" * 3 * MAX_LINK_CHARACTERS)
    assert len(line) == MAX_LINK_CHARACTERS + 1


def test_a_list_ten_times_as_long_takes_about_ten_times_as_long():
    def taken_s(count: int) -> float:
        links = [f"https://example.org/file{i}.zip" for i in range(count)]
        text = "\n".join(links)
        started_s = time.process_time()
        assert read_pasted(text) == links
        return time.process_time() - started_s

    assert taken_s(20_000) < 40 * taken_s(2_000)  # a hundred times, if each looked at all others


@pytest.mark.parametrize("piece", ["http://a,", "http://a/(((", "((((("])
def test_hostile_text_takes_time_in_proportion(piece: str):
    text = piece * (256 * 1024 // len(piece))
    started_s = time.monotonic()
    read_pasted(text)
    read_pasted(f"see {text} {text}")
    assert time.monotonic() - started_s < 5  # quadratic time would be minutes
