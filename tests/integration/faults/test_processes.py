"""Faults of processes: wget's, other people's, our own."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dlmanager.core.errors import QueueInUse
from dlmanager.core.job import Job, NewJob, Status
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.orchestrator import DownloadQueueOrchestrator
from dlmanager.store.job_store import JobStore
from tests.conftest import Run
from tests.fakes.fake_wget import SCENARIOS, make_fake_wget, part_bytes, read_calls
from tests.integration import loopback_server
from tests.integration.conftest import MEGABYTE, is_right, until
from tests.integration.faults.conftest import Fetch
from tests.integration.loopback_server import Content, LoopbackServer

ROOT = Path(__file__).parents[3]
Orchestrate = Callable[..., DownloadQueueOrchestrator]


# 31


@pytest.fixture
def wget_of_another_start(folder: Path) -> Iterator[Callable[[Job], subprocess.Popen[bytes]]]:
    """Starts a process that agrees with a row in all that a row can hold of a process."""
    started: list[subprocess.Popen[bytes]] = []

    def start(job: Job) -> subprocess.Popen[bytes]:
        code = "print(flush=True); input()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, job.part_path or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.fault(31)
@pytest.mark.parametrize("is_same_start", [True, False])
def test_after_a_new_start_of_the_machine_no_process_id_is_trusted(
    run: Run,
    server: LoopbackServer,
    orchestrate: Orchestrate,
    database: Path,
    leave: Callable[..., Job],
    wget_of_another_start: Callable[[Job], subprocess.Popen[bytes]],
    is_same_start: bool,
):
    url = server.serve("/a.bin", MEGABYTE)

    async def first_start() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        await orchestrator.stop()

    run(first_start())  # it notes which start of the machine this is
    job = leave(url, MEGABYTE.read(0, 300_000), etag=MEGABYTE.etag, bytes_total=MEGABYTE.size)
    process = wget_of_another_start(job)
    store = JobStore(database)
    started_at = round(psutil.Process(process.pid).create_time() * 1000)
    store.record(job.id, job.attempt, 4, {"pid": process.pid, "pid_started_at": started_at})
    store.close()
    if not is_same_start:
        lock = FileLock(database.with_name(database.name + ".lock"))
        assert lock.acquire()
        lock.leave_note("0e6c6d2c-another-start")
        lock.release()

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        done = await until(orchestrator, job.id, Status.COMPLETED)
        assert is_right(done.path or "", MEGABYTE)

    run(scenario())
    assert (process.poll() is None) is not is_same_start


# 37


@pytest.mark.fault(37)
def test_the_same_link_to_the_same_folder_many_times_is_as_many_right_files(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
):
    url = server.serve("/a.bin", MEGABYTE)

    async def scenario() -> None:
        orchestrator = orchestrate(max_concurrent_downloads=5, max_downloads_per_host=0)
        await orchestrator.start()
        orders = [orchestrator.order(url, folder) for _ in range(5)]
        for job in await orchestrator.add(orders):
            await until(orchestrator, job.id, Status.COMPLETED)

    run(scenario())
    assert {path.name for path in folder.iterdir()} == {
        "a.bin",
        *(f"a ({number}).bin" for number in range(1, 5)),
    }
    assert all(is_right(path, MEGABYTE) for path in folder.iterdir())


@pytest.mark.fault(37)
def test_a_second_program_on_the_same_queue_is_refused_and_harms_nothing(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path, database: Path
):
    url = server.serve("/a.bin", MEGABYTE)
    gate = server.hold("/a.bin", 500_000)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(url, folder)
        assert await asyncio.to_thread(gate.reached.wait, 10)
        with pytest.raises(QueueInUse):
            await orchestrate().start()
        command = [sys.executable, "-m", "dlmanager", "--data-dir", str(database.parent)]
        second = await asyncio.create_subprocess_exec(
            *command, "run", "--until-idle", cwd=ROOT, stderr=subprocess.PIPE
        )
        _, words = await second.communicate()
        assert second.returncode not in (0, None)
        assert b"already works on this queue" in words
        gate.release()
        job = await until(orchestrator, job_id, Status.COMPLETED)
        assert (job.retry_count, is_right(job.path or "", MEGABYTE)) == (0, True)

    run(scenario())
    assert len(server.requests) == 1


# 39


@pytest.mark.fault(39)
def test_fifty_pauses_at_any_moment_give_the_right_file(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
):
    """The moments are of a seed: in the start of wget, in its connecting, between two bytes."""
    content = Content(size=3_000_000, seed=39)
    url = server.serve("/a.bin", content, rate_bytes_s=3_000_000)
    moments = random.Random(39)

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        job_id = orchestrator.enqueue_download(url, folder)
        for _ in range(50):
            await asyncio.sleep(moments.uniform(0, 0.06))
            await orchestrator.pause([job_id])
            assert BaseProcess.get_active_process_count() == 0
            await orchestrator.resume([job_id])
        job = await until(orchestrator, job_id, Status.COMPLETED)
        assert (job.retry_count, is_right(job.path or "", content)) == (0, True)

    run(scenario())
    assert [path.name for path in folder.iterdir()] == ["a.bin"]


# 40


@pytest.mark.fault(40)
@pytest.mark.parametrize("what", ["not there", "not executable", "no program", "exits 127"])
def test_a_wget_that_cannot_run_stops_the_queue_with_one_message_and_uses_no_try(
    run: Run,
    server: LoopbackServer,
    orchestrate: Orchestrate,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    what: str,
):
    monkeypatch.setattr("dlmanager.engine.wget_care.CHECK_INTERVAL_MS", 50)
    url = server.serve("/a.bin", MEGABYTE)
    wget = tmp_path / "fake" / "wget"
    if what == "exits 127":
        make_fake_wget(wget.parent, {"steps": [{"exit": 127}]})
    elif what != "not there":
        wget.parent.mkdir()
        wget.write_text("no program")
        wget.chmod(0o755 if what == "no program" else 0o644)

    async def scenario() -> None:
        orchestrator = orchestrate(wget_executable_path=str(wget))
        told: list[str | None] = []
        orchestrator.problem_changed.connect(told.append)
        ids = [orchestrator.enqueue_download(url, folder, max_retries=0) for _ in range(5)]
        await orchestrator.start()
        while not told:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)  # several looks at wget later
        jobs = [orchestrator.get_job_status(each) for each in ids]
        assert {job.retry_count for job in jobs if job} == {0}
        waiting = {Status.PENDING}
        if what == "exits 127":  # it passes for a good one until it is used, again and again
            waiting.add(Status.PROCESSING)
        else:
            assert len(told) == 1
        assert {job.status for job in jobs if job} <= waiting
        # Not while the scripted one begins: it is a file that Python reads only then.
        while BaseProcess.get_active_process_count() or orchestrator.problem is None:
            await asyncio.sleep(0.005)
        wget.parent.mkdir(exist_ok=True)
        wget.unlink(missing_ok=True)
        wget.symlink_to("/usr/bin/wget")
        for job_id in ids:
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.retry_count == 0

    run(scenario())
    caplog.clear()


# 41


def _noise(flood_bytes: int) -> Iterator[dict[str, object]]:
    """What no wget would say, before, between and after what it does say."""
    random_bytes = random.Random(41).randbytes(60_000)
    yield from ({"stderr_hex": random_bytes[at : at + 997].hex()} for at in range(0, 60_000, 997))
    euro = "\N{EURO SIGN}".encode()
    for cut in (1, 2):  # a character in two pieces
        yield {"stderr_hex": euro[:cut].hex()}
        yield {"stderr_hex": euro[cut:].hex()}
    yield {"stderr": "\r" * 5_000}
    yield {"flood": flood_bytes}
    yield {"stderr": "\n" + "x" * 300_000 + "\n"}


@pytest.mark.fault(41)
def test_whatever_wget_says_the_end_is_told_right_and_little_is_kept(
    fetch: Fetch, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    played = [SCENARIOS[name]["steps"] for name in ("cut", "complete")]
    attempts = [
        [*_noise(10_000_000), *steps[:-1], *_noise(100_000), *steps[-1:]] for steps in played
    ]
    wget = make_fake_wget(tmp_path / "fake", {"attempts": attempts})
    before = psutil.Process().memory_info().rss
    ended = fetch("http://127.0.0.1/a.bin", wget_executable_path=str(wget))
    assert ended.job.status is Status.COMPLETED
    assert ended.files == {"a.bin": part_bytes(0, 300_000)}
    assert psutil.Process().memory_info().rss - before < 40_000_000
    assert sum(len(record.getMessage()) for record in caplog.records) < 300_000
    assert len(read_calls(tmp_path / "fake")) == 2


# 42


@pytest.mark.fault(42)
def test_while_our_thread_stands_still_the_downloads_go_on_to_their_end(
    run: Run, server: LoopbackServer, orchestrate: Orchestrate, folder: Path
):
    """Five seconds' worth of progress for nobody to read, and their ends as well."""
    slow = server.serve("/slow.bin", Content(5_000_000, 42), rate_bytes_s=1_100_000)
    large = server.serve("/large.bin", Content(100_000_000, 43))
    gone = server.serve("/cut.bin", MEGABYTE)
    server.sequence("/cut.bin", [loopback_server.cut_fin(400_000), loopback_server.ok()])
    urls = [slow, large, gone]

    async def scenario() -> None:
        orchestrator = orchestrate()
        await orchestrator.start()
        ids = [orchestrator.enqueue_download(url, folder) for url in urls]
        await asyncio.to_thread(server.wait_for_requests, 3)
        began_at = time.monotonic()
        server.wait_until_idle(20)  # this blocks the thread of the loop, and of a window
        assert time.monotonic() - began_at > 3
        for job_id in ids:
            job = await until(orchestrator, job_id, Status.COMPLETED)
            assert job.error_kind is None

    run(scenario())
    assert is_right(folder / "slow.bin", Content(5_000_000, 42))
    assert is_right(folder / "large.bin", Content(100_000_000, 43))
    assert is_right(folder / "cut.bin", MEGABYTE)


