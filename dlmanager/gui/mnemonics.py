"""Keys for the labels of fields: one for each, in whatever language they are."""

import re
from collections.abc import Iterable, Sequence

_MARKED = re.compile(r"&(\w)")


def keys_of(texts: Iterable[str]) -> set[str]:
    """Return the keys that texts have already, as `&` marks them."""
    return {key.casefold() for text in texts for key in _MARKED.findall(text)}


def with_mnemonics(labels: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return labels with a key each that none of the others has; without one if none is free.

    The beginning of a word is taken rather than a letter within. taken: keys of others.
    """
    keys = set(taken)
    marked = []
    for label in labels:
        place = _place(label, keys)
        if place is None:
            marked.append(label)
            continue
        keys.add(label[place].casefold())
        marked.append(f"{label[:place]}&{label[place:]}")
    return marked


def _place(label: str, keys: set[str]) -> int | None:
    beginnings = [match.start() for match in re.finditer(r"\b\w", label)]
    for place in (*beginnings, *range(len(label))):
        if label[place].isalpha() and label[place].casefold() not in keys:
            return place
    return None
