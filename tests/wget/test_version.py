import pytest

from dlmanager.core.errors import WgetUnusable
from dlmanager.wget.version import WgetVersion, check_version_output

DEBIAN = "GNU Wget 1.21.3 built on linux-gnu.\n\n-cares +digest -gpgme +https +ipv6 +iri\n"


@pytest.mark.parametrize(
    "output, version",
    [
        (DEBIAN, (1, 21, 3)),
        ("GNU Wget 1.16 built on linux-gnu.\n", (1, 16, 0)),
        ("GNU Wget 1.24.5-dirty built on darwin.\r\n", (1, 24, 5)),
        ("\nGNU Wget 2.0\n", (2, 0, 0)),
    ],
)
def test_gnu_wget_is_taken(output: str, version: tuple[int, int, int]):
    assert check_version_output(output, "/usr/bin/wget") == WgetVersion(*version)


def test_a_version_reads_as_people_write_it():
    assert str(check_version_output(DEBIAN, "wget")) == "1.21.3"


@pytest.mark.parametrize(
    "output, words",
    [
        ("GNU Wget 1.15 built on linux-gnu.\n", "version 1.15.0, which is too old"),
        ("GNU Wget2 1.99.1 - multithreaded metalink/file/website downloader\n", "is wget2"),
        ("wget: unrecognized option '--version'\nBusyBox v1.35.0 (Debian)\n", "BusyBox"),
        ("curl 7.88.1\n", "is not GNU wget"),
        ("GNU Wget " + "9" * 5000, "is not GNU wget"),
        ("", "is not GNU wget"),
    ],
)
def test_another_program_is_refused_with_a_reason(output: str, words: str):
    with pytest.raises(WgetUnusable) as refused:
        check_version_output(output, "/opt/wget")
    assert words in str(refused.value)
    assert "/opt/wget" in str(refused.value)
    assert "Install GNU wget 1.16 or newer" in str(refused.value)


def test_the_refusal_holds_no_control_characters():
    with pytest.raises(WgetUnusable) as refused:
        check_version_output("", "/opt/\x1b[31m")
    assert str(refused.value).isprintable()
