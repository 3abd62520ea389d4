"""The links in what is dropped or pasted."""

from collections.abc import Iterable

from PySide6.QtCore import QMimeData

from dlmanager.core.links import find_html_links, read_pasted

MAX_BYTES = 8 * 1024 * 1024
"""How much of each format is read: pasted lists of links are long, but not endless."""

_URI_LIST = "text/uri-list"
_MOZ_URL = "text/x-moz-url"
_NETSCAPE_URL = "_NETSCAPE_URL"
_PLAIN = "text/plain"
_HTML = "text/html"


def may_hold_links(mime: QMimeData) -> bool:
    """Whether a look inside is worth it; tells by the formats alone, as while dragging."""
    return (
        mime.hasText()
        or mime.hasHtml()
        or any(mime.hasFormat(name) for name in (_URI_LIST, _MOZ_URL, _NETSCAPE_URL))
    )


def links_from_mime(mime: QMimeData) -> list[str]:
    """Return the links of a drop or of the clipboard, in order, each once, as written.

    Also what was given as one but cannot be used: to be checked, and told. The first format that
    holds an http or https link wins, else the first that holds any: the others tell of the same
    with less care, such as the text of a link or the frame of a page.
    """
    unusable: list[str] = []
    for read in (_read_uri_list, _read_moz_url, _read_netscape_url, _read_text, _read_html):
        links = read(mime)
        if hold_link(links):
            return links
        unusable = unusable or links
    return unusable


def hold_link(links: Iterable[str]) -> bool:
    """Whether one of them is an http or https link, good or not."""
    return any(link.lower().startswith(("http://", "https://")) for link in links)


# The raw bytes, as QMimeData.urls() decodes %20 and the like.
def _read_uri_list(mime: QMimeData) -> list[str]:
    return _uri_list(_decoded(mime, _URI_LIST))


def _read_moz_url(mime: QMimeData) -> list[str]:
    return _first_line(_decoded(mime, _MOZ_URL))


def _read_netscape_url(mime: QMimeData) -> list[str]:
    return _first_line(_decoded(mime, _NETSCAPE_URL))


def _read_text(mime: QMimeData) -> list[str]:
    return read_pasted(_cut(mime.text()) if mime.hasText() else _decoded(mime, _PLAIN))


def _read_html(mime: QMimeData) -> list[str]:
    return find_html_links(_cut(mime.html()) if mime.hasHtml() else "")


def _decoded(mime: QMimeData, name: str) -> str:
    if not mime.hasFormat(name):
        return ""
    data = bytes(mime.data(name).data()[: MAX_BYTES + 1])
    # Firefox writes its own format in UTF-16 without a mark; a link always has ASCII in it.
    utf_16 = name == _MOZ_URL and b"\0" in data[:4]
    text = data.decode("utf-16-le" if utf_16 else "utf-8", errors="replace")
    return _cut(text, was_longer=len(data) > MAX_BYTES)


def _cut(text: str, *, was_longer: bool = False) -> str:
    """Bound a text, at the end of a line so that no half link is left."""
    if len(text) <= MAX_BYTES and not was_longer:
        return text
    return text[:MAX_BYTES].rpartition("\n")[0]


def _uri_list(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    wanted = (line for line in lines if line and not line.startswith("#"))
    return list(dict.fromkeys(wanted))


def _first_line(text: str) -> list[str]:
    return _uri_list(text.partition("\n")[0])
