import pytest

from dlmanager.core.errors import BadInput, InvalidSetting, InvalidUrl
from dlmanager.core.secrets import (
    NO_SECRETS,
    Carried,
    Secrets,
    basic_authorization,
    dump_secrets,
    link_with,
    load_secrets,
    mask,
    origin_of,
    parse_header,
    redirect_target,
    secrets_for,
    split_link,
    split_proxy,
    values_of,
)
from dlmanager.core.urls import normalise_url

ALL = Secrets("us", "hunter2", (("Cookie", "session=hunter2"),))


@pytest.mark.parametrize(
    "link, clean, user, password",
    [
        ("http://h/a?x=1@2", "http://h/a?x=1@2", None, None),
        ("http://u:p@h/a", "http://h/a", "u", "p"),
        ("http://u@h/a", "http://h/a", "u", None),
        ("http://u:@h/a", "http://h/a", "u", None),  # WHATWG drops an empty password
        ("http://:p@h/a", "http://h/a", "", "p"),
        ("http://@h/a", "http://h/a", None, None),
        ("https://u%40x:a%3Ab%20@h:8443/a@b", "https://h:8443/a@b", "u@x", "a:b "),
    ],
)
def test_a_link_is_parted_from_its_secrets(link: str, clean: str, user, password):
    assert split_link(normalise_url(link)) == (clean, Secrets(user, password))


@pytest.mark.parametrize("bad", ["%0A", "%0d", "%00"])
def test_line_breaks_in_user_or_password_are_refused(bad: str):
    for userinfo in (f"u{bad}:hunter2", f"u:hunter2{bad}"):
        with pytest.raises(InvalidUrl, match="line break") as caught:
            split_link(f"http://{userinfo}@h/")
        assert "hunter2" not in str(caught.value)


def test_any_other_character_survives_in_a_link():
    secrets = Secrets(" u:@/?#[]\"'\\%;ü✓ ", " %20#\"'\\:@ü✓ ")
    link = link_with("https://h:1/a?b", secrets)
    assert split_link(normalise_url(link)) == ("https://h:1/a?b", secrets)
    assert split_link(link) == ("https://h:1/a?b", secrets)


def test_no_value_is_ever_shown():
    for value in (ALL, Carried(ALL, "http://u:hunter2@h/")):
        assert "hunter2" not in f"{value!r} {value}"


@pytest.mark.parametrize(
    "asked, is_told",
    [
        ("http://h/other", True),
        ("http://h:80/", True),
        ("http://h:8080/", False),
        ("https://h/", False),
        ("http://sub.h/", False),
        ("http://127.0.0.1/", False),
    ],
)
def test_secrets_go_to_their_own_origin_alone(asked: str, is_told: bool):
    assert secrets_for(ALL, "http://h/a", asked) == (ALL if is_told else NO_SECRETS)


def test_secrets_of_https_never_go_to_http():
    assert not secrets_for(ALL, "https://h/a", "http://h/a")
    assert origin_of("https://h/a") == ("https", "h", 443)


