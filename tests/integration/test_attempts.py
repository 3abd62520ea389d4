"""Each try at a download is remembered as it was, with wget's words, whatever ended it."""

import asyncio
import sqlite3
from contextlib import closing

from dlmanager.core.attempt_record import MAX_LOG_BYTES, AttemptEnding, AttemptRecord
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import NewJob, Status
from dlmanager.core.secrets import Secrets
from dlmanager.engine.part_file import OVERLAP_BYTES, OVERLAP_BYTES_UNCLEAN
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, until, until_bytes
from tests.integration.loopback_server import Content, text_answer

LARGE = Content(size=3_000_000, seed=3)


def test_a_download_that_breaks_off_and_goes_on_has_two(run, server, orchestrate, folder):
    url = server.serve("/a.bin", MEGABYTE)
    server.on("/a.bin", answers.in_turn(answers.cut_fin(600_000), answers.ok()))

    async def scenario() -> list[AttemptRecord]:
        queue = orchestrate()
        await queue.start()
        job_id = queue.enqueue_download(url, folder)
        await until(queue, job_id, Status.COMPLETED)
        return await queue.attempts(job_id)

    first, second = run(scenario())
    assert (first.attempt, first.from_byte, first.ending) == (1, 0, AttemptEnding.RETRYING)
    assert first.error_kind is ErrorKind.CONNECTION
    assert first.message
    assert first.bytes_done == 600_000
    assert second.from_byte == 600_000 - OVERLAP_BYTES
    assert "HTTP/1.1 200 OK" in first.log
    assert (second.attempt, second.ending) == (2, AttemptEnding.COMPLETED)
    assert (second.bytes_done, second.http_status, second.message) == (1_000_000, 206, None)
    assert "HTTP/1.1 206 Partial Content" in second.log
    assert first.ended_at is not None
    assert first.started_at <= first.ended_at <= second.started_at


def test_the_one_that_runs_is_told_as_it_is_now(run, server, orchestrate, folder):
    url = server.serve("/a.bin", MEGABYTE)
    gate = server.hold("/a.bin", 500_000)

    async def scenario() -> None:
        queue = orchestrate()
        await queue.start()
        job_id = queue.enqueue_download(url, folder)
        assert await asyncio.to_thread(gate.reached.wait, 20)
        await until_bytes(queue, job_id, 500_000)
        (running,) = await queue.attempts(job_id)
        assert (running.ended_at, running.ending) == (None, None)
        assert "HTTP/1.1 200 OK" in running.log
        assert queue.live_log(job_id) == running.log
        gate.release()
        await until(queue, job_id, Status.COMPLETED)
        (ended,) = await queue.attempts(job_id)
        assert ended.log.startswith(running.log)
        assert ended.ending is AttemptEnding.COMPLETED

    run(scenario())


def test_it_is_paused_by_us_or_by_another_process_and_keeps_its_words(
    run, server, orchestrate, folder, database
):
    url = server.serve("/a.bin", MEGABYTE)

    async def paused(queue, job_id: str, *, elsewhere: bool) -> AttemptRecord:
        gate = server.hold("/a.bin", 500_000)
        await queue.resume([job_id])
        assert await asyncio.to_thread(gate.reached.wait, 20)
        if elsewhere:
            store = JobStore(database)
            fulfil(store, "pause", [job_id], 1)
            store.close()
            await until(queue, job_id, Status.PAUSED)
        else:
            await queue.pause([job_id])
        while queue.live_log(job_id) is not None:  # what ends it then is not told of
            await asyncio.sleep(0.01)
        gate.release()
        return (await queue.attempts(job_id))[-1]

    async def scenario() -> None:
        queue = orchestrate()
        await queue.start()
        job_id = queue.enqueue_download(url, folder, paused=True)
        for elsewhere in (False, True):
            record = await paused(queue, job_id, elsewhere=elsewhere)
            assert record.ending is AttemptEnding.PAUSED
            assert "HTTP/1.1 20" in record.log

    run(scenario())


