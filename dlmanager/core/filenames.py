"""File names: what a link, a server or a person suggests, as one safe path component.

Safe means the same everywhere: NFC, no separator, control or bidirectional character, none of
`<>:"|?*`, no dot, hyphen or blank in front, no dot or blank at the end, no device name of
Windows, at most MAX_NAME_BYTES bytes of UTF-8.
"""

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from dlmanager.core.content_disposition import filename_in
from dlmanager.core.errors import InvalidName

MAX_COMPONENT_BYTES = 255
"""What the usual file systems allow for one name."""

MAX_NAME_BYTES = MAX_COMPONENT_BYTES - len(" (999)") - len(".12345678.part")
"""Leaves room for a number and the part suffix, so that both keep the whole name."""

FALLBACK_NAME = "download"

_PART_ID_CHARACTERS = 8

_FORBIDDEN = '/\\<>:"|?*'
# Separators and what other systems forbid; C0 and C1; line and paragraph separators; invisible
# and bidirectional marks, which make a name read as another one; surrogates, which are no UTF-8.
_UNSAFE = re.compile(
    r'[/\\<>:"|?*\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff'
    r"\xad\u115f\u1160\u180e\u3164\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)", re.I
)
_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.()+ -]*[A-Za-z0-9_()+-])?")
# Blanks of all alphabets (the control characters among them are replaced before), and the joiners,
# which mean something inside a name only.
_BLANKS = (
    " \xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u200c\u200d\u202f\u205f\u3000"
)
_PACKED = "gz|bz2|xz|zst|zstd|lz|lz4|lzma|lzo|br|z|sig|asc|part|sha256|md5"
_EXTENSION = re.compile(
    rf"\.[a-z][a-z0-9]{{0,4}}\.(?:{_PACKED})\Z"  # .tar.gz, .sql.xz
    r"|\.(?:7z|zip|rar|tar)\.[0-9]{2,4}\Z"  # the volumes of an archive
    r"|\.part[0-9]{1,4}\.(?:rar|exe)\Z"
    r"|\.[^\s.]{1,16}\Z",
    re.I,
)

_EXTENSION_OF_TYPE = {
    "application/epub+zip": ".epub",
    "application/gzip": ".gz",
    "application/java-archive": ".jar",
    "application/json": ".json",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/vnd.android.package-archive": ".apk",
    "application/vnd.debian.binary-package": ".deb",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-7z-compressed": ".7z",
    "application/x-bittorrent": ".torrent",
    "application/x-bzip2": ".bz2",
    "application/x-gzip": ".gz",
    "application/x-iso9660-image": ".iso",
    "application/x-rar-compressed": ".rar",
    "application/x-rpm": ".rpm",
    "application/x-tar": ".tar",
    "application/x-xz": ".xz",
    "application/xhtml+xml": ".html",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "application/zstd": ".zst",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tiff",
    "image/webp": ".webp",
    "text/calendar": ".ics",
    "text/css": ".css",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/xml": ".xml",
    "video/mp4": ".mp4",
    "video/mpeg": ".mpeg",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
}


def suggest_filename(
    url: str, content_disposition: str | None = None, content_type: str | None = None
) -> str:
    """Return a safe file name for a download, whatever is given.

    The name comes from Content-Disposition (RFC 6266, `filename*` before `filename`), else from
    the last segment of the link's path, else from its server, else it is "download". A name
    from a link without an extension gets the one of content_type, if that is a usual one.
    """
    if content_disposition:
        named = filename_in(content_disposition)
        # Only the last component of a path counts (RFC 6266 4.3), and only if there is one.
        last = re.split(r"[/\\]", named or "")[-1].strip(" .")
        if last:
            return safe_filename(last)
    host, segment = _split_url(url)
    name = safe_filename(segment) if segment.strip(" .") else ""
    if content_type and not (name and _EXTENSION.search(name)):
        extension = _EXTENSION_OF_TYPE.get(content_type.partition(";")[0].strip().lower(), "")
        return safe_filename((name or host or FALLBACK_NAME) + extension)
    return name or safe_filename(host)


