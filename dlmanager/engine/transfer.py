"""One run of wget for a job: what it says while bytes come, and what they have come to."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum

from dlmanager.core.errors import ErrorKind
from dlmanager.core.expectation import Doubt
from dlmanager.core.filenames import suggest_filename
from dlmanager.core.job import Job, Phase
from dlmanager.core.mirrors import OTHER_SIZE_WORDS, check_other_mirror
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.response import Response, Validators
from dlmanager.core.stall import Stall, StallLimits, stalled
from dlmanager.core.urls import redact_url
from dlmanager.core.validators import (
    Verdict,
    check_response,
    is_whole_piece,
    validators_of,
)
from dlmanager.engine.attempt_row import AttemptRow
from dlmanager.engine.carrying_wget import make_wget
from dlmanager.engine.page_guard import PageGuard, page_outcome
from dlmanager.engine.part_file import (
    OVERLAP_BYTES,
    OVERLAP_BYTES_UNCLEAN,
    Look,
    Overlap,
    PartFile,
    PartReplaced,
)
from dlmanager.engine.watchdog import Watchdog
from dlmanager.engine.wget_process import Launch, WgetProcess
from dlmanager.wget.exit_status import WgetExit, classify
from dlmanager.wget.output import BarLine, Event, RequestStarted

_PASSED_OVER = frozenset({100, 101, 102, 103, 301, 302, 303, 307, 308})
"""Answers that another one follows."""


class Redo(Enum):
    """Why a transfer was stopped by us."""

    RESTART = "restart"
    SIZE_UNCONFIRMED = "size unconfirmed"
    WEB_PAGE = "web page"
    NO_ANSWER = Stall.NO_ANSWER.value
    TOO_SLOW = Stall.TOO_SLOW.value
    OTHER_SIZE = "other size"
    PEEK = "peek"  # a web page, or another version: only its body can tell


_KEEPING = frozenset({Redo.SIZE_UNCONFIRMED, Redo.WEB_PAGE, Redo.OTHER_SIZE, Redo.PEEK})
"""What leaves the part as it was before the transfer."""


class Transfer:
    """Runs wget once for an attempt.

    launch: what to start, to go on from an offset. on_progress: called, cheaply and often, when
    bytes have come. is_probe: it asks for the end of a file whose length is unknown.
    wanted_speed: below which bytes/s, by the size of the part, another mirror is the better one.
    offset: bytes; where the transfer goes on. redo: why it was stopped by us; None if it was not.
    is_unconfirmed: the server will not tell the file's size. brought_bytes: what has come.
    """

    def __init__(
        self,
        row: AttemptRow,
        part: PartFile,
        launch: Callable[[int], Launch],
        *,
        stall_limits: StallLimits,
        on_progress: Callable[[], None],
        logger: logging.Logger,
        is_probe: bool = False,
        wanted_speed: Callable[[int], float] = lambda size_bytes: 0,
    ) -> None:
        self._row = row
        self._part = part
        self._launch = launch
        self._stall_limits = stall_limits
        self._on_progress = on_progress
        self._logger = logger
        self._is_probe = is_probe
        self._wanted_speed = wanted_speed
        self._guard = PageGuard(row.job)
        self._process: WgetProcess | None = None
        self._watchdog: Watchdog | None = None
        self._response: Response | None = None
        self._request_url: str | None = None
        self.offset = 0
        self.redo: Redo | None = None
        self.is_unconfirmed = False
        self.brought_bytes = 0

    @property
    def brought_whole_piece(self) -> bool:
        """Whether what came is all that the server gives at once of a file that is longer."""
        return self._response is not None and is_whole_piece(
            self._response, self.offset, self._row.job.bytes_done
        )

    async def stop(self) -> None:
        """End wget, if it runs."""
        if self._process is not None:
            await self._process.cancel()

    async def run(self) -> Outcome:
        """Run wget once and say how it ended."""
        self.offset = await asyncio.to_thread(self._cut_overlap, self._part)
        # Whatever comes now belongs to what is there only once that is shown, and written down.
        if self._row.job.unproven_from != self.offset:
            await self._row.record(unproven_from=self.offset)
        process = self._process = make_wget(
            self._row.job.id,
            self._launch(self.offset),
            on_event=self._on_event,
            on_started=self._on_started,
        )
        self._row.check()
        self._watchdog = Watchdog(
            self._stall_limits,
            size=self._part.size,
            on_stall=lambda stall: self.stop_because(Redo(stall.value)),
            wanted_speed=self._wanted_speed,
        )
        try:
            exit_ = await self._watchdog.during(process.run())
        finally:
            self._process = None
            fetched = await asyncio.to_thread(self._settle_part)
            self.brought_bytes = fetched.size_bytes - self.offset
            self._note_settled(fetched)
            await self._row.settle()
        self._row.check()
        outcome = await asyncio.to_thread(self._judge, exit_, process.tail, fetched)
        if outcome.error_kind is ErrorKind.WEB_PAGE:
            await self._row.record(**self._guard.facts_before, bytes_done=self._row.job.bytes_done)
        self._logger.info(
            "job %s: %s, answer %s, %d bytes: %s",
            self._row.job.id,
            exit_,
            outcome.http_status,
            self._row.job.bytes_done,
            outcome.ending,
        )
        return outcome

    def _cut_overlap(self, part: PartFile) -> int:
        if self._is_probe:
            # At least one byte stays, so that the question is for a range; then the answer
            # tells the total, or that the server knows no ranges.
            return part.cut_overlap(min(OVERLAP_BYTES, part.size() // 2))
        overlap_bytes = OVERLAP_BYTES_UNCLEAN if self._row.job.unclean_stop else OVERLAP_BYTES
        return part.cut_overlap(max(overlap_bytes, part.doubtful_bytes()))

    def _settle_part(self) -> Look:
        """After wget ended, for whatever reason: leave in the part only what belongs together.

        Returns what wget had left there.
        """
        part = self._part
        fetched = Look(part.size(), part.compare_overlap())
        if self.redo in _KEEPING or fetched.overlap is Overlap.SHORT:
            part.restore()
        elif self.redo is Redo.RESTART or fetched.overlap is Overlap.DIFFERENT:
            part.clear()
        return fetched

    def _note_settled(self, fetched: Look) -> None:
        if self.redo in _KEEPING or fetched.overlap is Overlap.SHORT:
            self._row.write(unproven_from=None)  # what was there is there again, and no more
        elif fetched.overlap is Overlap.EQUAL:
            self.note_proof()

    def note_proof(self) -> None:
        """The bytes fetched again are those that were there: all that follows belongs to them."""
        if self.offset and self._row.job.unproven_from is not None:
            self._row.write(unproven_from=None, unclean_stop=False)

    def _judge(self, exit_: WgetExit, tail: Sequence[str], fetched: Look) -> Outcome:
        """Say what the transfer has come to."""
        part = self._part
        if not part.is_in_place():
            raise PartReplaced(part.path)
        http_status = _status_of(self._response)
        if self.redo is Redo.SIZE_UNCONFIRMED:
            self.is_unconfirmed = True
            return Outcome(Ending.DONE, http_status=http_status)
        if self.redo is Redo.WEB_PAGE or (self.redo is None and self._guard.finds_page(part)):
            self._note_size()
            return page_outcome(http_status)
        if self.redo is Redo.OTHER_SIZE:
            self._note_size()
            return Outcome(Ending.FAIL, ErrorKind.CHANGED, OTHER_SIZE_WORDS, http_status)
        if self.redo in (Redo.RESTART, Redo.PEEK) or fetched.overlap is Overlap.DIFFERENT:
            return Outcome(Ending.RESTART, http_status=http_status)
        if self.redo in (Redo.NO_ANSWER, Redo.TOO_SLOW) and exit_.signal is not None:
            self._note_size()
            return stalled(Stall(self.redo.value), http_status)
        outcome = classify(
            exit_,
            self._response,
            tail,
            offset_bytes=self.offset,
            # What was cut off counts only once it has come again.
            size_bytes=fetched.size_bytes,
            known_total=self._row.job.bytes_total,
            now_s=time.time(),
        )
        if outcome.ending is Ending.DONE and fetched.overlap is Overlap.SHORT:
            # The file on the server ends before the place that we had reached.
            return Outcome(Ending.RESTART, http_status=http_status)
        if outcome.error_kind is ErrorKind.BAD_ANSWER:
            part.restore()
        self._note_size()
        return outcome

    def _note_size(self) -> None:
        self._row.job = self._row.job._replace(bytes_done=self._part.size())

    # What wget says

    def _on_started(self, pid: int) -> None:
        self._row.write(pid=pid, pid_started_at=_process_started_at(pid))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BarLine):
            self._on_progress()
        elif isinstance(event, RequestStarted):
            self._request_url = event.url
        elif isinstance(event, Response):
            self._on_response(event)

    def _on_response(self, response: Response) -> None:
        """Act on a header block as soon as it is complete, before its body has come."""
        self._response = response
        if self.redo is not None or response.status in _PASSED_OVER:
            return
        if self._watchdog is not None:
            self._watchdog.note_answer()
        job = self._row.job
        verdict = _verdict(job, self.offset, response)
        doubt = self._guard.judge_head(response, self.offset, verdict)
        if self._is_probe and self.offset and response.status == 200:
            # Asked again, the server sends everything from the start: it will not confirm.
            # (Where nothing had come, everything is what is wanted.)
            self.stop_because(Redo.SIZE_UNCONFIRMED)
        elif doubt is Doubt.PAGE:
            self.stop_because(Redo.WEB_PAGE)
        elif has_other_size(job, response):
            self.stop_because(Redo.OTHER_SIZE)
        elif verdict is not Verdict.GO_ON and self._guard.needs_peek(response):
            self.stop_because(Redo.PEEK)
        elif verdict is not Verdict.GO_ON:
            # NO_RANGE too: everything is sent again anyway, and from zero it is surely right.
            self.stop_because(Redo.RESTART)
        elif response.status in (200, 206):
            self._keep(response)

    def _keep(self, response: Response) -> None:
        told, known = (
            validators_of(response),
            known_validators(self._row.job) if self.offset else Validators(),
        )
        # The beginning of a file needs no proof but to be written down with its validators.
        proof = {} if self.offset else {"unproven_from": None, "unclean_stop": False}
        self._row.write(
            **proof,
            phase=Phase.VERIFYING if self._is_probe else Phase.DOWNLOADING,
            http_status=response.status,
            etag=told.etag or known.etag,
            last_modified=told.last_modified or known.last_modified,
            bytes_total=told.total if told.total is not None else known.total,
            final_url=redact_url(self._request_url or self._row.job.url),
            part_mirror=self._row.job.mirror,
            content_type=response.header("content-type"),
            filename=self._row.job.filename or self._suggested_name(response),
            named_by_server=self._row.job.named_by_server or self._row.job.filename is None,
        )
        self._on_progress()

    def _suggested_name(self, response: Response) -> str:
        return suggest_filename(
            self._request_url or self._row.job.url,
            response.header("content-disposition"),
            response.header("content-type"),
        )

    def stop_because(self, redo: Redo) -> None:
        """End wget, if it runs, for the first reason that is given."""
        if self._process is not None and self.redo is None:
            self.redo = redo
            self._row.spawn(self._process.cancel())


def known_validators(job: Job) -> Validators:
    """What is known of the version of the file that a job's part belongs to."""
    return Validators(job.etag, job.last_modified, job.bytes_total)


def comes_from_other_mirror(job: Job) -> bool:
    """Whether a job's part, if it has one, is of another mirror than is asked now."""
    return job.mirror is not None and (job.final_url is None or job.part_mirror != job.mirror)


def _verdict(job: Job, offset: int, response: Response) -> Verdict:
    known = known_validators(job)
    if comes_from_other_mirror(job):
        return check_other_mirror(known, offset, response, has_checksum=has_checksum(job))
    return check_response(known, offset, response, is_other_link=job.final_url is None)


def has_checksum(job: Job) -> bool:
    """Whether the whole file will be held against a checksum."""
    return job.expected_checksum is not None


def has_other_size(job: Job, response: Response) -> bool:
    """Whether an answer is of a file of another size than this one is said to have."""
    total = validators_of(response).total
    is_file = response.status in (200, 206)
    return is_file and None not in (job.expected_bytes, total) and total != job.expected_bytes


def _status_of(response: Response | None) -> int | None:
    return response.status if response is not None else None


def _process_started_at(pid: int) -> int | None:
    """When a process started, in milliseconds since the epoch; None if it is gone already."""
    import psutil  # here, as a start without a download does without it

    try:
        return round(psutil.Process(pid).create_time() * 1000)
    except psutil.Error:
        return None
