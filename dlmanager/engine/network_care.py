"""Patience with the network and with servers: who is not asked now, and when that is over."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from dlmanager.core.clock_jump import ClockWatch
from dlmanager.core.cool_down import (
    Pauses,
    asks_for_pause,
    waits_ms,
    with_pause,
    without_pause,
)
from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import Job, Status, WaitingFor
from dlmanager.core.outcome import Outcome
from dlmanager.core.progress import JobProgress
from dlmanager.core.reachability import (
    MOST_TRIED_WHILE_AWAY,
    Contact,
    Contacts,
    SystemState,
    contact_of,
    network_is_away,
    network_is_up,
    probe_gap_ms,
    with_failing,
    with_reached,
)
from dlmanager.core.retry import (
    MAX_RETRY_AFTER_MS,
    NextTry,
    next_try,
    retry_delay_ms,
    wait_for_network,
)
from dlmanager.core.urls import address_of, host_of
from dlmanager.engine.clock import now_ms, steady_ms
from dlmanager.engine.probe import can_connect
from dlmanager.engine.tasks import Tasks
from dlmanager.store import waiting
from dlmanager.store.job_store import JobStore
from dlmanager.store.store_thread import StoreThread


class SystemNetwork(Protocol):
    """What tells of the system's own connection. changed: a signal without arguments."""

    changed: Any

    @property
    def state(self) -> SystemState:
        """How the system says it is connected."""
        ...


