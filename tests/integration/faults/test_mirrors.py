"""Mirrors that fail, are slow, or have another file: what another one brings is right, or nothing.

The real wget, and a server of its own for each mirror.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.attempt_record import AttemptEnding
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status
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

    def fetched(*servers: LoopbackServer, **options: Any) -> Ended:
        async def scenario() -> Ended:
            orchestrator = orchestrate(**options)
            await orchestrator.start()
            url, *others = [server.url(PATH) for server in servers]
            job_id = orchestrator.enqueue_download(url, folder, mirrors=others)
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
