"""One attempt at a job: the fake wget plays the transfer, a record in memory stands for the row."""

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dlmanager.core.errors import ErrorKind, WgetUnusable
from dlmanager.core.job import Job, Phase, Status, Verification
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.engine import part_opening
from dlmanager.engine.attempt import MAX_RESTARTS, Attempt
from dlmanager.engine.attempt_row import AttemptVoid
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.part_file import Look, Overlap, PartFile
from dlmanager.engine.wget_care import WgetSetup
from tests.engine.transfer_plays import ASKED, SIZE, TOLD, UNTOLD, Row, answer, ok, rest
from tests.fakes.fake_wget import Call, make_fake_wget, part_bytes, read_calls


class Bench:
    """Makes attempts at one job."""

    def __init__(self, tmp_path: Path, job: Job) -> None:
        self.folder = Path(job.target_directory)
        self.fake = tmp_path / "fake"
        self.lock_path = tmp_path / "locks" / "job"
        self.home = tmp_path / "home"
        self.home.mkdir()
        self.row = Row(job)
        self.moved = 0
        self.attempts: list[Attempt] = []

    def attempt(self, *plays: list[dict[str, Any]], setpriv_path: str | None = None) -> Attempt:
        wget = make_fake_wget(self.fake, {"attempts": list(plays)} if plays else {"steps": []})
        setup = WgetSetup(str(wget), setpriv_path, "/usr/bin:/bin", self.home, "dlmanager/test")
        attempt = Attempt(
            self.row.job,
            setup,
            lock=FileLock(self.lock_path),
            record=self.row.record,
            on_progress=self._on_progress,
            logger=logging.getLogger("dlmanager.test"),
        )
        self.attempts.append(attempt)
        return attempt

    def _on_progress(self) -> None:
        self.moved += 1

    def leave_part(self, size: int, content: bytes | None = None, **facts: Any) -> Path:
        """What an earlier attempt left: a part, and its facts in the row."""
        part = PartFile.create(self.folder / "file.bin.0f8d2c5e.part")
        part.path.write_bytes(part_bytes(0, size) if content is None else content)
        self.row.job = self.row.job._replace(
            part_path=str(part.path),
            part_device=part.device,
            part_inode=part.inode,
            bytes_done=size,
            **{"etag": '"v1"', "bytes_total": SIZE, **facts},
        )
        part.close()
        return part.path

    @property
    def calls(self) -> list[Call]:
        return read_calls(self.fake)

    @property
    def files(self) -> dict[str, int]:
        return {path.name: path.stat().st_size for path in self.folder.iterdir()}

    async def reached(self, name: str) -> None:
        async with asyncio.timeout(10):
            while not (self.fake / name).exists():
                await asyncio.sleep(0.005)


@pytest.fixture
def bench(tmp_path: Path, make_job: Callable[..., Job]) -> Iterator[Bench]:
    folder = tmp_path / "downloads"
    folder.mkdir()
    job = make_job(
        target_directory=str(folder), status=Status.PROCESSING, phase=Phase.CONNECTING, attempt=1
    )
    bench = Bench(tmp_path, job)
    yield bench
    for attempt in bench.attempts:
        attempt.close()
    assert BaseProcess.get_active_job_ids() == []


def is_right(path: Path | None) -> bool:
    assert path is not None
    return path.read_bytes() == part_bytes(0, SIZE)


