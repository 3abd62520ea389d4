"""Links in HTML: in web pages that are imported, and in parts of them that are dropped."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from dlmanager.core.links import MAX_LINK_CHARACTERS

MAX_HTML_CHARACTERS = 4 * 1024 * 1024

_ABSOLUTE = re.compile(r"https?://[^/?#\s]", re.I)
_DROPPED_IN_ATTRIBUTES = re.compile(r"[\t\n\r]")

_ATTRIBUTE_OF = {
    **dict.fromkeys(("a", "area", "base"), "href"),
    **dict.fromkeys(("img", "audio", "video", "source", "track", "embed", "iframe"), "src"),
}
_MAX_TAG_CHARACTERS = 10 * 1024
# Possessive, and bounded by the next `<`: linear whatever comes.
_TAG = re.compile(
    rf"<(?:{'|'.join(_ATTRIBUTE_OF)})(?=[\s/])"
    rf"(?>[^<>\"']|\"[^\"<]*+\"|'[^'<]*+'){{0,{_MAX_TAG_CHARACTERS}}}+>",
    re.I,
)


def find_html_links(html: str) -> list[str]:
    """Return the absolute http and https links of a piece of HTML, in order, each once.

    Looks at what a person can mean to download: href of a and area, src of images, media and
    frames; not at style sheets or scripts.
    """
    links = (
        link
        for _, tag, link in html_addresses(html[:MAX_HTML_CHARACTERS])
        if tag != "base" and _ABSOLUTE.match(link) and len(link) <= MAX_LINK_CHARACTERS
    )
    return list(dict.fromkeys(links))


def html_addresses(html: str) -> Iterator[tuple[int, str, str]]:
    """Yield (where its tag begins, name of the tag, address) of all that HTML refers to.

    The tags are those of `find_html_links`, and base. The addresses may be relative, or anything.
    """
    # WORKAROUND https://github.com/python/cpython/issues/135462: html.parser takes minutes for
    # 100 KB of unclosed tags, so it is given one whole tag at a time, never the page.
    parser = _TagParser()
    for tag in _TAG.finditer(html):
        if len(tag[0]) <= _MAX_TAG_CHARACTERS:
            parser.feed(tag[0])
            parser.reset()
            for name, address in parser.taken():
                yield tag.start(), name, address


class _TagParser(HTMLParser):
    """Notes the address of each tag that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self._addresses: list[tuple[str, str]] = []

    def taken(self) -> list[tuple[str, str]]:
        """Return what was noted since the last time, as (name of the tag, address)."""
        taken, self._addresses = self._addresses, []
        return taken

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = _ATTRIBUTE_OF.get(tag)
        for name, value in attrs:
            if name == wanted and value:
                self._addresses.append((tag, _DROPPED_IN_ATTRIBUTES.sub("", value).strip()))
