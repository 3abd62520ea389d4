"""Faults of the disk, and of what others do to the files meanwhile."""

import asyncio
import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from tests.conftest import Run
from tests.integration import loopback_server
from tests.integration.conftest import MEGABYTE, is_right, until, until_bytes
from tests.integration.faults.conftest import ENDED, finished_files
from tests.integration.loopback_server import LoopbackServer

MIB = 1024 * 1024
Orchestrate = Callable[..., DownloadQueueOrchestrator]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system in memory; needs root."""
    mounted: list[Path] = []

    def make(size: str) -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("to mount a small disk takes root")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


class TestAFullDisk:
    @pytest.fixture(autouse=True)
    def looks_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dlmanager.engine.orchestrator.SPACE_RETRY_MS", 0)

    @pytest.mark.fault(33)
    @pytest.mark.parametrize("filled", ["in the middle", "from the start"])
    def test_pauses_the_job_keeps_the_part_and_goes_on_when_there_is_room(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, mount, filled: str
    ):
        disk = mount("4m")
        hog = disk / "hog"
        hog.write_bytes(bytes(3 * MIB + MIB // 2))
        if filled == "from the start":
            with contextlib.suppress(OSError), hog.open("ab", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate(max_retries=0)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, disk)
            job = await until(orchestrator, job_id, lambda each: each.status in ENDED)
            assert (job.status, job.error_kind) == (Status.PAUSED, ErrorKind.DISK_FULL)
            assert job.retry_count == 0
            assert "room" in (job.error_message or "")
            part = Path(job.part_path or "")
            there = part.read_bytes() if part.exists() else b""
            assert there == MEGABYTE.read(0, len(there))
            assert (len(there) > 0) is (filled == "in the middle")
            asked = len(server.requests)
            await asyncio.sleep(1)  # the stretch of time in which no storm may come
            assert len(server.requests) == asked <= 1
            hog.unlink()
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path or "", MEGABYTE)

        run(scenario())
        assert len(server.requests) <= 2


async def _other_job_completes(
    orchestrator: DownloadQueueOrchestrator, server: LoopbackServer, folder: Path
) -> None:
    other = orchestrator.enqueue_download(server.serve("/other.bin", MEGABYTE), folder)
    await until(orchestrator, other, Status.COMPLETED)


class TestAFolder:
    """Another job, to another folder, goes on each time."""

    @pytest.mark.fault(34)
    def test_that_may_not_be_written_fails_the_job_once(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, unwritable
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            target = folder.parent / "target"
            target.mkdir()
            job_id = orchestrator.enqueue_download(url, target)
            unwritable(target)
            await orchestrator.start()
            await _failed_for_its_folder(orchestrator, job_id, target)
            await _other_job_completes(orchestrator, server, folder)

        run(scenario())
        assert server.requests_for("/a.bin") == []

    @pytest.fixture
    def unwritable(self) -> Iterator[Callable[[Path], None]]:
        """Makes a folder one that may not be written, for root by a read-only mount."""
        mounted: list[Path] = []

        def make(folder: Path) -> None:
            if os.geteuid() != 0:
                folder.chmod(0o500)
                return
            command = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)]
            if subprocess.run(command, capture_output=True).returncode != 0:
                pytest.skip("root cannot be kept out of a folder without a mount")
            mounted.append(folder)

        yield make
        for folder in mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)

    @pytest.mark.fault(34)
    def test_that_is_remounted_read_only_fails_the_job_and_keeps_the_part(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, mount
    ):
        disk = mount("8m")
        url = server.serve("/a.bin", MEGABYTE)
        server.sequence("/a.bin", [loopback_server.cut_fin(400_000), loopback_server.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=500)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, disk)
            job = await until(orchestrator, job_id, Status.RETRYING)
            remount(disk, "ro")
            job = await _failed_for_its_folder(orchestrator, job_id, disk)
            assert Path(job.part_path or "").stat().st_size == 400_000
            await _other_job_completes(orchestrator, server, folder)
            remount(disk, "rw")
            await orchestrator.retry([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path or "", MEGABYTE)

        run(scenario())

    @pytest.mark.fault(34)
    @pytest.mark.parametrize("when", ["before the start", "while it runs"])
    def test_that_is_removed_fails_the_job(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, when: str
    ):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            target = folder.parent / "target"
            target.mkdir()
            job_id = orchestrator.enqueue_download(url, target)
            if when == "while it runs":
                await orchestrator.start()
                await until_bytes(orchestrator, job_id, 500_000)
            for path in target.iterdir():
                path.unlink()
            target.rmdir()
            gate.release()
            await orchestrator.start()
            await _failed_for_its_folder(orchestrator, job_id, target)
            await _other_job_completes(orchestrator, server, folder)
            assert not target.exists()

        run(scenario())

    @pytest.mark.fault(34)
    def test_that_became_a_file_fails_the_job(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
    ):
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            target = folder.parent / "target"
            target.mkdir()
            job_id = orchestrator.enqueue_download(url, target)
            target.rmdir()
            target.write_bytes(b"a file")
            await orchestrator.start()
            await _failed_for_its_folder(orchestrator, job_id, target)
            await _other_job_completes(orchestrator, server, folder)
            assert target.read_bytes() == b"a file"

        run(scenario())

    @pytest.mark.fault(34)
    def test_a_folder_under_the_files_name_is_left_alone(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
    ):
        (folder / "a.bin").mkdir()
        url = server.serve("/a.bin", MEGABYTE)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.filename == "a (1).bin"

        run(scenario())
        assert list((folder / "a.bin").iterdir()) == []


async def _failed_for_its_folder(
    orchestrator: DownloadQueueOrchestrator, job_id: str, folder: Path
) -> Job:
    job = await until(orchestrator, job_id, lambda each: each.status in ENDED)
    assert (job.status, job.error_kind) == (Status.FAILED, ErrorKind.FOLDER)
    assert str(folder) in (job.error_message or "")
    return job


class TestThePartWhileItIsWritten:
    """Somebody else has his hands in the folder."""

    @pytest.mark.fault(35)
    @pytest.mark.parametrize("what", ["deleted", "symlink", "fifo", "other file", "folder"])
    def test_when_it_is_gone_or_replaced_nothing_is_delivered_and_nothing_written_through(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, what: str
    ):
        victim = folder.parent / "victim"
        victim.write_bytes(b"mine")
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until_bytes(orchestrator, job_id, 500_000)
            (part,) = folder.glob("*.part")
            part.unlink()
            {
                "deleted": lambda: None,
                "symlink": lambda: part.symlink_to(victim),
                "fifo": lambda: os.mkfifo(part),
                "other file": lambda: part.write_bytes(b"other"),
                "folder": part.mkdir,
            }[what]()
            gate.release()
            job = await until(orchestrator, job_id, lambda each: each.status in ENDED)
            assert (job.status, job.error_kind) == (Status.FAILED, ErrorKind.FOLDER)
            assert finished_files(folder) == []
            # It is no dead end: a new part is made beside what stands there.
            await orchestrator.retry([job_id])
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path or "", MEGABYTE)

        run(scenario())
        assert victim.read_bytes() == b"mine"

    @pytest.mark.fault(35)
    @pytest.mark.parametrize("left", [0, 1000, 499_999])
    def test_when_it_is_cut_the_file_is_right_all_the_same(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, left: int
    ):
        url = server.serve("/a.bin", MEGABYTE)
        gate = server.hold("/a.bin", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until_bytes(orchestrator, job_id, 500_000)
            (part,) = folder.glob("*.part")
            os.truncate(part, left)
            gate.release()
            job = await until(orchestrator, job_id, lambda each: each.status in ENDED)
            assert job.status is Status.FAILED or is_right(job.path or "", MEGABYTE)

        run(scenario())

    @pytest.mark.fault(35)
    @pytest.mark.parametrize("what", ["symlink", "fifo", "other file"])
    def test_when_it_is_replaced_between_two_attempts_a_new_one_is_made(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, what: str
    ):
        victim = folder.parent / "victim"
        victim.write_bytes(b"mine")
        url = server.serve("/a.bin", MEGABYTE)
        server.sequence("/a.bin", [loopback_server.cut_fin(400_000), loopback_server.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=400)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.RETRYING)
            part = Path(job.part_path or "")
            part.unlink()
            {
                "symlink": lambda: part.symlink_to(victim),
                "fifo": lambda: os.mkfifo(part),
                "other file": lambda: part.write_bytes(b"other"),
            }[what]()
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path or "", MEGABYTE)

        run(scenario())
        assert victim.read_bytes() == b"mine"
        assert server.requests[-1].range_start is None


class TestTheFinalName:
    @pytest.mark.fault(36)
    def test_that_is_taken_meanwhile_gets_a_number(
        self, run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
    ):
        url = server.serve("/a.tar.gz", MEGABYTE)
        gate = server.hold("/a.tar.gz", 500_000)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until_bytes(orchestrator, job_id, 500_000)
            (folder / "a.tar.gz").write_bytes(b"mine")
            (folder / "a (1).tar.gz").symlink_to(folder / "nowhere")
            gate.release()
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.filename == "a (2).tar.gz"
            assert is_right(job.path or "", MEGABYTE)

        run(scenario())
        assert (folder / "a.tar.gz").read_bytes() == b"mine"
        assert not (folder / "nowhere").exists()

    @pytest.mark.fault(36)
    @pytest.mark.parametrize("has_hard_links", [True, False])
    def test_that_is_taken_between_the_look_and_the_link_gets_a_number(
        self,
        run: Run,
        server: LoopbackServer,
        orchestrate: Orchestrate,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        has_hard_links: bool,
    ):
        url = server.serve("/a.bin", MEGABYTE)
        link = os.link

        def slow_link(source: Any, target: Any, **options: Any) -> None:
            with contextlib.suppress(FileExistsError), Path(folder / "a.bin").open("xb") as file:
                file.write(b"mine")
            if not has_hard_links:
                raise PermissionError(errno.EPERM, "Operation not permitted")
            link(source, target, **options)

        monkeypatch.setattr(os, "link", slow_link)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.filename == "a (1).bin"
            assert is_right(job.path or "", MEGABYTE)

        run(scenario())
        assert (folder / "a.bin").read_bytes() == b"mine"

    @pytest.mark.fault(36)
    def test_that_differs_in_its_letters_alone_gets_a_number_where_that_is_no_difference(
        self,
        run: Run,
        server: LoopbackServer,
        orchestrate: Orchestrate,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ):
        """A folder that does not tell `A.bin` from `a.bin`, as on exFAT, played by link(2)."""
        (folder / "A.BIN").write_bytes(b"mine")
        url = server.serve("/a.bin", MEGABYTE)
        link = os.link

        def folding_link(source: Any, target: Any, **options: Any) -> None:
            names = {path.name.casefold() for path in Path(target).parent.iterdir()}
            if Path(target).name.casefold() in names:
                raise FileExistsError(errno.EEXIST, "File exists")
            link(source, target, **options)

        monkeypatch.setattr(os, "link", folding_link)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.filename == "a (1).bin"

        run(scenario())
        assert (folder / "A.BIN").read_bytes() == b"mine"
