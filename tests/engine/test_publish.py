"""A complete part gets its final name: which one, and what the row knows at each moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlmanager.engine import publish as publish_module
from dlmanager.engine.part_file import PartFile, PartReplaced
from dlmanager.engine.publish import completed_facts, publish


@pytest.fixture
def part(tmp_path: Path) -> Iterator[PartFile]:
    part = PartFile.create(tmp_path / "a.tar.gz.part")
    part.path.write_bytes(b"complete")
    yield part
    part.close()


class Record:
    """What is committed to the row before each try; somebody may act in between."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self.in_between: list[Path] = []

    async def __call__(self, path: Path) -> None:
        assert not path.exists(), "the row must know the path before the file is there"
        self.paths.append(path)
        if path in self.in_between:
            path.write_bytes(b"mine")


@pytest.fixture
def record() -> Record:
    return Record()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_free_name_is_taken_at_once(run, part: PartFile, record: Record, tmp_path: Path):
    assert run(publish(part, tmp_path, "a.tar.gz", record)) == tmp_path / "a.tar.gz"
    assert record.paths == [tmp_path / "a.tar.gz"]
    assert contents(tmp_path) == {"a.tar.gz": b"complete"}


def test_names_that_are_taken_are_left_alone(run, part: PartFile, record: Record, tmp_path: Path):
    (tmp_path / "a.tar.gz").write_bytes(b"mine")
    (tmp_path / "a (1).tar.gz").symlink_to(tmp_path / "nowhere")
    assert run(publish(part, tmp_path, "a.tar.gz", record)) == tmp_path / "a (2).tar.gz"
    assert record.paths == [tmp_path / "a (2).tar.gz"]
    assert (tmp_path / "a.tar.gz").read_bytes() == b"mine"


def test_a_name_taken_while_publishing_is_left_alone_and_the_row_told_of_the_next(
    run, part: PartFile, record: Record, tmp_path: Path
):
    record.in_between = [tmp_path / "a.tar.gz", tmp_path / "a (1).tar.gz"]
    assert run(publish(part, tmp_path, "a.tar.gz", record)) == tmp_path / "a (2).tar.gz"
    assert [path.name for path in record.paths] == ["a.tar.gz", "a (1).tar.gz", "a (2).tar.gz"]
    assert contents(tmp_path) == {
        "a.tar.gz": b"mine",
        "a (1).tar.gz": b"mine",
        "a (2).tar.gz": b"complete",
    }


def test_a_row_that_cannot_be_told_leaves_the_part_as_it_is(run, part: PartFile, tmp_path: Path):
    async def refuse(path: Path) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        run(publish(part, tmp_path, "a.tar.gz", refuse))
    assert contents(tmp_path) == {"a.tar.gz.part": b"complete"}


def test_another_file_in_the_parts_place_is_not_published(
    run, part: PartFile, record: Record, tmp_path: Path
):
    part.path.rename(tmp_path / "moved")
    part.path.write_bytes(b"forged")
    with pytest.raises(PartReplaced):
        run(publish(part, tmp_path, "a.tar.gz", record))
    assert not (tmp_path / "a.tar.gz").exists()


def test_a_folder_that_is_gone_is_an_error(run, part: PartFile, record: Record, tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        run(publish(part, tmp_path / "gone", "a.tar.gz", record))
    assert part.is_in_place()


def test_where_every_name_is_taken_it_is_an_error(
    run, part: PartFile, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publish_module, "free_final_paths", lambda folder, name: iter(()))
    with pytest.raises(FileExistsError, match=r"a\.tar\.gz"):
        run(publish(part, tmp_path, "a.tar.gz", record))
    assert record.paths == []


def test_a_published_job_has_its_path_and_no_part():
    facts = completed_facts(Path("/d/a (1).zip"), 42)
    assert facts["filename"] == "a (1).zip"
    assert facts["final_path"] == "/d/a (1).zip"
    assert (facts["progress_percent"], facts["finished_at"]) == (100, 42)
    assert {facts[name] for name in ("part_path", "part_device", "part_inode")} == {None}
