"""One attempt at a job: from the part file to the published file, or to why not.

The protocol is that of ARCHITECTURE.md, "How a file is made".
"""

import asyncio
import errno
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from dlmanager.core.errors import ErrorKind
from dlmanager.core.expectation import Doubt
from dlmanager.core.filenames import suggest_filename
from dlmanager.core.job import Job, Phase, Verification
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.progress import JobProgress
from dlmanager.core.response import Response, Validators
from dlmanager.core.retry import FRESH_BYTES
from dlmanager.core.speed import SpeedMeter
from dlmanager.core.stall import Stall, StallLimits, stalled
from dlmanager.core.urls import redact_url
from dlmanager.core.validators import (
    Verdict,
    check_response,
    condition_header,
    is_whole_piece,
    validators_of,
)
from dlmanager.engine.carrying_wget import make_wget
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.page_guard import PageGuard, Peek, final_name, page_outcome
from dlmanager.engine.part_file import (
    OVERLAP_BYTES,
    OVERLAP_BYTES_UNCLEAN,
    Look,
    Overlap,
    PartFile,
    PartReplaced,
)
from dlmanager.engine.part_opening import open_part
from dlmanager.engine.publish import publish
from dlmanager.engine.secret_keeper import SecretsGone, secrets_gone_outcome
from dlmanager.engine.watchdog import Watchdog
from dlmanager.engine.wget_process import Launch, Luggage, WgetProcess
from dlmanager.wget.command import build_arguments, build_command, build_environment
from dlmanager.wget.exit_status import WgetExit, classify, never_settled
from dlmanager.wget.output import BarLine, Event, RequestStarted

MAX_RESTARTS = 2
"""How often one attempt starts from zero because the remote file turned out to be another one."""

SYNC_EVERY_BYTES = 8 * 1024 * 1024

_PASSED_OVER = frozenset({100, 101, 102, 103, 301, 302, 303, 307, 308})
"""Answers that another one follows."""

Recorder = Callable[[dict[str, Any]], Awaitable[Job | None]]
"""Writes facts of the running attempt to its row; None if the row is no longer this attempt's."""


Packer = Callable[[Job, Path], Awaitable[Luggage | None]]
"""Finds what a job's wgets take along; raises SecretsGone."""


class AttemptVoid(Exception):
    """The row is no longer this attempt's: it was paused, cancelled, removed or swept."""


class _Redo(Enum):
    """Why a transfer was stopped by us."""

    RESTART = "restart"
    SIZE_UNCONFIRMED = "size unconfirmed"
    WEB_PAGE = "web page"
    NO_ANSWER = Stall.NO_ANSWER.value
    TOO_SLOW = Stall.TOO_SLOW.value
    PEEK = "peek"  # a web page, or another version: only its body can tell


_KEEPING = frozenset({_Redo.SIZE_UNCONFIRMED, _Redo.WEB_PAGE, _Redo.PEEK})
"""What leaves the part as it was before the transfer."""


@dataclass(frozen=True, slots=True)
class WgetSetup:
    """How wget is run here. home: an empty folder of ours, also its working directory."""

    wget_path: str
    setpriv_path: str | None
    search_path: str
    home: Path
    user_agent: str


