"""One run of wget: the fake one plays what comes, and the part and the row show what was kept."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Status
from dlmanager.core.outcome import Ending
from dlmanager.core.stall import StallLimits
from dlmanager.core.validators import Validators
from dlmanager.engine.attempt_row import AttemptRow, AttemptVoid
from dlmanager.engine.base_process import BaseProcess
from dlmanager.engine.part_file import OVERLAP_BYTES, OVERLAP_BYTES_UNCLEAN, PartFile, PartReplaced
from dlmanager.engine.transfer import Redo, Transfer, known_validators
from dlmanager.engine.wget_process import Launch
from dlmanager.wget.command import build_arguments, build_environment
from tests.engine.transfer_plays import SIZE, TOLD, UNTOLD, Row, answer, ok, rest
from tests.fakes.fake_wget import make_fake_wget, part_bytes, read_calls


class Bench:
    """A part, its row, and transfers into it."""

    def __init__(self, tmp_path: Path, job: Job) -> None:
        self.fake = tmp_path / "fake"
        self.home = tmp_path
        self.part = PartFile.create(tmp_path / "file.bin.part")
        self.record = Row(job)
        self.row = AttemptRow(job, self.record.record)

    def has(self, size: int, **facts: Any) -> None:
        """An earlier attempt left so many bytes."""
        self.part.path.write_bytes(part_bytes(0, size))
        known = {"etag": '"v1"', "bytes_total": SIZE, "bytes_done": size, **facts}
        self.record.job = self.row.job = self.row.job._replace(**known)

    def transfer(self, *steps: dict[str, Any], is_probe: bool = False) -> Transfer:
        wget = make_fake_wget(self.fake, {"attempts": [list(steps)]})

        def launch(offset: int) -> Launch:
            return Launch(
                program=str(wget),
                arguments=build_arguments(
                    str(self.part.path), condition=None, user_agent="dlmanager/test"
                ),
                environment=build_environment(str(self.home), "/usr/bin:/bin"),
                working_directory=str(self.home),
                stdin=b"http://127.0.0.1/file.bin\n",
            )

        return Transfer(
            self.row,
            self.part,
            launch,
            stall_limits=StallLimits(),
            on_progress=lambda: None,
            logger=logging.getLogger("dlmanager.test"),
            is_probe=is_probe,
        )

    @property
    def content(self) -> bytes:
        return self.part.path.read_bytes()


@pytest.fixture
def bench(tmp_path: Path, make_job: Callable[..., Job], loop) -> Iterator[Bench]:
    job = make_job(target_directory=str(tmp_path), status=Status.PROCESSING, attempt=1)
    bench = Bench(tmp_path, job)
    yield bench
    bench.part.close()
    assert BaseProcess.get_active_job_ids() == []


def test_from_the_beginning_all_is_kept_and_known(run, bench: Bench):
    transfer = bench.transfer(*ok())
    outcome = run(transfer.run())
    assert (outcome.ending, transfer.offset, transfer.redo) == (Ending.DONE, 0, None)
    assert bench.content == part_bytes(0, SIZE)
    assert known_validators(bench.row.job) == Validators('"v1"', TOLD["Last-Modified"], SIZE)
    assert (bench.row.job.phase, bench.row.job.unproven_from) == (Phase.DOWNLOADING, None)
    assert bench.row.job.filename == "file.bin"


@pytest.mark.parametrize(
    "is_unclean, back", [(False, OVERLAP_BYTES), (True, OVERLAP_BYTES_UNCLEAN)], ids=str
)
def test_it_goes_on_a_little_before_where_it_was(run, bench: Bench, is_unclean: bool, back: int):
    have = 200_000
    bench.has(have, unclean_stop=is_unclean)
    start = max(0, have - back)
    transfer = bench.transfer(*(rest(start) if start else ok()))
    outcome = run(transfer.run())
    assert (outcome.ending, transfer.offset) == (Ending.DONE, start)
    assert bench.content == part_bytes(0, SIZE)
    assert (bench.row.job.unproven_from, bench.row.job.unclean_stop) == (None, False)


def test_another_version_is_stopped_before_a_byte_of_it_is_mixed_in(run, bench: Bench):
    bench.has(200_000, content_type="application/octet-stream")
    told = {**TOLD, "ETag": '"v2"', "Content-Type": "application/octet-stream"}
    transfer = bench.transfer(*answer("200 OK", **told), {"hang": True})
    outcome = run(transfer.run())
    assert (outcome.ending, transfer.redo) == (Ending.RESTART, Redo.RESTART)
    assert bench.content == part_bytes(0, 200_000)  # the attempt throws it away


def test_a_probe_that_gets_everything_again_keeps_what_was_there(run, bench: Bench):
    bench.has(SIZE, etag=None, bytes_total=None)
    transfer = bench.transfer(*answer("200 OK", **UNTOLD), {"hang": True}, is_probe=True)
    outcome = run(transfer.run())
    assert (outcome.ending, transfer.redo) == (Ending.DONE, Redo.SIZE_UNCONFIRMED)
    assert transfer.is_unconfirmed
    assert bench.content == part_bytes(0, SIZE)


def test_a_web_page_leaves_the_part_as_it_was(run, bench: Bench):
    bench.has(200_000)
    page = answer("200 OK", Content_Type="text/html", Content_Length="1000")
    transfer = bench.transfer(*page, {"hang": True})
    outcome = run(transfer.run())
    assert (outcome.ending, outcome.error_kind) == (Ending.FAIL, ErrorKind.WEB_PAGE)
    assert bench.content == part_bytes(0, 200_000)
    assert bench.row.job.bytes_done == 200_000


def test_a_part_that_is_not_there_any_more_is_told(run, bench: Bench):
    transfer = bench.transfer(*ok()[:-1], {"unlink_part": True}, {"exit": 0})
    with pytest.raises(PartReplaced):
        run(transfer.run())


def test_the_reason_given_first_counts_and_none_once_wget_has_ended(run, bench: Bench):
    transfer = bench.transfer(*ok())
    run(transfer.run())
    transfer.stop_because(Redo.RESTART)
    assert transfer.redo is None


def test_a_row_that_was_let_go_starts_no_wget(run, bench: Bench):
    transfer = bench.transfer(*ok())
    bench.row.let_go()
    with pytest.raises(AttemptVoid):
        run(transfer.run())
    assert read_calls(bench.fake) == []
