"""The table as the specification gives it."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Create DOWNLOAD_QUEUE."""
    db.execute_sql(
        """
        CREATE TABLE DOWNLOAD_QUEUE (
            id TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            target_directory TEXT NOT NULL,
            filename TEXT,
            status TEXT NOT NULL DEFAULT 'PENDING',
            progress_percent INTEGER DEFAULT 0,
            progress_summary TEXT,
            retry_count INTEGER NOT NULL DEFAULT 0,
            max_retries INTEGER NOT NULL DEFAULT 3,
            next_retry_at INTEGER,
            pid INTEGER,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        )
        """
    )
    db.execute_sql("CREATE INDEX download_queue_status ON DOWNLOAD_QUEUE (status, created_at)")