class NetworkCare(QObject):
    """Judges from the ends of attempts whether the network is away, and probes until it is back.

    Keeps the pauses that servers asked for, too, and sees to it that a clock that was set makes
    nobody wait. While the network is away no retry is spent.
    probe_address: where to knock for a link; with a proxy it would be the proxy's address.

    Signals:
        jobs_changed(object): list[Job], rows as committed.
        opened(): jobs may be due that were not.
        away_changed(bool): whether the network as a whole is away, from now on.
    """

    jobs_changed = Signal(object)
    opened = Signal()
    away_changed = Signal(bool)

    def __init__(
        self,
        store: StoreThread,
        tasks: Tasks,
        logger: logging.Logger,
        *,
        initial_retry_delay_ms: int,
        system: SystemNetwork | None = None,
        probe_address: Callable[[str], tuple[str, int]] = address_of,
        clock_s: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._tasks = tasks
        self._logger = logger
        self.initial_retry_delay_ms = initial_retry_delay_ms
        self._system = system
        self._probe_address = probe_address
        self._clock_s = clock_s
        self._contacts = Contacts()
        self._pauses: Pauses = {}
        self._clocks = ClockWatch(now_ms(), steady_ms())
        self._is_away = False
        self._is_at_work = False
        self._has_marks = True
        self._failed_probes = 0
        self._probe_at_ms = 0
        self._probing: asyncio.Task[None] | None = None
        self._moved: dict[tuple[str, int], int] = {}
        self._doubtful: dict[str, int] = {}
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._start_probe)
        if system is not None:
            system.changed.connect(self._on_system_changed)

    # Life

    async def start(self) -> None:
        """Begin afresh, but keep the pauses that servers asked for in an earlier run."""
        self._contacts, self._doubtful, self._moved = Contacts(), {}, {}
        self._clocks = ClockWatch(now_ms(), steady_ms())
        self._has_marks, self._is_away = True, False
        for job in await self._store.run(JobStore.list_jobs, Status.RETRYING):
            if job.next_retry_at is not None and job.http_status in (429, 503):
                self._pause(host_of(job.url), job.next_retry_at - now_ms())
        await self._store.run(waiting.end_network_wait, now_ms())
        self._is_at_work = True

    async def stop(self) -> None:
        """Probe no more."""
        self._is_at_work = False
        self._timer.stop()
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])

    # What the queue asks

    @property
    def is_away(self) -> bool:
        """Whether the network as a whole is away."""
        return self._is_away

    @property
    def is_hopeless(self) -> bool:
        """Whether so many hosts failed that not even new ones are to be tried."""
        return len(self._unreachable()) >= MOST_TRIED_WHILE_AWAY

    @property
    def closed_hosts(self) -> Collection[str]:
        """The hosts that are not to be asked now."""
        return {*waits_ms(self._pauses, steady_ms()), *self._unreachable()}

    @property
    def opens_in_ms(self) -> int | None:
        """When the next pause of a host ends; None if none has one."""
        return min(waits_ms(self._pauses, steady_ms()).values(), default=None)

    def next_try(self, job: Job, outcome: Outcome, new_bytes: int) -> NextTry:
        """Decide when a job is tried again whose attempt ended with RETRY."""
        contact = contact_of(outcome)
        is_doubtful = contact not in (None, Contact.REACHED)
        if is_doubtful and self._is_away:
            return wait_for_network(job, new_bytes=new_bytes, next_probe_at_ms=self._probe_at_ms)
        planned = next_try(
            job,
            new_bytes=new_bytes,
            retry_after_s=outcome.retry_after_s,
            initial_retry_delay_ms=self.initial_retry_delay_ms,
            now_ms=now_ms(),
            is_unresolved=contact is Contact.UNRESOLVED and self._is_up(),
        )
        if is_doubtful and planned.status is Status.RETRYING:
            self._doubtful[job.id] = job.attempt
        return planned

    # What happened

    def note_outcome(self, job: Job, outcome: Outcome) -> None:
        """Learn from the end of an attempt; call it before `next_try`."""
        host = host_of(job.url)
        self._moved.pop((job.id, job.attempt), None)
        if asks_for_pause(outcome):
            delay_ms = retry_delay_ms(
                self.initial_retry_delay_ms, job.retry_count, outcome.retry_after_s
            )
            self._pause(host, delay_ms)
        contact = contact_of(outcome)
        if contact is Contact.REACHED:
            self._on_reached(host)
        elif contact in (Contact.UNRESOLVED, Contact.UNCONNECTED):
            self._on_failing(host, contact)

    def note_progress(self, progress: Sequence[JobProgress]) -> None:
        """Learn from the bytes that come: somebody is reached."""
        for each in progress:
            before = self._moved.get((each.job_id, each.attempt))
            self._moved[each.job_id, each.attempt] = each.bytes_done
            if before is not None and each.bytes_done > before:
                self._on_reached(None)

    def note_wish(self, jobs: Sequence[Job], *, lifts_pauses: bool) -> None:
        """Somebody wants these jobs to go on now: look at once whether they can."""
        for job in jobs if lifts_pauses else ():
            self._pauses = without_pause(self._pauses, host_of(job.url))
        if self._is_away and self._is_at_work:
            self._failed_probes = 0
            self._timer.start(0)

    async def tend(self) -> None:
        """Put the rows in order: moments that a set clock has spoilt, and what jobs wait for."""
        jump_ms = self._clocks.jump_ms(now_ms(), steady_ms())
        if jump_ms:
            self._logger.warning("the clock was set by %d s", jump_ms // 1000)
        if jump_ms < 0:
            # Set forward it makes retries due, which does no harm: hosts keep their pauses.
            self._tell(await self._store.run(waiting.shift_retries, jump_ms, now_ms()))
        latest_ms = now_ms() + MAX_RETRY_AFTER_MS
        self._tell(await self._store.run(JobStore.bring_retries_forward, latest_ms, now_ms()))
        await self._mark_waiting()

    async def _mark_waiting(self) -> None:
        hosts = {
            host: (WaitingFor.HOST, now_ms() + wait_ms - _SLACK_MS)
            for host, wait_ms in waits_ms(self._pauses, steady_ms()).items()
        }
        hosts |= {host: (WaitingFor.NETWORK, now_ms()) for host in self._unreachable()}
        if hosts or self._has_marks:
            self._tell(await self._store.run(waiting.mark_waiting, hosts, now_ms()))
            self._has_marks = bool(hosts)

    def _unreachable(self) -> Collection[str]:
        return self._contacts.failing if self._is_away else ()

    def _pause(self, host: str, wait_ms: int) -> None:
        self._pauses = with_pause(self._pauses, host, wait_ms, steady_ms())

    def _on_reached(self, host: str | None) -> None:
        self._contacts = with_reached(self._contacts, host, self._clock_s())
        self._doubtful.clear()
        self._end_wait()

    def _on_failing(self, host: str, contact: Contact) -> None:
        self._contacts = with_failing(self._contacts, host, contact, self._clock_s())
        self._judge()

    def _on_system_changed(self) -> None:
        if self._system is not None and self._system.state is SystemState.CONNECTED:
            self._contacts = Contacts(self._contacts.reached_s)
            self._end_wait()
        self._judge()

    def _judge(self) -> None:
        is_away = network_is_away(self._contacts, self._system_state(), self._clock_s())
        if is_away and not self._is_away:
            self._begin_wait()

    def _is_up(self) -> bool:
        return network_is_up(self._contacts, self._system_state(), self._clock_s())

    def _system_state(self) -> SystemState:
        return self._system.state if self._system is not None else SystemState.UNKNOWN

    # While the network is away

    def _begin_wait(self) -> None:
        failing = ", ".join(sorted(self._contacts.failing))
        self._logger.warning("no server can be reached (%s); waiting for the network", failing)
        self._is_away = True
        self._failed_probes = 0
        self._plan_probe()
        self._tasks.start(self._start_wait(list(self._doubtful.items())))
        self._doubtful.clear()
        self.away_changed.emit(True)

    def _end_wait(self) -> None:
        if self._is_away:
            self._logger.info("the network is back")
            self._is_away = False
            self._timer.stop()
            self._tasks.start(self._release())
            self.away_changed.emit(False)

    async def _start_wait(self, attempts: list[tuple[str, int]]) -> None:
        """Undo what the first failures have cost, before it was clear what they mean."""
        self._tell(
            await self._store.run(waiting.start_network_wait, attempts, self._probe_at_ms, now_ms())
        )

    async def _release(self) -> None:
        # Retries are due within a minute anyway, should this be lost.
        self._tell(await self._store.run(waiting.end_network_wait, now_ms()))
        self.opened.emit()

    def _plan_probe(self) -> None:
        gap_ms = probe_gap_ms(self._failed_probes)
        self._probe_at_ms = now_ms() + gap_ms
        if self._is_at_work:
            self._timer.start(gap_ms)

    def _start_probe(self) -> None:
        if self._probing is None:
            self._probing = asyncio.ensure_future(self._probe())
            self._probing.add_done_callback(self._on_probed)

    def _on_probed(self, task: asyncio.Task[None]) -> None:
        self._probing = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._logger.error("a probe failed", exc_info=error)
            self._plan_probe()  # one bad probe must not be the last

    async def _probe(self) -> None:
        """Knock at the server of one waiting job, each time at another one's."""
        number = self._failed_probes
        try:
            links = await self._links_to_probe()
            if not links:
                self._end_wait()  # nobody waits for any of them
                return
            link = links[number % len(links)]
            is_reached = await can_connect(*self._probe_address(link))
            if not self._is_away:
                return
            if is_reached:
                self._on_reached(host_of(link))
                return
            self._on_failing(host_of(link), Contact.UNCONNECTED)
            self._failed_probes = number + 1
            self._plan_probe()
            self._tell(
                await self._store.run(waiting.move_network_wait, self._probe_at_ms, now_ms())
            )
        except StoreUnusable as error:
            self._logger.warning("the network was not looked for: %s", error)
            self._plan_probe()

    async def _links_to_probe(self) -> list[str]:
        failing = list(self._contacts.failing)[:_MOST_HOSTS]
        links: list[str] = []
        if self.is_hopeless:
            # Those that were not tried first: they may be alive, and no attempt will find out.
            links = await self._store.run(waiting.links_of_other_hosts, failing)
        return links or await self._store.run(waiting.links_of_hosts, failing)

    def _tell(self, jobs: list[Job]) -> None:
        if jobs:
            self.jobs_changed.emit(jobs)


_SLACK_MS = 500
"""A job that got the pause itself shows its own countdown, though the two clocks differ a bit."""
_MOST_HOSTS = 500
"""No statement holds more variables than any SQLite takes."""
