from urllib.parse import unquote

import pytest
from PySide6.QtCore import QUrl

from dlmanager.desktop.browser import open_in_browser


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/a%20b?x=%26&y=1",
        "http://127.0.0.1:8080/setup.zip",
        "http://xn--bcher-kva.example/%C3%A4",
        "http://example.org/[a]|b",
    ],
)
def test_a_link_is_opened_as_it_stands(link: str):
    opened: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url)
        return True

    assert open_in_browser(link, open_url=open_url)
    (url,) = opened
    assert url.scheme() in ("http", "https")
    assert unquote(bytes(url.toEncoded().data()).decode()) == unquote(link)


@pytest.mark.parametrize(
    "link",
    ["", "file:///etc/passwd", "javascript:alert(1)", "-x", "mailto:a@b", "/bin/sh"],
)
def test_nothing_else_is_opened(link: str):
    def open_url(url: QUrl) -> bool:
        raise AssertionError(url)

    assert not open_in_browser(link, open_url=open_url)


def test_a_system_without_a_browser_is_told():
    assert not open_in_browser("http://127.0.0.1/", open_url=lambda url: False)
