"""Whether an answer is a web page where a file was expected: a login, a captive portal.

What is expected is told by what came before, else by the extension of the file's name or of the
link. What came is told by the answer's Content-Type, else by the first bytes of its body.
"""

import functools
import mimetypes
import re
from dataclasses import dataclass
from enum import Enum

from dlmanager.core.content_disposition import filename_in
from dlmanager.core.filenames import last_segment, safe_filename
from dlmanager.core.response import Response
from dlmanager.core.validators import validators_of

SNIFFED_BYTES = 1445
"""How much of a body is looked at. Source: WHATWG MIME Sniffing, "resource header"."""

WEB_PAGE_WORDS = (
    "The server sent a web page instead of the file; you may have to log in there first. "
    "Open it in a browser, or keep the page."
)


class Kind(Enum):
    """What a name or a type stands for, as far as it matters here."""

    PAGE = "page"
    TEXT = "text"  # may begin with tags and yet be what was asked for, as README.md does
    BINARY = "binary"


class Doubt(Enum):
    """What the head of an answer leaves open."""

    NONE = "none"  # no page has come, or one may
    BODY = "body"  # the first bytes of the body tell: see `looks_like_page`
    PAGE = "page"  # a page has come for a file


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of a file before an answer comes; None is unknown.

    name: the person's, or an earlier answer's. content_type, total: of an earlier answer.
    """

    url: str
    name: str | None = None
    content_type: str | None = None
    total: int | None = None


_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
# What servers say that do not know; the body tells more. text/plain is an old default of Apache.
_GENERIC_TYPES = frozenset(
    {
        "application/binary",
        "application/download",
        "application/force-download",
        "application/octet-stream",
        "application/unknown",
        "application/x-download",
        "application/x-unknown",
        "binary/octet-stream",
        "text/plain",
        "unknown/unknown",
        "*/*",
    }
)
_TEXT_TYPE = re.compile(
    r"text/|message/|.+\+(?:xml|json)\Z|application/(?:json|javascript|ecmascript|xml|manifest\+json"
    r"|yaml|toml|sql|x-(?:sh|csh|shar|tcl|tex|texinfo|latex|ndjson|yaml|subrip)|n-quads|n-triples"
    r"|trig|vnd\.apple\.mpegurl|mbox)\Z"
)

# Pages, and programs on servers, which answer with anything.
_PAGE_EXTENSIONS = (
    "action ashx asp aspx cfm cgi do fcgi htm html jsf jsp jspx php php3 php4 php5 php7 phtml "
    "pl shtml xht xhtml"
)
_TEXT_EXTENSIONS = (
    "adoc asc atom bib conf cpp diff go gpx hpp ics ini java kml log lua markdown md md5 "
    "meta4 metalink nfo opml patch rb rs rss rst sha256 sha512 sql toml yaml yml"
)
_BINARY_EXTENSIONS = (
    "7z aab ace alac ape apk appimage arj azw3 cab cb7 cbr cbz crx deb dmg docx dsf epub f4v "
    "flac flatpak flv img ipa iso jar jxl lha lz lz4 lzma lzo m2ts m4a m4b m4v mka mkv mobi "
    "msi msix mts nrg odp ods odt oga ogg ogm ogv otf ova parquet pkg pptx psd qcow2 rar rpm "
    "sig snap squashfs tbz tbz2 tgz torrent ts ttf txz tzst vdi vhd vhdx vmdk vob war whl wim "
    "wma wmv woff woff2 xapk xlsm xlsx xpi zst zstd"
)
# Extensions of manual pages, and endings of host names: `/domains/about.me` may be a page.
_NO_EXTENSIONS = frozenset({"com", "man", "me", "ms", "nt", "roff", "t", "tr"})
_VOLUME = re.compile(r"\.(?:7z|zip|rar|tar)\.[0-9]{2,4}\Z|\.[rz][0-9]{2}\Z", re.I)


def doubt_of(expected: Expectation, response: Response, *, is_same_file: bool) -> Doubt:
    """Judge the head of an answer that brings bytes.

    is_same_file: its validators are those of the file of which a part is here already.
    """
    kind = _expected_kind(expected, response)
    if kind is None or response.status not in (200, 206):
        return Doubt.NONE
    content_type = response.header("content-type")
    if kind_of_type(content_type) is Kind.PAGE:
        if is_same_file:
            return Doubt.NONE
        # PHP says text/html unless told otherwise; who names a file means one, so the body tells.
        named = _disposition_kind(response)
        if named is Kind.TEXT:
            return Doubt.NONE
        return Doubt.BODY if named is Kind.BINARY else Doubt.PAGE
    is_vague = kind_of_type(content_type) is None
    return Doubt.BODY if is_vague and kind is Kind.BINARY else Doubt.NONE


def is_same_type(one: str | None, other: str | None) -> bool:
    """Whether two answers named the same type, parameters aside; False if one named none."""
    media_type = _media_type(one or "")
    return bool(media_type) and media_type == _media_type(other or "")


def kind_of_type(content_type: str | None) -> Kind | None:
    """What a Content-Type stands for; None where it says nothing."""
    media_type = _media_type(content_type or "")
    if not media_type or media_type in _GENERIC_TYPES:
        return None
    if media_type in _PAGE_TYPES:
        return Kind.PAGE
    return Kind.TEXT if _TEXT_TYPE.match(media_type) else Kind.BINARY


def kind_of_name(name: str | None) -> Kind | None:
    """What a file's name stands for by its extension; None if it has none that is known."""
    if not name:
        return None
    if _VOLUME.search(name):
        return Kind.BINARY
    stem, dot, extension = name.rpartition(".")
    return _kinds().get(extension.lower()) if stem and dot else None