class TestAFileThatComes:
    def test_stands_complete_under_its_name(self, run, bench: Bench):
        attempt = bench.attempt(ok())
        assert run(attempt.run()) == Outcome(Ending.DONE, http_status=200)
        assert attempt.final_path == bench.folder / "file.bin"
        assert attempt.verification is Verification.SIZE
        assert attempt.new_bytes == SIZE
        assert is_right(attempt.final_path)
        assert bench.files == {"file.bin": SIZE}
        assert bench.moved >= 1

    def test_its_facts_are_in_the_row_in_order(self, run, bench: Bench):
        run(bench.attempt(ok(**TOLD, Content_Type="application/zip")).run())
        facts = bench.row.facts
        (part,) = (each for each in facts if "part_path" in each)
        (pid,) = (each for each in facts if "pid" in each)
        (told,) = (each for each in facts if each.get("phase") is Phase.DOWNLOADING)
        (final,) = (each for each in facts if each.get("phase") is Phase.FINALISING)
        assert [facts.index(each) for each in (part, pid, told, final)] == sorted(
            facts.index(each) for each in (part, pid, told, final)
        )
        assert part["part_path"] == str(bench.folder / "file.bin.0f8d2c5e.part")
        assert pid["pid"] == bench.calls[0].pid
        assert pid["pid_started_at"] >= psutil.Process().create_time() * 1000
        assert (
            told.items()
            >= {
                "http_status": 200,
                "etag": '"v1"',
                "last_modified": TOLD["Last-Modified"],
                "bytes_total": SIZE,
                "final_url": bench.row.job.url,
                "content_type": "application/zip",
                "filename": "file.bin",
            }.items()
        )
        assert (
            final.items()
            >= {
                "filename": "file.bin",
                "final_path": str(bench.folder / "file.bin"),
                "bytes_done": SIZE,
                "bytes_total": SIZE,
                "verification": Verification.SIZE,
            }.items()
        )

    def test_a_wget_that_is_gone_before_it_was_looked_at_has_no_start_time(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        def gone(pid: int) -> None:
            raise psutil.NoSuchProcess(pid)

        with monkeypatch.context() as patch:
            patch.setattr(psutil, "Process", gone)
            assert run(bench.attempt(ok()).run()).ending is Ending.DONE
        assert bench.row.job.pid == bench.calls[0].pid
        assert bench.row.job.pid_started_at is None

    def test_a_redirect_is_passed_over_and_its_end_names_the_file(self, run, bench: Bench):
        started = "--2026-01-02 03:04:05--  "
        attempt = bench.attempt(
            [
                {"stderr": f"{started}http://127.0.0.1/file.bin\n"},
                *answer("302 Found", Location="http://127.0.0.1/x", ETag='"other"'),
                {"stderr": f"{started}http://127.0.0.1/real.iso?token=hush\n"},
                *ok(),
            ]
        )
        assert run(attempt.run()).ending is Ending.DONE
        assert bench.files == {"real.iso": SIZE}
        assert bench.row.job.etag == '"v1"'
        assert bench.row.job.final_url is not None
        assert bench.row.job.final_url.startswith("http://127.0.0.1/real.iso")
        assert "hush" not in bench.row.job.final_url

    def test_wget_is_started_as_agreed(self, run, bench: Bench):
        run(bench.attempt(ok(), setpriv_path="/usr/bin/setpriv").run())
        (call,) = bench.calls
        assert call.stdin == "http://127.0.0.1/file.bin\n"
        assert not any("127.0.0.1/file.bin" in argument for argument in call.argv)
        assert call.cwd == call.env["HOME"] == str(bench.home)
        assert call.env["PATH"] == "/usr/bin:/bin"
        assert "--user-agent=dlmanager/test" in call.argv
        assert str(bench.lock_path) in call.open_files
        # A lock on the part would keep wget's bytes out of it on an SMB share.
        assert str(bench.folder / "file.bin.0f8d2c5e.part") not in call.open_files
        assert not any("If-" in argument for argument in call.argv)


class TestThePart:
    def test_is_taken_up_again_and_the_server_asked_for_the_same_file(self, run, bench: Bench):
        bench.leave_part(200_000)
        attempt = bench.attempt(rest(200_000 - 4096))
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)
        assert '--header=If-Match: "v1"' in bench.calls[0].argv
        assert attempt.new_bytes == 100_000

    def test_after_an_unclean_end_more_of_it_comes_again(self, run, bench: Bench):
        bench.leave_part(200_000, unclean_stop=True)
        attempt = bench.attempt(ok())  # a megabyte: here all of it
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)
        assert bench.row.job.unclean_stop is False
        assert not any("If-" in argument for argument in bench.calls[0].argv)

    def test_that_ends_in_zeros_is_compared_further_back(self, run, bench: Bench):
        content = part_bytes(0, 195_000) + bytes(5000)
        bench.leave_part(200_000, content)
        attempt = bench.attempt(ok())  # a megabyte: here all of it
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)

    def test_that_is_gone_is_made_anew(self, run, bench: Bench):
        bench.leave_part(200_000).unlink()
        attempt = bench.attempt(ok())
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)

    def test_in_whose_place_another_file_stands_is_made_beside_it(
        self, run, bench: Bench, caplog: pytest.LogCaptureFixture
    ):
        path = bench.leave_part(200_000)
        path.rename(path.with_name("moved"))
        path.write_bytes(b"mine")
        attempt = bench.attempt(ok())
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)
        assert path.read_bytes() == b"mine"
        assert "replaced" in caplog.text

    def test_does_not_take_a_name_that_is_taken(self, run, bench: Bench):
        taken = bench.folder / "file.bin.0f8d2c5e.part"
        taken.write_bytes(b"mine")
        assert run(bench.attempt(ok()).run()).ending is Ending.DONE
        assert taken.read_bytes() == b"mine"
        assert bench.files == {taken.name: 4, "file.bin": SIZE}

    def test_tries_the_next_name_if_one_is_taken_that_moment(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        taken = bench.folder / "taken.part"
        taken.write_bytes(b"mine")
        free = bench.folder / "free.part"
        monkeypatch.setattr(part_opening, "free_final_paths", lambda *_: iter([taken, free]))
        run(bench.attempt([{"exit": 4}]).run())
        assert bench.row.job.part_path == str(free)
        assert taken.read_bytes() == b"mine"

    def test_for_which_no_name_is_free_fails_with_a_hint(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(part_opening, "free_final_paths", lambda *_: iter(()))
        outcome = run(bench.attempt(ok()).run())
        assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.FOLDER)
        assert bench.calls == []

    def test_whose_lock_cannot_be_made_is_waited_for(self, run, bench: Bench):
        bench.lock_path.parent.write_text("no folder")
        outcome = run(bench.attempt(ok()).run())
        assert (outcome.ending, bench.calls, bench.files) == (Ending.BUSY, [], {})

    def test_leaves_no_lock_behind(self, run, bench: Bench):
        attempt = bench.attempt(ok())
        run(attempt.run())
        assert bench.lock_path.exists()
        attempt.close()
        assert not bench.lock_path.exists()

    def test_that_another_process_writes_is_waited_for(self, run, bench: Bench):
        bench.leave_part(10)
        holder = FileLock(bench.lock_path)
        holder.acquire()
        outcome = run(bench.attempt(ok()).run())
        holder.release()
        assert (outcome.ending, outcome.error_kind) == (Ending.BUSY, ErrorKind.BUSY)
        assert bench.calls == []
        assert bench.files == {"file.bin.0f8d2c5e.part": 10}

    @pytest.mark.parametrize(
        "number, ending, kind",
        [
            (errno.ENOSPC, Ending.DISK_FULL, ErrorKind.DISK_FULL),
            (errno.EDQUOT, Ending.DISK_FULL, ErrorKind.DISK_FULL),
            (errno.EACCES, Ending.FAIL, ErrorKind.FOLDER),
            (errno.EROFS, Ending.FAIL, ErrorKind.FOLDER),
        ],
        ids=lambda value: errno.errorcode[value] if isinstance(value, int) else "",
    )
    def test_that_the_disk_does_not_let_us_make_says_why(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch, number, ending, kind
    ):
        def refuse(path: Path) -> PartFile:
            raise OSError(number, os.strerror(number), str(path))

        monkeypatch.setattr(PartFile, "create", refuse)
        outcome = run(bench.attempt(ok()).run())
        assert (outcome.ending, outcome.error_kind) == (ending, kind)
        assert str(bench.folder) in outcome.error_message
        assert outcome.error_message.endswith(".")

    def test_in_a_folder_that_went_away_fails(self, run, bench: Bench):
        bench.folder.rmdir()
        outcome = run(bench.attempt(ok()).run())
        bench.folder.mkdir()
        assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.FOLDER)

    def test_that_was_replaced_while_it_was_written_is_not_published(self, run, bench: Bench):
        steps = [*ok()[:-1], {"unlink_part": True}, {"exit": 0}]
        outcome = run(bench.attempt(steps).run())
        assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.FOLDER)
        assert "replaced" in outcome.error_message
        assert bench.files == {}


