import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from dlmanager.core.job import Job
from dlmanager.engine.disk_space import SPARE_BYTES, UNKNOWN_NEED_BYTES, free_bytes, has_space_for

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    "total, done, free, fits",
    [
        (1_000, 400, 600 + SPARE_BYTES, True),
        (1_000, 400, 599 + SPARE_BYTES, False),
        (None, 400, UNKNOWN_NEED_BYTES + SPARE_BYTES, True),
        (None, 400, UNKNOWN_NEED_BYTES, False),
    ],
    ids=["just enough", "one byte short", "unknown size, much room", "unknown size, little room"],
)
def test_the_rest_must_fit(
    make_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch, total, done, free, fits
):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, free))
    assert has_space_for(make_job(bytes_total=total, bytes_done=done)) is fits


def test_a_folder_that_is_gone_has_no_space(make_job: Callable[..., Job]):
    assert not has_space_for(make_job(target_directory="/no/such/folder"))


def test_free_space_is_that_of_the_disk_of_a_folder(tmp_path: Path):
    assert free_bytes(str(tmp_path)) == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)


@pytest.mark.parametrize("folder", ["/no/such/folder", "", "a\0b"])
def test_free_space_of_no_folder_is_not_known(folder: str):
    assert free_bytes(folder) is None
