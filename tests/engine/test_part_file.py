import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlmanager.core.job import Job
from dlmanager.engine import part_file
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.part_file import (
    Overlap,
    PartFile,
    PartReplaced,
    discard_part,
    free_final_paths,
    remove_published,
    same_file,
)

TEN = b"0123456789"


@pytest.fixture
def part(tmp_path: Path) -> Iterator[PartFile]:
    part = PartFile.create(tmp_path / "a.bin.part")
    yield part
    part.close()


def append(part: PartFile, content: bytes) -> None:
    """What wget does: open the path, append."""
    with part.path.open("ab") as file:
        file.write(content)


def seen(part: PartFile) -> tuple[int, Overlap]:
    look = part.look()
    assert look is not None
    return look.size_bytes, look.overlap


class TestOpening:
    def test_a_new_part_is_empty_and_for_its_owner_alone(self, part: PartFile):
        assert part.size() == 0
        assert part.path.stat().st_mode & 0o777 == 0o600

    def test_nothing_that_exists_is_taken_for_a_new_part(self, tmp_path: Path):
        (tmp_path / "taken").write_bytes(b"mine")
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        for name in ("taken", "link"):
            with pytest.raises(FileExistsError):
                PartFile.create(tmp_path / name)
        assert (tmp_path / "taken").read_bytes() == b"mine"

    def test_a_part_is_opened_again_by_its_identity(self, part: PartFile):
        append(part, TEN)
        part.close()
        again = PartFile.reopen(part.path, part.device, part.inode)
        assert again.size() == 10
        again.close()

    def test_a_part_that_is_gone_is_told(self, part: PartFile):
        part.path.unlink()
        with pytest.raises(FileNotFoundError):
            PartFile.reopen(part.path, part.device, part.inode)

    @pytest.mark.parametrize("kind", ["file", "link", "fifo", "folder"])
    def test_something_else_in_its_place_is_refused(self, part: PartFile, kind: str):
        part.path.rename(part.path.with_name("moved"))
        match kind:
            case "file":
                part.path.write_bytes(b"other")
            case "link":
                part.path.symlink_to(part.path.with_name("moved"))
            case "fifo":
                os.mkfifo(part.path)
            case "folder":
                part.path.mkdir()
        assert not part.is_in_place()
        with pytest.raises(PartReplaced):
            PartFile.reopen(part.path, part.device, part.inode)


class TestOverlap:
    def test_the_same_bytes_again_are_equal(self, part: PartFile):
        append(part, TEN)
        assert part.cut_overlap(4) == 6
        assert seen(part) == (10, Overlap.SHORT)
        append(part, b"67")
        assert part.compare_overlap() is Overlap.SHORT
        append(part, b"89ABC")
        assert seen(part) == (13, Overlap.EQUAL)

    def test_other_bytes_are_different_as_soon_as_they_come(self, part: PartFile):
        append(part, TEN)
        part.cut_overlap(4)
        append(part, b"6x")
        assert seen(part) == (8, Overlap.DIFFERENT)

    def test_a_short_answer_does_not_cost_what_was_there(self, part: PartFile):
        append(part, TEN)
        part.cut_overlap(4)
        append(part, b"6")
        part.restore()
        assert part.path.read_bytes() == TEN

    def test_a_part_no_longer_than_the_overlap_is_fetched_anew(self, part: PartFile):
        append(part, TEN)
        assert part.cut_overlap(10) == 0
        append(part, b"other")
        assert part.compare_overlap() is Overlap.EQUAL
        part.restore()
        assert part.path.read_bytes() == b""

    def test_clearing_forgets_the_overlap(self, part: PartFile):
        append(part, TEN)
        part.cut_overlap(4)
        part.clear()
        append(part, b"completely other bytes")
        assert seen(part) == (22, Overlap.EQUAL)

    def test_a_closed_part_is_not_looked_at(self, part: PartFile):
        part.close()
        assert part.look() is None

    @pytest.mark.parametrize(
        "tail, doubtful_bytes",
        [
            (b"", 0),
            (b"x" * 5000, 0),
            (bytes(4095) + b"x", 0),
            (b"x" * 3000 + bytes(4096) + b"x" * 9000, 1024 * 1024),
            (bytes(5000) + b"x" * 1024 * 1024, 0),
        ],
        ids=["nothing", "bytes", "few zeros", "a page of zeros", "zeros long ago"],
    )
    def test_a_page_of_zeros_at_the_end_makes_it_doubtful(
        self, part: PartFile, tail: bytes, doubtful_bytes: int
    ):
        append(part, tail)
        assert part.doubtful_bytes() == doubtful_bytes


