"""Checksums as people give them: one by hand, or a list such as SHA256SUMS."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import InvalidChecksum
from dlmanager.core.shown import printable, shortened

MAX_LIST_CHARACTERS = 1024 * 1024
"""How much of a list is read: ten thousand lines of usual ones."""
_SHOWN_CHARACTERS = 40

_STRENGTH = tuple(ChecksumKind)
_BY_DIGITS = {kind.digits: kind for kind in ChecksumKind if kind is not ChecksumKind.BLAKE2B}
_BY_WORD = {
    "md5": ChecksumKind.MD5,
    "sha1": ChecksumKind.SHA1,
    "sha256": ChecksumKind.SHA256,
    "sha2256": ChecksumKind.SHA256,  # OpenSSL 3 writes SHA2-256
    "sha512": ChecksumKind.SHA512,
    "sha2512": ChecksumKind.SHA512,
    "blake2": ChecksumKind.BLAKE2B,
    "blake2b": ChecksumKind.BLAKE2B,
    "blake2b512": ChecksumKind.BLAKE2B,
    "b2": ChecksumKind.BLAKE2B,
}
"""Words for kinds, in small letters and without hyphens. `sum` may follow, as in sha256sum."""

# BSD's, and with blanks left out OpenSSL's: SHA256 (file) = 12ab; the name may hold brackets.
_TAGGED = re.compile(r"(?P<word>[A-Za-z][\w-]*) ?\((?P<name>.+)\) ?= ?(?P<digits>\S+)", re.ASCII)
_PREFIXED = re.compile(
    r"(?P<word>[A-Za-z][\w-]*)\s*[:=]\s*(?P<rest>\S.*)"
    # A blank alone divides only what no hexadecimal number is.
    r"|(?P<bare>(?=[\w-]*[G-Zg-z])[A-Za-z][\w-]*)\s+(?P<after>\S.*)",
    re.ASCII,
)
# GNU's: digits, a blank, a blank or (binary) an asterisk, and the name.
_WITH_NAME = re.compile(r"(?P<digits>\S+)[ \t]+\*?(?P<name>\S.*)")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_NAME_ESCAPES = {r"\\": "\\", r"\n": "\n", r"\r": "\r"}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a list that cannot be used. number: from 1. reason: a sentence."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChecksumList:
    """What a list told. checksums: by name as written, `/` between folders."""

    checksums: Mapping[str, Checksum] = field(default_factory=dict)
    bad_lines: tuple[BadLine, ...] = ()

    def of(self, filename: str) -> Checksum | None:
        """The checksum of a file, whatever folder the list has it in.

        None if the list has none, or several files of that name with different ones.
        """
        if (exact := self.checksums.get(filename)) is not None:
            return exact
        found = {
            checksum
            for name, checksum in self.checksums.items()
            if name.rpartition("/")[2] == filename
        }
        return found.pop() if len(found) == 1 else None


def parse_checksum(text: str) -> Checksum:
    """Read one checksum: its digits, or with its kind or a file name around them.

    The kind is told by a word (`sha256:…`, `SHA256 (file) = …`), else by the number of digits;
    BLAKE2b, as long as SHA-512, needs its word. Raises InvalidChecksum.
    """
    return _read(text)[0]


def parse_checksum_list(text: str) -> ChecksumList:
    """Read a list as `sha256sum` writes it, with or without --tag; empty lines and # are passed.

    Lines that cannot be used are told of, and the rest is read. Of several kinds for one file the
    strongest counts. A signature around the list (OpenPGP, RFC 9580 7) is not looked at.
    Raises InvalidChecksum if there is more than MAX_LIST_CHARACTERS.
    """
    if len(text) > MAX_LIST_CHARACTERS:
        megabytes = MAX_LIST_CHARACTERS // 1024**2
        raise InvalidChecksum(f"A list of checksums of more than {megabytes} MB is not read.")
    checksums: dict[str, Checksum] = {}
    bad_lines = []
    for number, line in _signed_lines(text):
        try:
            checksum, name = _read(line)
            if name is None:
                raise InvalidChecksum("This line names no file.")
            _keep(checksums, name, checksum)
        except InvalidChecksum as error:
            bad_lines.append(BadLine(number, str(error)))
    return ChecksumList(checksums, tuple(bad_lines))


def is_checksum_list(text: str) -> bool:
    """Whether a text is more than one checksum: several lines that say something."""
    return sum(1 for _ in _signed_lines(text)) > 1


def checksum_for(text: str, *filenames: str) -> Checksum:
    """Read the checksum of one file: given alone, or as a line of a list.

    filenames: what the list may call it; the first one that it has counts. Raises InvalidChecksum.
    """
    if not is_checksum_list(text):
        return parse_checksum(text)
    listed = parse_checksum_list(text)
    if not listed.checksums:
        raise InvalidChecksum(listed.bad_lines[0].reason)
    for name in filenames:
        if (found := listed.of(name)) is not None:
            return found
    raise InvalidChecksum(f"This list has no checksum of {_excerpt(filenames[0])}.")


def _keep(checksums: dict[str, Checksum], name: str, checksum: Checksum) -> None:
    known = checksums.get(name)
    if known is not None and known.kind is checksum.kind and known != checksum:
        raise InvalidChecksum(f"Another line has another checksum for {_excerpt(name)}.")
    if known is None or _STRENGTH.index(checksum.kind) > _STRENGTH.index(known.kind):
        checksums[name] = checksum


def _signed_lines(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines that say something; what a signature puts around them is left out."""
    is_armour = False
    # Not splitlines(): names may hold what only Unicode calls a line break.
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.strip()
        if line.startswith("-----BEGIN PGP "):
            is_armour = True
        elif line.startswith("-----END PGP ") or (is_armour and not line):
            # After the headers comes the text; after those of a signature, what is no checksum.
            is_armour = False
        if line.startswith("-----BEGIN PGP SIGNATURE"):
            return
        if line and not is_armour and not line.startswith(("#", "-----")):
            yield number, line.removeprefix("- ")


