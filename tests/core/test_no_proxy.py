"""Which hosts go without the proxy."""

import pytest

from dlmanager.core.no_proxy import goes_direct


@pytest.mark.parametrize(
    "host, no_proxy, expected",
    [
        ("files.test", "", False),
        ("files.test", " , ", False),
        ("files.test", "files.test", True),
        ("FILES.test", "Files.Test", True),
        ("cdn.files.test", "files.test", True),
        ("myfiles.test", "files.test", False),
        ("cdn.files.test", ".files.test", True),
        ("files.test", ".files.test", False),
        ("files.test", "other.test, files.test", True),
        ("127.0.0.1", "localhost,127.0.0.1", True),
        ("test", "files.test", False),
    ],
)
def test_a_host_goes_direct_if_it_or_its_domain_is_named(host: str, no_proxy: str, expected: bool):
    assert goes_direct(host, no_proxy) is expected
