"""The real program, its wgets and its command line, killed with SIGKILL at random moments."""

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Status
from tests.integration.conftest import until
from tests.integration.loopback_server import Content, LoopbackServer, chunked
from tests.integration.site import Site

FETCHED_AGAIN_PERCENT = 5
RATE_BYTES_S = 400_000
NO_SETPRIV = {"PATH": "/nonexistent"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.set(
        max_concurrent_downloads=4,
        max_retries=1000,
        initial_retry_delay_ms=100,
        poll_interval_ms=100,
        progress_throttle_ms=100,
        wget_executable_path="/usr/bin/wget",
    )
    return site


@contextlib.contextmanager
def running(site: Site, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs; killed at the end if it has not ended by then."""
    process = subprocess.Popen(
        site.command(*arguments),
        env={**site.environment(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[str]) -> str:
    """Kill a process at once; returns what it had said, whole lines alone."""
    process.kill()
    process.wait()
    assert process.stdout is not None
    if process.stdout.closed:
        return ""
    with process.stdout as stdout:
        return stdout.read().rpartition("\n")[0]


def finish(site: Site) -> None:
    """Let the program work until nothing is left to do."""
    with running(site, "run", "--until-idle") as process:
        assert process.wait(50) == 0


class Rounds:
    """One queue through many kills, with new links in each round."""

    def __init__(self, site: Site, server: LoopbackServer, seed: int) -> None:
        self.site = site
        self.server = server
        self.random = random.Random(seed)
        self.acknowledged: list[str] = []
        self.served: dict[str, Content] = {}
        self.starts_s: list[float] = []
        self._numbers = itertools.count()

    def serve(self) -> str:
        """One more file, of one kind after the other."""
        number = next(self._numbers)
        content = Content(self.random.randrange(100_000, 1_300_000), seed=1 + number % 8)
        path = f"/{number}.bin"
        url = self._serve(number, path, content, RATE_BYTES_S)
        if number % 4 == 3:
            self.server.on(path, chunked())
        self.served[url] = content
        return url

    def _serve(self, number: int, path: str, content: Content, rate_bytes_s: int | None) -> str:
        kinds = [{}, {"etag": None, "last_modified": None}, {"etag": None}, {}]
        return self.server.serve(path, content, rate_bytes_s=rate_bytes_s, **kinds[number % 4])

    def finish(self) -> None:
        """Let the program do what is left, as fast as it can."""
        for number, content in enumerate(self.served.values()):
            self._serve(number, f"/{number}.bin", content, None)
        # Three kills in a row before the first byte, which chance may bring, have paused a job.
        if paused := [job.id for job in self.site.jobs() if job.status is Status.PAUSED]:
            with running(self.site, "resume", *paused) as resuming:
                assert resuming.wait(20) == 0
        finish(self.site)

    def play(self) -> str:
        """Start the program, kill something at a random moment, in the end the program itself."""
        victim = self.random.choice(["program", "program", "wget", "add"])
        began_at = time.monotonic()
        with running(self.site, "run") as program:
            self._add(is_killed=victim == "add")
            lives_s = self.random.uniform(0.0, 1.5)
            if victim == "wget":
                time.sleep(lives_s / 2)
                self._kill_a_wget()
                lives_s /= 2
            time.sleep(lives_s)
            kill(program)
        return f"{victim} killed, the program after {time.monotonic() - began_at:.2f} s"

    def start_again(self) -> None:
        """Measure how long a start takes until the queue is in order and works."""
        log = self.site.data_dir / "logs" / "dlmanager.log"
        before = log.read_text().count("using ")
        began_at = time.monotonic()
        with running(self.site, "run"):
            while log.read_text().count("using ") == before:
                assert time.monotonic() - began_at < 20
                time.sleep(0.01)
            self.starts_s.append(time.monotonic() - began_at)

    def _add(self, *, is_killed: bool) -> None:
        urls = [self.serve() for _ in range(self.random.randint(1, 2))]
        with running(self.site, "add", "--to", str(self.site.folder), *urls) as adding:
            if is_killed:
                time.sleep(self.random.uniform(0.1, 0.8))
                said = kill(adding)
            else:
                assert adding.stdout is not None
                said = adding.stdout.read()
        self.acknowledged += said.split()

    def _kill_a_wget(self) -> None:
        if pids := sorted(self.site.wgets()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.random.choice(pids), signal.SIGKILL)

    def wanted(self) -> dict[str, Content]:
        """What is in the queue: an `add` that was killed may have committed, or not."""
        there = {job.url for job in self.site.jobs()}
        return {url: content for url, content in self.served.items() if url in there}

    def fetched_again(self) -> float:
        """Bytes of bodies beyond those of the files, as a part of the latter."""
        total = sum(content.size for content in self.wanted().values())
        sent = sum(request.bytes_sent for request in self.server.requests)
        return (sent - total) / total


@pytest.mark.fault(27)
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "rounds, seed",
    [(8, 1), pytest.param(30, 2, marks=pytest.mark.long)],
    ids=["8 rounds", "30 rounds"],
)
def test_whatever_is_killed_and_whenever_nothing_is_lost_doubled_or_wrong(
    site: Site, server: LoopbackServer, kills, rounds: int, seed: int
):
    queue = Rounds(site, server, seed)
    queue.acknowledged += site.add(*(queue.serve() for _ in range(8)))
    for number in range(1, rounds + 1):
        about = f"seed {seed}, round {number}: {queue.play()}"
        troubles = site.troubles_now(queue.acknowledged)
        kills.record(not troubles, about)
        assert not troubles, about
        if number % 4 == 0:
            queue.start_again()
    queue.finish()
    assert not site.troubles_at_the_end(queue.wanted())
    starts = ", ".join(f"{each:.2f}" for each in queue.starts_s)
    sys.stdout.write(f"fetched again: {100 * queue.fetched_again():.2f} %; starts: {starts} s\n")
    assert queue.fetched_again() * 100 <= FETCHED_AGAIN_PERCENT


@pytest.mark.fault(27)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "clean"])
def test_a_kill_costs_each_job_that_ran_a_retry_and_a_clean_end_costs_none(
    site: Site, server: LoopbackServer, kills, number: signal.Signals
):
    content = Content(60_000, seed=1)  # too little to renew the retries
    urls = [server.serve(f"/{each}.bin", content) for each in range(6)]
    gates = [server.hold(f"/{each}.bin", 30_000) for each in range(6)]
    site.add(*urls)
    with running(site, "run") as program:
        for gate in gates[:4]:
            assert gate.reached.wait(20)
        program.send_signal(number)
        program.wait(10)
    troubles = site.troubles_now([])
    for gate in gates:
        gate.release()
    finish(site)
    troubles += site.troubles_at_the_end(dict.fromkeys(urls, content))
    if number is signal.SIGKILL:
        kills.record(not troubles, "four jobs running")
    assert not troubles
    spent = [1] * 4 if number is signal.SIGKILL else [0] * 4
    assert [job.retry_count for job in site.jobs()] == [*spent, 0, 0]


@pytest.mark.fault(27)
def test_a_job_that_gets_on_between_kills_does_not_run_out_of_retries(
    site: Site, server: LoopbackServer, kills
):
    content = Content(500_000, seed=1)
    url = server.serve("/a.bin", content)
    site.add(url, max_retries=1)
    for at_byte in (100_000, 200_000):
        gate = server.hold("/a.bin", at_byte)
        with running(site, "run"):
            while not ((job := site.jobs()[0]).bytes_done >= at_byte and job.retry_count == 0):
                assert job.status is not Status.FAILED
                time.sleep(0.02)
        gate.release()
    finish(site)
    troubles = site.troubles_at_the_end({url: content})
    for at_byte in (100_000, 200_000):
        kills.record(not troubles, f"killed at byte {at_byte}")
    assert not troubles


@pytest.mark.fault(27)
def test_a_job_that_does_not_get_on_between_three_kills_is_paused_until_it_is_resumed(
    site: Site, server: LoopbackServer, kills
):
    content = Content(500_000, seed=1)
    url, other = server.serve("/a.bin", content), server.serve("/b.bin", content)
    (job_id,) = site.add(url)
    gate = server.hold("/a.bin")
    for number in (1, 2, 3):
        with running(site, "run"):
            server.wait_for_requests(number, 20)
    gate.release()
    site.add(other)
    finish(site)
    jobs = {job.url: job for job in site.jobs()}
    paused = jobs[url]
    assert (paused.status, paused.error_kind) == (Status.PAUSED, ErrorKind.INTERRUPTED)
    assert "ended three times" in (paused.error_message or "")
    assert jobs[other].status is Status.COMPLETED
    assert len([each for each in server.requests if each.path == "/a.bin"]) == 3

    with running(site, "resume", job_id) as resuming:
        assert resuming.wait(20) == 0
    finish(site)
    troubles = site.troubles_at_the_end({url: content, other: content})
    kills.record(not troubles, "three times without progress")
    assert not troubles


@pytest.mark.fault(26)
def test_a_wget_killed_at_random_moments_costs_a_retry_and_the_file_is_right(
    run, server: LoopbackServer, orchestrate, folder: Path, kills
):
    chance = random.Random(26)
    contents = [Content(1_000_000, seed=1 + number) for number in range(4)]
    urls = [
        server.serve(f"/{number}.bin", content, rate_bytes_s=500_000)
        for number, content in enumerate(contents)
    ]
    killed: list[str] = []

    async def kill_some(orchestrator, job_ids: list[str]) -> None:
        import asyncio

        while len(killed) < 20:
            await asyncio.sleep(chance.uniform(0.02, 0.2))
            jobs = [orchestrator.get_job_status(job_id) for job_id in job_ids]
            running = [job for job in jobs if job.pid is not None]
            if running:
                job = chance.choice(running)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(job.pid, signal.SIGKILL)
                    killed.append(job.id)
                    await until(orchestrator, job.id, lambda each, job=job: each.pid != job.pid)

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=4, initial_retry_delay_ms=10)
        told: dict[str, list[Job]] = {}
        orchestrator.jobs_changed.connect(
            lambda jobs: [told.setdefault(job.id, []).append(job) for job in jobs]
        )
        await orchestrator.start()
        ids = [orchestrator.enqueue_download(url, folder, max_retries=100) for url in urls]
        await kill_some(orchestrator, ids)
        for job_id, content in zip(ids, contents, strict=True):
            done = await until(orchestrator, job_id, Status.COMPLETED)
            is_right = Path(done.path).read_bytes() == content.read(0, content.size)
            for _ in range(killed.count(job_id)):
                kills.record(is_right, f"wget of {job_id}")
            assert is_right
            # The last kill may have met a wget that had just brought the rest.
            assert done.attempt in (killed.count(job_id), 1 + killed.count(job_id))
            _assert_each_retry_was_counted(told[job_id])

    run(scenario())
    assert len(list(folder.iterdir())) == 4


def _assert_each_retry_was_counted(told: list[Job]) -> None:
    """One for each attempt that failed; anew after one that brought much."""
    for before, now in itertools.pairwise(told):
        if now.status is Status.RETRYING and before.status is not Status.RETRYING:
            assert now.retry_count in (1, before.retry_count + 1)
        else:
            assert now.retry_count in (0, before.retry_count)


class Writers(threading.Thread):
    """Looks again and again how many processes write into the downloads of a site."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.most = 0
        self._site = site
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.02):
            self.most = max(self.most, len(list(self._site.wgets())))

    def __enter__(self) -> "Writers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


@pytest.mark.fault(28)
class TestWithoutSetpriv:
    """Nothing ends wget together with us: it lives on as an orphan."""

    CONTENT = Content(1_000_000, seed=1)

    def orphan(self, site: Site, server: LoopbackServer) -> int:
        """Kill a program whose wget stands at half of the file; returns the orphan's id."""
        self.gate = server.hold("/a.bin", 500_000)
        with running(site, "run", **NO_SETPRIV) as program:
            assert self.gate.reached.wait(20)
            (job,) = site.jobs()
            while job.pid is None or job.etag is None:
                time.sleep(0.01)
                (job,) = site.jobs()
            kill(program)
        (pid,) = site.wgets()
        return pid

    def test_the_orphan_is_ended_and_never_are_there_two_writers(
        self, site: Site, server: LoopbackServer, kills
    ):
        url = server.serve("/a.bin", self.CONTENT)
        site.add(url)
        pid = self.orphan(site, server)
        with Writers(site) as writers, running(site, "run", "--until-idle", **NO_SETPRIV) as again:
            while psutil.pid_exists(pid):
                assert again.poll() is None
                time.sleep(0.005)
            self.gate.release()
            assert again.wait(20) == 0
        troubles = site.troubles_at_the_end({url: self.CONTENT})
        kills.record(not troubles, "an orphan that is known")
        assert not troubles
        assert (writers.most, server.max_active) == (1, 1)

    def test_an_orphan_that_cannot_be_proven_is_waited_for(
        self, site: Site, server: LoopbackServer, kills
    ):
        url = server.serve("/a.bin", self.CONTENT)
        site.add(url)
        pid = self.orphan(site, server)
        self.forget_process(site)
        with Writers(site) as writers, running(site, "run", **NO_SETPRIV) as again:
            while site.jobs()[0].status is not Status.RETRYING:
                time.sleep(0.01)
            assert psutil.pid_exists(pid)
            assert len(server.requests) == 1
            self.gate.release()
            while site.jobs()[0].status is not Status.COMPLETED:
                time.sleep(0.01)
            kill(again)
        finish(site)
        troubles = site.troubles_at_the_end({url: self.CONTENT})
        kills.record(not troubles, "an orphan that is not known")
        assert not troubles
        assert (writers.most, server.max_active) == (1, 1)

    def test_what_an_orphan_wrote_for_a_cancelled_job_goes_once_it_has_ended(
        self, site: Site, server: LoopbackServer
    ):
        (job_id,) = site.add(server.serve("/a.bin", self.CONTENT))
        pid = self.orphan(site, server)
        subprocess.run(site.command("cancel", job_id), env=site.environment(), check=True)
        with running(site, "run", **NO_SETPRIV):
            while not (site.data_dir / "run").exists():
                time.sleep(0.01)
            assert psutil.pid_exists(pid)
            self.gate.release()
            end_at = time.monotonic() + 10
            while site.leftovers() and time.monotonic() < end_at:
                time.sleep(0.01)
        assert site.leftovers() == []
        assert list(site.folder.iterdir()) == []

    def forget_process(self, site: Site) -> None:
        """As if the kill had come before the process was noted in the row."""
        from dlmanager.store.job_store import JobStore

        store = JobStore(site.database)
        (job,) = store.list_jobs()
        store.record(job.id, job.attempt, 1, {"pid": None, "pid_started_at": None})
        store.close()