class TestAnotherFile:
    @pytest.mark.parametrize(
        "first",
        [
            answer("412 Precondition Failed"),
            rest(200_000 - 4096, Content_Range=f"bytes 195904-{SIZE - 1}/{SIZE}", ETag='"v2"'),
            answer("200 OK", Content_Length=str(SIZE), Content_Type="application/zip"),
            answer("206 Partial Content", **TOLD, Content_Range=f"bytes 7-{SIZE - 1}/{SIZE}"),
        ],
        ids=["412", "another ETag", "no range and no proof", "another piece"],
    )
    def test_by_its_headers_is_fetched_from_zero(self, run, bench: Bench, first):
        bench.leave_part(200_000, content=b"x" * 200_000)
        attempt = bench.attempt([*first[:3], {"hang": True}], ok())  # stopped before any body
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)
        assert len(bench.calls) == 2

    def test_by_its_bytes_is_fetched_from_zero(self, run, bench: Bench):
        bench.leave_part(200_000, content=b"x" * 200_000)
        attempt = bench.attempt(rest(200_000 - 4096), ok())
        assert run(attempt.run()).ending is Ending.DONE
        assert is_right(attempt.final_path)

    def test_seen_in_the_part_is_stopped_at_once(self, run, bench: Bench):
        bench.leave_part(200_000, content=b"x" * 200_000)
        steps = [*rest(200_000 - 4096)[:-2], {"write": 10}, {"touch": "wrong"}, {"hang": True}]
        attempt = bench.attempt(steps, ok())

        async def scenario() -> Outcome:
            task = asyncio.ensure_future(attempt.run())
            await bench.reached("wrong")
            look = attempt.look()
            assert look is not None
            assert look.overlap is Overlap.DIFFERENT
            assert attempt.note(look, 1.0) is None
            return await task

        assert run(scenario()).ending is Ending.DONE
        assert is_right(attempt.final_path)

    def test_again_and_again_is_given_up(self, run, bench: Bench):
        bench.leave_part(200_000)
        attempt = bench.attempt([*answer("412 Precondition Failed"), {"exit": 8}])
        outcome = run(attempt.run())
        assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.CHANGED)
        assert outcome.http_status == 412
        assert len(bench.calls) == 1 + MAX_RESTARTS
        assert (bench.row.job.bytes_done, bench.row.job.etag) == (0, None)