def _read(text: str) -> tuple[Checksum, str | None]:
    """One checksum, and the file name beside it."""
    text = text.strip()
    if not text:
        raise InvalidChecksum("The checksum is empty.")
    is_escaped = text.startswith("\\")
    text = text.removeprefix("\\")
    kind = None
    if found := _TAGGED.fullmatch(text):
        checksum = _checksum(found["digits"], _kind(found["word"]))
        return checksum, _plain_name(found["name"], is_escaped=is_escaped)
    if found := _PREFIXED.fullmatch(text):
        kind = _kind(found["word"] or found["bare"])
        text = found["rest"] or found["after"]
    if found := _WITH_NAME.fullmatch(text):
        name = _plain_name(found["name"], is_escaped=is_escaped)
        return _checksum(found["digits"], kind), name
    return _checksum(text, kind), None


def _kind(word: str) -> ChecksumKind:
    known = _BY_WORD.get(word.lower().replace("-", "").replace("_", "").removesuffix("sum"))
    if known is None:
        raise InvalidChecksum(
            f"{_excerpt(word)} is no kind of checksum that can be checked here. "
            "These can: MD5, SHA-1, SHA-256, SHA-512, BLAKE2b."
        )
    return known


def _checksum(digits: str, kind: ChecksumKind | None) -> Checksum:
    if _HEXADECIMAL.fullmatch(digits) is None:
        raise InvalidChecksum(
            f"A checksum is made of the digits 0 to 9 and a to f; this is not: {_excerpt(digits)}"
        )
    if kind is None:
        kind = _BY_DIGITS.get(len(digits))
        if kind is None:
            raise InvalidChecksum(
                f"This checksum has {len(digits)} digits. MD5 has 32, SHA-1 has 40, "
                "SHA-256 has 64, and SHA-512 has 128."
            )
    if len(digits) != kind.digits:
        raise InvalidChecksum(
            f"A {kind.label} checksum has {kind.digits} digits; this one has {len(digits)}."
        )
    return Checksum(kind, digits.lower())


def _plain_name(name: str, *, is_escaped: bool) -> str:
    name = name.strip()
    if is_escaped:
        name = re.sub(r"\\[\\nr]", lambda found: _NAME_ESCAPES[found[0]], name)
    return name.removeprefix("./")


def _excerpt(text: str) -> str:
    return shortened(printable(text[:1000]), _SHOWN_CHARACTERS)
