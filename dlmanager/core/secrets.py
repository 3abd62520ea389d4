"""Secrets of a download: told from its link, kept out of every text, given to one origin alone."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from dlmanager.core.errors import BadInput, InvalidSetting, InvalidUrl
from dlmanager.core.urls import normalise_url

MAX_HOPS = 10
"""How many redirects are followed."""
MAX_HEADERS = 50
MAX_HEADER_CHARACTERS = 8 * 1024

Header = tuple[str, str]
Origin = tuple[str, str, int]

_USERINFO = re.compile(r"(?<=://)[^/?#\s\\]*@")
_LINE_BREAK = re.compile(r"[\r\n\0]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_OURS = frozenset({"range", "host", "accept-encoding", "transfer-encoding", "te", "connection"})
_OURS_BEGIN = ("if-", "content-", "proxy-")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a server asks for before it gives a file out; values are never shown.

    user, password: as they are, not percent-encoded; None where none was given.
    headers: such as Authorization and Cookie. of_mirrors: the same for further links to the file,
    by their positions from 2; the others are not for them.
    """

    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    headers: tuple[Header, ...] = field(default=(), repr=False)
    of_mirrors: tuple[tuple[int, "Secrets"], ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        is_own = self.user is not None or self.password is not None or bool(self.headers)
        return is_own or bool(self.of_mirrors)

    def at(self, mirror: int | None) -> "Secrets":
        """Those for one link of several; the first, the job's own, is 1 or None."""
        if mirror is None or mirror == 1:
            return replace(self, of_mirrors=())
        return dict(self.of_mirrors).get(mirror, NO_SECRETS)

    def with_those_at(self, mirror: int | None, secrets: "Secrets") -> "Secrets":
        """All of them, with others for one link."""
        if mirror is None or mirror == 1:
            return replace(secrets, of_mirrors=self.of_mirrors)
        others = {**dict(self.of_mirrors), mirror: secrets}
        kept = tuple((position, each) for position, each in sorted(others.items()) if each)
        return replace(self, of_mirrors=kept)


NO_SECRETS = Secrets()


@dataclass(frozen=True, slots=True)
class Carried:
    """What one attempt takes along; values are never shown.

    secrets: the job's, for the origin of its link. proxy: with its user name and password.
    no_proxy: the hosts that it is not asked for, see `core.no_proxy`.
    """

    secrets: Secrets = field(default=NO_SECRETS, repr=False)
    proxy: str | None = field(default=None, repr=False)
    no_proxy: str = ""

    @property
    def follows_redirects(self) -> bool:
        """Whether redirects are followed by us, not by wget.

        It would take secrets to any server; and ftp, which only its proxy keeps from being asked,
        to the hosts that the proxy is not asked for.
        """
        return bool(self.secrets) or bool(self.no_proxy)

    def __bool__(self) -> bool:
        return bool(self.secrets) or self.proxy is not None


# Links


def split_link(url: str) -> tuple[str, Secrets]:
    """Part a link, as `normalise_url` returns it, from its user name and password.

    Raises InvalidUrl if one of them holds a line break or NUL.
    """
    found = _USERINFO.search(url)
    if found is None:
        return url, Secrets()
    user, colon, password = found[0].removesuffix("@").partition(":")
    secrets = Secrets(unquote(user), unquote(password) if colon else None)
    if _LINE_BREAK.search(f"{secrets.user}{secrets.password}"):
        raise InvalidUrl(
            "The user name or password in this link holds a line break, which no server takes."
        )
    if secrets == Secrets(user=""):
        secrets = Secrets()
    return url[: found.start()] + url[found.end() :], secrets


def link_with(url: str, secrets: Secrets) -> str:
    """Put user name and password back into a clean link; a user name that is not empty."""
    if not secrets.user:
        return url
    scheme, _, rest = url.partition("://")
    # Nothing but letters and digits stays as it is: whatever reads it finds what was meant.
    userinfo = f"{_encoded(secrets.user)}:{_encoded(secrets.password or '')}"
    return f"{scheme}://{userinfo}@{rest}"


def _encoded(text: str) -> str:
    return quote(text, safe="")


def origin_of(url: str) -> Origin:
    """The origin (RFC 6454) of a link as `normalise_url` returns it: scheme, host, port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname or "", port


def secrets_for(secrets: Secrets, given_for: str, asked: str) -> Secrets:
    """Which secrets, given for one link, may go to another: all within the origin, else none."""
    return secrets if origin_of(given_for) == origin_of(asked) else Secrets()


def redirect_target(asked: str, location: str | None) -> str | None:
    """Where a redirect leads, without any user name; None if that is no http or https link.

    location: the header as sent, relative or not.
    """
    if not location or not location.strip():
        return None
    try:
        target = normalise_url(urljoin(asked, location.strip().replace(" ", "%20")))
        # A server does not choose what name we give: what a redirect brings along is dropped.
        return split_link(target)[0]
    except ValueError:  # urljoin of a broken address
        return None
    except InvalidUrl:
        return None


# Headers


def parse_header(line: str) -> Header:
    """Read `Name: value`, as a person gives it for a download.

    Raises BadInput, whose words never hold the value.
    """
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise BadInput("A header is written as Name: value, for example Cookie: session=1234.")
    if not value:
        raise BadInput(f"The header {name} has no value.")
    if _CONTROL.search(value) or _LINE_BREAK.search(line):
        raise BadInput(f"The header {name} holds a line break or another control character.")
    if len(line) > MAX_HEADER_CHARACTERS:
        raise BadInput(f"The header {name} is longer than {MAX_HEADER_CHARACTERS} characters.")
    if name.lower() in _OURS or name.lower().startswith(_OURS_BEGIN):
        raise BadInput(
            f"The header {name} cannot be given: dlmanager needs it itself to fetch a file safely."
        )
    return name, value


def basic_authorization(secrets: Secrets) -> Header:
    """The header that user name and password make by the Basic scheme (RFC 7617)."""
    pair = f"{secrets.user or ''}:{secrets.password or ''}"
    return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"


# The proxy


def split_proxy(text: str) -> tuple[str, Secrets]:
    """Part the address of a proxy from its user name and password; an empty text stays empty.

    Raises InvalidSetting, whose words never hold a password.
    """
    if not text.strip():
        return "", Secrets()
    try:
        url, secrets = split_link(normalise_url(text))
    except InvalidUrl as error:
        raise InvalidSetting(f"proxy is http://[user:password@]host:port. {error}") from None
    if urlsplit(url).scheme != "http" or urlsplit(url).path not in ("", "/") or "?" in url:
        raise InvalidSetting("proxy is http://[user:password@]host:port, and nothing after that.")
    return url, secrets


# As text


def dump_secrets(secrets: Secrets) -> str:
    """Secrets as a text for whatever keeps them."""
    return json.dumps(_values(secrets))


def _values(secrets: Secrets) -> dict[str, Any]:
    values: dict[str, Any] = {
        "user": secrets.user,
        "password": secrets.password,
        "headers": secrets.headers,
    }
    if secrets.of_mirrors:
        values["mirrors"] = [[mirror, _values(each)] for mirror, each in secrets.of_mirrors]
    return values


def load_secrets(text: str) -> Secrets:
    """Read what `dump_secrets` made. Raises ValueError, whose words never hold a value."""
    try:
        return _secrets(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("these are no secrets of ours") from None


def _secrets(values: Mapping[str, Any]) -> Secrets:
    return Secrets(
        _text_or_none(values, "user"),
        _text_or_none(values, "password"),
        tuple((str(name), str(value)) for name, value in values["headers"]),
        tuple((int(mirror), _secrets(each)) for mirror, each in values.get("mirrors", ())),
    )


def _text_or_none(values: Mapping[str, Any], name: str) -> str | None:
    value = values[name]
    return None if value is None else str(value)


# Out of texts

_LEAST_HIDDEN = 4
"""Characters; what is shorter stands in any text by chance, and to hide it would spell it out."""
_LEAST_HIDDEN_PIECE = 8
_PIECES = re.compile(r"[\s;,=\"]+")
_PUBLIC_HEADERS = frozenset({"accept", "accept-language", "origin", "referer", "user-agent"})


def values_of(carried: Carried) -> tuple[str, ...]:
    """What must not be seen in a text, in each form that it travels in; the longest first."""
    values: set[str] = set()
    for name, value in carried.secrets.headers:
        if name.lower() not in _PUBLIC_HEADERS:
            # Of `Bearer abc` or `session=abc` a server may repeat the end alone.
            pieces = [each for each in _PIECES.split(value) if len(each) >= _LEAST_HIDDEN_PIECE]
            values.update((value, *pieces))
    access = [carried.secrets]
    if carried.proxy is not None:
        access.append(split_link(carried.proxy)[1])
    for each in access:
        if each.user is not None or each.password is not None:
            _, pair = basic_authorization(each)[1].split()
            values.update((pair, each.user or "", each.password or ""))
    values.update([_encoded(value) for value in values])
    return tuple(sorted((each for each in values if len(each) >= _LEAST_HIDDEN), key=len)[::-1])


def mask(text: str, values: tuple[str, ...]) -> str:
    """Return a text with `***` in the place of these values."""
    for value in values:
        text = text.replace(value, "***")
    return text
