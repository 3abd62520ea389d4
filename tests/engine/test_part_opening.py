import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.job import Job
from dlmanager.engine.part_file import PartFile
from dlmanager.engine.part_opening import open_part

NAME = "file.bin.0f8d2c5e.part"
LOGGER = logging.getLogger("dlmanager.test")


class Row:
    """The row of the job, and what was in the folder each time it was written."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.folder = Path(job.target_directory)
        self.seen: list[tuple[dict[str, Any], list[str]]] = []
        self.is_lost_at = -1

    async def record(self, facts: dict[str, Any]) -> None:
        if len(self.seen) == self.is_lost_at:
            raise KeyError("the row is somebody else's")
        self.seen.append((facts, [path.name for path in self.folder.iterdir()]))
        self.job = self.job._replace(**facts)

    async def open(self) -> PartFile:
        return await open_part(self.job, self.record, LOGGER)


@pytest.fixture
def row(make_job: Callable[..., Job], tmp_path: Path) -> Row:
    return Row(make_job(target_directory=str(tmp_path)))


def test_the_row_knows_of_a_part_before_it_is_made(run, row: Row):
    part = run(row.open())
    (announced, before), (noted, after) = row.seen
    assert (announced["part_path"], announced["part_inode"], before) == (str(part.path), None, [])
    assert (noted["part_inode"], noted["unproven_from"], after) == (part.inode, 0, [NAME])
    part.close()


def test_a_taken_name_is_left_alone(run, row: Row):
    (row.folder / NAME).write_bytes(b"mine")
    part = run(row.open())
    assert part.path.name != NAME
    assert row.job.part_path == str(part.path)
    assert (row.folder / NAME).read_bytes() == b"mine"
    part.close()


def test_a_part_that_a_kill_left_before_it_was_noted_is_not_left_for_ever(run, row: Row):
    row.job = row.job._replace(part_path=str(row.folder / NAME))
    (row.folder / NAME).touch()
    run(row.open()).close()
    assert [path.name for path in row.folder.iterdir()] == [NAME]


def test_a_file_with_bytes_under_an_announced_name_is_not_ours(run, row: Row):
    row.job = row.job._replace(part_path=str(row.folder / NAME))
    (row.folder / NAME).write_bytes(b"mine")
    part = run(row.open())
    assert (row.folder / NAME).read_bytes() == b"mine"
    assert part.path.name != NAME
    part.close()


@pytest.mark.parametrize("is_lost_at", [0, 1], ids=["before", "after"])
def test_a_row_that_is_taken_meanwhile_leaves_no_part(run, row: Row, is_lost_at: int):
    row.is_lost_at = is_lost_at
    with pytest.raises(KeyError):
        run(row.open())
    assert list(row.folder.iterdir()) == []


def test_an_earlier_part_is_opened_and_cut_to_what_is_proven(run, row: Row):
    made = PartFile.create(row.folder / NAME)
    made.path.write_bytes(b"provendoubtful")
    row.job = row.job._replace(
        part_path=str(made.path),
        part_device=made.device,
        part_inode=made.inode,
        unproven_from=6,
    )
    part = run(row.open())
    assert part.path.read_bytes() == b"proven"
    assert row.seen == []
    made.close()
    part.close()
