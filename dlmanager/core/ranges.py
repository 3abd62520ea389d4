"""Numbered ranges in links: `file[001-120].zip` stands for a hundred and twenty of them."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dlmanager.core.errors import InvalidUrl

MAX_LINKS = 10_000
"""How many links one line may stand for; beyond it a slip of a digit would fill the queue."""

# Eighteen digits stay within 64 bits; a longer figure is no number of a file. In the brackets of an
# IPv6 address stand colons or letters, and no hyphen: they are never taken for a range.
_RANGE = re.compile(r"\[(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})(?::(?P<step>[0-9]{1,18}))?\]")


@dataclass(frozen=True, slots=True)
class LinkRange:
    """What a line with ranges stands for: how many links, and the outermost of them."""

    count: int
    first: str
    last: str
    _texts: tuple[str, ...]
    _numbers: tuple["_Numbers", ...]

    def links(self) -> Iterator[str]:
        """Yield all links in order; of several ranges the last one counts fastest."""
        for numbers in itertools.product(*self._numbers):
            yield _joined(self._texts, numbers)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of one range, as they are written."""

    values: range
    digits: int

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[str]:
        return (self.written(value) for value in self.values)

    def written(self, value: int) -> str:
        return str(value).zfill(self.digits)


def range_in(link: str) -> LinkRange | None:
    """Return what a link with numbered ranges stands for; None if it has none.

    `[1-20]` counts up, `[20-1]` down, `[0-100:10]` in steps. Leading zeros are kept: all numbers
    get as many digits as the end that has them. Several ranges multiply. Other brackets, such as
    those of an IPv6 address, stay as they are; `%5B` writes one that would be taken for a range.
    Raises InvalidUrl for more than MAX_LINKS links, and for a step of 0.
    Source: the syntax of curl's "URL globbing", with counting down added.
    """
    found = list(_RANGE.finditer(link))
    if not found:
        return None
    numbers = tuple(_numbers(each) for each in found)
    count = 1
    for each in numbers:
        count *= len(each)
    if count > MAX_LINKS:
        raise InvalidUrl(
            f"This stands for {_counted(count)} links, and {MAX_LINKS:,} is the most "
            "for one line. Split it into several lines."
        )
    ends = [0, *(each.end() for each in found)]
    starts = [*(each.start() for each in found), len(link)]
    texts = tuple(link[end:start] for end, start in zip(ends, starts, strict=True))
    return LinkRange(
        count,
        _joined(texts, [each.written(each.values[0]) for each in numbers]),
        _joined(texts, [each.written(each.values[-1]) for each in numbers]),
        texts,
        numbers,
    )


def _numbers(found: re.Match[str]) -> _Numbers:
    first, last = int(found["first"]), int(found["last"])
    step = int(found["step"] or 1)
    if not step:
        raise InvalidUrl(f"The step of {found[0]} is 0. Count by 1 or more.")
    values = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    padded = [len(end) for end in (found["first"], found["last"]) if end.startswith("0")]
    return _Numbers(values, max(padded, default=1))


def _counted(count: int) -> str:
    return f"{count:,}" if count < 10**12 else "too many"


def _joined(texts: tuple[str, ...], numbers: "tuple[str, ...] | list[str]") -> str:
    return texts[0] + "".join(
        number + text for number, text in zip(numbers, texts[1:], strict=True)
    )