@pytest.mark.parametrize(
    "location, target",
    [
        ("/b", "http://h:1/b"),
        ("b?c", "http://h:1/x/b?c"),
        ("//g/b", "http://g/b"),
        ("https://g/b", "https://g/b"),
        (" /a b ", "http://h:1/a%20b"),
        ("http://u:p@h:1/b", "http://h:1/b"),
        ("ftp://g/b", None),
        ("file:///etc/passwd", None),
        ("javascript:1", None),
        ("http://[::1/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_redirect_leads_to_a_clean_link_or_nowhere(location: str | None, target: str | None):
    assert redirect_target("http://h:1/x/a", location) == target


@pytest.mark.parametrize(
    "line, header",
    [
        ("Cookie: a=b; c=d", ("Cookie", "a=b; c=d")),
        ("authorization:Bearer x:y ", ("authorization", "Bearer x:y")),
        ("X-Token: ü", ("X-Token", "ü")),
    ],
)
def test_headers_are_read(line: str, header: tuple[str, str]):
    assert parse_header(line) == header


@pytest.mark.parametrize(
    "line, words",
    [
        ("hunter2", "written as"),
        (": hunter2", "written as"),
        ("a b: hunter2", "written as"),
        ("Cookie:", "no value"),
        ("Cookie: hunter2\r\nX: y", "line break"),
        ("Cookie: hunter2\n", "line break"),
        ("Cookie: hunter2\0", "line break"),
        ("Cookie: hunter2" + "x" * 9000, "longer"),
        *(
            (f"{name}: hunter2", "itself")
            for name in (
                "range",
                "If-Match",
                "if-range",
                "Host",
                "Content-Length",
                "Accept-Encoding",
                "Transfer-Encoding",
                "Connection",
                "Proxy-Authorization",
            )
        ),
    ],
)
def test_headers_that_would_break_the_protocol_are_refused(line: str, words: str):
    with pytest.raises(BadInput, match=words) as caught:
        parse_header(line)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text, clean, secrets",
    [
        ("", "", NO_SECRETS),
        (" ", "", NO_SECRETS),
        ("http://h:3128", "http://h:3128/", NO_SECRETS),
        ("http://u:p%40@h:3128/", "http://h:3128/", Secrets("u", "p@")),
    ],
)
def test_a_proxy_is_parted_from_its_secrets(text: str, clean: str, secrets: Secrets):
    assert split_proxy(text) == (clean, secrets)


@pytest.mark.parametrize(
    "text", ["u:hunter2@h:1", "https://u:hunter2@h:1", "socks5://u:hunter2@h", "http://h/a", "h"]
)
def test_what_is_no_proxy_is_refused(text: str):
    with pytest.raises(InvalidSetting, match="host:port") as caught:
        split_proxy(text)
    assert "hunter2" not in str(caught.value)


def test_secrets_survive_as_text():
    assert load_secrets(dump_secrets(ALL)) == ALL
    assert load_secrets(dump_secrets(NO_SECRETS)) == NO_SECRETS


@pytest.mark.parametrize("text", ["", "hunter2", "[]", '{"user": "hunter2"}', '{"headers": 1}'])
def test_other_texts_are_no_secrets(text: str):
    with pytest.raises(ValueError, match="no secrets") as caught:
        load_secrets(text)
    assert "hunter2" not in str(caught.value)


def test_basic_authorization_is_that_of_the_standard():
    assert basic_authorization(Secrets("Aladdin", "open sesame")) == (
        "Authorization",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    )


@pytest.mark.parametrize(
    "carried, shown, hidden",
    [
        (Carried(), "nothing to hide", "nothing to hide"),
        (Carried(Secrets("somebody", "hunter2")), "somebody has hunter2", "*** has ***"),
        (Carried(Secrets("somebody", "hunter2")), "Basic c29tZWJvZHk6aHVudGVyMg==", "Basic ***"),
        (Carried(Secrets("me", "a b/c@d")), "me a%20b%2Fc%40d", "me ***"),
        (Carried(Secrets(None, "token-only")), "OnRva2VuLW9ubHk= token-only", "*** ***"),
        (Carried(ALL), "Cookie: session=hunter2", "Cookie: ***"),
        (Carried(Secrets(headers=(("X", "Bearer 12345678"),))), "12345678 Bearer", "*** Bearer"),
        (Carried(Secrets(headers=(("Accept", "text/html"),))), "a text/html", "a text/html"),
        (Carried(proxy="http://u:hunter2@proxy:1/"), "hunter2 at proxy", "*** at proxy"),
    ],
)
def test_what_is_carried_is_left_out_of_texts(carried: Carried, shown: str, hidden: str):
    assert mask(shown, values_of(carried)) == hidden


def test_a_value_within_another_leaves_nothing_of_it():
    carried = Carried(Secrets("hunter2", "hunter2andmore"))
    assert mask("hunter2andmore hunter2", values_of(carried)) == "*** ***"