class TestPublishing:
    def test_the_file_gets_its_name_and_the_usual_mode(self, part: PartFile, tmp_path: Path):
        append(part, TEN)
        part.publish(tmp_path / "a.bin")
        assert (tmp_path / "a.bin").read_bytes() == TEN
        assert not part.path.exists()
        assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o666 & ~part_file._UMASK

    @pytest.fixture(params=["links", "exclusive renames", "neither"])
    def file_system(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the file system of the target folder can do."""
        if request.param != "links":
            monkeypatch.setattr(os, "link", _no_links)
        if request.param == "neither":
            monkeypatch.setattr(part_file, "_renamed_without_replacing", lambda *_: False)

    def test_nothing_is_overwritten(self, part: PartFile, tmp_path: Path, file_system: None):
        (tmp_path / "a.bin").write_bytes(b"mine")
        with pytest.raises(FileExistsError):
            part.publish(tmp_path / "a.bin")
        assert (tmp_path / "a.bin").read_bytes() == b"mine"
        assert part.is_in_place()

    def test_any_file_system_will_do(self, part: PartFile, tmp_path: Path, file_system: None):
        append(part, TEN)
        part.publish(tmp_path / "a.bin")
        assert (tmp_path / "a.bin").read_bytes() == TEN
        assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]

    def test_a_system_without_exclusive_renames_is_found_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
        assert not part_file._renamed_without_replacing(tmp_path / "a", tmp_path / "b")

    def test_a_failed_rename_leaves_no_empty_file(
        self, part: PartFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        def no_replace(self: Path, target: Path) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "link", _no_links)
        monkeypatch.setattr(part_file, "_renamed_without_replacing", lambda *_: False)
        monkeypatch.setattr(Path, "replace", no_replace)
        with pytest.raises(OSError, match="Input/output"):
            part.publish(tmp_path / "a.bin")
        assert not (tmp_path / "a.bin").exists()

    def test_another_file_in_the_parts_place_is_not_published(self, part: PartFile, tmp_path: Path):
        part.path.rename(part.path.with_name("moved"))
        part.path.write_bytes(b"forged")
        with pytest.raises(PartReplaced):
            part.publish(tmp_path / "a.bin")
        assert not (tmp_path / "a.bin").exists()

    def test_taken_names_are_left_out(self, tmp_path: Path):
        (tmp_path / "a.tar.gz").touch()
        (tmp_path / "a (1).tar.gz").symlink_to(tmp_path / "nowhere")
        paths = free_final_paths(tmp_path, "a.tar.gz")
        assert [next(paths).name, next(paths).name] == ["a (2).tar.gz", "a (3).tar.gz"]


def _no_links(*args: object, **kwargs: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


class TestDiscarding:
    @pytest.fixture
    def lock(self, tmp_path: Path) -> FileLock:
        return FileLock(tmp_path / "locks" / "job")

    @pytest.fixture
    def job(self, part: PartFile, make_job: Callable[..., Job]) -> Job:
        return make_job(part_path=str(part.path), part_device=part.device, part_inode=part.inode)

    def test_a_part_goes(self, part: PartFile, job: Job, lock: FileLock, tmp_path: Path):
        part.close()
        assert discard_part(job, lock)
        assert not part.path.exists()
        assert list((tmp_path / "locks").iterdir()) == []

    def test_a_part_in_use_stays(self, part: PartFile, job: Job, lock: FileLock, tmp_path: Path):
        holder = FileLock(tmp_path / "locks" / "job")
        holder.acquire()
        assert not discard_part(job, lock)
        assert part.path.exists()
        assert (tmp_path / "locks" / "job").exists()
        holder.release()

    def test_a_part_that_a_kill_left_before_it_was_noted_goes(
        self, part: PartFile, job: Job, lock: FileLock, tmp_path: Path
    ):
        announced = job._replace(part_device=None, part_inode=None)
        assert discard_part(announced, lock)
        assert not part.path.exists()
        part.path.write_bytes(b"mine")
        assert discard_part(announced, lock)
        assert part.path.read_bytes() == b"mine"

    def test_what_was_published_for_a_job_that_was_cancelled_meanwhile_goes(
        self, part: PartFile, job: Job, lock: FileLock, tmp_path: Path
    ):
        final_path = tmp_path / "a.bin"
        part.publish(final_path)
        assert discard_part(job._replace(final_path=str(final_path)), lock)
        assert list(tmp_path.glob("a.bin*")) == []

    def test_somebody_elses_file_under_the_final_name_stays(
        self, part: PartFile, job: Job, lock: FileLock, tmp_path: Path
    ):
        final_path = tmp_path / "a.bin"
        final_path.write_bytes(b"mine")
        assert discard_part(job._replace(final_path=str(final_path)), lock)
        assert final_path.read_bytes() == b"mine"

    def test_a_part_that_is_gone_is_no_trouble(self, part: PartFile, job: Job, lock: FileLock):
        part.discard()
        assert discard_part(job, lock)

    def test_somebody_elses_file_at_its_path_stays(self, part: PartFile, job: Job, lock: FileLock):
        part.close()
        part.path.rename(part.path.with_name("moved"))  # an inode in use is not given again
        part.path.write_bytes(b"mine")
        assert discard_part(job, lock)
        assert part.path.read_bytes() == b"mine"

    def test_a_job_without_a_part_is_no_trouble(self, make_job: Callable[..., Job], lock: FileLock):
        assert discard_part(make_job(), lock)

    def test_a_part_that_cannot_be_removed_is_kept_in_mind(
        self, part: PartFile, job: Job, lock: FileLock, monkeypatch: pytest.MonkeyPatch
    ):
        unlink = Path.unlink

        def no_unlink(self: Path, missing_ok: bool = False) -> None:
            if self != part.path:
                return unlink(self, missing_ok)
            raise OSError(errno.EROFS, "Read-only file system")

        part.close()
        monkeypatch.setattr(Path, "unlink", no_unlink)
        assert not discard_part(job, lock)

    def test_only_our_own_published_file_is_taken_back(
        self, part: PartFile, job: Job, tmp_path: Path
    ):
        part.publish(tmp_path / "a.bin")
        (tmp_path / "b.bin").write_bytes(b"mine")
        remove_published(tmp_path / "b.bin", job)
        remove_published(tmp_path / "a.bin", job)
        assert (tmp_path / "b.bin").exists()
        assert not (tmp_path / "a.bin").exists()

    def test_files_are_told_apart_by_identity(self, part: PartFile, tmp_path: Path):
        assert same_file(str(part.path), part.device, part.inode)
        assert not same_file(None, part.device, part.inode)
        assert not same_file(str(tmp_path / "gone"), part.device, part.inode)