def safe_filename(name: str) -> str:
    """Return the name as one safe path component; the extension survives a cut."""
    if len(name) <= MAX_NAME_BYTES and _PLAIN.fullmatch(name) and not _DEVICE.match(name):
        return name  # nearly all names; the table asks for thousands of them
    # Nothing beyond this can survive the cut but the extension, and normalising takes its time.
    if len(name) > 8 * MAX_COMPONENT_BYTES:
        name = name[: 4 * MAX_COMPONENT_BYTES] + name[-4 * MAX_COMPONENT_BYTES :]
    # Some characters become plain ones by NFC (U+1FEF a grave accent), so it comes first.
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name))
    name = _stripped(name) or FALLBACK_NAME
    if _DEVICE.match(name):
        name = f"_{name}"
    stem, extension = _split_extension(name)
    return _stripped(_joined(stem, extension, MAX_NAME_BYTES))


def check_filename(name: str) -> str:
    """Return a name that a person typed, in NFC, if it is a safe one.

    Raises InvalidName with the reason; nothing is repaired silently.
    """
    name = unicodedata.normalize("NFC", name)
    unsafe = _UNSAFE.search(name)
    reason = None
    if not name.strip(_BLANKS):
        reason = "The file needs a name."
    elif unsafe and unsafe[0] in _FORBIDDEN:
        reason = f"A file name cannot hold the character {unsafe[0]} anywhere."
    elif unsafe:
        reason = "The file name holds a character that cannot be seen. Type it anew."
    elif name[0] == "." or name[0] == "-":
        reason = f"A file name cannot begin with {'a dot' if name[0] == '.' else 'a hyphen'}."
    elif name != name.strip(_BLANKS):
        reason = "A file name cannot begin or end with a blank."
    elif name[-1] == ".":
        reason = "A file name cannot end with a dot."
    elif _DEVICE.match(name):
        reason = f"{name.split('.')[0].strip()} is a reserved name. Choose another one."
    elif len(name.encode()) > MAX_NAME_BYTES:
        surplus = len(name.encode()) - MAX_NAME_BYTES
        reason = f"The file name is too long by {surplus} bytes."
    if reason:
        raise InvalidName(reason)
    return name


def numbered_name(name: str, n: int) -> str:
    """Return the name with a number before its extension: `a.tar.gz`, 1 -> `a (1).tar.gz`."""
    stem, extension = _split_extension(name)
    return _joined(stem, f" ({n}){extension}", MAX_COMPONENT_BYTES)


def part_name(name: str, job_id: str) -> str:
    """Return the name of the part file: `<name>.<first 8 characters of the job id>.part`."""
    return _joined(name, f".{job_id[:_PART_ID_CHARACTERS]}.part", MAX_COMPONENT_BYTES)


def _stripped(name: str) -> str:
    return name.lstrip(f"{_BLANKS}.-").rstrip(f"{_BLANKS}.")


def _split_extension(name: str) -> tuple[str, str]:
    found = _EXTENSION.search(name, 1)
    return (name[: found.start()], found[0]) if found else (name, "")


def _joined(stem: str, ending: str, limit_bytes: int) -> str:
    """Return stem and ending together, the stem cut on a character so that both fit."""
    room = limit_bytes - len(ending.encode())
    cut = stem.encode()[: max(room, 0)].decode(errors="ignore")
    return cut + ending


def last_segment(url: str) -> str:
    """Return the last segment of a link's path, percent-decoded and unsafe; may be empty."""
    return _split_url(url)[1]


def _split_url(url: str) -> tuple[str, str]:
    """Return server name and last path segment of a link; both may be empty."""
    # By hand and not by urlsplit: three times as fast, and no link can make it raise.
    rest = url.partition("#")[0].partition("?")[0].partition("://")[2]
    server, _, path = rest.partition("/")
    host = server.rpartition("@")[2]
    host = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    segment = path.rpartition("/")[2]
    return host, _unquote(segment) if "%" in segment else segment


def _unquote(text: str) -> str:
    """Percent-decode as UTF-8, else as Latin-1, which cannot fail."""
    return _decode(unquote_to_bytes(text.encode(errors="replace")))


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
