"""Links in what is pasted or dropped as text: line by line, and in prose."""

import re
from dataclasses import dataclass

MAX_LINK_CHARACTERS = 8 * 1024
MAX_TEXT_CHARACTERS = 32 * 1024 * 1024

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

_BULLET = re.compile(r"(?:[-*+•‣–]|\d{1,5}[.)])\s+")
_LINE_BREAK = re.compile(r"\r\n|[\r\n]")
# After a blank, `b.bin` is more likely the rest of a link's file name than a word of a sentence; so
# is anything where there are few words.
_FILE_LIKE = re.compile(r"\S\.(?=[0-9]{0,4}[a-z])[a-z0-9]{1,5}$", re.I)
_FEW_WORDS = 3
# What a person means as a link though it is none yet; whoever checks it says what is missing.
_ALMOST_LINK = re.compile(r"(?:https?:|www\.)\S*|(?:[\w-]+\.)+[a-z]{2,}/\S+", re.I)


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
    # A stray line of words among links is a mistake that has to be told.
    searched = prose > 0 and prose >= given
    kept = (
        line.links or ([line.text] if not searched or _ALMOST_LINK.fullmatch(line.text) else [])
        for line in lines
    )
    # Cut, a link that is too long must stay so.
    return list(dict.fromkeys(each[: MAX_LINK_CHARACTERS + 1] for links in kept for each in links))


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
