import time

import pytest

from dlmanager.core.content_disposition import filename_in


@pytest.mark.parametrize(
    "header, name",
    [
        ('attachment; filename="../x"', "../x"),
        ("attachment; filename*=UTF-8''..%2Fx", "../x"),
        ("attachment; filename*=UTF-8''%e4%bd%a0; filename=plain", "你"),
        ('attachment; filename="a\\"b"', 'a"b'),
    ],
)
def test_a_name_is_told_raw(header: str, name: str):
    # The cases of what becomes of it are in test_filenames.py.
    assert filename_in(header) == name


@pytest.mark.parametrize(
    "header", ["", "attachment", "attachment; name=x", "attachment; filename="]
)
def test_a_header_without_a_name_tells_none(header: str):
    assert filename_in(header) is None


@pytest.mark.parametrize(
    "piece", ["; a", ';"', "; filename*0=", "=?", "\\", "; filename*0*=a'b'", "; filename*=a'"]
)
def test_a_hostile_header_takes_no_time(piece: str):
    started_s = time.monotonic()
    filename_in("attachment; filename=" + piece * 100_000)
    filename_in(piece * 100_000)
    assert time.monotonic() - started_s < 2