class TestAnUnknownSize:
    def test_is_asked_for_once_more(self, run, bench: Bench):
        start = SIZE - 4096
        attempt = bench.attempt(ok(**UNTOLD), rest(start))
        assert run(attempt.run()).ending is Ending.DONE
        assert attempt.verification is Verification.SIZE
        assert is_right(attempt.final_path)
        phases = [facts["phase"] for facts in bench.row.facts if "phase" in facts]
        assert phases == [
            Phase.DOWNLOADING,
            Phase.VERIFYING,
            Phase.VERIFYING,
            Phase.FINALISING,
        ]

    def test_that_the_server_will_not_tell_is_unconfirmed(self, run, bench: Bench):
        again = [*answer("200 OK", **UNTOLD), {"hang": True}]
        attempt = bench.attempt(ok(**UNTOLD), again)
        assert run(attempt.run()) == Outcome(Ending.DONE, http_status=200)
        assert attempt.verification is Verification.UNCONFIRMED
        assert is_right(attempt.final_path)

    def test_of_which_even_a_range_says_nothing_is_unconfirmed(self, run, bench: Bench):
        start = SIZE - 4096
        attempt = bench.attempt(
            ok(**UNTOLD), rest(start, Content_Range=f"bytes {start}-{SIZE - 1}/*")
        )
        assert run(attempt.run()) == Outcome(Ending.DONE, http_status=206)
        assert attempt.verification is Verification.UNCONFIRMED
        assert is_right(attempt.final_path)

    def test_whose_question_fails_is_tried_again_later(self, run, bench: Bench):
        refused = [{"stderr": "Connecting to 127.0.0.1:9... failed: Connection refused.\n"}]
        attempt = bench.attempt(ok(**UNTOLD), [*refused, {"exit": 4}])
        outcome = run(attempt.run())
        assert (outcome.ending, outcome.error_kind) == (Ending.RETRY, ErrorKind.CONNECTION)
        assert bench.files == {"file.bin.0f8d2c5e.part": SIZE}


