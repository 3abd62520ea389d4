"""Metalinks, versions 4 (RFC 5854) and 3: XML files that name files and where each can be had."""

import re
from dataclasses import dataclass
from xml.parsers import expat

_NAMESPACES = ("urn:ietf:params:xml:ns:metalink ", "http://www.metalinker.org/ ")
_NUMBER = re.compile(r"[0-9]{1,6}")
_SIZE = re.compile(r"[0-9]{1,18}")
_LAST_PRIORITY = 999_999
"""What an address without a priority has. Source: RFC 5854, 4.2.16.1."""


@dataclass(frozen=True, slots=True)
class MetalinkFile:
    """One file. name: as written, unsafe. urls: as written, the preferred one first.

    size_bytes: of the file; None if it is not told, or not once and for all. hashes: of the whole
    file: (type, digits), both as written.
    """

    name: str | None
    urls: tuple[str, ...]
    size_bytes: int | None = None
    hashes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Metalink:
    """What could be read. trouble: (line, a sentence) where it was given up, None if nowhere."""

    files: tuple[MetalinkFile, ...]
    trouble: tuple[int, str] | None = None


def read_metalink(data: bytes) -> Metalink:
    """Read a metalink, whatever the bytes are; signatures and hashes of pieces are not looked at.

    A document type is refused: it brings entities, which grow without end, or name files of this
    machine. What stood before something that is no XML was read.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.on_start
    parser.EndElementHandler = reader.on_end
    parser.CharacterDataHandler = reader.on_text
    parser.StartDoctypeDeclHandler = _on_doctype
    trouble = None
    try:
        parser.Parse(data, True)
    except _Refused as refused:
        trouble = parser.CurrentLineNumber, str(refused)
    except (expat.ExpatError, ValueError, LookupError):  # the latter two for odd encodings
        trouble = parser.CurrentLineNumber, "From here on this is no valid metalink."
    return Metalink(tuple(reader.files), trouble)


class _Refused(Exception):
    """It is not what a metalink may be."""


def _on_doctype(*_: object) -> None:
    raise _Refused("This file has a document type, which no metalink may have.")


class _Reader:
    """Follows the elements of a metalink."""

    def __init__(self) -> None:
        self.files: list[MetalinkFile] = []
        self._path: list[str] = []
        self._name: str | None = None
        self._urls: list[tuple[int, str]] = []
        self._sizes: set[str] = set()
        self._hashes: list[tuple[str, str]] = []
        self._rank = 0
        self._kind = ""
        self._text: list[str] = []

    def on_start(self, full_name: str, attributes: dict[str, str]) -> None:
        namespace = next((each for each in _NAMESPACES if full_name.startswith(each)), None)
        # Elements of others may stand anywhere; what they are called means nothing to us.
        name = full_name.removeprefix(namespace) if namespace else ""
        if not self._path and name != "metalink":
            raise _Refused("This is no metalink: it begins as something else.")
        self._path.append(name)
        if name == "file":
            self._name = attributes.get("name")
            self._urls, self._sizes, self._hashes = [], set(), []
        elif name == "url":
            self._rank, self._text = _rank(attributes), []
        elif name == "size":
            self._text = []
        elif name == "hash":
            self._kind, self._text = attributes.get("type", ""), []

    def on_end(self, _: str) -> None:
        name = self._path.pop()
        if name == "url" and "file" in self._path:
            url = "".join(self._text).strip()
            if url:
                self._urls.append((self._rank, url))
        elif name == "size" and self._path and self._path[-1] == "file":
            self._sizes.add("".join(self._text).strip())
        elif name == "hash" and self._path and self._path[-1] in ("file", "verification"):
            self._hashes.append((self._kind, "".join(self._text).strip()))
        elif name == "file":
            ranked = sorted(self._urls, key=lambda each: each[0])  # stable: else as written
            urls = tuple(url for _, url in ranked)
            self.files.append(
                MetalinkFile(self._name, urls, _size(self._sizes), tuple(self._hashes))
            )
            self._urls = []

    def on_text(self, text: str) -> None:
        if self._path[-1] in ("url", "size", "hash"):
            self._text.append(text)


def _size(written: set[str]) -> int | None:
    only = next(iter(written)) if len(written) == 1 else ""
    return int(only) if _SIZE.fullmatch(only) else None


def _rank(attributes: dict[str, str]) -> int:
    """How late an address comes: by its priority (1 first), in version 3 its preference (100)."""
    for name, sign in (("priority", 1), ("preference", -1)):
        if _NUMBER.fullmatch(attributes.get(name, "")):
            return sign * int(attributes[name])
    return _LAST_PRIORITY
