"""A finished file, to be held against a checksum."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import BadInput, CannotOpen
from dlmanager.core.job import Job, Status
from dlmanager.engine.file_check import checksum_to_verify, finished_file

KNOWN = Checksum(ChecksumKind.MD5, "0a" * 16)
GIVEN = Checksum(ChecksumKind.SHA1, "1b" * 20)


@pytest.fixture
def finished(make_job: Callable[..., Job], tmp_path: Path) -> Job:
    (tmp_path / "a.bin").write_bytes(b"abc")
    return make_job(
        status=Status.COMPLETED,
        filename="a.bin",
        final_path=str(tmp_path / "a.bin"),
        checksum_kind=KNOWN.kind,
        checksum=KNOWN.hex,
    )


def test_what_is_given_counts_more_than_what_is_known(finished: Job):
    assert checksum_to_verify(finished) == KNOWN
    assert checksum_to_verify(finished, GIVEN) == GIVEN


def test_without_a_file_or_a_checksum_there_is_nothing_to_verify(make_job: Callable[..., Job]):
    with pytest.raises(BadInput, match="is not finished"):
        checksum_to_verify(make_job(status=Status.FAILED, final_path="/tmp/a"), GIVEN)
    with pytest.raises(BadInput, match=r"No checksum of file\.bin is known"):
        checksum_to_verify(make_job(status=Status.COMPLETED, final_path="/tmp/a"))


def test_it_is_opened_and_closed(finished: Job):
    with finished_file(finished) as descriptor:
        assert os.read(descriptor, 9) == b"abc"
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)


def test_a_file_that_is_gone_or_cannot_be_read_is_told(finished: Job):
    words = r"a.bin cannot be read \(Input/output error\)"
    with pytest.raises(CannotOpen, match=words), finished_file(finished):
        raise OSError(5, "Input/output error")
    Path(finished.path or "").unlink()
    with pytest.raises(CannotOpen, match=r"a.bin is not there"), finished_file(finished):
        pass