class TestFailing:
    def test_a_cut_keeps_what_has_come(self, run, bench: Bench):
        attempt = bench.attempt(ok(up_to=100_000, code=4))
        assert run(attempt.run()).ending is Ending.RETRY
        assert (attempt.new_bytes, attempt.job.bytes_done) == (100_000, 100_000)
        assert bench.files == {"file.bin.0f8d2c5e.part": 100_000}

    def test_a_short_answer_does_not_cost_what_was_there(self, run, bench: Bench):
        bench.leave_part(200_000)
        steps = [*rest(200_000 - 4096)[:-2], {"write": 10}, {"exit": 4}]
        attempt = bench.attempt(steps)
        assert run(attempt.run()).ending is Ending.RETRY
        assert attempt.new_bytes == 0
        assert bench.files == {"file.bin.0f8d2c5e.part": 200_000}

    def test_what_is_no_http_does_not_stay_in_the_part(self, run, bench: Bench):
        steps = [
            ASKED,
            {"stderr": "Length: unspecified\n\n"},
            {"write": 50},
            {"exit": 0},
        ]
        attempt = bench.attempt(steps)
        outcome = run(attempt.run())
        assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.BAD_ANSWER)
        assert attempt.job.bytes_done == 0
        attempt.close()
        assert bench.files == {}

    def test_what_never_got_a_byte_leaves_no_file(self, run, bench: Bench):
        attempt = bench.attempt([*answer("404 Not Found"), {"exit": 8}])
        outcome = run(attempt.run())
        assert (outcome.ending, outcome.http_status) == (Ending.FAIL, 404)
        attempt.close()
        attempt.close()
        assert bench.files == {}

    def test_a_wget_that_cannot_start_is_told(self, run, bench: Bench):
        attempt = bench.attempt()
        (bench.fake / "wget").unlink()
        with pytest.raises(WgetUnusable):
            run(attempt.run())

    def test_behind_setpriv_it_is_an_outcome(self, run, bench: Bench):
        attempt = bench.attempt(setpriv_path="/usr/bin/setpriv")
        (bench.fake / "wget").unlink()
        outcome = run(attempt.run())
        assert (outcome.ending, outcome.error_kind) == (Ending.INSTALLATION, ErrorKind.WGET)

    def test_a_name_that_no_file_may_have_any_more_fails(
        self, run, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ):
        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(PartFile, "publish", refuse)
        outcome = run(bench.attempt(ok()).run())
        assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.FOLDER)
        assert bench.files == {"file.bin.0f8d2c5e.part": SIZE}