# 54


@pytest.mark.fault(54)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_told_to_end_while_ten_run_all_wgets_are_gone_soon_and_no_try_is_used(
    server: LoopbackServer, folder: Path, tmp_path: Path, number: signal.Signals
):
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    settings = "max_concurrent_downloads = 10\nmax_downloads_per_host = 0\n"
    (data_dir / "settings.toml").write_text(settings)
    gates = [server.hold(f"/{each}.bin", 500_000) for each in range(12)]
    urls = [server.serve(f"/{each}.bin", MEGABYTE) for each in range(12)]
    store = JobStore(data_dir / "queue.db")
    store.add([NewJob(url, str(folder)) for url in urls], 1)
    store.close()
    command = [sys.executable, "-m", "dlmanager", "--data-dir", str(data_dir), "run"]
    program = subprocess.Popen(command, cwd=ROOT)
    try:
        for gate in gates[:10]:
            assert gate.reached.wait(20)
        wgets = psutil.Process(program.pid).children(recursive=True)
        assert len(wgets) == 10
        program.send_signal(number)
        gone, alive = psutil.wait_procs(wgets, 2)
        assert (len(gone), alive) == (10, [])
        program.wait(10)
    finally:
        program.kill()
        program.wait()
    store = JobStore(data_dir / "queue.db")
    jobs = store.list_jobs()
    store.close()
    assert {(job.status, job.retry_count, job.pid) for job in jobs} == {(Status.PENDING, 0, None)}
    assert sorted(job.bytes_done for job in jobs) == [0, 0] + [500_000] * 10
    assert not (data_dir / "queue.db-wal").exists()  # the database was closed
