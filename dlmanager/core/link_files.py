"""Files that hold links: lists, shortcuts of desktops, metalinks and web pages, read into links."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ada_url

from dlmanager.core.checksum import parse_checksum
from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import BadInput, InvalidChecksum, InvalidUrl
from dlmanager.core.filenames import safe_filename
from dlmanager.core.html_links import html_addresses
from dlmanager.core.links import read_pasted
from dlmanager.core.metalink import read_metalink
from dlmanager.core.mirrors import MAX_MIRRORS
from dlmanager.core.secrets import split_link
from dlmanager.core.shown import shortened
from dlmanager.core.urls import normalise_url, redact_text

MAX_BYTES = 8 * 1024 * 1024
"""How much of a file is read: a hundred thousand usual links."""
MAX_LINKS = 100_000
MARKUP_EXTENSIONS = ("url", "desktop", "meta4", "metalink", "html", "htm", "xhtml", "xht")
"""What the names of files end with that hold links in a form of their own, in small letters."""
EXTENSIONS = ("txt", "text", "list", "lst", "md", "csv", *MARKUP_EXTENSIONS)
"""The same for all files that usually hold links."""
_MAX_REASONS = 1000
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class FileLink:
    """A usable link, as written. name: what the file says it shall be saved as, made safe.

    mirrors: further links to the same file, the preferred one first. size_bytes: what it says that
    the size is, None if it does not. checksum: what it says that the file hashes to.
    """

    url: str
    name: str | None = None
    mirrors: tuple[str, ...] = ()
    size_bytes: int | None = None
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that cannot be used. where: such as "Line 3"; reason: a sentence."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class LinkFile:
    """What was found in a file, in its order, each link once."""

    links: tuple[FileLink, ...]
    left_out: tuple[LeftOut, ...]


def read_link_file(name: str, data: bytes, address: str | None = None) -> LinkFile:
    """Return the links in a file, and what in it cannot be used; whatever the bytes are.

    name: of the file; what it ends with tells how it is read: `.url`, `.desktop`, `.metalink`,
    `.meta4`, `.html`; anything else is a text. data: all of it. address: where the file came from,
    if that is known, for the relative links of a page.
    Raises BadInput if there is more than MAX_BYTES.
    """
    if len(data) > MAX_BYTES:
        raise BadInput(
            f"There is more than {MAX_BYTES // 1024**2} MB in {name}. Split it into several files."
        )
    extension = name.rpartition(".")[2].lower()
    found = _Found()
    match extension:
        case "url":
            _read_internet_shortcut(decoded(data), found)
        case "desktop":
            _read_desktop_entry(decoded(data), found)
        case "metalink" | "meta4":
            _read_metalink_file(data, found)
        case "html" | "htm" | "xhtml" | "xht":
            _read_page(decoded(data, _declared_charset(data)), address, found)
        case _:
            _read_text(decoded(data), found)
    return LinkFile(tuple(found.links.values()), tuple(found.left_out))


# Without the mark. Those of UTF-32 come first, as the ones of UTF-16 begin them.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def decoded(data: bytes, charset: str | None = None) -> str:
    """Return the text of a file: by the mark at its beginning, else by what it declares.

    charset: the declared one. Without either, or if it is not true, UTF-8 where the bytes are
    that, UTF-16 where every other one of the first is zero, else Windows-1252, which cannot fail.
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    for named in (charset, "utf-8" if b"\0" not in data[:2] else None):
        if named is not None:
            try:
                return data.decode(named)
            # A codec of Python that makes no text, such as rot13, raises what it likes.
            except (LookupError, ValueError, TypeError, AssertionError):
                continue
    if b"\0" in data[:2]:
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", errors="replace")
    return data.decode("cp1252", errors="replace")


