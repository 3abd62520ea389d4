import hashlib

import pytest

from dlmanager.core.checksum import (
    MAX_LIST_CHARACTERS,
    BadLine,
    checksum_for,
    is_checksum_list,
    parse_checksum,
    parse_checksum_list,
)
from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import InvalidChecksum

MD5 = hashlib.md5(b"x").hexdigest()
SHA1 = hashlib.sha1(b"x").hexdigest()
SHA256 = hashlib.sha256(b"x").hexdigest()
SHA512 = hashlib.sha512(b"x").hexdigest()
BLAKE2B = hashlib.blake2b(b"x").hexdigest()
OTHER = hashlib.sha256(b"y").hexdigest()

KINDS = "These can: MD5, SHA-1, SHA-256, SHA-512, BLAKE2b."


@pytest.mark.parametrize(
    "kind, digits",
    [
        (ChecksumKind.MD5, MD5),
        (ChecksumKind.SHA1, SHA1),
        (ChecksumKind.SHA256, SHA256),
        (ChecksumKind.SHA512, SHA512),
        (ChecksumKind.BLAKE2B, BLAKE2B),
    ],
)
def test_a_kind_is_what_hashlib_calls_so(kind: ChecksumKind, digits: str):
    assert hashlib.new(kind, b"x").hexdigest() == digits
    assert len(digits) == kind.digits
    assert parse_checksum(str(Checksum(kind, digits))) == Checksum(kind, digits)


@pytest.mark.parametrize(
    "text, kind, digits",
    [
        (MD5, ChecksumKind.MD5, MD5),
        (SHA1, ChecksumKind.SHA1, SHA1),
        (SHA256, ChecksumKind.SHA256, SHA256),
        (SHA512, ChecksumKind.SHA512, SHA512),
        (SHA256.upper(), ChecksumKind.SHA256, SHA256),
        (f"  {SHA256}\n", ChecksumKind.SHA256, SHA256),
        (f"sha256:{SHA256}", ChecksumKind.SHA256, SHA256),
        (f"SHA-256={SHA256}", ChecksumKind.SHA256, SHA256),
        (f"sha-256 = {SHA256.upper()}", ChecksumKind.SHA256, SHA256),
        (f"SHA256: {SHA256}", ChecksumKind.SHA256, SHA256),
        (f"sha256sum {SHA256}", ChecksumKind.SHA256, SHA256),
        (f"MD5 {MD5}", ChecksumKind.MD5, MD5),
        (f"sha_1:{SHA1}", ChecksumKind.SHA1, SHA1),
        (f"blake2b:{BLAKE2B}", ChecksumKind.BLAKE2B, BLAKE2B),
        (f"BLAKE2b-512 {BLAKE2B}", ChecksumKind.BLAKE2B, BLAKE2B),
        (f"b2sum:{BLAKE2B}", ChecksumKind.BLAKE2B, BLAKE2B),
        (f"{SHA256}  file.iso", ChecksumKind.SHA256, SHA256),
        (f"{SHA256} *file.iso", ChecksumKind.SHA256, SHA256),
        (f"{SHA256}\tfile.iso", ChecksumKind.SHA256, SHA256),
        (f"{SHA256.upper()} *a file (1).iso", ChecksumKind.SHA256, SHA256),
        (f"sha512:{SHA512}  file.iso", ChecksumKind.SHA512, SHA512),
        (f"blake2b {BLAKE2B}  file.iso", ChecksumKind.BLAKE2B, BLAKE2B),
        (f"\\{SHA256}  a\\nb", ChecksumKind.SHA256, SHA256),
        (f"SHA256 (file.iso) = {SHA256}", ChecksumKind.SHA256, SHA256),
        (f"SHA256 (a (1).iso) = {SHA256.upper()}", ChecksumKind.SHA256, SHA256),
        (f"BLAKE2b (file.iso) = {BLAKE2B}", ChecksumKind.BLAKE2B, BLAKE2B),
        (f"SHA2-256(file.iso)= {SHA256}", ChecksumKind.SHA256, SHA256),
        (f"MD5(file.iso)= {MD5}", ChecksumKind.MD5, MD5),
        ("f" * 32, ChecksumKind.MD5, "f" * 32),
    ],
)
def test_a_checksum_is_read(text: str, kind: ChecksumKind, digits: str):
    assert parse_checksum(text) == Checksum(kind, digits)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "The checksum is empty."),
        (" \n", "The checksum is empty."),
        (
            SHA256[:-1],
            "This checksum has 63 digits. MD5 has 32, SHA-1 has 40, SHA-256 has 64, "
            "and SHA-512 has 128.",
        ),
        (
            f"{SHA256}0  file",
            "This checksum has 65 digits. MD5 has 32, SHA-1 has 40, SHA-256 has 64, "
            "and SHA-512 has 128.",
        ),
        (f"sha256:{MD5}", "A SHA-256 checksum has 64 digits; this one has 32."),
        (f"SHA1 (a) = {SHA256}", "A SHA-1 checksum has 40 digits; this one has 64."),
        (f"blake2b:{SHA256}", "A BLAKE2b checksum has 128 digits; this one has 64."),
        (
            "g" + SHA256[1:],
            f"A checksum is made of the digits 0 to 9 and a to f; this is not: g{SHA256[1:39]}…",
        ),
        (
            "٣" * 64,
            f"A checksum is made of the digits 0 to 9 and a to f; this is not: {'٣' * 39}…",
        ),
        (f"sha384:{SHA256}", f"sha384 is no kind of checksum that can be checked here. {KINDS}"),
        (f"CRC32 (a) = {MD5}", f"CRC32 is no kind of checksum that can be checked here. {KINDS}"),
        (
            "http://a.test/file",
            f"http is no kind of checksum that can be checked here. {KINDS}",
        ),
        ("sha256:", "A checksum is made of the digits 0 to 9 and a to f; this is not: sha256:"),
        ("a\x00b", "A checksum is made of the digits 0 to 9 and a to f; this is not: a�b"),
    ],
)
def test_what_is_no_checksum_is_refused_with_a_reason(text: str, reason: str):
    with pytest.raises(InvalidChecksum) as caught:
        parse_checksum(text)
    assert str(caught.value) == reason


