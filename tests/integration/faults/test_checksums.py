"""Checksums that are expected of files: what is wrong is never delivered."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dlmanager.core.checksum import parse_checksum
from dlmanager.core.errors import ErrorKind, InvalidChecksum
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.core.progress import JobProgress
from dlmanager.engine.clock import boot_id
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from tests.conftest import Run
from tests.integration.conftest import MEGABYTE, OTHER, is_right, until
from tests.integration.faults.conftest import ENDED, finished_files
from tests.integration.loopback_server import Exchange, Framing, LoopbackServer

Orchestrate = Callable[..., DownloadQueueOrchestrator]

RIGHT = MEGABYTE.sha256()
WRONG = OTHER.sha256()
HUGE_BYTES = 64 * 1024**3
"""More than any machine hashes while a test goes on; sparse, it takes no room."""


@pytest.fixture
def download(run: Run, orchestrate: Orchestrate, folder: Path) -> Callable[..., Job]:
    """Downloads a link that a checksum is expected of, to its end."""

    def downloaded(url: str, checksum: str) -> Job:
        async def scenario() -> Job:
            orchestrator = orchestrate()
            await orchestrator.start()
            order = orchestrator.order(url, folder, checksum=parse_checksum(checksum))
            (job,) = await orchestrator.add([order])
            return await until(orchestrator, job.id, lambda each: each.status in ENDED)

        return run(scenario())

    return downloaded


@pytest.fixture
def same_boot(database: Path) -> None:
    """What a killed program leaves was left since the machine was last started."""
    database.parent.mkdir(exist_ok=True)
    database.with_name("queue.db.lock").write_text(boot_id())


def other_bytes(exchange: Exchange) -> None:
    """Other bytes of the same length, under the validators of the right ones."""
    answer = replace(exchange.good_answer(), body=OTHER)
    exchange.send_head(answer.status, answer.headers)
    exchange.send_body(answer)


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "given",
    [
        RIGHT,
        RIGHT.upper(),
        f"sha256:{RIGHT}",
        f"{RIGHT} *a.bin",
        f"SHA256 (a.bin) = {RIGHT}",
        hashlib.md5(MEGABYTE.read(0, MEGABYTE.size)).hexdigest(),
        hashlib.sha1(MEGABYTE.read(0, MEGABYTE.size)).hexdigest(),
        hashlib.sha512(MEGABYTE.read(0, MEGABYTE.size)).hexdigest(),
        f"BLAKE2b:{hashlib.blake2b(MEGABYTE.read(0, MEGABYTE.size)).hexdigest()}",
    ],
    ids=["plain", "upper case", "prefix", "name", "tag", "MD5", "SHA-1", "SHA-512", "BLAKE2b"],
)
def test_a_file_that_is_right_is_delivered_as_verified(
    download: Callable[..., Job], server: LoopbackServer, given: str
):
    job = download(server.serve("/a.bin", MEGABYTE), given)
    assert (job.status, job.verification) == (Status.COMPLETED, Verification.CHECKSUM)
    assert job.checksum_found == job.checksum
    assert is_right(job.path or "", MEGABYTE)
    assert len(server.requests) == 1


@pytest.mark.fault(47)
def test_a_file_that_is_wrong_is_fetched_once_more_and_never_delivered(
    download: Callable[..., Job], server: LoopbackServer, folder: Path
):
    job = download(server.serve("/a.bin", MEGABYTE), WRONG)
    assert (job.status, job.verification) == (Status.FAILED, Verification.MISMATCH)
    assert job.error_kind is ErrorKind.CHECKSUM
    assert WRONG in (job.error_message or "")
    assert RIGHT in (job.error_message or "")
    assert (job.checksum, job.checksum_found) == (WRONG, RIGHT)
    assert list(folder.iterdir()) == []
    assert [request.range_start for request in server.requests] == [None, None]
    assert job.retry_count == 0


@pytest.mark.fault(47)
def test_a_file_that_is_right_the_second_time_is_delivered(
    download: Callable[..., Job], server: LoopbackServer
):
    url = server.serve("/a.bin", MEGABYTE)
    # The first answer holds other bytes under the very same validators: nothing else can tell.
    server.sequence(
        "/a.bin", [other_bytes, lambda exchange: exchange.answer(exchange.good_answer())]
    )
    job = download(url, RIGHT)
    assert (job.status, job.verification) == (Status.COMPLETED, Verification.CHECKSUM)
    assert is_right(job.path or "", MEGABYTE)
    assert len(server.requests) == 2


@pytest.mark.fault(47)
@pytest.mark.parametrize("given", [RIGHT[:-1], f"{RIGHT}0  a.bin", f"sha512:{RIGHT}", "x" * 64])
def test_what_is_no_checksum_is_refused_before_anything_is_asked_for(given: str):
    with pytest.raises(InvalidChecksum, match="checksum"):
        parse_checksum(given)


@pytest.mark.fault(47)
def test_a_file_of_unknown_length_is_confirmed_by_its_checksum(
    download: Callable[..., Job], server: LoopbackServer
):
    url = server.serve("/a.bin", MEGABYTE, framing=Framing.UNTIL_CLOSE)
    job = download(url, RIGHT)
    assert (job.status, job.verification) == (Status.COMPLETED, Verification.CHECKSUM)


@pytest.mark.fault(47)
@pytest.mark.usefixtures("same_boot")
def test_a_kill_while_a_file_is_checked_means_to_check_it_again(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, leave: Callable[..., Job]
):
    url = server.serve("/a.bin", MEGABYTE)
    checksum = parse_checksum(RIGHT)
    left = leave(
        url,
        MEGABYTE.read(0, MEGABYTE.size),
        bytes_total=MEGABYTE.size,
        etag=MEGABYTE.etag,
        filename="a.bin",
        phase=Phase.VERIFYING,
        checksum_kind=checksum.kind,
        checksum=checksum.hex,
    )

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job = await until(orchestrator, left.id, lambda each: each.status in ENDED)
        assert (job.status, job.verification) == (Status.COMPLETED, Verification.CHECKSUM)
        assert is_right(job.path or "", MEGABYTE)

    run(scenario())
    assert server.requests == []  # all bytes were there


def left_huge(leave: Callable[..., Job], server: LoopbackServer) -> Job:
    """A job whose huge part is complete and has still to be checked."""
    checksum = parse_checksum(RIGHT)
    left = leave(
        server.serve("/a.bin", MEGABYTE),
        bytes_total=HUGE_BYTES,
        etag='"huge"',
        filename="a.bin",
        phase=Phase.VERIFYING,
        checksum_kind=checksum.kind,
        checksum=checksum.hex,
    )
    os.truncate(left.part_path or "", HUGE_BYTES)
    return left


@pytest.mark.fault(47)
@pytest.mark.usefixtures("same_boot")
def test_the_loop_stays_responsive_while_a_huge_file_is_hashed_and_cancel_works(
    run: Run,
    server: LoopbackServer,
    orchestrate: Orchestrate,
    leave: Callable[..., Job],
    folder: Path,
):
    left = left_huge(leave, server)
    seen: list[JobProgress] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        orchestrator = orchestrate()
        orchestrator.progressed.connect(seen.extend)
        await orchestrator.start()
        await until(orchestrator, left.id, lambda each: each.phase is Phase.VERIFYING)
        longest_s, before_s = 0.0, loop.time()
        while len(seen) < 4:
            await asyncio.sleep(0.005)
            longest_s, before_s = max(longest_s, loop.time() - before_s), loop.time()
        assert longest_s < 0.5
        other = orchestrator.enqueue_download(server.serve("/other.bin", MEGABYTE), folder)
        await until(orchestrator, other, Status.COMPLETED)
        began_s = loop.time()
        assert await orchestrator.cancel_job(left.id)
        assert loop.time() - began_s < 2
        job = await until(orchestrator, left.id, lambda each: each.part_path is None)
        assert job.status is Status.CANCELLED

    run(scenario())
    checked = [each.checked_bytes for each in seen if each.job_id == left.id]
    assert None not in checked
    assert checked[0] < checked[-1] < HUGE_BYTES
    assert [path.name for path in folder.iterdir()] == ["other.bin"]


@pytest.mark.fault(47)
@pytest.mark.usefixtures("same_boot")
def test_a_check_that_is_paused_or_stopped_begins_anew(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, leave: Callable[..., Job]
):
    left = left_huge(leave, server)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        for _ in range(2):
            await until(orchestrator, left.id, lambda each: each.phase is Phase.VERIFYING)
            (paused,) = await orchestrator.pause([left.id])
            assert (paused.status, paused.bytes_done) == (Status.PAUSED, HUGE_BYTES)
            await orchestrator.resume([left.id])
        await until(orchestrator, left.id, lambda each: each.phase is Phase.VERIFYING)
        retries = orchestrator.get_job_status(left.id).retry_count
        await orchestrator.stop()
        await orchestrator.start()
        job = await until(orchestrator, left.id, lambda each: each.phase is Phase.VERIFYING)
        assert job.retry_count == retries
        assert Path(job.part_path or "").stat().st_size == HUGE_BYTES

    run(scenario())
    assert finished_files(Path(left.target_directory)) == []
    assert server.requests == []
