"""SIGKILL in the middle of transactions: what was acknowledged is there, and all of it is sound."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dlmanager.core.job import Job, Status
from dlmanager.store.job_store import JobStore

ROOT = Path(__file__).parents[2]
DEFAULT_KILLS = 8
LONG_KILLS = 25
BATCH = 20

WRITER = """
import os, random, sys
from pathlib import Path
from dlmanager.core.job import NewJob, Phase, Status, Wish
from dlmanager.core.progress import JobProgress
from dlmanager.store.job_store import JobStore
from dlmanager.store.wishes import fulfil

store = JobStore(Path(sys.argv[1]))
chance = random.Random(int(sys.argv[2]))
now_ms = int(sys.argv[3])

def say(*lines):
    # One write(2), straight to the pipe, and short enough to be done whole or not at all: a kill
    # must not leave half of a transaction told. What is said has been committed before.
    os.write(1, "".join(f"{line}{chr(10)}" for line in lines).encode())

def tell(jobs):
    say(
        *(f"row {job.id} {job.revision} {job.status} {job.attempt} {job.removed_at or 0}"
          for job in jobs)
    )

while True:
    now_ms += 1
    step = chance.randrange(8)
    running = store.list_jobs(Status.PROCESSING)
    if step == 0:
        orders = [NewJob(f"http://127.0.0.1/{now_ms}/{n}", "/tmp") for n in range(20)]
        tell(store.add(orders, now_ms))
    elif step in (1, 2):
        tell(store.claim(8, now_ms))
    elif step == 3 and running:
        job = chance.choice(running)
        status = chance.choice([Status.COMPLETED, Status.FAILED, Status.RETRYING, Status.PAUSED])
        facts = {"next_retry_at": now_ms} if status is Status.RETRYING else {}
        tell([store.finish(job.id, job.attempt, status, now_ms, facts)])
    elif step == 4 and running:
        job, tag = chance.choice(running), "x" * chance.randrange(4000)
        tell([store.record(job.id, job.attempt, now_ms, {"etag": tag})])
    elif step == 5:
        store.write_progress(
            [JobProgress(j.id, j.attempt, Phase.DOWNLOADING, now_ms, None, None) for j in running],
            now_ms,
        )
    else:
        jobs = store.list_jobs()
        some = [job.id for job in chance.sample(jobs, min(len(jobs), 10))]
        wish = chance.choice([Wish.PAUSE, Wish.RESUME, Wish.CANCEL, Wish.RETRY, Wish.REMOVE])
        tell(fulfil(store, wish, some[: 1 if wish is Wish.REMOVE else 10], now_ms))
    if chance.randrange(20) == 0:
        # Frames go to the database file: that is where a kill could spoil it.
        store._database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    say("done")
"""


@dataclass
class Acknowledged:
    """The last word on every row: revision, status, attempt, removed_at."""

    rows: dict[str, tuple[int, str, int, int]] = field(default_factory=dict)
    transactions: int = 0

    def hear(self, output: str) -> None:
        # A line cut by the kill was not said in full.
        for line in output.split("\n")[:-1]:
            match line.split():
                case ["row", job_id, revision, status, attempt, removed_at]:
                    self.rows[job_id] = (int(revision), status, int(attempt), int(removed_at))
                case ["done"]:
                    self.transactions += 1


def write_until_killed(database: Path, seed: int, after_s: float, now_ms: int) -> str:
    """Let a process write as fast as it can and kill it; returns what it acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database), str(seed), str(now_ms)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        first = os.read(process.stdout.fileno(), 1 << 16)  # it is at work
        kill_at = time.monotonic() + after_s
        said = [first]
        os.set_blocking(process.stdout.fileno(), False)
        while time.monotonic() < kill_at:
            try:
                said.append(os.read(process.stdout.fileno(), 1 << 16))
            except BlockingIOError:
                time.sleep(0.0005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    os.set_blocking(process.stdout.fileno(), True)
    said.append(process.stdout.read())
    process.stdout.close()
    return b"".join(said).decode()


def rows_in(database: Path) -> dict[str, tuple[int, str, int, int]]:
    with closing(sqlite3.connect(database)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        query = "SELECT id, revision, status, attempt, COALESCE(removed_at, 0) FROM DOWNLOAD_QUEUE"
        rows = raw.execute(query).fetchall()
        batches = raw.execute("SELECT COUNT(*) FROM DOWNLOAD_QUEUE GROUP BY created_at")
        assert {count for (count,) in batches} == {BATCH}, "a batch is added as a whole"
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


def check_against(acknowledged: Acknowledged, rows: dict[str, tuple[int, str, int, int]]) -> None:
    """Every row is as was said last, but for those of the one transaction nobody was told of."""
    last = max(revision for revision, *_ in acknowledged.rows.values())
    untold = {job_id for job_id, row in rows.items() if row[0] > last}
    assert len({rows[job_id][0] for job_id in untold}) <= 1
    for job_id, row in acknowledged.rows.items():
        assert job_id in rows, "an acknowledged row is lost"
        assert job_id in untold or rows[job_id] == row
    assert rows.keys() - acknowledged.rows.keys() <= untold


def check_invariants(jobs: list[Job]) -> None:
    for job in jobs:
        running = job.status is Status.PROCESSING
        assert (job.phase is not None) == running
        assert job.attempt > 0 or not running
        assert (job.next_retry_at is not None) == (job.status is Status.RETRYING)


def check_attempts(store: JobStore) -> None:
    """What runs has one open attempt, of its number; all else has none."""
    query = "SELECT job_id, attempt FROM DOWNLOAD_ATTEMPT WHERE ended_at IS NULL"
    still_open = set(store.database.execute_sql(query).fetchall())
    assert still_open == {(job.id, job.attempt) for job in store.list_jobs(Status.PROCESSING)}


@pytest.mark.fault(50)
@pytest.mark.parametrize(
    "kills",
    [DEFAULT_KILLS, pytest.param(LONG_KILLS, marks=pytest.mark.long)],
    ids=["some kills", "all kills"],
)
def test_a_writer_killed_at_any_moment_loses_nothing_it_has_acknowledged(
    tmp_path: Path, kills: int
):
    database = tmp_path / "queue.db"
    chance = random.Random(50)
    acknowledged = Acknowledged()
    for kill in range(kills):
        seed, after_s = chance.randrange(1 << 30), chance.uniform(0.002, 0.25)
        acknowledged.hear(write_until_killed(database, seed, after_s, (kill + 1) * 1_000_000))
        rows = rows_in(database)
        check_against(acknowledged, rows)
        acknowledged.rows = rows
        with closing(JobStore(database)) as store:
            store.check()
            check_invariants(store.list_jobs())
            check_attempts(store)
    assert acknowledged.transactions > 3 * kills