def test_a_list_is_read_and_its_bad_lines_are_named():
    read = parse_checksum_list(
        f"# SHA256SUMS of today\n\n{SHA256}  ./a.iso\r\n{OTHER} *folder/b.iso\n"
        f"{SHA256[:-1]}  c.iso\nSHA512 (d (1).iso) = {SHA512}\n{SHA256}\nwhat is this\n"
        f"\\{OTHER}  e\\\\f\\ng\n"
    )
    assert read.checksums == {
        "a.iso": Checksum(ChecksumKind.SHA256, SHA256),
        "folder/b.iso": Checksum(ChecksumKind.SHA256, OTHER),
        "d (1).iso": Checksum(ChecksumKind.SHA512, SHA512),
        "e\\f\ng": Checksum(ChecksumKind.SHA256, OTHER),
    }
    assert read.bad_lines == (
        BadLine(
            5,
            "This checksum has 63 digits. MD5 has 32, SHA-1 has 40, SHA-256 has 64, "
            "and SHA-512 has 128.",
        ),
        BadLine(7, "This line names no file."),
        BadLine(8, f"what is no kind of checksum that can be checked here. {KINDS}"),
    )


def test_a_signature_around_a_list_is_left_out():
    read = parse_checksum_list(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        f"# Fedora.iso: 123 bytes\nSHA256 (Fedora.iso) = {SHA256}\n- {OTHER}  -x\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE=\n-----END PGP SIGNATURE-----\n"
    )
    assert read.bad_lines == ()
    assert read.checksums == {
        "Fedora.iso": Checksum(ChecksumKind.SHA256, SHA256),
        "-x": Checksum(ChecksumKind.SHA256, OTHER),
    }


def test_of_several_kinds_the_strongest_counts_whatever_their_order():
    for lines in ((MD5, SHA512, SHA1), (SHA512, MD5), (SHA1, SHA512)):
        read = parse_checksum_list("\n".join(f"{digits}  a" for digits in lines))
        assert read.checksums == {"a": Checksum(ChecksumKind.SHA512, SHA512)}
        assert read.bad_lines == ()


def test_a_second_checksum_of_one_kind_is_told_of():
    read = parse_checksum_list(f"{SHA256}  a\n{SHA256}  a\n{OTHER}  a\n")
    assert read.checksums == {"a": Checksum(ChecksumKind.SHA256, SHA256)}
    assert read.bad_lines == (BadLine(3, "Another line has another checksum for a."),)


def test_a_file_is_found_in_whatever_folder_a_list_has_it():
    read = parse_checksum_list(
        f"{SHA256}  iso/a.iso\n{SHA256}  old/b.iso\n{OTHER}  new/b.iso\n{OTHER}  a\n{SHA256}  x/a\n"
    )
    assert read.of("a.iso") == Checksum(ChecksumKind.SHA256, SHA256)
    assert read.of("a") == Checksum(ChecksumKind.SHA256, OTHER)
    assert read.of("b.iso") is None  # two different ones: neither is surely right
    assert read.of("c.iso") is None


@pytest.mark.parametrize(
    "text, is_list",
    [
        ("", False),
        (SHA256, False),
        (f"\n# of today\n{SHA256}  a\n\n", False),
        (f"{SHA256}  a\n{SHA256}  b", True),
    ],
)
def test_a_list_is_told_from_one_checksum(text: str, is_list: bool):
    assert is_checksum_list(text) is is_list


def test_a_list_without_end_is_not_read():
    with pytest.raises(InvalidChecksum) as caught:
        parse_checksum_list("#" * (MAX_LIST_CHARACTERS + 1))
    assert str(caught.value) == "A list of checksums of more than 1 MB is not read."


class TestChecksumForOneFile:
    LIST = f"{'0a' * 32}  sub/a.iso\n{'1b' * 32}  b.iso\n"

    def test_given_alone_it_is_taken_whatever_name_is_beside_it(self):
        assert checksum_for(f" {'0A' * 16} ", "a.iso").hex == "0a" * 16
        assert checksum_for(f"{'0a' * 16}  b.iso", "a.iso").hex == "0a" * 16

    def test_from_a_list_the_line_of_the_file_counts(self):
        assert checksum_for(self.LIST, "a.iso").hex == "0a" * 32
        assert checksum_for(self.LIST, "a (1).iso", "b.iso", "a.iso").hex == "1b" * 32

    def test_a_list_without_the_file_is_told(self):
        with pytest.raises(InvalidChecksum, match=r"This list has no checksum of c\.iso\."):
            checksum_for(self.LIST, "c.iso", "d.iso")
        with pytest.raises(InvalidChecksum, match="has 3 digits"):
            checksum_for("abc  c.iso\nabd  d.iso", "c.iso")
