import pytest

from dlmanager.wget.config_file import build_config


def test_hosts_without_the_proxy_are_one_line():
    text = build_config(proxy="http://h:1/", no_proxy="a.test, .b.test")
    assert text.splitlines()[-1] == "no_proxy = a.test, .b.test"


def test_every_value_is_a_line_of_its_own():
    assert build_config(
        headers=[("Cookie", "a=b"), ("X", "#ü")], proxy="http://u:p@h:1/", cookies_path="/c"
    ) == (
        "iri = off\n"
        "header = Cookie: a=b\n"
        "header = X: #ü\n"
        "http_proxy = http://u:p@h:1/\n"
        "https_proxy = http://u:p@h:1/\n"
        "load_cookies = /c\n"
        "save_cookies = /c\n"
        "keep_session_cookies = on\n"
    )
    assert build_config() == "iri = off\n"


@pytest.mark.parametrize(
    "values",
    [
        {"headers": [("Cookie", "hunter2\nuse_askpass = x")]},
        {"headers": [("Cookie\r", "hunter2")]},
        {"proxy": "http://hunter2\0/"},
        {"cookies_path": "/hunter2\n"},
    ],
)
def test_no_value_can_add_a_line(values):
    with pytest.raises(ValueError, match="line break") as caught:
        build_config(**values)
    assert "hunter2" not in str(caught.value)