class TestARowThatIsTaken:
    @pytest.mark.parametrize("phase", [None, Phase.VERIFYING, Phase.FINALISING])
    def test_ends_the_attempt_without_an_outcome(self, run, bench: Bench, phase: Phase | None):
        bench.row.taken = lambda facts: facts.get("phase") is phase and "pid" not in facts
        attempt = bench.attempt(ok(**UNTOLD), rest(SIZE - 4096))
        with pytest.raises(AttemptVoid):
            run(attempt.run())
        assert attempt.final_path is None
        assert "file.bin" not in bench.files

    def test_while_starting_over_too(self, run, bench: Bench):
        bench.leave_part(200_000)
        bench.row.taken = lambda facts: facts.get("phase") is Phase.CONNECTING
        with pytest.raises(AttemptVoid):
            run(bench.attempt([*answer("412 Precondition Failed"), {"exit": 8}]).run())
        assert len(bench.calls) == 1

    def test_stopping_ends_wget_and_keeps_the_bytes(self, run, bench: Bench):
        steps = [*ok()[:-2], {"write": 100_000}, {"touch": "hanging"}, {"hang": True}]
        attempt = bench.attempt(steps)

        async def scenario() -> None:
            task = asyncio.ensure_future(attempt.run())
            await bench.reached("hanging")
            await attempt.stop()
            assert BaseProcess.get_active_process_count() == 0
            with pytest.raises(AttemptVoid):
                await task

        run(scenario())
        assert bench.files == {"file.bin.0f8d2c5e.part": 100_000}
        assert not psutil.pid_exists(bench.calls[0].pid)

    def test_stopping_before_wget_runs_starts_none(self, run, bench: Bench):
        attempt = bench.attempt(ok())

        async def scenario() -> None:
            await attempt.stop()
            with pytest.raises(AttemptVoid):
                await attempt.run()

        run(scenario())
        assert bench.calls == []


class TestLooking:
    def test_there_is_nothing_to_see_before_and_after(self, run, bench: Bench):
        attempt = bench.attempt(ok())
        assert attempt.look() is None
        run(attempt.run())
        attempt.close()
        assert attempt.look() is None

    def test_a_look_becomes_progress(self, run, bench: Bench):
        bench.leave_part(200_000, phase=Phase.DOWNLOADING)
        attempt = bench.attempt()
        first = attempt.note(Look(200_000, Overlap.SHORT), 10.0)
        assert first is not None
        assert (first.job_id, first.attempt, first.phase) == (
            bench.row.job.id,
            1,
            Phase.DOWNLOADING,
        )
        assert (first.bytes_done, first.bytes_total, first.percent) == (200_000, SIZE, 66)
        for second in range(1, 6):
            last = attempt.note(Look(200_000 + second * 1000, Overlap.EQUAL), 10.0 + second)
        assert last is not None
        assert last.speed_bytes_s == pytest.approx(1000, rel=0.2)

    @pytest.mark.parametrize(
        "size_bytes, overlap, retry_count",
        [
            (200_000 + 64 * 1024, Overlap.EQUAL, 0),
            (200_000 + 64 * 1024 - 1, Overlap.EQUAL, 2),
            (200_000 + 64 * 1024, Overlap.SHORT, 2),
        ],
        ids=["enough", "too little", "not proven"],
    )
    def test_bytes_that_come_renew_the_retries_at_once(
        self, run, bench: Bench, size_bytes: int, overlap: Overlap, retry_count: int
    ):
        bench.leave_part(200_000, phase=Phase.DOWNLOADING, retry_count=2)
        attempt = bench.attempt()

        async def look_and_settle() -> None:
            attempt.note(Look(size_bytes, overlap), 1.0)
            await attempt._row.settle()

        run(look_and_settle())
        assert bench.row.job.retry_count == retry_count

    def test_a_job_at_rest_has_no_progress(self, run, bench: Bench):
        bench.row.job = bench.row.job._replace(phase=None)
        assert bench.attempt().note(Look(1, Overlap.EQUAL), 1.0) is None

    def test_another_files_bytes_without_a_wget_change_nothing(self, run, bench: Bench):
        attempt = bench.attempt(ok())
        assert attempt.note(Look(1, Overlap.DIFFERENT), 1.0) is None
        assert run(attempt.run()).ending is Ending.DONE
