"""Mirrors that fail, are slow, or have another file: what another one brings is right, or nothing.

The real wget, and a server of its own for each mirror.
"""

import asyncio
import base64
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status, Verification
from dlmanager.core.mirrors import Mirror, MirrorState
from tests.conftest import Run
from tests.integration.conftest import MEGABYTE, is_right, until
from tests.integration.faults.conftest import ENDED, finished_files
from tests.integration.loopback_server import (
    Behaviour,
    Content,
    Exchange,
    LoopbackServer,
    cut_fin,
    in_turn,
    ok,
    status,
)
from tests.integration.site import Site

pytestmark = pytest.mark.fault(48)

PATH = "/a.bin"
# More than what is fetched again and compared when another mirror goes on: one MiB.
FILE = Content(size=4_000_000, seed=1)
OTHER_FILE = Content(size=4_000_000, seed=2)
SMALLER = Content(size=3_900_000, seed=1)
CUT = 3_000_000


class Ended:
    """A download that has ended, with all that is remembered of it."""

    def __init__(self, job: Job, mirrors: list[Mirror], endings: list[AttemptEnding | None]):
        self.job, self.mirrors, self.endings = job, mirrors, endings


@pytest.fixture
def mirrors() -> Iterator[list[LoopbackServer]]:
    with LoopbackServer() as one, LoopbackServer() as two, LoopbackServer() as three:
        yield [one, two, three]


Fetch = Callable[..., Ended]


@pytest.fixture
def fetch(run: Run, orchestrate: Callable[..., Any], folder: Path) -> Fetch:
    """Downloads one file from these servers, in this order, to its end, whatever that is."""

    def fetched(
        *servers: LoopbackServer,
        checksum: Checksum | None = None,
        expected_bytes: int | None = None,
        **options: Any,
    ) -> Ended:
        async def scenario() -> Ended:
            orchestrator = orchestrate(**options)
            await orchestrator.start()
            url, *others = [server.url(PATH) for server in servers]
            order = orchestrator.order(
                url, folder, mirrors=others, checksum=checksum, expected_bytes=expected_bytes
            )
            job_id = (await orchestrator.add([order]))[0].id
            async with asyncio.timeout(20):
                job = await until(orchestrator, job_id, lambda each: each.status in ENDED)
            known = await orchestrator.mirrors(job_id)
            endings = [each.ending for each in await orchestrator.attempts(job_id)]
            await orchestrator.stop()
            return Ended(job, known, endings)

        ended = run(scenario())
        names = [path.name for path in finished_files(folder)]
        assert names == ([ended.job.filename] if ended.job.status is Status.COMPLETED else [])
        return ended

    return fetched


def serve(
    server: LoopbackServer, content: Content, behaviour: Behaviour | None = None, **facts: Any
) -> None:
    server.serve(PATH, content, **facts)
    if behaviour is not None:
        server.on(PATH, behaviour)


