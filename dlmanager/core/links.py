"""Links found in free text and in HTML, as pasted or dropped."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

MAX_LINK_CHARACTERS = 8 * 1024
MAX_TEXT_CHARACTERS = 32 * 1024 * 1024
MAX_HTML_CHARACTERS = 4 * 1024 * 1024

# A link ends at a blank, a control character, a quote, an angle bracket, a backslash, or East
# Asian punctuation; and where the next one begins after a comma or a bracket (`a,http://b`,
# `[http://a](http://b)`), but not in the middle of a word (`/web/2026/http://example.org/`).
_END = (
    r"\s\x00-\x1f\x7f-\x9f\"<>\\`“”„«»‹›"
    r"\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_LINK = re.compile(
    rf"(?<![A-Za-z0-9])https?://(?:(?![,;|)\]}}]{{1,3}}\(?https?://)[^{_END}])+", re.I
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_TRAILING = ".,;:!?'*_~|…‘’([{"
_ABSOLUTE = re.compile(r"https?://[^/?#\s]", re.I)
_DROPPED_IN_ATTRIBUTES = re.compile(r"[\t\n\r]")

_ATTRIBUTE_OF = {
    **dict.fromkeys(("a", "area"), "href"),
    **dict.fromkeys(("img", "audio", "video", "source", "track", "embed", "iframe"), "src"),
}
_MAX_TAG_CHARACTERS = 10 * 1024
# Possessive, and bounded by the next `<`: linear whatever comes.
_TAG = re.compile(
    rf"<(?:{'|'.join(_ATTRIBUTE_OF)})(?=[\s/])"
    rf"(?>[^<>\"']|\"[^\"<]*+\"|'[^'<]*+'){{0,{_MAX_TAG_CHARACTERS}}}+>",
    re.I,
)


def find_links(text: str) -> list[str]:
    """Return all http and https links of a free text, in order, each once.

    Brackets, quotes and punctuation around a link are left out; a bracket that the link itself
    opened stays. The links are as written: pass each to `core.urls.normalise_url`.
    """
    found = (_trimmed(match[0]) for match in _LINK.finditer(text[:MAX_TEXT_CHARACTERS]))
    return _once(link for link in found if _ABSOLUTE.match(link))


def find_html_links(html: str) -> list[str]:
    """Return the absolute http and https links of a piece of HTML, in order, each once.

    Looks at what a person can mean to download: href of a and area, src of images, media and
    frames; not at style sheets or scripts.
    """
    # WORKAROUND https://github.com/python/cpython/issues/135462: html.parser takes minutes for
    # 100 KB of unclosed tags, so it is given one whole tag at a time, never the page.
    parser = _LinkParser()
    for tag in _TAG.finditer(html[:MAX_HTML_CHARACTERS]):
        if len(tag[0]) <= _MAX_TAG_CHARACTERS:
            parser.feed(tag[0])
            parser.reset()
    return _once(parser.links)


def _once(links: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(link for link in links if len(link) <= MAX_LINK_CHARACTERS))


def _trimmed(link: str) -> str:
    """Cut what belongs to the sentence around a link off its end."""
    # Counted once and then kept up to date: a link may be a megabyte of brackets.
    surplus = {
        close: link.count(close) - link.count(opening) for close, opening in _CLOSING.items()
    }
    end = len(link)
    while end:
        last = link[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last in _TRAILING:
            if last in "([{":
                surplus[{"(": ")", "[": "]", "{": "}"}[last]] += 1
        else:
            break
        end -= 1
    return link[:end]


class _LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = _ATTRIBUTE_OF.get(tag)
        for name, value in attrs:
            if name == wanted and value:
                link = _DROPPED_IN_ATTRIBUTES.sub("", value).strip()
                if _ABSOLUTE.match(link):
                    self.links.append(link)
