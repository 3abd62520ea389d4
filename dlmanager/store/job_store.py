"""The queue in SQLite: every transition is one guarded, committed UPDATE.

A JobStore belongs to one thread; `store_thread.StoreThread` gives it one.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from peewee import Column, Expression

from dlmanager.core.attempt_record import ENDING_BY_STATUS, AttemptEnding, AttemptNotes
from dlmanager.core.errors import ErrorKind
from dlmanager.core.host_slots import HostSlots
from dlmanager.core.job import (
    SOURCES,
    UNFINISHED,
    Job,
    NewJob,
    Phase,
    Status,
    WaitingFor,
)
from dlmanager.core.priority import Line
from dlmanager.core.progress import JobProgress
from dlmanager.core.urls import host_of
from dlmanager.store import attempts, mirrors
from dlmanager.store.connection import file_of, has_rows, open_database
from dlmanager.store.database_care import RESTORED, check, make_backup
from dlmanager.store.facts import (
    AT_REST,
    COUNT_ANEW,
    FORGET_ERROR,
    NO_FILE,
    NO_PART,
    Facts,
)
from dlmanager.store.order import asked_first, queue_order
from dlmanager.store.tables import COLUMNS, job_from_row, queue_table


class DueNow(NamedTuple):
    """What decides which jobs could be worked on now.

    exclude: ids that must wait (a process of theirs is still ending). closed_hosts: hosts that are
    not to be asked now. network_is_away: leave out what waits for the network.
    """

    now_ms: int
    exclude: Collection[str] = ()
    closed_hosts: Collection[str] = ()
    network_is_away: bool = False


NO_HOST_LIMIT = HostSlots()

_SELECT_JOB = f"SELECT {', '.join(COLUMNS)} FROM DOWNLOAD_QUEUE WHERE id=? AND removed_at IS NULL"
_KNOWN_COLUMNS = {name: name for name in COLUMNS}
_UNPUBLISHED = "AND phase != 'finalising'"


class JobStore:
    """The queue on disk. One thread only; every method is one transaction, committed on return.

    Raises peewee's errors; StoreThread turns them into StoreUnusable.
    """

    def __init__(self, path: Path) -> None:
        self._database, self._opened_file = open_database(path)
        self._table = queue_table(self._database)
        self._columns = [getattr(self._table, name) for name in COLUMNS]
        self._oldest_first = (self._table.created_at, Column(self._table, "rowid"))
        self.waits_for_space = (self._table.status == Status.PAUSED) & (
            self._table.error_kind == ErrorKind.DISK_FULL
        )
        self._data_version = self._read_data_version()
        self._seen_revision = self.revision()

    @property
    def database(self) -> Any:
        """The connection, a peewee.SqliteDatabase, for the modules beside this one."""
        return self._database

    @property
    def table(self) -> Any:
        """The table, for the queries of the modules beside this one."""
        return self._table

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def has_rows(self) -> bool:
        """Whether there is anything in the queue, removed rows included."""
        return has_rows(self._database)

    def is_in_place(self, path: Path) -> bool:
        """Whether the database's path still leads to the file that is open here."""
        return file_of(path) == self._opened_file

    def check(self) -> None:
        """Look through the whole database. Raises StoreDamaged, or SQLite's own error."""
        check(self._database.connection())

    def back_up(self, path: Path, now_ms: int) -> Path:
        """Make a backup through this connection, which may be the only way to the database."""
        return make_backup(self._database.connection(), path, now_ms)

    def prove_writable(self) -> None:
        """Write to the database without changing anything; raises what keeps a write from it."""
        with self._database.atomic():
            self._database.execute_sql(f"PRAGMA user_version={self._user_version()}")

    def revision(self) -> int:
        """What grows with every change of state, place or link, but not with progress."""
        query = "SELECT COALESCE(MAX(revision), 0) FROM DOWNLOAD_QUEUE"
        return int(self._database.execute_sql(query).fetchone()[0])

    def is_restored(self) -> bool:
        """Whether this database took the place of another, and was not looked through since."""
        return self._user_version() == RESTORED

    def _user_version(self) -> int:
        return int(self._database.execute_sql("PRAGMA user_version").fetchone()[0])

    # Reading

    def get(self, job_id: str) -> Job | None:
        """The job with this id, or None."""
        row = self._database.execute_sql(_SELECT_JOB, (job_id,)).fetchone()
        return job_from_row(row) if row is not None else None

    def find(self, prefix: str) -> list[Job]:
        """The jobs whose id starts with these characters."""
        return self._select(self._table.id.startswith(prefix))

    def list_jobs(self, status: Status | None = None) -> list[Job]:
        """All jobs, oldest first; with a status, those in it."""
        return self._select(*(() if status is None else (self._table.status == status,)))

    def count_unfinished(self) -> int:
        """How many jobs the queue still has to work on."""
        return int(
            self._table.select(self._table.id)
            .where(self._table.status.in_(UNFINISHED), self._table.removed_at.is_null())
            .count()
        )

    def next_retry_at(self, after_ms: int = 0) -> int | None:
        """When the next retry after a time falls due; None if none waits."""
        query = (
            self._table.select(self._table.next_retry_at)
            .where(
                self._table.status == Status.RETRYING,
                self._table.removed_at.is_null(),
                self._table.next_retry_at > after_ms,
            )
            .order_by(self._table.next_retry_at)
            .limit(1)
        )
        return next((row[0] for row in query.tuples()), None)

    def waiting_for_space(self, before_ms: int, now_ms: int) -> list[Job]:
        """The jobs that a full disk has paused, and that nobody has touched since a time."""
        touched_at = self._table.updated_at
        # After now: the clock was set back meanwhile.
        return self._select(self.waits_for_space, (touched_at <= before_ms) | (touched_at > now_ms))

    def left_parts(self) -> list[Job]:
        """Cancelled or removed jobs whose part file has not been thrown away yet."""
        table = self._table
        gone = (table.status == Status.CANCELLED) | table.removed_at.is_null(False)
        query = table.select(*self._columns).where(
            table.part_path.is_null(False), gone, table.status != Status.COMPLETED
        )
        return self._jobs(query)

    def ids_with_secrets(self) -> set[str]:
        """The ids of all rows that secrets are kept for; removed rows included."""
        query = self._table.select(self._table.id).where(self._table.has_secrets == 1)
        return {row[0] for row in query.tuples()}

    def folders_and_parts(self) -> tuple[set[str], set[str]]:
        """The target folders of all rows, and the paths of all parts; removed rows included."""
        table = self._table
        folders = table.select(table.target_directory).distinct()
        parts = table.select(table.part_path).where(table.part_path.is_null(False))
        return {row[0] for row in folders.tuples()}, {row[0] for row in parts.tuples()}

    def _select(self, *conditions: Expression) -> list[Job]:
        query = (
            self._table.select(*self._columns)
            .where(self._table.removed_at.is_null(), *conditions)
            .order_by(Column(self._table, "rowid"))
        )
        # SQLite would carry whole rows through its sorting; here they are nearly sorted already.
        return sorted(self._jobs(query), key=attrgetter("created_at"))

    def _jobs(self, query: Any) -> list[Job]:
        return list(map(job_from_row, self._database.execute(query)))

    # Adding

    def add(self, orders: Sequence[NewJob], now_ms: int) -> list[Job]:
        """Put all the orders into the queue, or none of them; returns their jobs in order."""
        if any(order.all_secrets and order.id is None for order in orders):
            raise ValueError("secrets are kept before their row is written")
        ids = [order.id or str(uuid.uuid4()) for order in orders]
        with self.writing() as revision:
            # executemany, not one Peewee insert a row: tens of thousands of links are one paste.
            self._database.cursor().executemany(
                "INSERT INTO DOWNLOAD_QUEUE (id, url, target_directory, filename, status,"
                " progress_percent, max_retries, created_at, updated_at, revision, host,"
                " has_secrets, checksum_kind, checksum, mirror, mirror_count, expected_bytes,"
                " priority) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        job_id,
                        order.url,
                        order.target_directory,
                        order.filename,
                        Status.PAUSED if order.paused else Status.PENDING,
                        order.max_retries,
                        now_ms,
                        now_ms,
                        revision,
                        host_of(order.url),
                        bool(order.all_secrets),
                        *(order.checksum or (None, None)),
                        1 if order.mirrors else None,
                        1 + len(order.mirrors) if order.mirrors else 0,
                        order.expected_bytes,
                        order.priority,
                    )
                    for job_id, order in zip(ids, orders, strict=True)
                ],
            )
            mirrors.add(self._database, zip(ids, orders, strict=True))
            return self.by_id(ids)

    # The engine's transitions

    def claim(
        self,
        limit: int,
        now_ms: int,
        exclude: Collection[str] = (),
        closed_hosts: Collection[str] = (),
        network_is_away: bool = False,
        overdue: Sequence[Line] = (),
        host_slots: HostSlots = NO_HOST_LIMIT,
    ) -> list[Job]:
        """Take up to `limit` jobs that are due and make them PROCESSING.

        First what a person asked to start now, then the first job of each overdue line, then by
        level. Inside a level those first that have been due the longest, so that old jobs that fail
        again and again cannot keep newer ones out; unless a person gave them another place. Jobs
        whose host has no slot left are passed over.

        exclude, closed_hosts, network_is_away: see DueNow.
        """
        table = self._table
        due = DueNow(now_ms, exclude, closed_hosts, network_is_away)
        line = table.select(table.id, table.host).where(self.is_due(due))
        with self.writing() as revision:
            late = [self._first_of(each, line, host_slots) for each in overdue]
            is_late = table.id.in_([job_id for job_id in late if job_id is not None])
            query = line.order_by(*asked_first(table), is_late.desc(), *queue_order(table))
            ids = self.first_with_slot(query, limit, host_slots)
            if ids:
                self.update(
                    {
                        **AT_REST,
                        **FORGET_ERROR,
                        **NO_FILE,
                        "status": Status.PROCESSING,
                        "phase": Phase.CONNECTING,
                        "attempt": table.attempt + 1,
                        "revision": revision,
                        "updated_at": now_ms,
                    },
                    table.id.in_(ids),
                    table.status.in_(SOURCES[Status.PROCESSING]),
                )
                attempts.begin(self._database, ids, now_ms)
            return self.by_id(ids)

    def first_with_slot(self, query: Any, limit: int, host_slots: HostSlots) -> list[str]:
        """The ids of the first jobs of a query that get a slot, and not more of a host than fit.

        query: of ids and hosts, in order.
        """
        table = self._table
        ids: list[str] = []
        while len(ids) < limit:
            # Those of full hosts may be thousands, and first in line.
            others = query.where(table.id.not_in(ids), self.host_is_not_in(host_slots.full))
            found = list(others.limit(limit - len(ids)).tuples())
            count = len(ids)
            for job_id, host in found:
                if host_slots.has_room(host):
                    host_slots = host_slots.with_one(host)
                    ids.append(job_id)
            if len(ids) == count + len(found):
                break  # nobody was passed over: there are no more
        return ids

    def _first_of(self, which: Line, line: Any, host_slots: HostSlots) -> str | None:
        """The id of the first job of a line that gets a slot; None if there is none."""
        table = self._table
        query = line.where(table.priority == which.priority).order_by(*queue_order(table))
        if which.host is not None:
            query = query.where(table.host == which.host)
        return next(iter(self.first_with_slot(query, 1, host_slots)), None)

    def host_is_not_in(self, hosts: Collection[str]) -> Expression:
        """The condition that a job's host is none of these."""
        table = self._table
        condition: Expression = table.host.is_null() | table.host.not_in(list(hosts))
        return condition

    def is_due(self, due: DueNow) -> Expression:
        """The condition that a job could be worked on now."""
        table = self._table
        found: Expression = (table.status == Status.PENDING) | (
            (table.status == Status.RETRYING) & (table.next_retry_at <= due.now_ms)
        )
        if due.closed_hosts:
            found &= self.host_is_not_in(due.closed_hosts)
        if due.network_is_away:
            found &= table.waiting_for.is_null() | (table.waiting_for != WaitingFor.NETWORK)
        found &= table.removed_at.is_null() & table.id.not_in(list(due.exclude))
        return found

    def record(self, job_id: str, attempt: int, now_ms: int, facts: Facts) -> Job | None:
        """Write facts of a running attempt; None, and nothing written, if it runs no more."""
        return self._guarded(job_id, attempt, now_ms, facts)

    def finish(
        self,
        job_id: str,
        attempt: int,
        status: Status,
        now_ms: int,
        facts: Facts,
        notes: AttemptNotes | None = None,
        ending: AttemptEnding | None = None,
    ) -> Job | None:
        """End an attempt in a new state; None, and nothing written, if it runs no more.

        ending: of the attempt; None for what the state says.
        Raises ValueError for a state that PROCESSING cannot turn into.
        """
        if Status.PROCESSING not in SOURCES[status]:
            raise ValueError(f"PROCESSING cannot become {status}")
        facts = {**AT_REST, **COUNT_ANEW, **facts, "status": status}
        if status is not Status.PENDING:
            facts["start_asked_at"] = None
        if status is Status.RETRYING:
            facts["place"] = None  # it joins the line anew: what keeps failing starves nobody
        with self._database.atomic():
            job = self._guarded(job_id, attempt, now_ms, facts)
            if job is not None:
                ending = ending or ENDING_BY_STATUS[status]
                attempts.end(self._database, [job_id], ending, now_ms, notes)
        return job

    def give_back(
        self,
        running: Sequence[tuple[str, int]],
        now_ms: int,
        ending: AttemptEnding = AttemptEnding.STOPPED,
    ) -> list[Job]:
        """Make running jobs PENDING again without spending a retry: for a clean stop, or for room.

        running: job ids and attempt numbers. Returns the jobs given back: not those that run no
        more, nor those whose file is being published, as that is brought to its end.
        """
        facts = {**AT_REST, **COUNT_ANEW, "status": Status.PENDING}
        with self._database.atomic():
            found = [
                self._guarded(job_id, attempt, now_ms, facts, _UNPUBLISHED)
                for job_id, attempt in running
            ]
            jobs = [job for job in found if job is not None]
            ids = [job.id for job in jobs]
            attempts.end(self._database, ids, ending, now_ms)
        return jobs

    def _guarded(
        self, job_id: str, attempt: int, now_ms: int, facts: Facts, condition: str = ""
    ) -> Job | None:
        # Plain SQL, as `get`: seven times a download Peewee would take its time to build the same.
        with self.writing() as revision:
            changes = {**facts, "revision": revision, "updated_at": now_ms}
            assignments = ", ".join(f"{_KNOWN_COLUMNS[name]}=?" for name in changes)
            hit = self._database.execute_sql(
                f"UPDATE DOWNLOAD_QUEUE SET {assignments} WHERE id=? AND attempt=?"
                f" AND status='PROCESSING' AND removed_at IS NULL {condition}",
                (*changes.values(), job_id, attempt),
            ).rowcount
            # Read before the commit: what cannot be told of must not have happened.
            return self.get(job_id) if hit == 1 else None

    def write_progress(self, progress: Iterable[JobProgress], now_ms: int) -> None:
        """Write how far running attempts are: one transaction; rows that run no more stay."""
        rows = [
            (
                each.percent,
                each.summary,
                each.bytes_done,
                each.bytes_total,
                each.phase,
                now_ms,
                each.job_id,
                each.attempt,
            )
            for each in progress
        ]
        with self._database.atomic():
            self._database.cursor().executemany(
                "UPDATE DOWNLOAD_QUEUE SET progress_percent=?, progress_summary=?, bytes_done=?,"
                " bytes_total=?, phase=?, updated_at=?"
                " WHERE id=? AND attempt=? AND status='PROCESSING' AND removed_at IS NULL"
                " AND phase != 'finalising'",
                rows,
            )

    def bring_retries_forward(self, latest_ms: int, now_ms: int) -> list[Job]:
        """Make retries due now that are due later than any can be: a clock was wrong.

        Returns those that changed.
        """
        table = self._table
        late = (table.status == Status.RETRYING) & (table.next_retry_at > latest_ms)
        return self.change_where(late, {"next_retry_at": now_ms}, now_ms)

    def change_where(self, condition: Expression, facts: Facts, now_ms: int) -> list[Job]:
        """Change the rows that a condition holds for; no write where there is none."""
        table = self._table
        query = table.select(table.id).where(condition, table.removed_at.is_null())
        if query.limit(1).tuples().first() is None:
            return []
        with self.writing() as revision:
            ids = [row[0] for row in query.limit(-1).tuples()]
            for some in chunks(ids):
                self.update(
                    {**facts, "revision": revision, "updated_at": now_ms}, table.id.in_(some)
                )
            return self.by_id(ids)

    # What is thrown away

    def forget_part(self, job_id: str, now_ms: int) -> Job | None:
        """Note that the part of a cancelled or removed job is gone; None if it is neither."""
        table = self._table
        with self.writing() as revision:
            hit = self.update(
                {
                    **NO_PART,
                    "bytes_done": 0,
                    "progress_percent": 0,
                    "progress_summary": None,
                    "revision": revision,
                    "updated_at": now_ms,
                },
                table.id == job_id,
                (table.status == Status.CANCELLED) | table.removed_at.is_null(False),
            )
            return self.get(job_id) if hit else None

    def purge_removed(self, before_ms: int) -> int:
        """Delete rows that were removed before a time; returns how many."""
        table = self._table
        return int(
            table.delete()
            .where(
                table.removed_at < before_ms,
                table.part_path.is_null(),
                # The highest revision stays, so that a number is never given twice.
                table.revision < self.revision(),
            )
            .execute()
        )

    # What other processes did

    def has_changed(self) -> bool:
        """Whether other connections wrote anything since the last call of `changes`."""
        return self._read_data_version() != self._data_version

    def changes(self) -> list[Job]:
        """The rows that other connections changed since the last call, removed ones included."""
        version = self._read_data_version()
        if version == self._data_version:
            return []
        self._data_version = version
        query = (
            self._table.select(*self._columns)
            .where(self._table.revision > self._seen_revision)
            .order_by(*self._oldest_first)
        )
        jobs = self._jobs(query)
        self._seen_revision = max([self._seen_revision, *(job.revision for job in jobs)])
        return jobs

    def _read_data_version(self) -> int:
        return int(self._database.execute_sql("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def writing(self) -> Iterator[int]:
        """One transaction; gives the revision that its changes carry."""
        with self._database.atomic():
            revision = self.revision() + 1
            yield revision
            # A write that hit no row leaves its number to the next one, maybe another process's.
            is_used = self.revision() == revision
        if is_used and revision == self._seen_revision + 1:
            self._seen_revision = revision

    def update(self, changes: Facts, *conditions: Expression) -> int:
        """Within `writing`: change the rows that all conditions hold for; returns how many."""
        columns = {getattr(self._table, name): value for name, value in changes.items()}
        return int(self._table.update(columns).where(*conditions).execute())

    def by_id(self, ids: Sequence[str]) -> list[Job]:
        """The jobs with these ids, in their order, removed ones included."""
        table = self._table
        found: dict[str, Job] = {}
        for some in chunks(ids):
            query = table.select(*self._columns).where(table.id.in_(some))
            found |= {job.id: job for job in self._jobs(query)}
        return [found[job_id] for job_id in ids if job_id in found]


def chunks(ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """Split ids so that no statement holds more variables than any SQLite takes (999)."""
    return (ids[start : start + size] for start in range(0, len(ids), size))
