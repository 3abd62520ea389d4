"""A part against its checksum, within an attempt: published, fetched anew, or given up."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from dlmanager.core.checksum_kind import Checksum, ChecksumKind
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Phase, Verification
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.engine.attempt import Attempt
from dlmanager.engine.attempt_row import AttemptVoid
from dlmanager.engine.part_check import Mismatch, mismatch_outcome
from dlmanager.engine.part_file import OVERLAP_BYTES
from tests.engine.test_attempt import Bench, bench
from tests.engine.transfer_plays import SIZE, UNTOLD, ok, rest
from tests.fakes.fake_wget import part_bytes

RIGHT = hashlib.sha256(part_bytes(0, SIZE)).hexdigest()
WRONG = hashlib.sha256(bytes(SIZE)).hexdigest()
HUGE_BYTES = 64 * 1024**3

__all__ = ["bench"]


def expect(bench: Bench, digits: str, kind: ChecksumKind = ChecksumKind.SHA256) -> None:
    bench.row.job = bench.row.job._replace(checksum_kind=kind, checksum=digits)


def test_a_file_that_is_right_is_published_as_such(run, bench: Bench):
    expect(bench, RIGHT)
    attempt = bench.attempt(ok())
    assert run(attempt.run()) == Outcome(Ending.DONE, http_status=200)
    assert attempt.final_path == bench.folder / "file.bin"
    assert bench.row.job.verification is Verification.CHECKSUM
    assert bench.row.job.checksum_found == RIGHT
    phases = [facts["phase"] for facts in bench.row.facts if "phase" in facts]
    assert phases[-3:] == [Phase.VERIFYING, Phase.VERIFYING, Phase.FINALISING]


def test_a_checksum_confirms_what_the_server_does_not_tell_the_size_of(run, bench: Bench):
    expect(bench, RIGHT)
    attempt = bench.attempt(ok(**UNTOLD), ok(**UNTOLD))
    assert run(attempt.run()).ending is Ending.DONE
    assert bench.row.job.verification is Verification.CHECKSUM


def test_a_file_that_came_wrong_is_fetched_anew_and_the_right_one_published(
    run, bench: Bench, caplog: pytest.LogCaptureFixture
):
    bench.leave_part(SIZE, bytes(SIZE))  # complete, and wrong
    expect(bench, RIGHT)
    attempt = bench.attempt(ok())
    assert run(attempt.run()).ending is Ending.DONE
    assert len(bench.calls) == 1
    assert attempt.final_path.read_bytes() == part_bytes(0, SIZE)
    assert bench.row.job.verification is Verification.CHECKSUM
    assert [facts["checksum_found"] for facts in bench.row.facts if "checksum_found" in facts] == [
        WRONG,
        RIGHT,
    ]
    assert f"wrong checksum {WRONG}" in caplog.text


def test_a_file_that_comes_wrong_twice_fails_and_is_thrown_away(run, bench: Bench):
    expect(bench, WRONG)
    attempt = bench.attempt(ok(), ok())
    outcome = run(attempt.run())
    assert outcome == mismatch_outcome(
        Mismatch(Checksum(ChecksumKind.SHA256, WRONG), RIGHT, came_before=True), 200
    )
    assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.CHECKSUM)
    assert WRONG in outcome.error_message
    assert RIGHT in outcome.error_message
    assert len(bench.calls) == 2
    assert bench.row.job.verification is Verification.MISMATCH
    assert (bench.row.job.checksum_found, bench.row.job.bytes_done) == (RIGHT, 0)
    attempt.close()
    assert bench.files == {}


def test_that_it_came_wrong_before_is_known_after_a_crash(run, bench: Bench):
    bench.row.job = bench.row.job._replace(checksum_found="00" * 32)
    expect(bench, WRONG)
    outcome = run(bench.attempt(ok()).run())
    assert outcome.error_kind is ErrorKind.CHECKSUM
    assert len(bench.calls) == 1


def test_that_it_was_right_before_is_no_first_failure(run, bench: Bench):
    bench.row.job = bench.row.job._replace(checksum_found=WRONG)
    expect(bench, WRONG)
    run(bench.attempt(ok(), ok()).run())
    assert len(bench.calls) == 2


def test_a_check_that_was_interrupted_is_made_without_the_server(run, bench: Bench):
    bench.leave_part(SIZE, http_status=206)
    expect(bench, RIGHT)
    attempt = bench.attempt()
    assert run(attempt.run()) == Outcome(Ending.DONE, http_status=206)
    assert bench.calls == []
    assert attempt.final_path.read_bytes() == part_bytes(0, SIZE)


@pytest.mark.parametrize(
    "facts, start",
    [
        ({"unclean_stop": True}, 0),
        ({"unproven_from": 100_000}, 100_000 - OVERLAP_BYTES),
        ({"bytes_total": None}, SIZE - OVERLAP_BYTES),
    ],
    ids=["unclean", "unproven", "total unknown"],
)
def test_a_part_that_may_be_another_or_not_all_is_fetched_again_at_its_end(
    run, bench: Bench, facts: dict[str, Any], start: int
):
    bench.leave_part(SIZE, **facts)
    expect(bench, RIGHT)
    attempt = bench.attempt(ok() if start == 0 else rest(start))
    assert run(attempt.run()).ending is Ending.DONE
    assert len(bench.calls) == 1
    assert bench.row.job.verification is Verification.CHECKSUM


def test_without_a_checksum_nothing_is_hashed(run, bench: Bench):
    run(bench.attempt(ok()).run())
    assert Phase.VERIFYING not in [facts.get("phase") for facts in bench.row.facts]
    assert bench.row.job.checksum_found is None


@contextlib.asynccontextmanager
async def interrupted_check(bench: Bench) -> AsyncIterator[Attempt]:
    """An attempt whose huge part is being hashed; stopped at the end."""
    path = bench.leave_part(0, b"", bytes_total=HUGE_BYTES)
    os.truncate(path, HUGE_BYTES)
    bench.row.job = bench.row.job._replace(bytes_done=HUGE_BYTES)
    expect(bench, RIGHT)
    attempt = bench.attempt()
    task = asyncio.ensure_future(attempt.run())
    while not bench.moved:
        await asyncio.sleep(0.005)
    yield attempt
    await attempt.stop()
    with pytest.raises(AttemptVoid):
        await task


def test_stopping_ends_the_check_and_keeps_the_bytes(run, bench: Bench):
    async def scenario() -> None:
        async with interrupted_check(bench):
            pass

    run(scenario())
    assert bench.files == {"file.bin.0f8d2c5e.part": HUGE_BYTES}
    assert bench.row.job.checksum_found is None


def test_its_progress_is_that_of_the_check_and_no_speed(run, bench: Bench):
    async def scenario() -> None:
        async with interrupted_check(bench) as attempt:
            progress = [attempt.note(attempt.look(), now_s) for now_s in (1.0, 2.0)]
        for each in progress:
            assert each.phase is Phase.VERIFYING
            assert each.bytes_done == each.bytes_total == HUGE_BYTES
            assert 0 < each.checked_bytes < HUGE_BYTES
            assert each.percent == each.checked_bytes * 100 // HUGE_BYTES
            assert each.speed_bytes_s is None

    run(scenario())


def test_another_checksum_given_meanwhile_is_what_counts(run, bench: Bench):
    expect(bench, WRONG)
    changed: list[Callable[[], None]] = [
        lambda: None,
        lambda: expect(bench, hashlib.md5(part_bytes(0, SIZE)).hexdigest(), ChecksumKind.MD5),
    ]

    def on_record(facts: dict[str, Any]) -> bool:
        if facts.get("phase") is Phase.VERIFYING and changed:
            changed.pop(0)()
        return False

    bench.row.taken = on_record
    attempt = bench.attempt(ok())
    assert run(attempt.run()).ending is Ending.DONE
    assert bench.row.job.verification is Verification.CHECKSUM
    assert bench.row.job.checksum_kind is ChecksumKind.MD5


def test_a_part_that_cannot_be_read_fails_as_the_disk_does(
    run, bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    def broken(*arguments: object) -> int:
        raise OSError(5, "Input/output error")

    bench.leave_part(SIZE)
    expect(bench, RIGHT)
    with monkeypatch.context() as patch:
        patch.setattr(os, "preadv", broken)
        outcome = run(bench.attempt().run())
    assert (outcome.ending, outcome.error_kind) == (Ending.RETRY, ErrorKind.FOLDER)
