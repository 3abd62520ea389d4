import errno
import os
from pathlib import Path

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.outcome import Ending
from dlmanager.engine.local_failure import gone_words, local_failure


@pytest.mark.parametrize(
    "number, ending, kind",
    [
        (errno.ENOSPC, Ending.DISK_FULL, ErrorKind.DISK_FULL),
        (errno.EDQUOT, Ending.DISK_FULL, ErrorKind.DISK_FULL),
        (errno.EIO, Ending.RETRY, ErrorKind.FOLDER),
        (errno.EMFILE, Ending.RETRY, ErrorKind.FOLDER),
        (errno.ESTALE, Ending.RETRY, ErrorKind.FOLDER),
        (errno.EACCES, Ending.FAIL, ErrorKind.FOLDER),
        (errno.EROFS, Ending.FAIL, ErrorKind.FOLDER),
        (errno.ENAMETOOLONG, Ending.FAIL, ErrorKind.FOLDER),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else "",
)
def test_what_may_pass_is_waited_for_and_all_else_is_told(
    number: int, ending: Ending, kind: ErrorKind
):
    outcome = local_failure(OSError(number, os.strerror(number)), "/the/folder")
    assert (outcome.ending, outcome.error_kind) == (ending, kind)
    words = outcome.error_message or ""
    assert words.endswith(".")
    assert ("/the/folder" in words) is (ending is not Ending.RETRY)


def test_a_part_that_is_gone_is_told_from_a_folder_that_is(tmp_path: Path):
    assert "partial file was moved" in gone_words(str(tmp_path))
    assert f"The folder {tmp_path / 'gone'} is gone." in gone_words(str(tmp_path / "gone"))
