import pytest

from dlmanager.core.errors import InvalidName
from dlmanager.core.filenames import (
    MAX_COMPONENT_BYTES,
    MAX_NAME_BYTES,
    check_filename,
    numbered_name,
    part_name,
    safe_filename,
    suggest_filename,
)

URL = "http://example.org/path/url.bin"


@pytest.mark.parametrize(
    "url, name",
    [
        ("http://example.org/a/file.zip", "file.zip"),
        ("http://example.org/a/file.zip?x=/y#/z", "file.zip"),
        ("http://example.org/a/my%20file.zip", "my file.zip"),
        ("http://example.org/%C3%A4.zip", "ä.zip"),
        ("http://example.org/%E4.zip", "ä.zip"),
        ("http://example.org/%2e%2e%2fetc%2fpasswd", "_etc_passwd"),
        ("http://example.org/%00.zip", "_.zip"),
        ("http://example.org/.bashrc", "bashrc"),
        ("http://example.org/-rf", "rf"),
        ("http://example.org/CON", "_CON"),
        ("http://example.org/", "example.org"),
        ("http://example.org", "example.org"),
        ("http://user:pass@example.org:8080/a/", "example.org"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://[::1]:80/", "__1"),
        ("http://example.org/..", "example.org"),
        ("", "download"),
        ("file.zip", "download"),
        ("http://a/\udcff", "_"),
        ("http://a/%41\udcff", "A_"),
    ],
)
def test_the_link_suggests_a_name(url: str, name: str):
    assert suggest_filename(url) == name


@pytest.mark.parametrize(
    "url, content_type, name",
    [
        ("http://example.org/", "text/html; charset=utf-8", "example.org.html"),
        ("http://example.org/get", "Application/PDF", "get.pdf"),
        ("http://example.org/get.php", "application/pdf", "get.php"),
        ("http://example.org/get", "application/octet-stream", "get"),
        ("http://example.org/", "application/octet-stream", "example.org"),
        ("", "image/png", "download.png"),
    ],
)
def test_the_type_gives_an_extension_to_a_link_without_one(url: str, content_type: str, name: str):
    assert suggest_filename(url, content_type=content_type) == name


def test_the_type_does_not_touch_the_name_that_the_server_gave():
    assert suggest_filename(URL, 'attachment; filename="README"', "text/plain") == "README"


@pytest.mark.parametrize(
    "header, name",
    [
        ("inline", "url.bin"),
        ("attachment", "url.bin"),
        ('attachment; filename="foo.html"', "foo.html"),
        ("attachment; filename=foo.html", "foo.html"),
        ("attachment; filename=foo bar.html", "foo bar.html"),
        ("attachment; filename=foo.html ;", "foo.html"),
        ("attachment;FILENAME = foo.html", "foo.html"),
        ('filename="foo.html"', "foo.html"),
        ('inline; filename="foo.html"; filename="bar.html"', "foo.html"),
        ('attachment; filename="f\\"oo.html"', "f_oo.html"),
        ('attachment; filename="a;b.html"', "a;b.html"),
        ('attachment; foo="filename=bar.html"', "url.bin"),
        ('attachment; filename="foo.html', "foo.html"),
        ('attachment; filename=""', "url.bin"),
        ('attachment; filename="."', "url.bin"),
        ('attachment; filename=".."', "url.bin"),
        ('attachment; filename="../../evil"', "evil"),
        ('attachment; filename="/etc/passwd"', "passwd"),
        ('attachment; filename="C:\\temp\\a.txt"', "a.txt"),
        ('attachment; filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        ('attachment; filename="\\\\\\\\server\\\\share\\\\a.txt"', "a.txt"),
        ('attachment; filename="\\\\server\\share\\a.txt"', "a.txt"),
        ('attachment; filename="..\\..\\evil"', "evil"),
        ('attachment; filename="dir/"', "url.bin"),
        ('attachment; filename="a:ads.txt"', "a_ads.txt"),
        ("attachment; filename*=UTF-8''%e2%82%ac.html", "€.html"),
        ("attachment; filename*=iso-8859-1'en'%E4.html", "ä.html"),
        ("attachment; filename*=utf-8'en'%2e%2e%2fevil", "evil"),
        ("attachment; filename=\"a.html\"; filename*=UTF-8''%e4%bd%a0.html", "你.html"),
        ("attachment; filename*=UTF-8''b.html; filename=a.html", "b.html"),
        ("attachment; filename*=UTF-8''%ff; filename=a.html", "a.html"),
        ("attachment; filename*=rot13''nop; filename=a.html", "a.html"),
        ("attachment; filename*=nosuch''x; filename=a.html", "a.html"),
        ("attachment; filename*=foo.html; filename=a.html", "a.html"),
        ("attachment; filename*=\"UTF-8''%e2%82%ac.html\"", "€.html"),
        ("attachment; filename*0=foo.; filename*1=html", "foo.html"),
        ("attachment; filename*0*=UTF-8''%c3; filename*1*=%a4; filename*2=.html", "ä.html"),
        ("attachment; filename*0=foo; filename*2=bar", "foo"),
        ("attachment; filename*1=foo; filename=bar", "bar"),
        ('attachment; filename="=?UTF-8?Q?foo-=c3=a4.html?="', "foo-ä.html"),
        ('attachment; filename="=?utf-8?B?w6QuaHRtbA==?="', "ä.html"),
        ('attachment; filename="=?utf-8?B?w6Q?= =?utf-8?B?LmJpbg?="', "ä.bin"),
        ('attachment; filename="=?utf-8?B?w?=.html"', "=_utf-8_B_w_=.html"),
        ('attachment; filename="=?nosuch?Q?a?=.html"', "=_nosuch_Q_a_=.html"),
        ('attachment; filename="ä.html"', "ä.html"),
        ('attachment; filename="Ã¤.html"', "ä.html"),
        ('attachment; filename="你.html"', "你.html"),
        ('attachment; filename="%E4%BD%A0.html"', "%E4%BD%A0.html"),
        ('attachment; filename="foo-%41.html"', "foo-%41.html"),
        ('attachment; filename="100%E4.html"', "100%E4.html"),
        ('attachment; filename="\u202egpj.exe"', "_gpj.exe"),
        ('attachment; filename="a\x1b[31m.txt"', "a_[31m.txt"),
    ],
)
def test_the_server_suggests_a_name(header: str, name: str):
    assert suggest_filename(URL, header) == name


@pytest.mark.parametrize(
    "name, safe",
    [
        ("plain-name_1.0 (2).tar.gz", "plain-name_1.0 (2).tar.gz"),
        ("a/b\\c", "a_b_c"),
        ('<>:"|?*', "_______"),
        ("a\x00\x1f\x7f\x85b", "a____b"),
        ("a\u202eb\u2066c\u200fd\u2028e", "a_b_c_d_e"),
        ("\udcff.txt", "_.txt"),
        ("e\u0301.txt", "é.txt"),
        ("\u1fef", "`"),
        (" . -.a. . ", "a"),
        ("\u3000a\xa0", "a"),
        ("\u200d", "download"),
        ("", "download"),
        ("...", "download"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("Com1 .tar.gz", "_Com1 .tar.gz"),
        ("LPT³", "_LPT³"),
        ("CONSOLE", "CONSOLE"),
        ("com10", "com10"),
        (".con", "_con"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str):
    assert safe_filename(name) == safe
    assert safe_filename(safe) == safe


@pytest.mark.parametrize("ending", [".tar.gz", ".zip", ".7z.001", ".part01.rar", ".データ", ""])
@pytest.mark.parametrize("letter", ["a", "ä", "😀"])
def test_a_long_name_is_cut_on_a_character_and_keeps_its_extension(letter: str, ending: str):
    safe = safe_filename(letter * 5000 + ending)
    assert MAX_NAME_BYTES - 4 < len(safe.encode()) <= MAX_NAME_BYTES
    assert safe.endswith(letter + ending)


def test_a_cut_leaves_no_blank_at_the_end():
    assert safe_filename("a" * (MAX_NAME_BYTES - 1) + " b") == "a" * (MAX_NAME_BYTES - 1)


@pytest.mark.parametrize(
    "name", ["a.txt", "my file (1).tar.gz", "ä.zip", "日本語", "a" * MAX_NAME_BYTES]
)
def test_a_good_name_of_a_person_is_taken(name: str):
    assert check_filename(name) == name


def test_a_name_of_a_person_is_composed():
    assert check_filename("e\u0301") == "é"


@pytest.mark.parametrize(
    "name, reason",
    [
        ("", "needs a name"),
        ("  ", "needs a name"),
        ("a/b", "the character /"),
        ("a\\b", "the character \\"),
        ("what?", "the character ?"),
        ("a\nb", "cannot be seen"),
        ("a\u202eb", "cannot be seen"),
        ("a\udcff", "cannot be seen"),
        (".hidden", "begin with a dot"),
        ("..", "begin with a dot"),
        ("-rf", "begin with a hyphen"),
        (" a", "begin or end with a blank"),
        ("a ", "begin or end with a blank"),
        ("a.", "end with a dot"),
        ("con.txt", "con is a reserved name"),
        ("a" * (MAX_NAME_BYTES + 3), "too long by 3 bytes"),
    ],
)
def test_a_bad_name_of_a_person_is_refused_with_a_reason(name: str, reason: str):
    with pytest.raises(InvalidName) as refused:
        check_filename(name)
    assert reason in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "name, n, numbered",
    [
        ("a.zip", 1, "a (1).zip"),
        ("a.tar.gz", 2, "a (2).tar.gz"),
        ("backup.SQL.XZ", 1, "backup (1).SQL.XZ"),
        ("a", 10, "a (10)"),
        ("v1.2", 1, "v1 (1).2"),
        ("my.notes.txt", 1, "my.notes (1).txt"),
        ("x.7z.001", 1, "x (1).7z.001"),
        (".zip", 1, ".zip (1)"),
        ("a" * 255, 1, "a" * 251 + " (1)"),
        ("ä" * 125 + ".txt", 1, "ä" * 123 + " (1).txt"),
    ],
)
def test_a_number_goes_before_the_extension(name: str, n: int, numbered: str):
    assert numbered_name(name, n) == numbered


def test_a_part_is_named_after_file_and_job():
    assert part_name("a.zip", "0f8d2c5e-0000-4000") == "a.zip.0f8d2c5e.part"


def test_a_part_of_a_long_name_fits():
    assert len(part_name("ä" * 127, "0f8d2c5e-0000").encode()) <= MAX_COMPONENT_BYTES


def test_every_suggested_name_leaves_room_for_number_and_part():
    name = suggest_filename("http://a/" + "x" * 1000 + ".tar.gz")
    numbered = numbered_name(name, 999)
    assert numbered == f"{name.removesuffix('.tar.gz')} (999).tar.gz"
    assert part_name(numbered, "0f8d2c5e-0000") == f"{numbered}.0f8d2c5e.part"
    assert len(part_name(numbered, "0f8d2c5e-0000").encode()) == MAX_COMPONENT_BYTES
