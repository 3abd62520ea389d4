"""One attempt at a job: from the part file to the published file, or to why not.

The protocol is that of ARCHITECTURE.md, "How a file is made".
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dlmanager.core.attempt_record import AttemptNotes
from dlmanager.core.errors import ErrorKind
from dlmanager.core.job import Job, Phase, Verification
from dlmanager.core.outcome import Ending, Outcome
from dlmanager.core.progress import JobProgress
from dlmanager.core.retry import FRESH_BYTES
from dlmanager.core.speed import SpeedMeter
from dlmanager.core.stall import StallLimits
from dlmanager.core.validators import (
    condition_header,
)
from dlmanager.engine.attempt_log import AttemptLog
from dlmanager.engine.attempt_row import AttemptRow, Recorder
from dlmanager.engine.file_lock import FileLock
from dlmanager.engine.local_failure import gone_words, local_failure
from dlmanager.engine.page_guard import Peek, final_name
from dlmanager.engine.part_check import Mismatch, PartCheck, awaits_check, mismatch_outcome
from dlmanager.engine.part_file import (
    Look,
    Overlap,
    PartFile,
    PartReplaced,
)
from dlmanager.engine.part_opening import open_part
from dlmanager.engine.publish import publish
from dlmanager.engine.secret_keeper import SecretsGone, secrets_gone_outcome
from dlmanager.engine.transfer import Redo, Transfer, known_validators
from dlmanager.engine.wget_care import WgetSetup
from dlmanager.engine.wget_process import Launch, Luggage, WgetProcess
from dlmanager.wget.command import build_arguments, build_command, build_environment
from dlmanager.wget.exit_status import never_settled

MAX_RESTARTS = 2
"""How often one attempt starts from zero because the remote file turned out to be another one."""

SYNC_EVERY_BYTES = 8 * 1024 * 1024

Packer = Callable[[Job, Path], Awaitable[Luggage | None]]
"""Finds what a job's wgets take along; raises SecretsGone."""


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
        self._row = AttemptRow(job, record)
        self._bytes_before = job.bytes_done
        self._from_byte: int | None = None
        self._log = AttemptLog()
        self._synced_bytes = job.bytes_done
        self._syncing = False
        self._setup = setup
        self._pack = pack
        self._luggage: Luggage | None = None
        self._lock = lock
        self._on_progress = on_progress
        self._logger = logger
        self._part: PartFile | None = None
        self._transfer: Transfer | None = None
        self._peek_process: WgetProcess | None = None
        self._check: PartCheck | None = None
        self._stall_limits = stall_limits
        self._speed = SpeedMeter()
        self.verification = Verification.SIZE
        self.final_path: Path | None = None

    @property
    def job(self) -> Job:
        """The job's row as this attempt knows it."""
        return self._row.job

    @property
    def new_bytes(self) -> int:
        """How far this attempt got beyond where the job was before."""
        return self._row.job.bytes_done - self._bytes_before

    @property
    def notes(self) -> AttemptNotes:
        """Where it began, or began anew, and wget's words up to now."""
        from_byte = self._bytes_before if self._from_byte is None else self._from_byte
        return AttemptNotes(from_byte, self._log.text)

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
        job = self._row.job
        try:
            self._part = await open_part(job, lambda facts: self._row.record(**facts), self._logger)
            self._luggage = (
                await self._pack(self._row.job, self._setup.home) if self._pack else None
            )
            if self._luggage is not None:
                self._log.hide(self._luggage.carried)
            outcome = await self._transfer_until_right()
            return await self._publish() if outcome.ending is Ending.DONE else outcome
        except SecretsGone as error:
            return secrets_gone_outcome(error)
        except PartReplaced:
            return Outcome(Ending.FAIL, ErrorKind.FOLDER, gone_words(job.target_directory))
        except OSError as error:
            return local_failure(error, job.target_directory)

    async def stop(self) -> None:
        """End what runs; the caller has already written to the row why."""
        self._row.let_go()
        if self._transfer is not None:
            await self._transfer.stop()
        if self._peek_process is not None:
            await self._peek_process.cancel()
        if self._check is not None:
            self._check.stop()

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
            self._logger.warning(
                "job %s: its part could not be closed: %s", self._row.job.id, error
            )
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
            self._start_over_soon()
            return None
        if look.overlap is Overlap.DIFFERENT:
            self._start_over_soon()
            return None
        if look.overlap is Overlap.EQUAL and self._transfer is not None:
            self._transfer.note_proof()
        if look.overlap is Overlap.EQUAL and look.size_bytes - self._bytes_before >= FRESH_BYTES:
            self._renew_retries()
        self._sync_now_and_then(look.size_bytes)
        if self._row.job.phase is None:
            return None
        checked = None if self._check is None else self._check.hashed_bytes
        return JobProgress(
            job_id=self._row.job.id,
            attempt=self._row.job.attempt,
            phase=self._row.job.phase,
            bytes_done=look.size_bytes,
            bytes_total=self._row.job.bytes_total,
            speed_bytes_s=self._speed.add(now_s, look.size_bytes) if checked is None else None,
            checked_bytes=checked,
        )

    # The part

    def _take_lock(self) -> bool:
        try:
            return self._lock.acquire()
        except OSError as error:  # the data folder, not the target: nothing the job can help
            self._logger.warning("job %s: its lock cannot be had: %s", self._row.job.id, error)
            return False

    # The transfer

    def _start_over_soon(self) -> None:
        if self._transfer is not None:
            self._transfer.stop_because(Redo.RESTART)

    async def _transfer_until_right(self) -> Outcome:
        """Transfer, and hold what came against its checksum; once more from zero if it is wrong."""
        assert self._part is not None
        if await asyncio.to_thread(awaits_check, self._row.job, self._part):
            outcome = Outcome(Ending.DONE, http_status=self._row.job.http_status)
        else:
            outcome = await self._transfer_until_settled()
        while outcome.ending is Ending.DONE and (wrong := await self._find_wrong()) is not None:
            # The part goes first: where a crash comes between, it must not count as fetched anew.
            await self._start_over(checksum_found=wrong.found)
            if wrong.came_before:
                await self._row.record(verification=Verification.MISMATCH)
                return mismatch_outcome(wrong, outcome.http_status)
            self.verification = Verification.SIZE
            outcome = await self._transfer_until_settled()
        return outcome

    async def _find_wrong(self) -> Mismatch | None:
        """Hash the part, if a checksum is expected; None if it is right or nothing is expected."""
        assert self._part is not None
        self._check = PartCheck(self._row, self._part, self._on_progress)
        try:
            wrong = await self._check.run()
        finally:
            self._check = None
        if wrong is not None:
            self._logger.warning("job %s: wrong checksum %s", self._row.job.id, wrong.found)
        elif self._row.job.expected_checksum is not None:
            self.verification = Verification.CHECKSUM
        return wrong

    async def _transfer_until_settled(self) -> Outcome:
        """Transfer; start again when the file is another one; probe when the size is unknown."""
        for _ in range(1 + MAX_RESTARTS):
            transfer, outcome = await self._transfer_once()
            while outcome.ending is Ending.RETRY and transfer.brought_whole_piece:
                transfer, outcome = await self._transfer_once()
            if outcome.ending is Ending.PROBE:
                transfer, outcome = await self._probe()
            if outcome.ending is not Ending.RESTART:
                return outcome
            offset = transfer.offset
            if transfer.redo is Redo.PEEK:
                offset = 0
                if hindrance := await self._peek():
                    return hindrance
            await self._start_over()
        return never_settled(outcome.http_status, offset)

    async def _transfer_once(self, *, is_probe: bool = False) -> tuple[Transfer, Outcome]:
        assert self._part is not None
        transfer = self._transfer = Transfer(
            self._row,
            self._part,
            self._launch,
            stall_limits=self._stall_limits,
            on_progress=self._on_progress,
            logger=self._logger,
            is_probe=is_probe,
        )
        outcome = await transfer.run()
        if transfer.is_unconfirmed:
            self.verification = Verification.UNCONFIRMED
        return transfer, outcome

    async def _start_over(self, **facts: Any) -> None:
        assert self._part is not None
        await asyncio.to_thread(self._part.clear)
        self._from_byte = 0
        await self._row.record(
            etag=None,
            last_modified=None,
            bytes_total=None,
            bytes_done=0,
            phase=Phase.CONNECTING,
            **facts,
        )

    async def _peek(self) -> Outcome | None:
        """Look at what comes before the part is thrown away for it; None if it has to go."""
        assert self._part is not None
        scratch = self._setup.home / f"{self._row.job.id}.peek"
        peek = Peek(self._row.job, self._launch(0), self._part, scratch)
        self._row.check()
        self._peek_process = peek.process
        try:
            hindrance = await peek.run()
        finally:
            self._peek_process = None
        self._row.check()
        return hindrance

    async def _probe(self) -> tuple[Transfer, Outcome]:
        """Ask once more for the end of a file whose length the server did not tell."""
        await self._row.record(phase=Phase.VERIFYING)
        transfer, outcome = await self._transfer_once(is_probe=True)
        if outcome.ending in (Ending.PROBE, Ending.FAIL):
            # It will not tell, or the link was good for one time: what came stays.
            self.verification = Verification.UNCONFIRMED
            outcome = Outcome(Ending.DONE, http_status=outcome.http_status)
        return transfer, outcome

    def _launch(self, offset: int) -> Launch:
        assert self._part is not None
        if self._from_byte is None:
            self._from_byte = offset
        job, setup, luggage = self._row.job, self._setup, self._luggage
        arguments = build_arguments(
            str(self._part.path),
            condition=condition_header(known_validators(job)) if offset else None,
            user_agent=setup.user_agent,
            config_path=str(luggage.config_path) if luggage else None,
            follows_redirects=not (luggage and luggage.carried.follows_redirects),
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
            on_line=self._log.append,
        )

    def _sync_now_and_then(self, size_bytes: int) -> None:
        """Have the bytes written out while more come, so that the end need not wait for all."""
        if self._part is None or self._syncing:
            return  # a second sync would wait for the first, in a thread that others need
        if size_bytes - self._synced_bytes >= SYNC_EVERY_BYTES:
            self._syncing = True
            self._row.spawn(self._sync(self._part))

    async def _sync(self, part: PartFile) -> None:
        try:
            while (size_bytes := part.size()) - self._synced_bytes >= SYNC_EVERY_BYTES:
                self._synced_bytes = size_bytes
                await asyncio.to_thread(part.sync_bytes)
        finally:
            self._syncing = False

    def _renew_retries(self) -> None:
        """So much has come that the retries of before count no more, should a kill come now."""
        if self._row.job.retry_count:
            self._row.write(retry_count=0)

    # Publishing

    async def _publish(self) -> Outcome:
        assert self._part is not None
        size_bytes = await asyncio.to_thread(self._part.size)

        async def record(path: Path) -> None:
            await self._row.record(
                phase=Phase.FINALISING,
                filename=path.name,
                final_path=str(path),
                bytes_done=size_bytes,
                bytes_total=size_bytes,
                verification=self.verification,
            )

        folder = Path(self._row.job.target_directory)
        name = await asyncio.to_thread(final_name, self._row.job, self._part)
        self.final_path = await publish(self._part, folder, name, record)
        return Outcome(Ending.DONE, http_status=self._row.job.http_status)
