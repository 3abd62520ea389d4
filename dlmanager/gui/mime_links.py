"""The links in what is dropped or pasted."""

from PySide6.QtCore import QMimeData

from dlmanager.core.links import find_html_links, find_links

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
    """Return the http and https links of a drop or of the clipboard, in order, each once.

    The first format that holds any wins: the others tell of the same links with less care, such
    as the text of a link or the frame of a page. The links are as found, to be checked.
    """
    # The raw bytes, as QMimeData.urls() decodes %20 and the like.
    return (
        _uri_list(_decoded(mime, _URI_LIST))
        or _first_line(_decoded(mime, _MOZ_URL))
        or _first_line(_decoded(mime, _NETSCAPE_URL))
        or find_links(_cut(mime.text()) if mime.hasText() else _decoded(mime, _PLAIN))
        or find_html_links(_cut(mime.html()) if mime.hasHtml() else "")
    )


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
    return [
        link for link in dict.fromkeys(wanted) if link.lower().startswith(("http://", "https://"))
    ]


def _first_line(text: str) -> list[str]:
    return _uri_list(text.partition("\n")[0])
