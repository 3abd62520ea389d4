"""Links in what is pasted or dropped: line by line, in free text, and in HTML."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    rf"(?<![A-Za-z0-9])(?:[a-z][a-z0-9+.-]{{0,20}}://|magnet:\?)"
    rf"(?:(?![,;|)\]}}]{{1,3}}\(?https?://)[^{_END}])+",
    re.I,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_TRAILING = ".,;:!?'*_~|…‘’([{"
_ABSOLUTE = re.compile(r"https?://[^/?#\s]", re.I)
_DROPPED_IN_ATTRIBUTES = re.compile(r"[\t\n\r]")

_BULLET = re.compile(r"(?:[-*+•‣–]|\d{1,5}[.)])\s+")
_LINE_BREAK = re.compile(r"\r\n|[\r\n]")
# After a blank, `b.bin` is more likely the rest of a link's file name than a word of a sentence; so
# is anything where there are few words.
_FILE_LIKE = re.compile(r"\S\.(?=[0-9]{0,4}[a-z])[a-z0-9]{1,5}$", re.I)
_FEW_WORDS = 3

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


def read_pasted(text: str) -> list[str]:
    """Return what was pasted as lines to be judged one by one, each once; empty without a link.

    A line that begins with a link is one link, whatever is in it: where a blank in a link would
    end it, another file would be fetched. Only prose is searched for links, also for those that
    cannot be used, and lines without any are left out only there. The lines are as written: pass
    each to `core.urls.normalise_url`, which says what is wrong with it.
    """
    # Not splitlines: a rarer separator within a link is for the check to refuse.
    written = [line.strip() for line in _LINE_BREAK.split(text[:MAX_TEXT_CHARACTERS])]
    lines = [_read_line(line) for line in written if any(map(str.isalnum, line))]
    if not any(line.links for line in lines):
        return []
    prose = sum(line.is_prose for line in lines)
    given = sum(bool(line.links) and not line.is_prose for line in lines)
    searched = prose > 0 and given * 2 <= len(lines)
    kept = (line.links or ([] if searched else [line.text]) for line in lines)
    # Cut, a link that is too long must stay so.
    return list(dict.fromkeys(each[: MAX_LINK_CHARACTERS + 1] for links in kept for each in links))


def find_html_links(html: str) -> list[str]:
    """Return the absolute http and https links of a piece of HTML, in order, each once.

    Looks at what a person can mean to download: href of a and area, src of images, media and
    frames; not at style sheets or scripts.
    """
    return _once(
        link
        for _, tag, link in html_addresses(html[:MAX_HTML_CHARACTERS])
        if tag != "base" and _ABSOLUTE.match(link)
    )


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


@dataclass(frozen=True, slots=True)
class _Line:
    """One pasted line, and the links in it. is_prose: it has words beside them, or several."""

    text: str
    links: list[str]
    is_prose: bool


def _read_line(line: str) -> _Line:
    text = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line
    found = list(_LINK.finditer(text))
    if not found:
        return _Line(text, [], is_prose=len(text.split()) > 1)
    starts = [match.start() for match in found]
    links = [_trimmed(match[0]) for match in found]
    ends = [start + len(link) for start, link in zip(starts, links, strict=True)]
    # What stands between a link and the next one, or the end of the line.
    gaps = [text[end:start] for end, start in zip(ends, [*starts[1:], len(text)], strict=True)]
    word_count = _word_count(text[: starts[0]]) + sum(map(_word_count, gaps))
    if starts[0] == 0:
        return _Line(text, _given_links(text, links, gaps, word_count), is_prose=False)
    wholes = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    links = [
        link if _ends_there(gap, word_count) else whole.strip()
        for link, gap, whole in zip(links, gaps, wholes, strict=True)
    ]
    return _Line(text, links, is_prose=word_count > 0)


def _given_links(text: str, links: list[str], gaps: list[str], word_count: int) -> list[str]:
    """Return the links of a line that begins with one: several, or the line as it stands."""
    if len(links) == 1 and not any(map(str.isspace, text)):
        foreign = gaps[0][:1] > "\u3000" and not _FILE_LIKE.search(text)
        return links if foreign else [text.rstrip(",;")]
    return [text] if word_count or "\\" in "".join(gaps) else links


def _ends_there(gap: str, word_count: int) -> bool:
    """Whether a link in prose surely ends where the gap after it begins."""
    if not _word_count(gap):
        return "\\" not in gap
    if gap[0].isspace() or gap[0] in _TRAILING:
        many = word_count >= _FEW_WORDS or not gap[0].isspace()
        return many and not any(_FILE_LIKE.search(word.rstrip(_TRAILING)) for word in gap.split())
    return gap[0].isprintable() and gap[0] != "\\"


def _word_count(text: str) -> int:
    return sum(any(map(str.isalnum, word)) for word in text.split())


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