class _Found:
    """Collects links, each once, and what cannot be used."""

    def __init__(self) -> None:
        self.links: dict[str, FileLink] = {}
        self.left_out: list[LeftOut] = []

    def add(self, where: str, url: str, name: str | None = None, **more: Any) -> None:
        """Take a link, or note why it is left out; more: further fields of FileLink."""
        try:
            link = normalise_url(url)
        except InvalidUrl as error:
            self.leave_out(where, str(error))
            return
        if link in self.links:
            return
        if len(self.links) == MAX_LINKS:
            self.leave_out(where, f"More than {MAX_LINKS:,} links cannot be added at once.")
        else:
            self.links[link] = FileLink(url.strip(), name, **more)

    def leave_out(self, where: str, reason: str) -> None:
        if len(self.left_out) < _MAX_REASONS:
            self.left_out.append(LeftOut(where, reason))


# Texts


def _read_text(text: str, found: _Found) -> None:
    lines = text.splitlines()
    number = 0
    for entry in read_pasted("\n".join(line for line in lines if not line.startswith("#"))):
        # They come in the order of the lines; an entry that was repeated stands at its first one.
        while number < len(lines) and entry not in lines[number]:
            number += 1
        found.add(f"Line {number + 1}", entry)


# Shortcuts


def _read_internet_shortcut(text: str, found: _Found) -> None:
    """Source: the "Internet Shortcut" of Windows, an ini file; other systems write it too."""
    value = _ini_value(text, "internetshortcut", "url")
    if value is None:
        found.leave_out("Line 1", "This is no internet shortcut: it names no URL.")
    else:
        found.add(*value)


_ESCAPE = re.compile(r"\\([sntr\\])")
_ESCAPED = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def _read_desktop_entry(text: str, found: _Found) -> None:
    """Source: Desktop Entry Specification 1.5, sections 3, 4 and 6."""
    kind = _ini_value(text, "desktop entry", "type")
    value = _ini_value(text, "desktop entry", "url")
    if kind is None or kind[1] != "Link":
        where = kind[0] if kind is not None else "Line 1"
        found.leave_out(where, "This desktop entry is no link, but starts a program or is broken.")
    elif value is None:
        found.leave_out(kind[0], "This desktop entry is a link, but names no URL.")
    else:
        where, written = value
        found.add(where, _ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], written))


def _ini_value(text: str, section: str, key: str) -> tuple[str, str] | None:
    """Return ("Line 3", value) of the first such key in a section; None if there is none.

    section, key: in small letters; in a file they may have others. Of a key in several languages
    (`URL[de]`, or `URL[$e]` of KDE) the one without counts, else the first.
    """
    # By hand: configparser refuses a whole file for a line that is none, or that comes twice.
    inside, of_language = False, None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            inside = line[1:-1].strip().lower() == section
        elif inside and "=" in line and line[0] not in "#;":
            written, _, value = line.partition("=")
            name, bracket, _ = written.strip().lower().partition("[")
            if name == key and value.strip():
                if not bracket:
                    return f"Line {number}", value.strip()
                of_language = of_language or (f"Line {number}", value.strip())
    return of_language


# Metalinks


def _read_metalink_file(data: bytes, found: _Found) -> None:
    metalink = read_metalink(data)
    for number, file in enumerate(metalink.files, 1):
        name = _last_component(file.name)
        where = f"Entry {number} ({name})" if name else f"Entry {number}"
        if not file.urls:
            found.leave_out(where, "It names no link.")
        else:
            url, *mirrors = _usable(file.urls) or file.urls[:1]
            try:
                checksum = _strongest(file.hashes)
            except InvalidChecksum as error:
                # Not without it: whoever wrote it down wants the file checked.
                found.leave_out(where, str(error))
                continue
            found.add(
                where,
                url,
                name,
                mirrors=tuple(mirrors),
                size_bytes=file.size_bytes,
                checksum=checksum,
            )
    if metalink.trouble is not None:
        line, reason = metalink.trouble
        found.leave_out(f"Line {line}", reason)


def _last_component(name: str | None) -> str | None:
    # A path into folders would be a way out of the folder that the person chose.
    last = re.split(r"[/\\]", name or "")[-1].strip(" .")
    return safe_filename(last) if last else None


