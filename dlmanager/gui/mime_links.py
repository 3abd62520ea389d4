"""The links in what is dropped or pasted, and the files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QUrl

from dlmanager.core.links import read_pasted

MAX_BYTES = 8 * 1024 * 1024
"""How much of each format is read: pasted lists of links are long, but not endless."""
MAX_AT_ONCE_CHARACTERS = 32 * 1024
"""What is longer takes too long to be read on the event loop."""

_URI_LIST = "text/uri-list"
_MOZ_URL = "text/x-moz-url"
_NETSCAPE_URL = "_NETSCAPE_URL"
_PLAIN = "text/plain"
_HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Offer:
    """What was dropped or pasted, as taken from Qt: to be read where there is time for it.

    files: absolute paths of the files on this machine among it.
    """

    files: tuple[str, ...]
    _texts: tuple[tuple[Callable[[str], list[str]], str], ...]

    @property
    def is_long(self) -> bool:
        """Whether reading it would keep the event loop waiting."""
        return sum(len(text) for _, text in self._texts) > MAX_AT_ONCE_CHARACTERS

    def read_links(self) -> list[str]:
        """Return the links, in order, each once, as written; needs nothing of Qt.

        Also what was given as one but cannot be used: to be checked, and told. The first format
        that holds an http or https link wins, else the first that holds any: the others tell of
        the same with less care, such as the text of a link or the frame of a page. Links to files
        of this machine are left out, as they are among the files.
        """
        unusable: list[str] = []
        for read, text in self._texts:
            links = read(text)
            if hold_link(links):
                return links
            if read is not read_pasted or not self.files:  # whose paths are there as text too
                unusable = unusable or links
        return unusable


def may_hold_links(mime: QMimeData) -> bool:
    """Whether a look inside is worth it; tells by the formats alone, as while dragging."""
    return (
        mime.hasText()
        or mime.hasHtml()
        or any(mime.hasFormat(name) for name in (_URI_LIST, _MOZ_URL, _NETSCAPE_URL))
    )


def offer_of(mime: QMimeData) -> Offer:
    """Take out of Qt's hands what may hold links."""
    # The raw bytes, as QMimeData.urls() decodes %20 and the like.
    uri_list = _decoded(mime, _URI_LIST)
    texts = (
        (_uri_list, uri_list),
        (_moz_urls, _decoded(mime, _MOZ_URL)),
        (_first_line, _decoded(mime, _NETSCAPE_URL)),
        (read_pasted, _cut(mime.text()) if mime.hasText() else _decoded(mime, _PLAIN)),
        (_html_links, _cut(mime.html()) if mime.hasHtml() else ""),
    )
    return Offer(_files(uri_list), tuple((read, text) for read, text in texts if text))


def hold_link(links: Iterable[str]) -> bool:
    """Whether one of them is an http or https link, good or not."""
    return any(link.lower().startswith(("http://", "https://")) for link in links)


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


def _uris(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _uri_list(text: str) -> list[str]:
    return [uri for uri in _uris(text) if not _is_file(uri)]


def _html_links(text: str) -> list[str]:
    # Loaded with the first piece of a web page: a start can do without an HTML parser.
    from dlmanager.core.html_links import find_html_links

    return find_html_links(text)


def _files(text: str) -> tuple[str, ...]:
    paths = (QUrl(uri).toLocalFile() for uri in _uris(text) if _is_file(uri))
    return tuple(path for path in paths if path)


def _is_file(uri: str) -> bool:
    return uri[:5].lower() == "file:"


def _moz_urls(text: str) -> list[str]:
    """Read lines that are a link and its title by turns, as Firefox writes them."""
    return _uri_list("\n".join(text.splitlines()[::2]))


def _first_line(text: str) -> list[str]:
    return _uri_list(text.partition("\n")[0])
