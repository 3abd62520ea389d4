"""A queue without engine or store: real signals, instant answers, a record of what was asked."""

import itertools
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from dlmanager.core.attempt_record import AttemptRecord
from dlmanager.core.checksum_kind import Checksum
from dlmanager.core.errors import DlmanagerError, InvalidFolder, InvalidName
from dlmanager.core.job import (
    IN_LINE,
    WISH_TARGET,
    Job,
    NewJob,
    NewMirror,
    Phase,
    Status,
    Verification,
    Wish,
)
from dlmanager.core.link_files import LinkFile
from dlmanager.core.mirrors import Mirror
from dlmanager.core.priority import Priority
from dlmanager.core.progress import JobProgress
from dlmanager.core.queue_order import Move, moved, put_before
from dlmanager.core.urls import normalise_url
from dlmanager.desktop.link_files import read_link_file


def make_job(job_id: str = "a", status: Status = Status.PENDING, **fields: Any) -> Job:
    values: dict[str, Any] = {
        "id": job_id,
        "url": f"https://example.org/{job_id}.iso",
        "target_directory": "/tmp",
        "filename": f"{job_id}.iso",
        "status": status,
        "progress_percent": None,
        "progress_summary": None,
        "retry_count": 0,
        "max_retries": 3,
        "next_retry_at": None,
        "pid": None,
        "created_at": 1_000,
        "updated_at": 1_000,
    }
    return Job(**{**values, **fields})


def running(job_id: str, **fields: object) -> Job:
    values: dict[str, Any] = {
        "phase": Phase.DOWNLOADING,
        "bytes_total": 1000,
        "attempt": 1,
        **fields,
    }
    return make_job(job_id, Status.PROCESSING, **values)


def report(job_id: str, done: int, attempt: int = 1, speed: float | None = 100.0) -> JobProgress:
    return JobProgress(job_id, attempt, Phase.DOWNLOADING, done, 1000, speed)


