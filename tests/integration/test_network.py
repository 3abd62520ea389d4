"""Patience with the network, with servers and with the clock: the real wget on the loopback."""

import asyncio
import contextlib
import email.utils
import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status, WaitingFor
from dlmanager.core.reachability import SystemState
from dlmanager.engine import clock, network_care
from tests.integration import loopback_server as answers
from tests.integration.conftest import MEGABYTE, is_right, until, until_bytes
from tests.integration.loopback_server import Content, LoopbackServer

SMALL = Content(size=20_000, seed=3)
HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


def dead_url(host: str) -> str:
    """A link to a host where nobody listens."""
    return f"http://{host}:9/a.bin"


@pytest.fixture
def servers() -> Iterator[list[LoopbackServer]]:
    """Three hosts."""
    with contextlib.ExitStack() as stack:
        hosts = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
        yield [stack.enter_context(LoopbackServer(host=host)) for host in hosts]


@pytest.fixture
def probe_often(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Gaps of a tenth of a second; the list tells what was knocked at."""
    knocked: list[tuple[str, int]] = []
    can_connect = network_care.can_connect

    async def noted(host: str, port: int) -> bool:
        knocked.append((host, port))
        return await can_connect(host, port)

    monkeypatch.setattr(network_care, "can_connect", noted)
    monkeypatch.setattr(network_care, "probe_gap_ms", lambda number: 100)
    return knocked


class System(QObject):
    """What the system would say of its connection."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state = SystemState.UNKNOWN

    def say(self, state: SystemState) -> None:
        self.state = state
        self.changed.emit()


class TestTheNetworkIsAway:
    @pytest.mark.fault(52)
    def test_twenty_jobs_outlast_an_outage_without_spending_their_retries(
        self, run, servers, orchestrate, folder, probe_often
    ):
        """Far longer than all their retries would take: 20, 40 and 80 ms."""
        urls = []
        for number in range(20):
            server = servers[number % 3]
            urls.append(server.serve(f"/{number}.bin", SMALL, rate_bytes_s=40_000))

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=20, poll_interval_ms=200)
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            await until_bytes(orchestrator, jobs[0].id, 5_000)
            for server in servers:
                server.go_offline()
            waits = [
                await until(orchestrator, job.id, lambda job: job.waiting_for is not None)
                for job in jobs[2:]
            ]
            assert {job.waiting_for for job in waits} == {WaitingFor.NETWORK}
            await asyncio.sleep(1)  # the outage
            during = await orchestrator.list_jobs()
            assert {job.status for job in during} <= {
                Status.PENDING,
                Status.RETRYING,
                Status.COMPLETED,
            }
            assert max(job.retry_count for job in during) <= 1
            for server in servers:
                server.come_back()
            for server in servers:
                for number in range(20):
                    if server.resource(f"/{number}.bin"):
                        server.serve(f"/{number}.bin", SMALL)
            await orchestrator.wait_until_idle()
            after = await orchestrator.list_jobs()
            assert {job.status for job in after} == {Status.COMPLETED}
            assert all(is_right(job.path, SMALL) for job in after)
            assert max(job.retry_count for job in after) <= 1

        run(scenario())
        assert len(probe_often) >= 5
        assert {host for host, _ in probe_often} == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}

    def test_one_dead_host_spends_its_retries(self, run, orchestrate, folder):
        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=20)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(dead_url("127.0.0.2"), folder, max_retries=2)
            job = await until(orchestrator, job_id, Status.FAILED)
            assert (job.retry_count, job.error_kind) == (2, ErrorKind.CONNECTION)

        run(scenario())

    def test_dead_hosts_spend_their_retries_while_others_answer(
        self, run, server, orchestrate, folder, probe_often, count_starts
    ):
        good = server.serve("/good.bin", Content(250_000), rate_bytes_s=100_000)

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=100)
            await orchestrator.start()
            first = orchestrator.enqueue_download(good, folder)
            dead = [
                orchestrator.enqueue_download(dead_url(host), folder, max_retries=1)
                for host in ("127.0.0.2", "127.0.0.3")
            ]
            for job_id in dead:
                await until(orchestrator, job_id, Status.FAILED)
            await until(orchestrator, first, Status.COMPLETED)
            assert count_starts() < 20

        run(scenario())

    def test_while_it_is_away_no_wget_is_started_for_a_host_that_fails(
        self, run, orchestrate, folder, probe_often, count_starts
    ):
        async def scenario() -> None:
            orchestrator = orchestrate(max_concurrent_downloads=1)
            urls = [dead_url(host) for host in ("127.0.0.2", "127.0.0.3")] * 5
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            for job in jobs:
                await until(orchestrator, job.id, lambda job: job.waiting_for is WaitingFor.NETWORK)
            started = count_starts()
            while len(probe_often) < 5:
                await asyncio.sleep(0.02)
            assert count_starts() == started <= 3
            row = orchestrator.get_job_status(jobs[-1].id)
            assert (row.status, row.retry_count) == (Status.PENDING, 0)

        run(scenario())

    def test_hundreds_of_hosts_are_not_all_tried_while_it_is_away(
        self, run, server, orchestrate, folder, probe_often, count_starts
    ):
        urls = [dead_url(f"127.0.1.{number}") for number in range(1, 200)]
        server.go_offline()

        async def scenario() -> None:
            orchestrator = orchestrate(poll_interval_ms=100)
            last = server.serve("/a.bin", SMALL)
            jobs = await orchestrator.add(
                [orchestrator.order(url, folder, max_retries=0) for url in [*urls[2:], last]]
            )
            await orchestrator.start()
            while len(probe_often) < 20:
                await asyncio.sleep(0.05)
            assert count_starts() <= 13
            assert orchestrator.get_job_status(jobs[-1].id).status is Status.PENDING
            await orchestrator.remove([job.id for job in jobs[20:-1]])
            server.come_back()
            await until(orchestrator, jobs[-1].id, Status.COMPLETED)

        run(scenario())

    def test_the_first_host_gets_its_retry_back(self, run, orchestrate, folder):
        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=60_000)
            await orchestrator.start()
            first = orchestrator.enqueue_download(dead_url("127.0.0.2"), folder)
            job = await until(orchestrator, first, Status.RETRYING)
            assert (job.retry_count, job.waiting_for) == (1, None)
            second = orchestrator.enqueue_download(dead_url("127.0.0.3"), folder)
            for job_id in (first, second):
                job = await until(orchestrator, job_id, lambda job: job.waiting_for is not None)
                assert (job.status, job.retry_count) == (Status.RETRYING, 0)

        run(scenario())

    def test_the_systems_word_makes_one_host_enough_and_ends_the_wait_at_once(
        self, run, server, orchestrate, folder
    ):
        url = server.serve("/a.bin", MEGABYTE)
        system = System()

        async def scenario() -> None:
            orchestrator = orchestrate(system_network=system, max_retries=0)
            await orchestrator.start()
            system.say(SystemState.DISCONNECTED)
            server.go_offline()
            job_id = orchestrator.enqueue_download(url, folder)
            await until(orchestrator, job_id, lambda job: job.waiting_for is WaitingFor.NETWORK)
            server.come_back()
            system.say(SystemState.CONNECTED)
            async with asyncio.timeout(1.5):  # the first probe would come after two seconds
                await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    def test_a_person_who_asks_again_is_obeyed_at_once(self, run, servers, orchestrate, folder):
        urls = [server.serve("/a.bin", SMALL) for server in servers[:2]]
        for server in servers:
            server.go_offline()

        async def scenario() -> None:
            orchestrator = orchestrate()
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            for job in jobs:
                await until(orchestrator, job.id, lambda job: job.waiting_for is not None)
            for server in servers:
                server.come_back()
            await orchestrator.retry([jobs[0].id])
            async with asyncio.timeout(1.5):  # the first probe would come after two seconds
                for job in jobs:
                    await until(orchestrator, job.id, Status.COMPLETED)

        run(scenario())

    def test_the_wait_ends_with_those_who_wait(self, run, orchestrate, folder, probe_often):
        async def scenario() -> None:
            orchestrator = orchestrate()
            urls = [dead_url(host) for host in ("127.0.0.2", "127.0.0.3")]
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            for job in jobs:
                await until(orchestrator, job.id, lambda job: job.waiting_for is not None)
            await orchestrator.cancel([job.id for job in jobs])
            while orchestrator._network.is_away:
                await asyncio.sleep(0.02)
            await orchestrator.wait_until_idle()

        run(scenario())

    def test_a_new_start_does_not_wait(self, run, servers, orchestrate, folder):
        urls = [server.serve("/a.bin", SMALL) for server in servers[:2]]
        for server in servers:
            server.go_offline()

        async def scenario() -> None:
            orchestrator = orchestrate()
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            for job in jobs:
                await until(orchestrator, job.id, lambda job: job.waiting_for is not None)
            await orchestrator.stop()
            for server in servers:
                server.come_back()
            await orchestrator.start()
            async with asyncio.timeout(1.5):
                await orchestrator.wait_until_idle()
            assert {job.status for job in await orchestrator.list_jobs()} == {Status.COMPLETED}

        run(scenario())


