"""The header Content-Disposition: the file name in it, as servers really write it."""

import binascii
import codecs
import re
from urllib.parse import unquote_to_bytes

_MAX_HEADER_CHARACTERS = 16 * 1024
_PARAMETER = re.compile(
    r""";\s*+(?P<name>[^\s=;"]++)\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"?|(?P<token>[^;"]*+))""",
    re.S,
)
_EXTENDED = re.compile(r"(?P<charset>[\w.:+-]*)'[^']*'(?P<value>.*)", re.ASCII | re.S)
_CONTINUED = re.compile(r"filename\*(?P<number>0|[1-9][0-9]{0,2})(?P<extended>\*?)", re.I)
_WINDOWS_PATH = re.compile(r'[A-Za-z]:\\|\\\\[^\\]+\\[^\\"]')
_ENCODED_WORD = re.compile(
    r"=\?(?P<charset>[\w-]+)(?:\*[\w-]*)?\?(?P<encoding>[bq])\?(?P<value>[^?\s]*)\?=(?:\s+(?==\?))?",
    re.ASCII | re.I,
)


# Python's names of the charsets that servers use. Not every codec of Python is a charset: rot13
# and zlib are none, punycode is slow.
_CHARSET = re.compile(
    r"ascii|utf-8|utf-16(?:-[bl]e)?|iso8859-[0-9]+|cp[0-9]+|koi8-[ru]|shift_jis|euc_(?:jp|kr)|"
    r"iso2022_jp|gb2312|gbk|gb18030|big5|tis-620"
)


def filename_in(header: str) -> str | None:
    """Return the file name that the header gives, raw and unsafe; None if there is none.

    By RFC 6266 and 8187, `filename*` first; lenient to RFC 2231 continuations, RFC 2047 words
    and raw UTF-8. Pass the result to `core.filenames.safe_filename`.
    """
    header = header[:_MAX_HEADER_CHARACTERS]
    # Some servers leave the disposition type out: `filename="a.zip"`.
    if re.match(r"\s*filename\*?\s*=", header, re.I):
        header = f";{header}"
    values: dict[str, str] = {}
    for found in _PARAMETER.finditer(header):
        value = found["token"].strip() if found["quoted"] is None else _unescaped(found["quoted"])
        values.setdefault(found["name"].lower(), value)
    return (
        _extended_value(values.get("filename*", ""))
        or _continued_value(values)
        or _plain_value(values.get("filename", ""))
        or None
    )


def _unescaped(quoted: str) -> str:
    # By RFC 9110 5.6.4 `\x` is x; but `filename="C:\temp\a.txt"` is meant as a path.
    escaped = r'\\(["\\])' if _WINDOWS_PATH.match(quoted) else r"\\(.)"
    return re.sub(escaped, r"\1", quoted, flags=re.S)


def _extended_value(value: str) -> str | None:
    """Read `charset'language'percent-encoded` (RFC 8187)."""
    found = _EXTENDED.fullmatch(value)
    if found is None:
        return None
    return _decode_as(unquote_to_bytes(found["value"].encode(errors="replace")), found["charset"])


def _continued_value(values: dict[str, str]) -> str | None:
    """Read `filename*0*=..; filename*1=..` (RFC 2231)."""
    pieces: dict[int, tuple[str, bool]] = {}
    for name, value in values.items():
        if found := _CONTINUED.fullmatch(name):
            pieces[int(found["number"])] = (value, bool(found["extended"]))
    charset, raw = "utf-8", b""
    for number in range(len(pieces)):
        if number not in pieces:
            break
        value, extended = pieces[number]
        if number == 0 and extended and (first := _EXTENDED.fullmatch(value)):
            charset, value = first["charset"], first["value"]
        encoded = value.encode(errors="replace")
        raw += unquote_to_bytes(encoded) if extended else encoded
    return _decode_as(raw, charset) or None


def _plain_value(value: str) -> str:
    """Read `filename=..`, with the encodings that are not allowed there but used.

    Not percent-encoding: RFC 6266 4.2 knows that some mean it, and leaves it as it stands.
    """
    if "=?" in value:
        return _ENCODED_WORD.sub(_decode_word, value)
    if not value.isascii():
        try:  # UTF-8 that somebody on the way read as Latin-1
            return value.encode("latin-1").decode()
        except UnicodeError:
            return value
    return value


def _decode_word(found: re.Match[str]) -> str:
    value = found["value"].encode()
    if found["encoding"] in "bB":
        try:
            raw = binascii.a2b_base64(value + b"=" * (-len(value) % 4))
        except binascii.Error:
            return found[0]
    else:
        raw = binascii.a2b_qp(value, header=True)
    return _decode_as(raw, found["charset"]) or found[0]


def _decode_as(raw: bytes, charset: str) -> str | None:
    """Decode by a charset that a server named; None if that cannot be done."""
    try:
        name = codecs.lookup(charset or "utf-8").name
        return raw.decode(name) if _CHARSET.fullmatch(name) else None
    except (LookupError, ValueError):
        return None