def test_a_stop_in_good_order_is_told_from_a_crash(run, server, orchestrate, folder, leave):
    url = server.serve("/a.bin", LARGE)
    left = leave(url, LARGE.read(0, 2_000_000), unproven_from=None)
    gate = server.hold("/a.bin", 2_500_000)

    async def scenario() -> None:
        queue = orchestrate()
        await queue.start()
        assert await asyncio.to_thread(gate.reached.wait, 20)
        await queue.stop()
        crashed, stopped = await queue.attempts(left.id)
        assert (crashed.ending, crashed.bytes_done) == (AttemptEnding.INTERRUPTED, 2_000_000)
        assert (stopped.ending, stopped.from_byte) == (
            AttemptEnding.STOPPED,
            2_000_000 - OVERLAP_BYTES_UNCLEAN,
        )
        assert "HTTP/1.1 206" in stopped.log
        gate.release()

    run(scenario())


def test_another_version_of_the_file_is_told_to_begin_at_zero(
    run, server, orchestrate, folder, leave
):
    url = server.serve("/a.bin", Content(size=3_000_000, seed=4))
    part = LARGE.read(0, 2_000_000)
    left = leave(url, part, unproven_from=None, etag='"old"', bytes_total=3_000_000)

    async def scenario() -> None:
        queue = orchestrate()
        await queue.start()
        await until(queue, left.id, Status.COMPLETED)
        record = (await queue.attempts(left.id))[-1]
        assert (record.from_byte, record.ending) == (0, AttemptEnding.COMPLETED)
        # Both requests are in its log.
        assert record.log.count(f"  {url}") >= 2

    run(scenario())


def test_a_long_log_is_cut_at_its_beginning(run, server, orchestrate, folder):
    headers = tuple((f"X-Long-{number}", "x" * 200) for number in range(200))
    url = server.answer("/a.bin", 404, headers=headers)

    async def scenario() -> None:
        queue = orchestrate()
        await queue.start()
        job_id = queue.enqueue_download(url, folder, max_retries=0)
        await until(queue, job_id, Status.FAILED)
        (record,) = await queue.attempts(job_id)
        assert MAX_LOG_BYTES - 300 < len(record.log) <= MAX_LOG_BYTES
        assert "X-Long-199" in record.log
        assert "X-Long-0:" not in record.log
        assert (record.ending, record.http_status) == (AttemptEnding.FAILED, 404)
        assert record.message is not None
        assert "404" in record.message

    run(scenario())


def test_a_server_that_repeats_secrets_does_not_bring_them_into_the_log(
    run, server, orchestrate, folder, database
):
    secrets = Secrets("hunter2user", "hunter2password", (("X-Own", "hunter2 header value"),))
    server.serve("/a.bin", MEGABYTE)

    def repeat(exchange) -> None:
        given = exchange.request.headers
        answer = text_answer(
            404,
            ("X-Echo", given["x-own"]),
            ("X-Pair", given.get("authorization", "")),
            ("X-Words", f"{secrets.user} {secrets.password}"),
            ("Location", f"http://h/?who={secrets.user}&p={secrets.password}"),
        )
        exchange.answer(answer)

    challenge = answers.status(401, headers={"WWW-Authenticate": "Basic"})
    server.on("/a.bin", answers.in_turn(challenge, repeat))

    async def scenario() -> str:
        queue = orchestrate()
        await queue.start()
        order = NewJob(server.url("/a.bin"), str(folder), max_retries=0, secrets=secrets)
        (job,) = await queue.add([order])
        await until(queue, job.id, Status.FAILED)
        (record,) = await queue.attempts(job.id)
        return record.log

    log = run(scenario())
    assert "X-Echo: ***" in log
    assert "hunter2" not in log
    assert "aHVudGVy" not in log  # the beginning of the pair in base64
    with closing(sqlite3.connect(database)) as raw:
        assert b"hunter2" not in raw.serialize()
