"""Links: made safe to hand to wget, and made safe to show."""

import re
from urllib.parse import unquote, urlsplit

from dlmanager.core.errors import InvalidUrl
from dlmanager.core.shown import shortened

MAX_URL_BYTES = 8 * 1024
_SHOWN_CHARACTERS = 80

# Copying from a page or a mail often brings along marks that nobody sees.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e"
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):(?P<rest>.*)", re.ASCII | re.I | re.S)
_LIKE_A_SERVER = re.compile(r"(?://)?(?:[^/@\s:]+\.[^/@\s:]+|localhost\b|\[)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_USERINFO = re.compile(r"(?<=://)[^/?#\s\\]*@")
_QUERY_VALUE = re.compile(r"(?P<start>[?&;#](?P<name>[^=&;#?\s]{1,100})=)(?P<value>[^&;#\s'\"<>]+)")
_SECRET_NAME = re.compile(
    r"\b(?:sig|sign|key|pwd?|pass|auth|authorization|sid|jwt|hmac|policy|code|otp|ticket|bearer|"
    r"cookie|hdnts|hdnea|authkey|phpsessid)\b|token|signature|secret|passw|passphrase|credential|"
    r"api-?key|session"
)
_SECRET_HEADER = re.compile(
    r"^(\s*(?:set-cookie2?|cookie|(?:proxy-)?authorization|[\w-]*(?:token|secret|api-key))\s*:).*",
    re.I | re.S,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def normalise_url(text: str) -> str:
    """Return the one ASCII form of an absolute http or https link, by the WHATWG rules.

    Blanks around it are trimmed, the host is lower-cased and in punycode, the default port, dot
    segments and the fragment are gone, everything else is percent-encoded. A user name and a
    password stay: see `has_credentials`.
    Raises InvalidUrl; its words hold neither a password nor a control character.
    """
    import ada_url  # with the first link that is given: a start can do without the parser

    text = text.strip().strip(_INVISIBLE).strip()
    if not text:
        raise InvalidUrl("There is no link. Give one that begins with https://.")
    if len(text) > MAX_URL_BYTES:
        raise InvalidUrl(f"This link is too long: more than {MAX_URL_BYTES} characters.")
    _check_characters(text)
    _check_beginning(text)
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise InvalidUrl(f"{_why_refused(text)}: {_excerpt(text)}") from None
    if url.port == "0":
        raise InvalidUrl(f"The port of this link is not between 1 and 65535: {_excerpt(text)}")
    url.hash = ""
    href = url.href
    if len(href) > MAX_URL_BYTES:
        raise InvalidUrl(f"This link is too long: more than {MAX_URL_BYTES} characters.")
    return href


def host_of(url: str) -> str:
    """Return the host of a link as `normalise_url` returns it: lower-case, without brackets."""
    return urlsplit(url).hostname or ""


def address_of(url: str) -> tuple[str, int]:
    """Return the host and port that a link as `normalise_url` returns it leads to."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def has_credentials(url: str) -> bool:
    """Whether the link holds a user name or a password."""
    return _USERINFO.search(url) is not None


def redact_url(url: str) -> str:
    """Return the link, or any text with links in it, fit for a log: secrets become `***`.

    Secrets are the user name and password, and values of query fields named like token,
    signature, key, password or auth. Works by pattern, so a broken link is redacted too.
    """
    return _QUERY_VALUE.sub(_redact_value, _USERINFO.sub("***@", url))


def redact_text(text: str) -> str:
    """Return one line of any text, such as wget's, without control characters and secrets.

    Besides what `redact_url` removes, the values of header lines that carry credentials.
    """
    line = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", " "))
    return redact_url(_SECRET_HEADER.sub(r"\1 ***", line))


def _redact_value(found: re.Match[str]) -> str:
    return f"{found['start']}***" if _is_secret_name(found["name"]) else found[0]


def _is_secret_name(name: str) -> bool:
    words = _NOT_WORD.sub("-", _CAMEL.sub("-", unquote(name)).lower())
    return _SECRET_NAME.search(words) is not None


def _check_characters(text: str) -> None:
    # WHATWG would drop line breaks and tabs and read a backslash as a slash. A link with one of
    # these is more often two links or a broken one, and guessing would fetch another file.
    if _CONTROL.search(text):
        raise InvalidUrl(
            f"This link holds a line break or another control character: {_excerpt(text)}"
        )
    if any(map(str.isspace, text)):
        raise InvalidUrl(
            f"This link has a blank in it. If it belongs there, write %20 instead: {_excerpt(text)}"
        )
    if "\\" in text:
        raise InvalidUrl(f"This link has a backslash in it, which links cannot: {_excerpt(text)}")


def _check_beginning(text: str) -> None:
    if text.startswith("-"):
        raise InvalidUrl(f"This is an option and not a link: {_excerpt(text)}")
    found = _SCHEME.fullmatch(text)
    if found is None or "." in found["scheme"] or re.match(r"\d+(?:/|$)", found["rest"]):
        if _LIKE_A_SERVER.match(text):
            raise InvalidUrl(f"Add https:// in front of this link: {_excerpt(text.lstrip('/'))}")
        raise InvalidUrl(f"This is not a link: {_excerpt(text)}")
    scheme = found["scheme"].lower()
    if scheme not in ("http", "https"):
        raise InvalidUrl(f"Only http and https links can be downloaded, not {scheme[:20]}.")
    if not found["rest"].startswith("//"):
        raise InvalidUrl(f"Two slashes are missing after {scheme}: in this link: {_excerpt(text)}")
    if found["rest"][2:3] in ("", "/", "?", "#"):
        raise InvalidUrl(f"This link names no server: {_excerpt(text)}")


def _why_refused(text: str) -> str:
    server = re.split(r"[/?#]", text.split("://", 1)[1], maxsplit=1)[0].rpartition("@")[2]
    if not server or server.startswith(":"):
        return "This link names no server"
    port = re.search(r":(?P<port>[^\]:]*)$", server)
    if port and not (re.fullmatch(r"[0-9]{0,5}", port["port"]) and int(port["port"] or 1) < 65536):
        return "The port of this link is not between 1 and 65535"
    return "The server name of this link is not a valid one"


def _excerpt(text: str) -> str:
    """Return the beginning of a text that may be anything, fit to be shown."""
    # Where a broken link ends its password cannot be known: all before the last @ goes.
    before, at, after = text.rpartition("@")
    scheme = re.match(r"[a-z]{1,10}://", before, re.I)
    shown = redact_url(f"{scheme[0] if scheme else ''}***@{after}" if at else text)
    shown = "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}"
        for c in shown[:MAX_URL_BYTES]
    )
    return shortened(shown, _SHOWN_CHARACTERS)