def dripping(after: int) -> Behaviour:
    """Sends so many bytes at once, and then next to nothing."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.good_answer()
        exchange.send_head(answer.status, answer.headers)
        exchange.send_body(answer, answer.start + after)
        exchange.wait(None)

    return behave


def completed(ended: Ended, content: Content, mirror: int) -> None:
    assert (ended.job.status, ended.job.mirror) == (Status.COMPLETED, mirror), ended.job
    assert is_right(str(ended.job.path), content)


def starts(server: LoopbackServer) -> list[int | None]:
    """From which byte on each request wanted the file."""
    return [request.range_start for request in server.requests]


@pytest.mark.parametrize("code", [404, 410, 403, 401])
def test_the_first_has_no_such_file(mirrors: list[LoopbackServer], fetch: Fetch, code: int):
    serve(mirrors[0], MEGABYTE, status(code))
    serve(mirrors[1], MEGABYTE)
    ended = fetch(*mirrors[:2], max_retries=0, initial_retry_delay_ms=600_000)
    completed(ended, MEGABYTE, 2)
    assert ended.endings == [AttemptEnding.OTHER_MIRROR, AttemptEnding.COMPLETED]
    assert (ended.job.retry_count, len(mirrors[0].requests)) == (0, 1)
    one, two = ended.mirrors
    assert (one.tries, one.failures, one.state) == (1, 1, MirrorState.GONE)
    assert str(code) in str(one.last_error)
    assert (two.tries, two.failures, two.bytes_received) == (1, 0, MEGABYTE.size)
    assert two.last_error is None
    assert two.speed_bytes_s is not None


def test_the_first_is_overloaded_or_away(mirrors: list[LoopbackServer], fetch: Fetch):
    serve(mirrors[0], MEGABYTE, status(500))
    with LoopbackServer() as away:
        pass
    serve(mirrors[2], MEGABYTE)
    ended = fetch(mirrors[0], away, mirrors[2], max_retries=0, initial_retry_delay_ms=600_000)
    completed(ended, MEGABYTE, 3)
    assert [each.state for each in ended.mirrors[:2]] == [MirrorState.FAILED] * 2


def test_a_web_page_in_place_of_the_file(mirrors: list[LoopbackServer], fetch: Fetch):
    mirrors[0].serve(PATH, Content(5000, seed=3), content_type="text/html")
    serve(mirrors[1], MEGABYTE)
    completed(fetch(*mirrors[:2], max_retries=0), MEGABYTE, 2)


def test_a_slow_one_is_left_for_another(mirrors: list[LoopbackServer], fetch: Fetch):
    serve(mirrors[0], MEGABYTE, dripping(100_000))
    serve(mirrors[1], MEGABYTE)
    ended = fetch(*mirrors[:2], max_retries=0, low_speed_time_s=0.5)
    completed(ended, MEGABYTE, 2)
    assert "slow" in str(ended.mirrors[0].last_error)


def test_wrong_content_with_another_etag_is_begun_anew(mirrors: list[LoopbackServer], fetch: Fetch):
    serve(mirrors[0], FILE, in_turn(cut_fin(CUT), status(500)))
    serve(mirrors[1], OTHER_FILE)
    completed(fetch(*mirrors[:2]), OTHER_FILE, 2)
    # Asked for the rest of that very file it refuses; then all comes from it.
    assert starts(mirrors[1])[-1] in (None, 0)
    assert starts(mirrors[1])[0] not in (None, 0)


def test_a_file_of_another_size_is_begun_anew(mirrors: list[LoopbackServer], fetch: Fetch):
    serve(mirrors[0], FILE, in_turn(cut_fin(CUT), status(500)), etag='"same"')
    serve(mirrors[1], SMALLER, etag='"same"')
    completed(fetch(*mirrors[:2]), SMALLER, 2)
    assert starts(mirrors[1])[-1] in (None, 0)


def test_bytes_are_kept_where_strong_etag_and_size_are_equal(
    mirrors: list[LoopbackServer], fetch: Fetch
):
    serve(mirrors[0], FILE, cut_fin(CUT), etag='"same"')
    serve(mirrors[1], FILE, etag='"same"')
    ended = fetch(*mirrors[:2], max_retries=0)
    completed(ended, FILE, 2)
    (start,) = starts(mirrors[1])
    assert start is not None
    assert start > 0
    assert ended.mirrors[1].bytes_received < FILE.size


@pytest.mark.parametrize(
    "facts", [{"etag": 'W/"same"'}, {"etag": None}], ids=["a weak ETag", "a date alone"]
)
def test_bytes_are_not_kept_for_less(
    mirrors: list[LoopbackServer], fetch: Fetch, facts: dict[str, Any]
):
    """The two files differ, which nothing but their bytes tells."""
    serve(mirrors[0], FILE, in_turn(cut_fin(CUT), status(500)), **facts)
    serve(mirrors[1], OTHER_FILE, **facts)
    completed(fetch(*mirrors[:2]), OTHER_FILE, 2)


def test_equal_etags_of_files_that_differ_are_found_by_their_bytes(
    mirrors: list[LoopbackServer], fetch: Fetch
):
    serve(mirrors[0], FILE, cut_fin(CUT), etag='"same"')
    serve(mirrors[1], OTHER_FILE, etag='"same"')
    completed(fetch(*mirrors[:2]), OTHER_FILE, 2)


def test_one_that_broke_off_goes_on_with_its_own_bytes(mirrors: list[LoopbackServer], fetch: Fetch):
    serve(mirrors[0], FILE, in_turn(cut_fin(CUT), ok()), etag=None)
    serve(mirrors[1], OTHER_FILE, etag=None)
    completed(fetch(*mirrors[:2]), FILE, 1)
    assert mirrors[1].requests == []


def test_back_at_the_first_its_own_bytes_go_on(mirrors: list[LoopbackServer], fetch: Fetch):
    serve(mirrors[0], FILE, in_turn(cut_fin(CUT), status(500), ok()), etag=None)
    serve(mirrors[1], FILE, status(404))
    ended = fetch(*mirrors[:2])
    completed(ended, FILE, 1)
    assert starts(mirrors[0])[-1] not in (None, 0)


def test_only_when_all_have_failed_a_retry_is_spent(mirrors: list[LoopbackServer], fetch: Fetch):
    for server in mirrors[:2]:
        serve(server, MEGABYTE, status(500))
    serve(mirrors[2], MEGABYTE, status(404))
    ended = fetch(*mirrors, max_retries=2)
    assert (ended.job.status, ended.job.error_kind) == (Status.FAILED, ErrorKind.SERVER)
    assert ended.job.retry_count == 2
    assert [len(server.requests) for server in mirrors] == [3, 3, 1]


def test_none_has_the_file(mirrors: list[LoopbackServer], fetch: Fetch):
    for server in mirrors:
        serve(server, MEGABYTE, status(404))
    ended = fetch(*mirrors)
    assert (ended.job.status, ended.job.error_kind) == (Status.FAILED, ErrorKind.NOT_FOUND)
    assert [len(server.requests) for server in mirrors] == [1, 1, 1]


def test_a_file_of_another_size_than_the_order_tells_is_not_begun(
    mirrors: list[LoopbackServer], fetch: Fetch
):
    serve(mirrors[0], SMALLER)
    serve(mirrors[1], FILE)
    ended = fetch(*mirrors[:2], max_retries=0, expected_bytes=FILE.size)
    completed(ended, FILE, 2)
    assert "another size" in str(ended.mirrors[0].last_error)


class TestWithAChecksum:
    """It decides in the end, so that more can be kept; and what is wrong is never delivered."""

    def test_bytes_are_kept_whatever_the_validators_are(
        self, mirrors: list[LoopbackServer], fetch: Fetch
    ):
        serve(mirrors[0], FILE, cut_fin(CUT), etag='"one"')
        serve(mirrors[1], FILE, etag=None, last_modified=None)
        ended = fetch(*mirrors[:2], max_retries=0, checksum=sha256(FILE))
        completed(ended, FILE, 2)
        assert ended.job.verification is Verification.CHECKSUM
        (start,) = starts(mirrors[1])
        assert start is not None
        assert start > 0

    def test_wrong_content_is_fetched_from_another_and_never_delivered(
        self, mirrors: list[LoopbackServer], fetch: Fetch
    ):
        serve(mirrors[0], OTHER_FILE)
        serve(mirrors[1], FILE)
        ended = fetch(*mirrors[:2], max_retries=0, checksum=sha256(FILE))
        completed(ended, FILE, 2)
        assert len(mirrors[0].requests) == 1
        assert "checksum" in str(ended.mirrors[0].last_error)

    def test_two_that_are_wrong_are_enough(self, mirrors: list[LoopbackServer], fetch: Fetch):
        for server in mirrors:
            serve(server, OTHER_FILE)
        ended = fetch(*mirrors, checksum=sha256(FILE))
        assert (ended.job.status, ended.job.error_kind) == (Status.FAILED, ErrorKind.CHECKSUM)
        assert [len(server.requests) for server in mirrors] == [1, 1, 0]
        for content in (FILE, OTHER_FILE):
            assert content.sha256() in str(ended.job.error_message)


def sha256(content: Content) -> Checksum:
    return Checksum(ChecksumKind.SHA256, content.sha256())


def test_secrets_go_to_the_mirror_that_they_were_given_for(
    mirrors: list[LoopbackServer], run: Run, orchestrate: Callable[..., Any], folder: Path
):
    serve(mirrors[0], FILE, status(404))
    serve(mirrors[1], FILE, status(404))
    serve(mirrors[2], FILE, credentials=("eva", "for three"))

    def link(server: LoopbackServer, user: str) -> str:
        return server.url(PATH).replace("://", f"://{user}@")

    async def scenario() -> Job:
        orchestrator = orchestrate(max_retries=0)
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(
            link(mirrors[0], "adam:for%20one"),
            folder,
            mirrors=[mirrors[1].url(PATH), link(mirrors[2], "eva:for%20three")],
        )
        return await until(orchestrator, job_id, lambda each: each.status in ENDED)

    job = run(scenario())
    assert (job.status, job.mirror, job.url) == (Status.COMPLETED, 3, mirrors[2].url(PATH))

    def given(server: LoopbackServer) -> set[str]:
        sent = (request.headers.get("authorization", "") for request in server.requests)
        return {base64.b64decode(each.removeprefix("Basic ")).decode() for each in sent}

    assert given(mirrors[0]) <= {"", "adam:for one"}
    assert given(mirrors[1]) == {""}
    assert given(mirrors[2]) <= {"", "eva:for three"}


def test_a_kill_between_mirrors_loses_neither_the_file_nor_its_bytes(
    mirrors: list[LoopbackServer], tmp_path: Path
):
    site = Site(tmp_path)
    site.set(poll_interval_ms=100, initial_retry_delay_ms=100)
    serve(mirrors[0], FILE, cut_fin(CUT), etag='"same"')
    serve(mirrors[1], FILE, etag='"same"')
    gate = mirrors[1].hold(PATH)
    url, other = (server.url(PATH) for server in mirrors[:2])
    subprocess.run(
        site.command("add", "--to", str(site.folder), url, "--mirror", other),
        env=site.environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with subprocess.Popen(site.command("run"), env=site.environment()) as program:
        try:
            given_up_s = time.monotonic() + 20
            while not mirrors[1].requests:
                assert time.monotonic() < given_up_s
                time.sleep(0.01)
        finally:
            program.kill()
    gate.release()
    (job,) = site.jobs()
    assert (job.mirror, job.url) == (2, other)
    subprocess.run(
        site.command("run", "--until-idle"), env=site.environment(), check=True, timeout=50
    )
    (job,) = site.jobs()
    assert job.status is Status.COMPLETED
    assert is_right(str(job.path), FILE)
    assert len(mirrors[0].requests) == 1
    assert all(start for start in starts(mirrors[1]))
