"""Each try at a job is remembered: when, from which byte, how it ended, and wget's words."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Create DOWNLOAD_ATTEMPT; its rows go with those of their jobs."""
    db.execute_sql(
        """
        CREATE TABLE DOWNLOAD_ATTEMPT (
            job_id TEXT NOT NULL REFERENCES DOWNLOAD_QUEUE (id) ON DELETE CASCADE,
            attempt INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            from_byte INTEGER NOT NULL,
            ended_at INTEGER,
            bytes_done INTEGER,
            ending TEXT,
            error_kind TEXT,
            message TEXT,
            http_status INTEGER,
            log TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (job_id, attempt)
        )
        """
    )
    db.execute_sql(
        "CREATE INDEX download_attempt_open ON DOWNLOAD_ATTEMPT (job_id) WHERE ended_at IS NULL"
    )