class Attempt:
    """One try at a PROCESSING job.

    lock: the job's (`file_lock.job_lock`); held while the attempt lasts, by wget too, so that an
    orphan is told from a dead one without trusting process ids.
    record: see Recorder. on_progress: called, cheaply and often, when bytes have come.
    pack: see Packer; None where there are no secrets.
    `run()` ends with an Outcome; `stop()` ends it early, after the row has said why.
    """

    def __init__(
        self,
        job: Job,
        setup: WgetSetup,
        *,
        lock: FileLock,
        record: Recorder,
        on_progress: Callable[[], None],
        logger: logging.Logger,
        stall_limits: StallLimits = StallLimits(),  # noqa: B008 - it is frozen
        pack: Packer | None = None,
    ) -> None:
        self._job = job
        self._bytes_before = job.bytes_done
        self._synced_bytes = job.bytes_done
        self._syncing = False
        self._setup = setup
        self._pack = pack
        self._luggage: Luggage | None = None
        self._lock = lock
        self._record_facts = record
        self._on_progress = on_progress
        self._logger = logger
        self._part: PartFile | None = None
        self._process: WgetProcess | None = None
        self._stall_limits = stall_limits
        self._watchdog: Watchdog | None = None
        self._response: Response | None = None
        self._request_url: str | None = None
        self._redo: _Redo | None = None
        self._writes: list[asyncio.Task[None]] = []
        self._stopping = False
        self._probing = False
        self._guard = PageGuard(job)
        self._overlap_bytes = OVERLAP_BYTES_UNCLEAN if job.unclean_stop else OVERLAP_BYTES
        self._offset = 0
        self._speed = SpeedMeter()
        self.verification = Verification.SIZE
        self.final_path: Path | None = None

    @property
    def job(self) -> Job:
        """The job's row as this attempt knows it."""
        return self._job

    @property
    def new_bytes(self) -> int:
        """How far this attempt got beyond where the job was before."""
        return self._job.bytes_done - self._bytes_before

    async def run(self) -> Outcome:
        """Transfer, verify and publish; returns how it ended.

        DONE means: the file stands complete at `final_path`. Raises AttemptVoid if the row was
        taken from us meanwhile, WgetUnusable if wget cannot be started, StoreUnusable.
        """
        if not await asyncio.to_thread(self._take_lock):
            return Outcome(
                Ending.BUSY,
                ErrorKind.BUSY,
                "Another process still writes this download's partial file. It goes on by itself.",
            )
        try:
            self._part = await open_part(
                self._job, lambda facts: self._record(**facts), self._logger
            )
            self._luggage = await self._pack(self._job, self._setup.home) if self._pack else None
            outcome = await self._transfer_until_settled()
            return await self._publish() if outcome.ending is Ending.DONE else outcome
        except SecretsGone as error:
            return secrets_gone_outcome(error)
        except PartReplaced:
            return Outcome(Ending.FAIL, ErrorKind.FOLDER, _gone_words(self._job.target_directory))
        except OSError as error:
            return _local_failure(error, self._job.target_directory)

    async def stop(self) -> None:
        """End wget, if it runs; the caller has already written to the row why."""
        self._stopping = True
        if self._process is not None:
            await self._process.cancel()

    def close(self) -> None:
        """Close the part file and give back its lock; an empty part is not worth keeping.

        Blocks for a moment; may be called again.
        """
        part = self._part
        try:
            if part is not None and part.descriptor >= 0:
                if part.size() == 0:
                    part.discard()
                else:
                    part.close()
            self._lock.discard()
        except OSError as error:
            self._logger.warning("job %s: its part could not be closed: %s", self._job.id, error)
            self._lock.release()

    def look(self) -> Look | None:
        """The part's size and overlap now; None while there is no part. Blocks for a few reads."""
        part = self._part
        return part.look() if part is not None else None

    def note(self, look: Look, now_s: float) -> JobProgress | None:
        """Turn a look into progress, or stop the transfer if it showed another file's bytes.

        now_s: monotonic. None if there is nothing to show.
        """
        if self._part is not None and look.transfer != self._part.transfer:
            return None  # it comes late: of a transfer that is over
        if not look.in_place:
            # Not a byte more into nowhere; how the attempt ends is told when wget has ended.
            self._stop_because(_Redo.RESTART)
            return None
        if look.overlap is Overlap.DIFFERENT:
            self._stop_because(_Redo.RESTART)
            return None
        if look.overlap is Overlap.EQUAL and self._offset:
            self._note_proof()
        if look.overlap is Overlap.EQUAL and look.size_bytes - self._bytes_before >= FRESH_BYTES:
            self._renew_retries()
        self._sync_now_and_then(look.size_bytes)
        if self._job.phase is None:
            return None
        return JobProgress(
            job_id=self._job.id,
            attempt=self._job.attempt,
            phase=self._job.phase,
            bytes_done=look.size_bytes,
            bytes_total=self._job.bytes_total,
            speed_bytes_s=self._speed.add(now_s, look.size_bytes),
        )

    # The part

    def _take_lock(self) -> bool:
        try:
            return self._lock.acquire()
        except OSError as error:  # the data folder, not the target: nothing the job can help
            self._logger.warning("job %s: its lock cannot be had: %s", self._job.id, error)
            return False

    # The transfer

    async def _transfer_until_settled(self) -> Outcome:
        """Transfer; start again when the file is another one; probe when the size is unknown."""
        for _ in range(1 + MAX_RESTARTS):
            outcome = await self._transfer()
            while outcome.ending is Ending.RETRY and self._has_whole_piece():
                outcome = await self._transfer()
            if outcome.ending is Ending.PROBE:
                outcome = await self._probe()
            if outcome.ending is not Ending.RESTART:
                return outcome
            if self._redo is _Redo.PEEK and (hindrance := await self._peek()):
                return hindrance
            await self._start_over()
        return never_settled(outcome.http_status, self._offset)

    def _has_whole_piece(self) -> bool:
        return self._response is not None and is_whole_piece(
            self._response, self._offset, self._job.bytes_done
        )

    async def _start_over(self) -> None:
        assert self._part is not None
        await asyncio.to_thread(self._part.clear)
        await self._record(
            etag=None,
            last_modified=None,
            bytes_total=None,
            bytes_done=0,
            phase=Phase.CONNECTING,
        )

    async def _peek(self) -> Outcome | None:
        """Look at what comes before the part is thrown away for it; None if it has to go."""
        assert self._part is not None
        self._offset = 0
        scratch = self._setup.home / f"{self._job.id}.peek"
        peek = Peek(self._job, self._launch(self._part), self._part, scratch)
        if self._stopping:
            raise AttemptVoid
        self._process = peek.process
        try:
            hindrance = await peek.run()
        finally:
            self._process = None
        if self._stopping:
            raise AttemptVoid
        return hindrance

    async def _probe(self) -> Outcome:
        """Ask once more for the end of a file whose length the server did not tell."""
        self._probing = True
        await self._record(phase=Phase.VERIFYING)
        try:
            outcome = await self._transfer()
        finally:
            self._probing = False
        if outcome.ending in (Ending.PROBE, Ending.FAIL):
            # It will not tell, or the link was good for one time: what came stays.
            return self._unconfirmed(outcome.http_status)
        return outcome

    def _unconfirmed(self, http_status: int | None) -> Outcome:
        self.verification = Verification.UNCONFIRMED
        return Outcome(Ending.DONE, http_status=http_status)

    async def _transfer(self) -> Outcome:
        """Run wget once and say how it ended."""
        assert self._part is not None
        self._redo = self._response = self._request_url = None
        self._guard = PageGuard(self._job)
        self._offset = await asyncio.to_thread(self._cut_overlap, self._part)
        # Whatever comes now belongs to what is there only once that is shown, and written down.
        if self._job.unproven_from != self._offset:
            await self._record(unproven_from=self._offset)
        process = self._process = make_wget(
            self._job.id,
            self._launch(self._part),
            on_event=self._on_event,
            on_started=self._on_started,
        )
        if self._stopping:
            raise AttemptVoid
        self._watchdog = Watchdog(
            self._stall_limits,
            size=self._part.size,
            on_stall=lambda stall: self._stop_because(_Redo(stall.value)),
        )
        try:
            exit_ = await self._watchdog.during(process.run())
        finally:
            self._process = None
            fetched = await asyncio.to_thread(self._settle_part)
            self._note_settled(fetched)
            await self._settle_writes()
        if self._stopping:
            raise AttemptVoid
        outcome = await asyncio.to_thread(self._judge, exit_, process.tail, fetched)
        if outcome.error_kind is ErrorKind.WEB_PAGE:
            await self._record(**self._guard.facts_before, bytes_done=self._job.bytes_done)
        self._logger.info(
            "job %s: %s, answer %s, %d bytes: %s",
            self._job.id,
            exit_,
            outcome.http_status,
            self._job.bytes_done,
            outcome.ending,
        )
        return outcome

    def _cut_overlap(self, part: PartFile) -> int:
        if self._probing:
            # At least one byte stays, so that the question is for a range; then the answer
            # tells the total, or that the server knows no ranges.
            return part.cut_overlap(min(OVERLAP_BYTES, part.size() // 2))
        return part.cut_overlap(max(self._overlap_bytes, part.doubtful_bytes()))

    def _launch(self, part: PartFile) -> Launch:
        job, setup, luggage = self._job, self._setup, self._luggage
        arguments = build_arguments(
            str(part.path),
            condition=condition_header(self._known()) if self._offset else None,
            user_agent=setup.user_agent,
            config_path=str(luggage.config_path) if luggage else None,
            follows_redirects=not (luggage and luggage.carried.secrets),
        )
        program, arguments = build_command(setup.wget_path, arguments, setup.setpriv_path)
        return Launch(
            program=program,
            arguments=arguments,
            environment=build_environment(str(setup.home), setup.search_path),
            working_directory=str(setup.home),
            stdin=job.url.encode("ascii") + b"\n",
            inherit=self._lock.descriptor,
            luggage=luggage,
        )

    def _settle_part(self) -> Look:
        """After wget ended, for whatever reason: leave in the part only what belongs together.

        Returns what wget had left there.
        """
        assert self._part is not None
        part = self._part
        fetched = Look(part.size(), part.compare_overlap())
        if self._redo in _KEEPING or fetched.overlap is Overlap.SHORT:
            part.restore()
        elif self._redo is _Redo.RESTART or fetched.overlap is Overlap.DIFFERENT:
            part.clear()
        return fetched

    def _note_settled(self, fetched: Look) -> None:
        if self._redo in _KEEPING or fetched.overlap is Overlap.SHORT:
            self._write(unproven_from=None)  # what was there is there again, and no more
        elif fetched.overlap is Overlap.EQUAL and self._offset:
            self._note_proof()

    def _sync_now_and_then(self, size_bytes: int) -> None:
        """Have the bytes written out while more come, so that the end need not wait for all."""
        if self._part is None or self._syncing:
            return  # a second sync would wait for the first, in a thread that others need
        if size_bytes - self._synced_bytes >= SYNC_EVERY_BYTES:
            self._syncing = True
            self._spawn(self._sync(self._part))

    async def _sync(self, part: PartFile) -> None:
        try:
            while (size_bytes := part.size()) - self._synced_bytes >= SYNC_EVERY_BYTES:
                self._synced_bytes = size_bytes
                await asyncio.to_thread(part.sync_bytes)
        finally:
            self._syncing = False

    def _note_proof(self) -> None:
        """The bytes fetched again are those that were there: all that follows belongs to them."""
        if self._job.unproven_from is not None:
            self._overlap_bytes = OVERLAP_BYTES
            self._write(unproven_from=None, unclean_stop=False)

    def _renew_retries(self) -> None:
        """So much has come that the retries of before count no more, should a kill come now."""
        if self._job.retry_count:
            self._write(retry_count=0)

    def _judge(self, exit_: WgetExit, tail: Sequence[str], fetched: Look) -> Outcome:
        """Say what the transfer has come to."""
        assert self._part is not None
        part = self._part
        if not part.is_in_place():
            raise PartReplaced(part.path)
        http_status = _status_of(self._response)
        if self._redo is _Redo.SIZE_UNCONFIRMED:
            return self._unconfirmed(http_status)
        if self._redo is _Redo.WEB_PAGE or (self._redo is None and self._guard.finds_page(part)):
            self._job = replace(self._job, bytes_done=part.size())
            return page_outcome(http_status)
        if self._redo in (_Redo.RESTART, _Redo.PEEK) or fetched.overlap is Overlap.DIFFERENT:
            return Outcome(Ending.RESTART, http_status=http_status)
        if self._redo in (_Redo.NO_ANSWER, _Redo.TOO_SLOW) and exit_.signal is not None:
            self._job = replace(self._job, bytes_done=part.size())
            return stalled(Stall(self._redo.value), http_status)
        outcome = classify(
            exit_,
            self._response,
            tail,
            offset_bytes=self._offset,
            # What was cut off counts only once it has come again.
            size_bytes=fetched.size_bytes,
            known_total=self._job.bytes_total,
            now_s=time.time(),
        )
        if outcome.ending is Ending.DONE and fetched.overlap is Overlap.SHORT:
            # The file on the server ends before the place that we had reached.
            return Outcome(Ending.RESTART, http_status=http_status)
        if outcome.error_kind is ErrorKind.BAD_ANSWER:
            part.restore()
        self._job = replace(self._job, bytes_done=part.size())
        return outcome

    # What wget says

    def _on_started(self, pid: int) -> None:
        self._write(pid=pid, pid_started_at=_process_started_at(pid))

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
        if self._redo is not None or response.status in _PASSED_OVER:
            return
        if self._watchdog is not None:
            self._watchdog.note_answer()
        verdict = check_response(self._known(), self._offset, response)
        doubt = self._guard.judge_head(response, self._offset, verdict)
        if self._probing and self._offset and response.status == 200:
            # Asked again, the server sends everything from the start: it will not confirm.
            # (Where nothing had come, everything is what is wanted.)
            self._stop_because(_Redo.SIZE_UNCONFIRMED)
        elif doubt is Doubt.PAGE:
            self._stop_because(_Redo.WEB_PAGE)
        elif verdict is not Verdict.GO_ON and self._guard.needs_peek(response):
            self._stop_because(_Redo.PEEK)
        elif verdict is not Verdict.GO_ON:
            # NO_RANGE too: everything is sent again anyway, and from zero it is surely right.
            self._stop_because(_Redo.RESTART)
        elif response.status in (200, 206):
            self._keep(response)

    def _keep(self, response: Response) -> None:
        told, known = validators_of(response), self._known() if self._offset else Validators()
        # The beginning of a file needs no proof but to be written down with its validators.
        proof = {} if self._offset else {"unproven_from": None, "unclean_stop": False}
        self._write(
            **proof,
            phase=Phase.VERIFYING if self._probing else Phase.DOWNLOADING,
            http_status=response.status,
            etag=told.etag or known.etag,
            last_modified=told.last_modified or known.last_modified,
            bytes_total=told.total if told.total is not None else known.total,
            final_url=redact_url(self._request_url) if self._request_url else None,
            content_type=response.header("content-type"),
            filename=self._job.filename or self._suggested_name(response),
            named_by_server=self._job.named_by_server or self._job.filename is None,
        )
        self._on_progress()

    def _suggested_name(self, response: Response) -> str:
        return suggest_filename(
            self._request_url or self._job.url,
            response.header("content-disposition"),
            response.header("content-type"),
        )

    def _known(self) -> Validators:
        job = self._job
        return Validators(job.etag, job.last_modified, job.bytes_total)

    def _stop_because(self, redo: _Redo) -> None:
        if self._process is not None and self._redo is None:
            self._redo = redo
            self._spawn(self._process.cancel())

    # Writing to the row

    async def _record(self, **facts: Any) -> None:
        job = await self._record_facts(facts)
        if job is None:
            raise AttemptVoid
        self._job = job

    def _write(self, **facts: Any) -> None:
        """Note facts now and write them soon, in order; `_settle_writes` waits for them."""
        self._job = replace(self._job, **facts)
        self._spawn(self._record_facts(facts))

    def _spawn(self, awaitable: Awaitable[Any]) -> None:
        async def run() -> None:
            await awaitable

        self._writes.append(asyncio.ensure_future(run()))

    async def _settle_writes(self) -> None:
        writes, self._writes = self._writes, []
        await asyncio.gather(*writes)

    # Publishing

    async def _publish(self) -> Outcome:
        assert self._part is not None
        size_bytes = await asyncio.to_thread(self._part.size)

        async def record(path: Path) -> None:
            await self._record(
                phase=Phase.FINALISING,
                filename=path.name,
                final_path=str(path),
                bytes_done=size_bytes,
                bytes_total=size_bytes,
                verification=self.verification,
            )

        folder = Path(self._job.target_directory)
        name = await asyncio.to_thread(final_name, self._job, self._part)
        self.final_path = await publish(self._part, folder, name, record)
        return Outcome(Ending.DONE, http_status=self._job.http_status)


def _gone_words(folder: str) -> str:
    """Why a part is not where it was, in a sentence."""
    if not Path(folder).is_dir():
        return f"The folder {folder} is gone. Bring it back, then choose Retry."
    return (
        "The partial file was moved, deleted or replaced while it was being written. "
        "Choose Retry to start again."
    )


_PASSING = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.EAGAIN, errno.EBUSY}
)
"""Errors of the file system that may be gone in a moment."""


def _status_of(response: Response | None) -> int | None:
    return response.status if response is not None else None


def _process_started_at(pid: int) -> int | None:
    """When a process started, in milliseconds since the epoch; None if it is gone already."""
    import psutil  # here, as a start without a download does without it

    try:
        return round(psutil.Process(pid).create_time() * 1000)
    except psutil.Error:
        return None


def _local_failure(error: OSError, folder: str) -> Outcome:
    """What an error of the file system means for a job."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Outcome(
            Ending.DISK_FULL,
            ErrorKind.DISK_FULL,
            f"The disk of {folder} is full. Make room, and the download goes on by itself.",
        )
    if error.errno in _PASSING:
        return Outcome(
            Ending.RETRY, ErrorKind.FOLDER, f"The disk cannot be used just now ({error.strerror})."
        )
    return Outcome(
        Ending.FAIL,
        ErrorKind.FOLDER,
        f"The folder {folder} cannot be written ({error.strerror}). "
        "Check that it exists and that you may write there, then choose Retry.",
    )
