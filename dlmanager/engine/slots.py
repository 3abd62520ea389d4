"""The slots of the queue: how many downloads may run, whose turn it is, and who waits for one."""

from collections.abc import Sequence

from dlmanager.core.host_slots import HostSlots
from dlmanager.core.job import Job
from dlmanager.core.priority import Line, SlotWaits
from dlmanager.engine.clock import now_ms, steady_ms
from dlmanager.engine.runs import Runs
from dlmanager.store import turns
from dlmanager.store.job_store import DueNow, JobStore
from dlmanager.store.store_thread import StoreThread
from dlmanager.store.waiting import mark_held


class Slots:
    """Hands out slots by the queue's order, and takes them back.

    Its methods that ask the store raise StoreUnusable.
    """

    def __init__(
        self,
        store: StoreThread,
        runs: Runs,
        max_concurrent_downloads: int,
        max_downloads_per_host: int,
        low_priority_wait_s: float,
    ) -> None:
        """max_downloads_per_host: 0 for any number. low_priority_wait_s: 0 for ever."""
        self._store = store
        self._runs = runs
        self.use_limits(max_concurrent_downloads, max_downloads_per_host, low_priority_wait_s)
        self._waits = SlotWaits()
        self._held_hosts: set[str] = set()
        self._seen_for_held: tuple[int, set[str], set[str]] | None = None

    def use_limits(
        self,
        max_concurrent_downloads: int,
        max_downloads_per_host: int,
        low_priority_wait_s: float,
    ) -> None:
        """Keep to these limits from now on; see `__init__`."""
        self._most = max_concurrent_downloads
        self._most_per_host = max_downloads_per_host
        self._wait_ms = round(low_priority_wait_s * 1000)

    def begin(self) -> None:
        """Look anew at who says that it waits: an earlier run may have left its notes."""
        self._seen_for_held = None

    @property
    def free(self) -> int:
        """How many more downloads may run; below 0 where more run than may."""
        return self._most - len(self._runs.job_ids)

    @property
    def _of_hosts(self) -> HostSlots:
        # A host that may have all slots is held by the one limit alone.
        limit = self._most_per_host if self._most_per_host < self._most else 0
        return HostSlots(limit, self._runs.hosts)

    async def needs_room(self) -> bool:
        """Whether more run than may, or a person asked that one start now."""
        if self.free < 0 or self._of_hosts.is_exceeded:
            return True
        return await self._store.run(turns.has_start_asked)

    async def take_back(self, due: DueNow) -> list[Job]:
        """Make running jobs PENDING that are too many, or for what is to start now."""
        limit = self._of_hosts.limit
        return await self._store.run(turns.make_room, self._most, due, now_ms(), limit)

    async def claim(self, count: int, due: DueNow) -> list[Job]:
        """Take so many jobs, or fewer, whose turn it is; they are to be run."""
        if count <= 0:
            return []
        overdue = self._waits.overdue(steady_ms(), self._wait_ms)
        return await self._store.run(JobStore.claim, count, *due, overdue, self._of_hosts)

    async def note_waits(self, due: DueNow, served: Sequence[Job], *, is_full: bool) -> None:
        """Keep count of how long each line waits; none does where a slot for it is left.

        served: the jobs that have just got a slot. is_full: none is left.
        """
        waiting: Sequence[Line] = ()
        full_hosts = self._of_hosts.full
        if self._wait_ms and (is_full or full_hosts):
            lines = await self._store.run(turns.waiting_lines, due, full_hosts)
            waiting = [line for line in lines if is_full or line.host is not None]
        got_one = {Line(job.priority, host) for job in served for host in (None, job.host)}
        self._waits.note(waiting, got_one, steady_ms())

    async def note_held(self, due: DueNow) -> list[Job]:
        """Let jobs say that they wait for a slot of their host, once others pass them.

        Returns those that say something else now.
        """
        full_hosts = self._of_hosts.full
        if not full_hosts and not self._held_hosts and self._seen_for_held is not None:
            return []
        # Looking through a long line each second would be for nothing.
        seen = (await self._store.run(JobStore.revision), full_hosts, set(due.exclude))
        if seen == self._seen_for_held:
            return []
        held = await self._store.run(turns.passed_over, due, full_hosts, self._held_hosts)
        changed = await self._store.run(mark_held, due, held, now_ms())
        self._held_hosts, self._seen_for_held = held, seen
        return changed