# The strongest first; IANA has no name for BLAKE2b, and other kinds cannot be checked.
_KINDS = tuple(kind for kind in reversed(ChecksumKind) if kind is not ChecksumKind.BLAKE2B)


def _strongest(hashes: Sequence[tuple[str, str]]) -> Checksum | None:
    """The checksum to hold a file against; raises InvalidChecksum if it is none."""
    # Source of the names: IANA, Hash Function Textual Names; version 3 writes them without hyphen.
    written = {kind.lower().replace("-", ""): digits for kind, digits in reversed(hashes)}
    kind = next((each for each in _KINDS if each in written), None)
    return None if kind is None else parse_checksum(f"{kind}:{written[kind]}")


def _usable(urls: Sequence[str]) -> list[str]:
    """Those that can be used, each once, as many as a file may have mirrors."""
    usable: dict[str, str] = {}
    for url in urls:
        try:
            # Others of them may be for BitTorrent or FTP.
            usable.setdefault(split_link(normalise_url(url))[0], url)
        except InvalidUrl:
            continue
        if len(usable) == MAX_MIRRORS:
            break
    return list(usable.values())


# Web pages

_CHARSET = re.compile(
    rb"<meta\s[^>]{0,500}?charset\s*=\s*[\"']?\s*(?P<name>[A-Za-z0-9._:-]{1,40})", re.I
)
_PRESCAN_BYTES = 1024
# What browsers read these as: the Encoding standard, 4.2.
_WINDOWS_1252 = frozenset({"ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "l1"})
# Chrome and others write it into the pages that they save.
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d{4}\)(?P<url>https?://\S+)\s*-->", re.I)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
# What is no address of a file.
_NOT_MEANT = re.compile(r"#|(?:about|blob|data|javascript|mailto|sms|tel):", re.I)


def _declared_charset(data: bytes) -> str | None:
    """Source: the "prescan" of the HTML standard, 13.2.3.2, in short."""
    declared = _CHARSET.search(data[:_PRESCAN_BYTES])
    if declared is None:
        return None
    name = declared["name"].decode("ascii").lower()
    # A declaration that can be read byte by byte cannot be true if it says UTF-16.
    if name.startswith("utf-16"):
        return "utf-8"
    return "cp1252" if name in _WINDOWS_1252 else name


def _read_page(html: str, address: str | None, found: _Found) -> None:
    addresses = list(html_addresses(html))
    base = _base_of(html, address, next((each for _, tag, each in addresses if tag == "base"), ""))
    line, counted = 1, 0
    for start, tag, written in addresses:
        if tag not in ("a", "area") or _NOT_MEANT.match(written):
            continue
        line, counted = line + html.count("\n", counted, start), start
        where = f"Line {line}"
        if _SCHEME.match(written):
            found.add(where, written)
        elif base is None:
            found.leave_out(
                where,
                "The page does not tell its own address, which this link is relative to: "
                f"{_shown(written)}",
            )
        else:
            resolved = _resolved(written, base)
            if resolved is None:
                found.leave_out(where, f"This is not a link: {_shown(written)}")
            else:
                found.add(where, resolved)


def _base_of(html: str, address: str | None, written: str) -> str | None:
    """Return what the relative links of a page are relative to; None if that is unknown.

    written: what its base element says, empty without one.
    """
    if address is None:
        saved = _SAVED_FROM.search(html, 0, 2 * _PRESCAN_BYTES)
        address = saved["url"] if saved else None
    bases = (_resolved(written, address), _resolved(address or ""))
    return next((base for base in bases if base and base.startswith(("http:", "https:"))), None)


def _resolved(written: str, base: str | None = None) -> str | None:
    try:
        return str((ada_url.URL(written, base=base) if base else ada_url.URL(written)).href)
    except ValueError:
        return None


def _shown(text: str) -> str:
    return shortened(redact_text(text), _SHOWN_CHARACTERS)
