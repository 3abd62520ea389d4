"""Bytes of two versions are never joined, whatever interrupts a resume."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import peewee
import pytest

from dlmanager.core.job import Phase, Status
from dlmanager.core.progress import JobProgress
from dlmanager.engine import orchestrator as orchestrator_module
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.engine.part_file import PartFile
from dlmanager.store.job_store import JobStore
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, OTHER, is_right, until
from tests.integration.loopback_server import Content, LoopbackServer


def cut_and_change(
    server: LoopbackServer, content: Content | bytes = OTHER, **validators: str | None
) -> answers.Behaviour:
    """Cut /a.bin after 400 kB; from then on it is another file."""

    def behave(exchange: answers.Exchange) -> None:
        answers.cut_fin(400_000)(exchange)
        server.serve("/a.bin", content, **validators)

    return behave


async def end_while_it_fails(orchestrator: DownloadQueueOrchestrator, failed: list[int]) -> None:
    """End and start the queue while an attempt, its wget ended, waits for its row in vain."""
    async with asyncio.timeout(20):
        # The failure is told a moment after the database's thread met it.
        while not failed or orchestrator.problem is None or BaseProcess.get_active_process_count():
            await asyncio.sleep(0.01)
    await orchestrator.stop()
    await orchestrator.start()


class TestWithoutValidators:
    @pytest.fixture
    def url(self, server) -> str:
        return server.serve("/a.bin", MEGABYTE, etag=None, last_modified=None)

    @pytest.mark.parametrize("how", ["pause", "stop"])
    def test_an_attempt_may_be_ended_while_another_version_comes_in(
        self, run, server, orchestrate, folder, monkeypatch, url, how: str
    ):
        """The last look at the part came before the bytes; the bytes came before wget's end."""
        may_send = threading.Event()
        arrived = []

        def send_when_told(exchange: answers.Exchange) -> None:
            answer = exchange.good_answer()
            exchange.send_head(answer.status, answer.headers)
            exchange.wait(None, may_send)
            exchange.send_body(answer, stop=answer.start + 200_000)
            exchange.wait(None)

        changing = cut_and_change(server, etag=None, last_modified=None)
        server.sequence("/a.bin", [changing, send_when_told, answers.ok()])
        owner: Any = {"pause": orchestrator_module, "stop": JobStore}[how]
        name = {"pause": "fulfil", "stop": "give_back"}[how]
        write = getattr(owner, name)

        def write_while_bytes_come(*args):
            may_send.set()
            (part,) = folder.glob("*.part")
            end_at = time.monotonic() + 5
            while part.stat().st_size < 500_000 and time.monotonic() < end_at:
                time.sleep(0.001)
            arrived.append(part.stat().st_size)
            return write(*args)

        async def scenario() -> None:
            looked = asyncio.Event()

            def on_progressed(progress: list[JobProgress]) -> None:
                if any(each.attempt == 2 and each.phase is Phase.DOWNLOADING for each in progress):
                    looked.set()

            orchestrator = orchestrate()
            orchestrator.progressed.connect(on_progressed)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await looked.wait()
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, write_while_bytes_come)
                await (orchestrator.pause([job_id]) if how == "pause" else orchestrator.stop())
            await (orchestrator.resume([job_id]) if how == "pause" else orchestrator.start())
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, OTHER) or is_right(job.path, MEGABYTE)

        run(scenario())
        assert arrived[0] >= 500_000

    def test_the_store_may_fail_while_another_version_comes_in(
        self, run, server, orchestrate, folder, monkeypatch, caplog, url
    ):
        changing = cut_and_change(server, etag=None, last_modified=None)
        server.sequence("/a.bin", [changing, answers.cut_fin(200_000), answers.ok()])
        record = JobStore.record
        failed = []

        def failing(self, job_id, attempt, now_ms, facts):
            if attempt == 2 and "pid" in facts:
                failed.append(attempt)
                raise peewee.OperationalError("database is locked")
            return record(self, job_id, attempt, now_ms, facts)

        monkeypatch.setattr(JobStore, "record", failing)

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await end_while_it_fails(orchestrator, failed)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, OTHER) or is_right(job.path, MEGABYTE)

        run(scenario())
        caplog.clear()

    @pytest.mark.fault(8)
    def test_a_file_that_became_shorter_is_not_published_at_its_old_length(
        self, run, server, orchestrate, folder, url
    ):
        """The first answer told no length; the second tells less than what is there."""
        shorter = MEGABYTE.read(0, 999_000)

        def send_and_shrink(exchange: answers.Exchange) -> None:
            answers.chunked()(exchange)
            server.serve("/a.bin", shorter, etag=None, last_modified=None)

        server.sequence("/a.bin", [send_and_shrink, answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert Path(job.path).stat().st_size == 999_000

        run(scenario())

    def test_after_a_crash_in_the_middle_of_a_resume_two_versions_are_not_joined(
        self, run, server, orchestrate, leave
    ):
        """The program died before the overlap was compared: the row says where the seam is."""
        old, new = Content(size=5_000_000, seed=1), Content(size=5_000_000, seed=2)
        url = server.serve("/a.bin", new, etag=None, last_modified=None)
        job = leave(
            url,
            old.read(0, 2_000_000) + new.read(2_000_000, 1_500_000),
            bytes_done=2_000_000,
            bytes_total=5_000_000,
            unproven_from=2_000_000,
        )

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            done = await until(orchestrator, job.id, Status.COMPLETED)
            assert is_right(done.path, new)

        run(scenario())


def test_validators_that_could_not_be_stored_do_not_let_two_versions_be_joined(
    run, server, orchestrate, folder, monkeypatch, caplog
):
    """The versions are alike around the cut, so that the overlap does not tell them apart."""
    changed = (
        OTHER.read(0, 100_000) + MEGABYTE.read(100_000, 350_000) + OTHER.read(450_000, 550_000)
    )
    url = server.serve("/a.bin", MEGABYTE)
    server.sequence("/a.bin", [cut_and_change(server, changed), answers.ok()])
    record = JobStore.record
    failed = []

    def failing(self, job_id, attempt, now_ms, facts):
        if attempt == 1 and "etag" in facts:
            failed.append(attempt)
            raise peewee.OperationalError("database is locked")
        return record(self, job_id, attempt, now_ms, facts)

    monkeypatch.setattr(JobStore, "record", failing)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(url, folder)
        await end_while_it_fails(orchestrator, failed)
        job = await until(orchestrator, job_id, Status.COMPLETED)
        assert Path(job.path).read_bytes() == changed or is_right(job.path, MEGABYTE)

    run(scenario())
    caplog.clear()


@pytest.mark.fault(32)
@pytest.mark.parametrize("first", ["503", "pause"])
def test_a_stale_stretch_is_found_although_the_first_try_after_the_crash_fails(
    run, server, orchestrate, leave, first: str
):
    """A power cut left a hole of zeros 200 kB before the end; the very end is right."""
    content = Content(size=4_000_000, seed=1)
    url = server.serve("/a.bin", content)
    stale = content.read(0, 1_700_000) + bytes(100_000) + content.read(1_800_000, 200_000)
    job = leave(url, stale, etag=content.etag, bytes_total=content.size)
    release = threading.Event()
    failing = answers.status(503) if first == "503" else answers.stall_before_head(release)
    server.sequence("/a.bin", [failing, answers.ok()])

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        if first == "pause":
            await asyncio.to_thread(server.wait_for_requests, 1)
            await orchestrator.pause([job.id])
            release.set()
            await orchestrator.resume([job.id])
        done = await until(orchestrator, job.id, Status.COMPLETED)
        assert is_right(done.path, content)

    run(scenario())


def test_the_bytes_are_on_the_disk_before_the_row_says_finalising(
    run, server, orchestrate, folder, monkeypatch
):
    """After a power cut the sweep publishes such a part by its size alone."""
    url = server.serve("/a.bin", MEGABYTE)
    order = []
    record, sync = JobStore.record, PartFile.sync

    def noted_record(self, job_id, attempt, now_ms, facts):
        if facts.get("phase") is Phase.FINALISING:
            order.append("row")
        return record(self, job_id, attempt, now_ms, facts)

    def noted_sync(self):
        sync(self)
        order.append("disk")

    monkeypatch.setattr(JobStore, "record", noted_record)
    monkeypatch.setattr(PartFile, "sync", noted_sync)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(url, folder)
        await until(orchestrator, job_id, Status.COMPLETED)

    run(scenario())
    assert order.index("disk") < order.index("row")