@pytest.fixture
def count_starts(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Tells how many attempts have begun."""
    from dlmanager.engine.attempt import Attempt

    count = 0
    run_ = Attempt.run

    async def counted(self):
        nonlocal count
        count += 1
        return await run_(self)

    monkeypatch.setattr(Attempt, "run", counted)
    return lambda: count


class TestAServerThatAsksForAPause:
    @pytest.mark.fault(14)
    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    def test_passing_trouble_is_waited_out_with_growing_gaps(
        self, run, server, orchestrate, folder, status: int
    ):
        url = server.serve("/a.bin", SMALL)
        server.sequence("/a.bin", [answers.status(status)] * 3 + [answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=100)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert (job.retry_count, is_right(job.path, SMALL)) == (3, True)

        run(scenario())
        times = [request.received_at for request in server.requests_for("/a.bin")]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert len(gaps) == 3
        assert all(gap >= least for gap, least in zip(gaps, (0.1, 0.2, 0.4), strict=True))

    @pytest.mark.fault(15)
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("form", ["seconds", "date"])
    def test_the_wait_that_it_asks_for_is_kept(
        self, run, server, orchestrate, folder, status: int, form: str
    ):
        url = server.serve("/a.bin", SMALL)
        in_2_s = email.utils.format_datetime(
            datetime.now(UTC) + timedelta(seconds=2.999), usegmt=True
        )
        asked = "1" if form == "seconds" else in_2_s
        server.sequence("/a.bin", [answers.status(status, retry_after=asked), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.RETRYING)
            assert 0 < job.next_retry_at - clock.now_ms() <= 3_000  # shown as a countdown
            assert job.waiting_for is None
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())
        first, second = server.requests_for("/a.bin")
        assert second.received_at - first.received_at >= 1

    @pytest.mark.fault(15)
    @pytest.mark.parametrize(
        "asked, least_s, most_s",
        [
            ("99999999999999999999", 3599, 3600),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 3599, 3600),
            ("-5", 0, 60),
            ("soon", 0, 60),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 60),
        ],
    )
    def test_an_absurd_wait_is_cut_to_an_hour(
        self, run, server, orchestrate, folder, asked: str, least_s: int, most_s: int
    ):
        url = server.serve("/a.bin", SMALL)
        server.on("/a.bin", answers.status(503, retry_after=asked))

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=60_000)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.RETRYING)
            wait_s = (job.next_retry_at - clock.now_ms()) / 1000
            assert least_s <= wait_s <= most_s

        run(scenario())

    @pytest.mark.fault(15)
    def test_all_other_jobs_of_that_host_wait_too_and_say_so(
        self, run, servers, orchestrate, folder
    ):
        server, other = servers[:2]
        urls = [server.serve(f"/{number}.bin", SMALL) for number in range(5)]
        elsewhere = other.serve("/else.bin", SMALL)
        server.sequence("/0.bin", [answers.status(429, retry_after=2), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(max_concurrent_downloads=1)
            jobs = await orchestrator.add(
                [orchestrator.order(url, folder) for url in [*urls, elsewhere]]
            )
            await orchestrator.start()
            for job in jobs[1:5]:
                row = await until(
                    orchestrator, job.id, lambda job: job.waiting_for is WaitingFor.HOST
                )
                assert (row.status, row.retry_count) == (Status.PENDING, 0)
            await until(orchestrator, jobs[5].id, Status.COMPLETED)
            assert len(server.requests) == 1
            await orchestrator.wait_until_idle()
            rows = await orchestrator.list_jobs()
            assert {job.status for job in rows} == {Status.COMPLETED}
            assert {job.waiting_for for job in rows} == {None}

        run(scenario())
        times = [request.received_at for request in server.requests]
        assert min(times[1:]) - times[0] >= 2

    def test_without_a_word_on_how_long_the_others_wait_as_long_as_the_job(
        self, run, server, orchestrate, folder
    ):
        urls = [server.serve(f"/{number}.bin", SMALL) for number in range(3)]
        server.sequence("/0.bin", [answers.status(503), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(max_concurrent_downloads=1, initial_retry_delay_ms=500)
            await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            await orchestrator.wait_until_idle()

        run(scenario())
        first, second, *_ = server.requests
        assert second.received_at - first.received_at >= 0.5

    def test_the_pause_outlasts_a_new_start(self, run, server, orchestrate, folder):
        first = server.serve("/0.bin", SMALL)
        second = server.serve("/1.bin", SMALL)
        server.on("/0.bin", answers.status(429, retry_after=100))

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(first, folder)
            await until(orchestrator, job_id, Status.RETRYING)
            await orchestrator.stop()
            other = orchestrate()
            await other.start()
            job_id = other.enqueue_download(second, folder)
            row = await until(other, job_id, lambda job: job.waiting_for is WaitingFor.HOST)
            assert row.status is Status.PENDING

        run(scenario())
        assert len(server.requests) == 1

    def test_a_person_may_choose_not_to_wait(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", SMALL)
        server.sequence("/a.bin", [answers.status(429, retry_after=100), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate()
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until(orchestrator, job_id, Status.RETRYING)
            await orchestrator.retry([job_id])
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())


def drip_head(every_s: float) -> answers.Behaviour:
    """Send one header after the other and never the end of them."""

    def behave(exchange: answers.Exchange) -> None:
        exchange.connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(1000):
            exchange.connection.sendall(b"X-%d: a\r\n" % number)
            exchange.wait(every_s)

    return behave


class TestStalls:
    @pytest.mark.fault(18)
    @pytest.mark.parametrize("where", ["body", "head"])
    def test_a_server_that_falls_silent_is_left_in_time_and_asked_again(
        self, run, server, orchestrate, folder, where: str
    ):
        url = server.serve("/a.bin", MEGABYTE)
        silent = answers.stall(600_000) if where == "body" else answers.stall_before_head()
        server.sequence("/a.bin", [silent, answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(low_speed_time_s=0.5, header_timeout_s=0.5)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            kind = ErrorKind.TOO_SLOW if where == "body" else ErrorKind.TIMEOUT
            job = await until(orchestrator, job_id, Status.RETRYING)
            assert (job.error_kind, job.retry_count) == (kind, 1)
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, MEGABYTE)

        run(scenario())
        first, second = server.requests_for("/a.bin")
        assert second.received_at - first.received_at < 0.5 + 2
        assert (second.range_start or 0) > (500_000 if where == "body" else -1)

    @pytest.mark.fault(19)
    def test_a_drip_of_bytes_is_left_and_resumed(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", SMALL)
        server.sequence("/a.bin", [answers.drip(5, 0.1), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(low_speed_time_s=0.6)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.RETRYING)
            assert job.error_kind is ErrorKind.TOO_SLOW
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert is_right(job.path, SMALL)

        run(scenario())
        first, second = server.requests_for("/a.bin")
        assert second.received_at - first.received_at < 0.6 + 2

    @pytest.mark.fault(19)
    def test_a_drip_of_headers_is_left(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", SMALL)
        server.sequence("/a.bin", [drip_head(0.05), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(header_timeout_s=0.6)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            job = await until(orchestrator, job_id, Status.RETRYING)
            assert job.error_kind is ErrorKind.TIMEOUT
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    @pytest.mark.fault(19)
    def test_redirects_that_take_their_time_have_it_together(
        self, run, server, orchestrate, folder
    ):
        def slow_redirect(to: str) -> answers.Behaviour:
            def behave(exchange: answers.Exchange) -> None:
                exchange.wait(0.3)
                answers.redirect(to)(exchange)

            return behave

        for number in range(9):
            server.on(f"/{number}", slow_redirect(f"/{number + 1}"))

        async def scenario() -> None:
            orchestrator = orchestrate(header_timeout_s=0.8)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(server.url("/0"), folder, max_retries=0)
            job = await until(orchestrator, job_id, Status.FAILED)
            assert job.error_kind is ErrorKind.TIMEOUT

        run(scenario())
        assert 2 <= len(server.requests) <= 4

    def test_a_steady_transfer_is_left_alone(self, run, server, orchestrate, folder):
        url = server.serve("/a.bin", SMALL, rate_bytes_s=10_000)

        async def scenario() -> None:
            orchestrator = orchestrate(low_speed_time_s=0.5, low_speed_limit_bytes_s=2_000)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=0)
            await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())


class Clocks:
    """Both clocks of the program, to be set by the test."""

    def __init__(self) -> None:
        self.wall_ns = 0
        self.steady_ns = 0

    def set_wall(self, by_ms: int) -> None:
        self.wall_ns += by_ms * 1_000_000

    def sleep(self, by_ms: int) -> None:
        """The machine sleeps: both clocks go on, timers do not."""
        self.set_wall(by_ms)
        self.steady_ns += by_ms * 1_000_000


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    fake = SimpleNamespace(
        CLOCK_BOOTTIME=0,
        time_ns=lambda: time.time_ns() + clocks.wall_ns,
        clock_gettime_ns=lambda clock_id: time.monotonic_ns() + clocks.steady_ns,
        monotonic_ns=lambda: time.monotonic_ns() + clocks.steady_ns,
    )
    monkeypatch.setattr(clock, "time", fake)
    return clocks


@pytest.mark.fault(51)
class TestAClockThatIsSet:
    @pytest.mark.parametrize("by_ms", [DAY_MS, -DAY_MS, HOUR_MS, -HOUR_MS], ids=str)
    def test_a_retry_comes_in_its_time(
        self, run, server, orchestrate, folder, clocks: Clocks, by_ms: int
    ):
        url = server.serve("/a.bin", SMALL)
        server.sequence("/a.bin", [answers.status(500), answers.ok()])

        async def scenario() -> Job:
            orchestrator = orchestrate(initial_retry_delay_ms=1_000, poll_interval_ms=100)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            await until(orchestrator, job_id, Status.RETRYING)
            clocks.set_wall(by_ms)
            async with asyncio.timeout(3):
                return await until(orchestrator, job_id, Status.COMPLETED)

        run(scenario())

    def test_set_back_a_countdown_goes_on_where_it_was(
        self, run, server, orchestrate, folder, clocks: Clocks
    ):
        url = server.serve("/a.bin", SMALL)
        server.on("/a.bin", answers.status(500))

        async def scenario() -> None:
            orchestrator = orchestrate(initial_retry_delay_ms=60_000, poll_interval_ms=100)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder)
            due_at = (await until(orchestrator, job_id, Status.RETRYING)).next_retry_at
            clocks.set_wall(-DAY_MS)
            job = await until(orchestrator, job_id, lambda job: job.next_retry_at < due_at)
            assert 50_000 < job.next_retry_at - clock.now_ms() <= 60_000

        run(scenario())

    @pytest.mark.parametrize("by_ms", [DAY_MS, -DAY_MS], ids=str)
    def test_a_pause_lasts_neither_longer_nor_shorter(
        self, run, server, orchestrate, folder, clocks: Clocks, by_ms: int
    ):
        urls = [server.serve(f"/{number}.bin", SMALL) for number in range(2)]
        server.sequence("/0.bin", [answers.status(429, retry_after=2), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(max_concurrent_downloads=1, poll_interval_ms=100)
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            await until(orchestrator, jobs[0].id, Status.RETRYING)
            clocks.set_wall(by_ms)
            async with asyncio.timeout(4):
                await orchestrator.wait_until_idle()

        run(scenario())
        first, second, _ = server.requests
        assert second.received_at - first.received_at >= 2

    def test_after_an_hours_sleep_retries_are_due_at_once(
        self, run, server, orchestrate, folder, clocks: Clocks
    ):
        urls = [server.serve(f"/{number}.bin", SMALL) for number in range(2)]
        server.sequence("/0.bin", [answers.status(429, retry_after=3000), answers.ok()])

        async def scenario() -> None:
            orchestrator = orchestrate(max_concurrent_downloads=1, poll_interval_ms=100)
            jobs = await orchestrator.add([orchestrator.order(url, folder) for url in urls])
            await orchestrator.start()
            await until(orchestrator, jobs[0].id, Status.RETRYING)
            clocks.sleep(HOUR_MS)
            async with asyncio.timeout(2):
                await orchestrator.wait_until_idle()

        run(scenario())

    @pytest.mark.parametrize("by_ms", [DAY_MS, -DAY_MS, HOUR_MS], ids=str)
    def test_speed_and_time_left_stay_sane(
        self, run, server, orchestrate, folder, clocks: Clocks, by_ms: int
    ):
        url = server.serve("/a.bin", MEGABYTE, rate_bytes_s=500_000)

        async def scenario() -> None:
            orchestrator = orchestrate(poll_interval_ms=100, low_speed_time_s=0.5)
            told = []
            orchestrator.progressed.connect(told.extend)
            await orchestrator.start()
            job_id = orchestrator.enqueue_download(url, folder, max_retries=0)
            await until_bytes(orchestrator, job_id, 200_000)
            clocks.set_wall(by_ms)
            await until(orchestrator, job_id, Status.COMPLETED)
            speeds = [
                each.speed_bytes_s
                for each in told
                if each.phase is Phase.DOWNLOADING and each.speed_bytes_s is not None
            ]
            assert len(speeds) > 3
            assert all(0 <= speed < 5_000_000 for speed in speeds)
            assert all(0 <= each.eta_s < 3600 for each in told if each.eta_s is not None)

        run(scenario())

    def test_a_full_disk_is_looked_at_again_even_after_the_clock_was_set_back(
        self, database, clocks: Clocks
    ):
        from dlmanager.core.job import NewJob
        from dlmanager.store.job_store import JobStore

        store = JobStore(database)
        store.add([NewJob("http://127.0.0.1/a", "/tmp")], DAY_MS)
        (job,) = store.claim(1, DAY_MS)
        store.finish(
            job.id, job.attempt, Status.PAUSED, DAY_MS, {"error_kind": ErrorKind.DISK_FULL}
        )
        assert store.waiting_for_space(DAY_MS - 1, DAY_MS + 30) == []
        assert [each.id for each in store.waiting_for_space(70, 100)] == [job.id]
        store.close()