def looks_like_page(head: bytes) -> bool:
    """Whether a body that begins so is a web page.

    Source: WHATWG MIME Sniffing, 7.1, for text/html; lenient to a byte order mark and to the
    declaration of XML, with which pages in XHTML begin.
    """
    head = head[:SNIFFED_BYTES].removeprefix(b"\xef\xbb\xbf")
    return _PAGE_START.match(head) is not None or _XHTML_START.match(head) is not None


def name_of_page(name: str, content_type: str | None, head: bytes) -> str:
    """The name for a file that was accepted as a page: it gets a page's extension if it is one."""
    is_page = looks_like_page(head) or (
        kind_of_type(content_type) is Kind.PAGE and b"\0" not in head
    )
    return name if not is_page or kind_of_name(name) is Kind.PAGE else safe_filename(f"{name}.html")


_PAGE_START = re.compile(
    rb"[\t\n\x0c\r ]*<(?:!--|(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE"
    rb"|TITLE|B|BODY|BR|P|META)[ >\t\n\x0c\r/])",
    re.I,
)
_XHTML_START = re.compile(
    rb"\s*<\?xml\s[^>]*>(?>\s+|<!--(?>(?!-->).)*-->)*<(?:!DOCTYPE\s+)?html[\s>]", re.I | re.S
)


def _expected_kind(expected: Expectation, response: Response) -> Kind | None:
    """The kind of file that is expected; None if a page is as good as anything."""
    named = kind_of_name(expected.name) or kind_of_name(last_segment(expected.url))
    if expected.content_type is not None:
        earlier = kind_of_type(expected.content_type) or _filed(named) or Kind.TEXT
        return _filed(earlier)
    if filed := _filed(named) or _filed(_disposition_kind(response)):
        return filed
    if expected.total is not None and validators_of(response).total != expected.total:
        return Kind.TEXT
    return None


def _filed(kind: Kind | None) -> Kind | None:
    return None if kind is Kind.PAGE else kind


def _disposition_kind(response: Response) -> Kind | None:
    return kind_of_name(filename_in(response.header("content-disposition") or ""))


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


@functools.cache
def _kinds() -> dict[str, Kind]:
    """Every known extension. On first use, as the library looks for tables of the system."""
    library = mimetypes.MimeTypes()
    kinds = {
        extension[1:].lower(): kind_of_type(media_type) or Kind.BINARY
        for table in library.types_map
        for extension, media_type in table.items()
    }
    kinds |= {extension[1:].lower(): Kind.BINARY for extension in library.encodings_map}
    kinds |= dict.fromkeys(("txt", "bat", "c", "h", "ksh", "srt"), Kind.TEXT)  # text/plain
    for kind, extensions in (
        (Kind.PAGE, _PAGE_EXTENSIONS),
        (Kind.TEXT, _TEXT_EXTENSIONS),
        (Kind.BINARY, _BINARY_EXTENSIONS),
    ):
        kinds |= dict.fromkeys(extensions.split(), kind)
    return {name: kind for name, kind in kinds.items() if name not in _NO_EXTENSIONS}
