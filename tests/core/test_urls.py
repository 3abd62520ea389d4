import pytest

from dlmanager.core.errors import InvalidUrl
from dlmanager.core.urls import (
    MAX_URL_BYTES,
    address_of,
    has_credentials,
    host_of,
    normalise_url,
    redact_text,
    redact_url,
)


@pytest.mark.parametrize(
    "text, url",
    [
        ("http://example.org", "http://example.org/"),
        ("  https://example.org/a.zip\n", "https://example.org/a.zip"),
        ("\ufeffhttps://example.org/a.zip\u200b", "https://example.org/a.zip"),
        ("HTTPS://Example.ORG/A", "https://example.org/A"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:80/a", "https://example.org:80/a"),
        ("http://example.org/a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/a/%2e%2e/b", "http://example.org/b"),
        ("http://example.org/a#part", "http://example.org/a"),
        ("http://example.org/a?x=1#", "http://example.org/a?x=1"),
        ("http://bücher.example/ä?ö", "http://xn--bcher-kva.example/%C3%A4?%C3%B6"),
        ('http://example.org/"<>', "http://example.org/%22%3C%3E"),
        ("http://example.org/100%", "http://example.org/100%"),
        ("http://user:p@ss@example.org/", "http://user:p%40ss@example.org/"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://ｅxample。org/", "http://example.org/"),
    ],
)
def test_a_link_is_normalised(text: str, url: str):
    assert normalise_url(text) == url


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "There is no link"),
        (" \n", "There is no link"),
        ("http://a/" + "x" * MAX_URL_BYTES, "too long"),
        ("http://a/" + "ä" * (MAX_URL_BYTES // 2), "too long"),
        ("http://a/\r\nX: y", "line break"),
        ("http://a/\0", "control character"),
        ("http://a/\x1b[31m", "control character"),
        ("http://a/\udcff", "control character"),
        ("http://a/b c", "write %20"),
        ("http://a/b\u3000c", "write %20"),
        ("http:\\\\a\\b", "backslash"),
        ("-O/etc/passwd", "an option"),
        ("--use-askpass=/bin/sh", "an option"),
        ("example.org/file.zip", "Add https:// in front of this link: example.org/file.zip"),
        ("//example.org/file.zip", "Add https:// in front of this link: example.org/file.zip"),
        ("example.org:8080/x", "Add https:// in front"),
        ("localhost:8080/x", "Add https:// in front"),
        ("[::1]/x", "Add https:// in front"),
        ("hello", "This is not a link: hello"),
        ("ftp://example.org/", "Only http and https links can be downloaded, not ftp."),
        ("javascript:alert(1)", "not javascript."),
        ("file:///etc/passwd", "not file."),
        ("data:text/plain,x", "not data."),
        ("user:x@example.org", "not user."),
        ("http:example.org", "Two slashes are missing"),
        ("https:/example.org", "Two slashes are missing"),
        ("http://", "names no server"),
        ("http:///etc/passwd", "names no server"),
        ("http://?x", "names no server"),
        ("http://user@/x", "names no server"),
        ("http://:80/x", "names no server"),
        ("http://a:99999/", "port"),
        ("http://a:0/", "port"),
        ("http://a:b/", "port"),
        ("http://a:٣/", "port"),
        ("http://256.1.1.1/", "server name"),
        ("http://[::1/", "server name"),
        ("http://a%b/", "server name"),
    ],
)
def test_what_is_not_a_link_is_refused_with_a_reason(text: str, words: str):
    with pytest.raises(InvalidUrl) as refused:
        normalise_url(text)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "http://user:verysecret@example.org:99999/",
        "http://user:very/secret@example.org/",
        "http://user:verysecret@exa mple.org/",
        "user:verysecret@example.org",
        "http://a b/?token=verysecret",
    ],
)
def test_a_refusal_does_not_tell_a_secret(text: str):
    with pytest.raises(InvalidUrl) as refused:
        normalise_url(text)
    assert "verysecret" not in str(refused.value)
    assert "very/secret" not in str(refused.value)


def test_a_refusal_quotes_only_the_beginning():
    with pytest.raises(InvalidUrl) as refused:
        normalise_url("http://a b" + "c" * 5000)
    assert len(str(refused.value)) < 200
    assert str(refused.value).endswith("…")


def test_a_normalised_link_stays_as_it_is():
    once = normalise_url("http://Bücher.example:80/ä/../ö?q=ü#x")
    assert normalise_url(once) == once


@pytest.mark.parametrize(
    "url, expected",
    [
        ("http://user:pass@example.org/", True),
        ("http://user@example.org/", True),
        ("http://example.org/a@b", False),
        ("http://example.org/?q=a@b", False),
    ],
)
def test_credentials_are_seen(url: str, expected: bool):
    assert has_credentials(url) is expected


@pytest.mark.parametrize(
    "url, shown",
    [
        ("http://example.org/a?b=c", "http://example.org/a?b=c"),
        ("http://user:pass@example.org/", "http://***@example.org/"),
        ("http://user@example.org/", "http://***@example.org/"),
        ("http://a/?token=x&b=c", "http://a/?token=***&b=c"),
        ("http://a/?b=c&X-Amz-Signature=x", "http://a/?b=c&X-Amz-Signature=***"),
        ("http://a/?accessToken=x", "http://a/?accessToken=***"),
        ("http://a/?authKey=x", "http://a/?authKey=***"),
        ("http://a/?client_secret=x", "http://a/?client_secret=***"),
        ("http://a/?api_key=x;sig=y", "http://a/?api_key=***;sig=***"),
        ("http://a/?%74oken=x", "http://a/?%74oken=***"),
        ("http://a/b;jsessionid=x?c", "http://a/b;jsessionid=***"),
        ("http://a/#access_token=x", "http://a/#access_token=***"),
        ("http://a/?PASSWORD=x", "http://a/?PASSWORD=***"),
        ("http://a/?design=x&monkey=y&author=z", "http://a/?design=x&monkey=y&author=z"),
        ("http://a:99999/?key=x broken", "http://a:99999/?key=*** broken"),
    ],
)
def test_secrets_in_a_link_are_redacted(url: str, shown: str):
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "line, shown",
    [
        ("  Set-Cookie: id=verysecret; Path=/", "  Set-Cookie: ***"),
        ("Proxy-Authorization: Basic verysecret", "Proxy-Authorization: ***"),
        ("  X-Auth-Token: verysecret", "  X-Auth-Token: ***"),
        ("Location: /x?sig=verysecret [following]", "Location: /x?sig=*** [following]"),
        ("  ETag: \t\x1b[31m", "  ETag:  \ufffd[31m"),
    ],
)
def test_secrets_and_control_characters_in_a_line_are_redacted(line: str, shown: str):
    assert redact_text(line) == shown


@pytest.mark.parametrize(
    "text, address",
    [
        ("http://Example.org/a:99/b", ("example.org", 80)),
        ("https://example.org/a", ("example.org", 443)),
        ("https://example.org:8443?x=1:2@3", ("example.org", 8443)),
        ("http://[::1]:8080/", ("::1", 8080)),
        ("http://127.1/", ("127.0.0.1", 80)),
        ("http://user:secret@example.org/", ("example.org", 80)),
    ],
)
def test_a_link_leads_to_a_host_and_a_port(text: str, address: tuple[str, int]):
    url = normalise_url(text)
    assert address_of(url) == address
    assert host_of(url) == address[0]
