"""What a checksum is; apart from how it is read, as every start needs this and none the other."""

from enum import StrEnum
from typing import NamedTuple


class ChecksumKind(StrEnum):
    """How a checksum is computed, as stored in the column checksum_kind and known to hashlib.

    The stronger a kind, the later it stands.
    """

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"
    BLAKE2B = "blake2b"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]

    @property
    def digits(self) -> int:
        """How many hexadecimal digits it has."""
        return _DIGITS[self]


_LABELS = {
    ChecksumKind.MD5: "MD5",
    ChecksumKind.SHA1: "SHA-1",
    ChecksumKind.SHA256: "SHA-256",
    ChecksumKind.SHA512: "SHA-512",
    ChecksumKind.BLAKE2B: "BLAKE2b",
}
_DIGITS = {
    ChecksumKind.MD5: 32,
    ChecksumKind.SHA1: 40,
    ChecksumKind.SHA256: 64,
    ChecksumKind.SHA512: 128,
    ChecksumKind.BLAKE2B: 128,
}


class Checksum(NamedTuple):
    """What a file shall hash to. hex: in small letters, of the length that its kind has."""

    kind: ChecksumKind
    hex: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.hex}"