def finish(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the coroutine waits for something")


async def read_at_once(path: str) -> LinkFile:
    return read_link_file(path)


async def free_at_once(folder: str) -> int | None:
    return 128_000_000_000 if Path(folder).is_dir() else None


class FakeQueue(QObject):
    jobs_added = Signal(object)
    jobs_changed = Signal(object)
    jobs_removed = Signal(object)
    progressed = Signal(object)
    problem_changed = Signal(object)
    network_away_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Job] = {}
        self.calls: list[tuple[str, list[str]]] = []
        self.orders: list[NewJob] = []
        self.removed: dict[str, Job] = {}
        self.known_mirrors: dict[str, list[Mirror]] = {}
        self.records: dict[str, list[AttemptRecord]] = {}
        self.live_logs: dict[str, str] = {}
        self.failure: DlmanagerError | None = None
        self.found_digits = ""
        self.stopped: list[str | None] = []
        self.problem: str | None = None
        self.network_is_away = False
        self.max_retries = 3
        self._numbers = itertools.count(1)

    def hold(self, *jobs: Job) -> list[Job]:
        self.jobs |= {job.id: job for job in jobs}
        return list(jobs)

    def set_problem(self, problem: str | None) -> None:
        self.problem = problem
        self.problem_changed.emit(problem)

    def order(
        self,
        url: str,
        target_directory: str,
        filename: str | None = None,
        *,
        max_retries: int | None = None,
        paused: bool = False,
        mirrors: Sequence[str] = (),
        expected_bytes: int | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> NewJob:
        link = normalise_url(url)
        if not Path(target_directory).is_dir():
            raise InvalidFolder(f"The folder {target_directory} does not exist.")
        if filename is not None and "/" in filename:
            raise InvalidName("A file name cannot hold a slash.")
        retries = self.max_retries if max_retries is None else max_retries
        return NewJob(
            link,
            target_directory,
            filename,
            retries,
            paused=paused,
            mirrors=tuple(map(NewMirror, mirrors)),
            expected_bytes=expected_bytes,
            priority=priority,
        )

    async def list_jobs(self) -> list[Job]:
        return list(self.jobs.values())

    async def add(self, orders: Sequence[NewJob]) -> list[Job]:
        if self.failure is not None:
            raise self.failure
        self.orders += orders
        made = [
            make_job(
                f"new{next(self._numbers)}",
                Status.PAUSED if order.paused else Status.PENDING,
                url=order.url,
                filename=order.filename,
                target_directory=order.target_directory,
                priority=order.priority,
            )
            for order in orders
        ]
        self.hold(*made)
        self.jobs_added.emit(made)
        return made

    async def pause(self, job_ids: Sequence[str]) -> list[Job]:
        return self._wish(Wish.PAUSE, job_ids)

    async def resume(self, job_ids: Sequence[str]) -> list[Job]:
        return self._wish(Wish.RESUME, job_ids)

    async def start_now(self, job_ids: Sequence[str]) -> list[Job]:
        return self._wish(Wish.START, job_ids)

    async def prioritize(self, job_ids: Sequence[str], priority: Priority) -> list[Job]:
        self.calls.append((f"prioritize {priority}", list(job_ids)))
        if self.failure is not None:
            raise self.failure
        jobs = [self.jobs[job_id] for job_id in job_ids]
        return self._tell(
            [job._replace(priority=priority) for job in jobs if job.priority is not priority]
        )

    async def move(self, job_ids: Sequence[str], where: Move) -> list[Job]:
        """As the store does it, in one level."""
        self.calls.append((f"move {where}", list(job_ids)))
        line = sorted(
            (job for job in self.jobs.values() if job.status in IN_LINE), key=lambda job: job.turn
        )
        return self._arrange(moved([job.id for job in line], job_ids, where))

    async def put(
        self, job_ids: Sequence[str], priority: Priority, following: str | None
    ) -> list[Job]:
        self.calls.append((f"put {priority} {following}", list(job_ids)))
        self.hold(*(self.jobs[job_id]._replace(priority=priority) for job_id in job_ids))
        line = sorted(
            (job for job in self.jobs.values() if job.priority is priority),
            key=lambda job: job.turn,
        )
        return self._arrange(put_before([job.id for job in line], job_ids, following))

    def _arrange(self, line: Sequence[str]) -> list[Job]:
        jobs = [self.jobs[job_id]._replace(place=place) for place, job_id in enumerate(line)]
        return self._tell([job for job in jobs if job.turn != self.jobs[job.id].turn])

    def _tell(self, changed: list[Job]) -> list[Job]:
        self.hold(*changed)
        self.jobs_changed.emit(changed)
        return changed

    async def cancel(self, job_ids: Sequence[str]) -> list[Job]:
        return self._wish(Wish.CANCEL, job_ids)

    async def retry(self, job_ids: Sequence[str]) -> list[Job]:
        return self._wish(Wish.RETRY, job_ids)

    async def accept(self, job_ids: Sequence[str]) -> list[Job]:
        return self._wish(Wish.ACCEPT, job_ids)

    async def remove(self, job_ids: Sequence[str], *, undo_ms: int = 0) -> None:
        self.calls.append(("remove", list(job_ids)))
        removed = {job_id: self.jobs.pop(job_id) for job_id in job_ids}
        self.removed = removed if undo_ms else {}
        self.jobs_removed.emit(list(job_ids))

    async def restore(self, job_ids: Sequence[str]) -> list[Job]:
        self.calls.append(("restore", list(job_ids)))
        restored = self.hold(*(self.removed[job_id] for job_id in job_ids))
        self.jobs_added.emit(restored)
        return restored

    async def download_again(self, job_ids: Sequence[str]) -> list[Job]:
        self.calls.append(("download_again", list(job_ids)))
        jobs = [self.jobs[job_id] for job_id in job_ids]
        return await self.add([NewJob(job.url, job.target_directory) for job in jobs])

    async def change_link(self, job_id: str, link: str) -> None:
        self.calls.append(("change_link", [job_id, link]))
        if self.failure is not None:
            raise self.failure
        changed = self.jobs[job_id]._replace(url=normalise_url(link))
        self.jobs_changed.emit(self.hold(changed))

    async def expect_checksum(self, job_id: str, checksum: Checksum | None) -> None:
        self.calls.append(("expect_checksum", [job_id, str(checksum)]))
        if self.failure is not None:
            raise self.failure
        kind, digits = checksum or (None, None)
        changed = self.jobs[job_id]._replace(
            checksum_kind=kind, checksum=digits, checksum_found=None
        )
        self.jobs_changed.emit(self.hold(changed))

    async def verify(
        self, job_id: str, checksum: Checksum | None, on_progress: Callable[[int, int], None]
    ) -> Job | None:
        self.calls.append(("verify", [job_id, str(checksum)]))
        if self.failure is not None:
            raise self.failure
        job = self.jobs[job_id]
        wanted = checksum or job.expected_checksum
        assert wanted is not None
        on_progress(50, 100)
        is_right = self.found_digits == wanted.hex
        changed = job._replace(
            checksum_kind=wanted.kind,
            checksum=wanted.hex,
            checksum_found=self.found_digits,
            verification=Verification.CHECKSUM if is_right else Verification.MISMATCH,
        )
        self.jobs_changed.emit(self.hold(changed))
        return changed

    def stop_verifying(self, job_id: str | None = None) -> None:
        self.stopped.append(job_id)

    async def pause_all(self) -> None:
        self.calls.append(("pause_all", []))

    async def resume_all(self) -> None:
        self.calls.append(("resume_all", []))

    async def attempts(self, job_id: str) -> list[AttemptRecord]:
        self.calls.append(("attempts", [job_id]))
        if self.failure is not None:
            raise self.failure
        return self.records.get(job_id, [])

    async def mirrors(self, job_id: str) -> list[Mirror]:
        self.calls.append(("mirrors", [job_id]))
        if self.failure is not None:
            raise self.failure
        return self.known_mirrors.get(job_id, [])

    def live_log(self, job_id: str) -> str | None:
        return self.live_logs.get(job_id)

    def _wish(self, wish: Wish, job_ids: Sequence[str]) -> list[Job]:
        self.calls.append((wish.value, list(job_ids)))
        changed = [
            self.jobs[job_id]._replace(status=WISH_TARGET[wish])
            for job_id in job_ids
            if self.jobs[job_id].allows(wish)
        ]
        self.hold(*changed)
        self.jobs_changed.emit(changed)
        return changed
