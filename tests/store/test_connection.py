"""Opening the database: fresh, of earlier versions, of a newer one."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from dlmanager.core.errors import StoreUnusable
from dlmanager.core.job import (
    Status,
    Verification,
)
from dlmanager.store.connection import MIGRATIONS
from dlmanager.store.job_store import JobStore


class TestMigrations:
    def test_a_database_of_the_first_version_is_brought_up_to_date(self, tmp_path: Path):
        path = tmp_path / "queue.db"
        database = SqliteDatabase(str(path))
        Runner(database, str(MIGRATIONS)).up("0001_specification")
        database.close()
        old = sqlite3.connect(path)
        old.execute(
            "INSERT INTO DOWNLOAD_QUEUE (id, url, target_directory, status, retry_count,"
            " created_at, updated_at) VALUES ('j1', 'http://h/a', '/d', 'FAILED', 3, 5, 6)"
        )
        old.commit()
        old.close()
        store = JobStore(path)
        (job,) = store.list_jobs()
        assert (job.id, job.status, job.retry_count, job.created_at) == ("j1", Status.FAILED, 3, 5)
        assert (job.attempt, job.verification, job.revision) == (0, Verification.NONE, 1)
        assert (job.host, job.waiting_for) == ("h", None)
        store.close()

    def test_a_database_of_a_newer_version_is_refused(self, tmp_path: Path):
        JobStore(tmp_path / "queue.db").close()
        newer = sqlite3.connect(tmp_path / "queue.db")
        newer.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', 'now')")
        newer.commit()
        newer.close()
        with pytest.raises(StoreUnusable, match="newer dlmanager"):
            JobStore(tmp_path / "queue.db")

    def test_first_starts_at_once_do_not_get_into_each_others_way(self, tmp_path: Path):
        for round_ in range(4):
            path = tmp_path / str(round_) / "queue.db"
            with ThreadPoolExecutor(8) as starts:
                stores = list(starts.map(lambda _, path=path: JobStore(path), range(8)))
            assert {len(store.list_jobs()) for store in stores} == {0}
            for store in stores:
                store.close()

    def test_no_two_migrations_have_the_same_number(self):
        numbers = [int(path.name[:4]) for path in sorted(MIGRATIONS.glob("[0-9]*.py"))]
        assert numbers == sorted(set(numbers))
