"""One wget as a real child process, played by the fake: how it is started, heard and ended."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QProcess

from dlmanager.core.errors import WgetUnusable
from dlmanager.core.response import Response
from dlmanager.engine import wget_process
from dlmanager.engine.base_process import BaseProcess, ProcessAlreadyRunning
from dlmanager.engine.file_lock import try_lock
from dlmanager.engine.wget_process import Launch, WgetProcess
from dlmanager.wget.exit_status import WgetExit
from dlmanager.wget.output import BarLine, Event, Message, OutputParser, RequestStarted
from tests.fakes.fake_wget import Call, make_fake_wget, read_calls

LINK = b"http://127.0.0.1/file.bin?token=hush\n"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"}
TRANSCRIPT = (
    "--2026-01-02 03:04:05--  http://127.0.0.1/file.bin\n"
    "Connecting to 127.0.0.1:80... connected.\n"
    "HTTP request sent, awaiting response... \n"
    "  HTTP/1.1 200 OK\n"
    "  Content-Length: 300000\n"
    '  ETag: "v1"\n'
    "Length: 300000 (293K)\n"
    "\n"
    "\rpart       43%[=======>            ]   1.25M  1.46MB/s    eta 4s     "
    "\rpart      100%[===================>] 292.97K  --.-KB/s    in 0.001s  "
    "\n\n2026-01-02 03:04:05 (388 MB/s) - 'part' saved [300000/300000]"
)
"""Without a line break at its end: the last words count too."""

Scenario = str | dict[str, Any]


@dataclass
class Wgets:
    """Makes processes of the fake wget in a folder of their own, and hears what they say."""

    folder: Path
    events: list[Event]
    pids: list[int]

    def make(
        self,
        scenario: Scenario,
        job_id: str = "a",
        *,
        stop_grace_ms: int = 20_000,
        **launch: Any,
    ) -> WgetProcess:
        return self.process(make_fake_wget(self.folder, scenario), job_id, stop_grace_ms, **launch)

    def process(
        self, program: Path, job_id: str = "a", stop_grace_ms: int = 20_000, **launch: Any
    ) -> WgetProcess:
        plan = Launch(
            program=str(program),
            arguments=["-i", "-"],
            environment=ENVIRONMENT,
            working_directory=str(self.folder),
            stdin=LINK,
        )
        return WgetProcess(
            job_id,
            replace(plan, **launch),
            on_event=self.events.append,
            on_started=self.pids.append,
            stop_grace_ms=stop_grace_ms,
        )

    @property
    def call(self) -> Call:
        (call,) = read_calls(self.folder)
        return call

    async def reached(self, name: str) -> None:
        """Wait until the fake has touched a file, which only the file system tells."""
        async with asyncio.timeout(10):
            while not (self.folder / name).exists():
                await asyncio.sleep(0.005)

    async def started(self, process: WgetProcess, name: str) -> asyncio.Task[WgetExit]:
        """Run a process until its wget has touched a file."""
        task = asyncio.ensure_future(process.run())
        await self.reached(name)
        return task

    def let(self, name: str) -> None:
        (self.folder / name).touch()


@pytest.fixture
def wgets(tmp_path: Path) -> Iterator[Wgets]:
    before = psutil.Process().children()
    (tmp_path / "fake").mkdir()
    yield Wgets(tmp_path / "fake", [], [])
    assert BaseProcess.get_active_job_ids() == []
    assert psutil.Process().children() == before


HANGING: Scenario = {"steps": [{"touch": "hanging"}, {"hang": True}]}
WAITING: Scenario = {"steps": [{"touch": "waiting"}, {"wait_for_file": "go"}, {"exit": 7}]}
STUBBORN: Scenario = {"steps": [{"ignore_sigterm": True}, {"touch": "hanging"}, {"hang": True}]}


class TestHowItEnds:
    @pytest.mark.parametrize("code", [0, 1, 8, 127, 255])
    def test_an_exit_code_comes_as_it_is(self, run, wgets: Wgets, code: int):
        process = wgets.make({"steps": [{"exit": code}]})
        assert run(process.run()) == WgetExit(exit_code=code, signal=None)
        assert process.pid is None
        assert not process.cancelled

    @pytest.mark.parametrize("number", [9, 15, 11], ids=["KILL", "TERM", "SEGV"])
    def test_a_signal_is_told_from_an_exit_code(self, run, wgets: Wgets, number: int):
        process = wgets.make({"steps": [{"stderr": "last words"}, {"kill_self": number}]})
        assert run(process.run()) == WgetExit(exit_code=None, signal=number)
        assert list(process.tail) == ["last words"]

    @pytest.mark.parametrize(
        "steps",
        [[{"exit": 4}], [{"kill_self": 9}], [{"close_stderr": True}, {"exit": 0}]],
        ids=["exit", "crash", "stderr closed first"],
    )
    def test_it_ends_once(self, run, wgets: Wgets, monkeypatch: pytest.MonkeyPatch, steps):
        ends: list[tuple[int, QProcess.ExitStatus]] = []

        class Watched(QProcess):
            def __init__(self) -> None:
                super().__init__()
                self.finished.connect(lambda code, status: ends.append((code, status)))

        monkeypatch.setattr(wget_process, "QProcess", Watched)
        run(wgets.make({"steps": steps}).run())
        assert len(ends) == 1

    def test_the_same_object_runs_again(self, run, wgets: Wgets):
        process = wgets.make({"attempts": [[{"exit": 4}], [{"exit": 0}]]})

        async def scenario() -> list[WgetExit]:
            return [await process.run(), await process.run()]

        assert [each.exit_code for each in run(scenario())] == [4, 0]
        assert len(wgets.pids) == 2


class TestWhatCannotStart:
    @pytest.fixture
    def launch(self, wgets: Wgets, tmp_path: Path, request: pytest.FixtureRequest) -> WgetProcess:
        program = make_fake_wget(wgets.folder, {"steps": []})
        match request.param:
            case "missing":
                return wgets.process(tmp_path / "no such wget")
            case "not executable":
                program.chmod(0o644)
                return wgets.process(program)
            case "a folder":
                return wgets.process(tmp_path)
            case "no interpreter":
                program.write_text("#!/no/such/interpreter\n")
                return wgets.process(program)
            case _:
                return wgets.process(program, working_directory=str(tmp_path / "gone"))

    @pytest.mark.parametrize(
        "launch",
        ["missing", "not executable", "a folder", "no interpreter", "no working directory"],
        indirect=True,
    )
    def test_is_told_and_leaves_nothing_behind(self, run, wgets: Wgets, launch: WgetProcess):
        with pytest.raises(WgetUnusable, match=r"could not be started .*wget_executable_path"):
            run(launch.run())
        assert (launch.pid, wgets.pids, wgets.events) == (None, [], [])
        assert read_calls(wgets.folder) == []

    @pytest.mark.parametrize("launch", ["missing"], indirect=True)
    def test_has_nothing_to_cancel_and_may_be_tried_again(
        self, run, wgets: Wgets, launch: WgetProcess
    ):
        async def scenario() -> None:
            for _ in range(2):
                with pytest.raises(WgetUnusable):
                    await launch.run()
                assert not await launch.cancel()

        run(scenario())


class TestWhatItIsGiven:
    def test_the_link_alone_on_stdin(self, run, wgets: Wgets):
        run(wgets.make({"steps": []}).run())
        assert wgets.call.stdin == LINK.decode()
        assert wgets.call.argv == ["-i", "-"]

    def test_a_link_longer_than_any_pipe(self, run, wgets: Wgets):
        link = b"http://127.0.0.1/" + b"x" * 1_000_000 + b"\n"
        run(wgets.make({"steps": []}, stdin=link).run())
        assert wgets.call.stdin == link.decode()

    def test_a_wget_that_reads_nothing_of_it_ends_as_any_other(self, run, wgets: Wgets):
        process = wgets.make({"steps": [{"exit": 4}]}, arguments=[], stdin=b"x" * 1_000_000)
        assert run(process.run()).exit_code == 4

    def test_our_environment_and_nothing_else(
        self, run, wgets: Wgets, monkeypatch: pytest.MonkeyPatch
    ):
        for name in ("http_proxy", "LANGUAGE", "WGETRC", "SSLKEYLOGFILE"):
            monkeypatch.setenv(name, "/leaked")
        environment = {"PATH": "/bin", "LC_ALL": "C", "HOME": "/h", "TMPDIR": "/t"}
        run(wgets.make({"steps": []}, environment=environment).run())
        assert wgets.call.env == environment

    def test_its_working_directory(self, run, wgets: Wgets, tmp_path: Path):
        folder = tmp_path / "run"
        folder.mkdir()
        run(wgets.make({"steps": []}, working_directory=str(folder)).run())
        assert wgets.call.cwd == str(folder)

    def test_a_session_of_its_own_no_stdout_and_usual_signals(self, run, wgets: Wgets):
        # `sleep` and not the fake: a Python would ignore SIGPIPE by itself.
        process = wgets.process(Path("/bin/sleep"), arguments=["30"])

        async def scenario() -> None:
            task = asyncio.ensure_future(process.run())
            async with asyncio.timeout(10):
                while not wgets.pids:
                    await asyncio.sleep(0.005)
            (pid,) = wgets.pids
            status = Path(f"/proc/{pid}/status").read_text()
            assert os.getsid(pid) == pid
            assert os.getsid(pid) != os.getsid(0)
            assert int(status.partition("SigIgn:")[2].split()[0], 16) == 0
            assert Path(f"/proc/{pid}/fd/1").readlink() == Path("/dev/null")
            await process.cancel()
            await task

        assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN  # so there is something to reset
        run(scenario())


class TestWhatItInherits:
    @pytest.fixture
    def part(self, tmp_path: Path) -> Iterator[int]:
        descriptor = os.open(tmp_path / "a.part", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        yield descriptor
        os.close(descriptor)

    def test_the_part_stays_locked_until_it_ends(self, run, wgets: Wgets, tmp_path: Path):
        path = tmp_path / "a.part"
        ours = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        assert try_lock(ours)
        process = wgets.make(WAITING, inherit=ours)

        async def scenario() -> None:
            task = await wgets.started(process, "waiting")
            assert not os.get_inheritable(ours)
            os.close(ours)  # as when this program is killed
            other = os.open(path, os.O_RDWR)
            assert not try_lock(other)
            wgets.let("go")
            assert await task == WgetExit(7, None)
            assert try_lock(other)
            os.close(other)

        run(scenario())
        assert str(path) in wgets.call.open_files

    def test_another_wget_that_starts_meanwhile_does_not_have_it(
        self, run, wgets: Wgets, part: int, tmp_path: Path
    ):
        first = wgets.make(WAITING, "a", inherit=part)

        async def scenario() -> None:
            task = await wgets.started(first, "waiting")
            second = wgets.process(
                make_fake_wget(tmp_path / "other", {"steps": []}),
                "b",
            )
            await second.run()
            wgets.let("go")
            await task

        run(scenario())
        (other,) = read_calls(tmp_path / "other")
        assert str(tmp_path / "a.part") in wgets.call.open_files
        assert str(tmp_path / "a.part") not in other.open_files

    def test_a_failed_start_leaves_it_ours_alone(self, run, wgets: Wgets, part: int):
        with pytest.raises(WgetUnusable):
            run(wgets.process(Path("/no/such/wget"), inherit=part).run())
        assert not os.get_inheritable(part)


class TestWhatItSays:
    @pytest.mark.parametrize("piece", [1, 7, 10_000], ids=str)
    def test_arrives_the_same_however_it_is_cut(self, run, wgets: Wgets, piece: int):
        pieces = [TRANSCRIPT[at : at + piece] for at in range(0, len(TRANSCRIPT), piece)]
        process = wgets.make({"steps": [{"stderr": each} for each in pieces]})
        run(process.run())
        whole = OutputParser()
        expected = [*whole.feed(TRANSCRIPT.encode()), *whole.close()]

        def lasting(events: list[Event]) -> list[Event]:
            # How many bars are told is a matter of timing; the last one always is.
            return [event for event in events if not isinstance(event, BarLine)]

        assert lasting(wgets.events) == lasting(expected)
        assert [each for each in wgets.events if isinstance(each, BarLine)][-1].percent == 100
        assert list(process.tail) == whole.tail
        assert {type(event) for event in wgets.events} == {
            RequestStarted,
            Response,
            BarLine,
            Message,
        }

    def test_is_heard_while_it_runs(self, run, wgets: Wgets):
        steps = [{"stderr": "Connecting to 127.0.0.1... \n"}, *WAITING["steps"]]

        async def scenario() -> None:
            task = await wgets.started(wgets.make({"steps": steps}), "waiting")
            async with asyncio.timeout(10):
                while not wgets.events:
                    await asyncio.sleep(0.005)
            wgets.let("go")
            await task

        run(scenario())
        assert wgets.events == [Message("Connecting to 127.0.0.1... ")]

    @pytest.mark.fault(41)
    def test_a_flood_is_no_trouble(self, run, wgets: Wgets):
        process = wgets.make({"steps": [{"flood": 5_000_000}, {"stderr": "\nwell\n"}, {"exit": 0}]})
        assert run(process.run()).exit_code == 0
        bars = [event for event in wgets.events if isinstance(event, BarLine)]
        assert bars
        assert len(wgets.events) < 5_000  # of some 70,000 that were written
        assert wgets.events[-1] == Message("well")
        assert sum(map(len, process.tail)) < 100_000

    @pytest.mark.fault(41)
    def test_random_bytes_are_no_trouble(self, run, wgets: Wgets):
        noise = random.Random(4711).randbytes(300_000)
        steps = [{"stderr_hex": noise[at : at + 3001].hex()} for at in range(0, len(noise), 3001)]
        process = wgets.make({"steps": [*steps, {"exit": 3}]})
        assert run(process.run()) == WgetExit(3, None)
        assert all(isinstance(each, Event) for each in wgets.events)

    def test_nothing_after_stderr_was_closed_is_waited_for(self, run, wgets: Wgets):
        process = wgets.make({"steps": [{"stderr": "bye"}, {"close_stderr": True}, {"exit": 1}]})
        assert run(process.run()) == WgetExit(1, None)
        assert wgets.events == [Message("bye")]

    def test_secrets_are_not_kept(self, run, wgets: Wgets):
        words = (
            "--2026-01-02 03:04:05--  http://me:hunter2@127.0.0.1/f?token=hush\n"
            "Cannot get http://me:hunter2@127.0.0.1/f?token=hush today.\n"
            "http://127.0.0.1/f?X-Amz-Signature=hush: Invalid URL"
        )
        process = wgets.make({"steps": [{"stderr": words}]})
        run(process.run())
        assert len(process.tail) == 3
        told = "\n".join([*process.tail, *(e.text for e in wgets.events if isinstance(e, Message))])
        assert "hunter2" not in told
        assert "hush" not in told


class TestWhileItRuns:
    def test_its_process_id_is_known_and_then_forgotten(self, run, wgets: Wgets):
        process = wgets.make(WAITING)
        assert process.pid is None

        async def scenario() -> None:
            task = await wgets.started(process, "waiting")
            assert process.pid == wgets.call.pid
            assert wgets.pids == [process.pid]
            assert psutil.Process(process.pid).ppid() == os.getpid()
            wgets.let("go")
            await task

        run(scenario())
        assert process.pid is None
        assert not psutil.pid_exists(wgets.call.pid)

    def test_a_second_start_for_the_job_is_refused(self, run, wgets: Wgets, tmp_path: Path):
        async def scenario() -> None:
            task = await wgets.started(wgets.make(WAITING), "waiting")
            with pytest.raises(ProcessAlreadyRunning):
                await wgets.process(make_fake_wget(tmp_path / "other", HANGING)).run()
            assert BaseProcess.get_active_job_ids() == ["a"]
            wgets.let("go")
            assert await task == WgetExit(7, None)

        run(scenario())
        assert read_calls(tmp_path / "other") == []

    def test_jobs_run_side_by_side(self, run, wgets: Wgets, tmp_path: Path):
        processes = {
            name: wgets.process(make_fake_wget(tmp_path / name, {"steps": [{"exit": code}]}), name)
            for name, code in (("a", 1), ("b", 2), ("c", 3))
        }

        async def scenario() -> list[WgetExit]:
            tasks = [asyncio.ensure_future(each.run()) for each in processes.values()]
            await asyncio.sleep(0)
            assert BaseProcess.get_active_process_count() == 3
            return await asyncio.gather(*tasks)

        assert [each.exit_code for each in run(scenario())] == [1, 2, 3]


class TestCancelling:
    def test_ends_it_kindly_and_waits_for_it(self, run, wgets: Wgets):
        process = wgets.make(HANGING)

        async def scenario() -> None:
            task = await wgets.started(process, "hanging")
            assert await process.cancel()
            assert process.cancelled
            assert BaseProcess.get_active_process_count() == 0
            assert not psutil.pid_exists(wgets.call.pid)
            assert await task == WgetExit(None, signal.SIGTERM)
            assert not await process.cancel()

        run(scenario())

    def test_kills_what_will_not_end_after_the_grace(self, run, wgets: Wgets):
        process = wgets.make(STUBBORN, stop_grace_ms=150)

        async def scenario() -> float:
            task = await wgets.started(process, "hanging")
            asked_at = time.monotonic()
            assert await process.cancel()
            took_s = time.monotonic() - asked_at
            assert await task == WgetExit(None, signal.SIGKILL)
            return took_s

        assert 0.14 < run(scenario()) < 5
        assert not psutil.pid_exists(wgets.call.pid)

    def test_what_ends_by_itself_within_the_grace_is_not_killed(self, run, wgets: Wgets):
        process = wgets.make({"steps": [{"ignore_sigterm": True}, *WAITING["steps"]]})

        async def scenario() -> None:
            task = await wgets.started(process, "waiting")
            cancelling = asyncio.ensure_future(process.cancel())
            await asyncio.sleep(0)
            wgets.let("go")
            assert await cancelling
            assert await task == WgetExit(7, None)

        run(scenario())

    def test_two_at_once_both_wait(self, run, wgets: Wgets):
        process = wgets.make(HANGING)

        async def scenario() -> None:
            task = await wgets.started(process, "hanging")
            assert await asyncio.gather(process.cancel(), BaseProcess.cancel_job("a")) == [
                True,
                True,
            ]
            await task

        run(scenario())

    def test_before_the_start_there_is_nothing_to_end(self, run, wgets: Wgets):
        process = wgets.make({"steps": [{"exit": 0}]})

        async def scenario() -> WgetExit:
            assert not await process.cancel()
            return await process.run()

        assert run(scenario()) == WgetExit(0, None)
        assert not process.cancelled

    def test_in_the_moment_of_the_start_it_ends_all_the_same(self, run, wgets: Wgets):
        process = wgets.make(HANGING)

        async def scenario() -> None:
            task = asyncio.ensure_future(process.run())
            await asyncio.sleep(0)  # started, but nothing of it has been heard yet
            assert await process.cancel()
            assert await task == WgetExit(None, signal.SIGTERM)

        run(scenario())

    def test_once_it_has_ended_by_itself_nothing_is_ended(self, run, wgets: Wgets):
        process = wgets.make({"steps": [{"exit": 0}]})

        async def scenario() -> None:
            await process.run()
            assert not await process.cancel()

        run(scenario())

    @pytest.mark.parametrize("scenario_played", [HANGING, STUBBORN], ids=["kind", "stubborn"])
    def test_a_waiter_that_is_cancelled_takes_it_along(
        self, run, wgets: Wgets, scenario_played: Scenario
    ):
        process = wgets.make(scenario_played)

        async def scenario() -> None:
            task = await wgets.started(process, "hanging")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert BaseProcess.get_active_process_count() == 0
            assert not psutil.pid_exists(wgets.call.pid)

        run(scenario())

    def test_the_register_knows_it_by_its_job(self, run, wgets: Wgets):
        cancel: Callable[[str], Any] = BaseProcess.cancel_job

        async def scenario() -> None:
            task = await wgets.started(wgets.make(HANGING), "hanging")
            assert not await cancel("b")
            assert await cancel("a")
            assert await task == WgetExit(None, signal.SIGTERM)

        run(scenario())
