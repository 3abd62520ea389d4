"""What the engine knows of a job beyond its state: the attempt, the part file, the validators."""

from typing import Any

COLUMNS = (
    "attempt INTEGER NOT NULL DEFAULT 0",
    "phase TEXT",
    "bytes_done INTEGER NOT NULL DEFAULT 0",
    "bytes_total INTEGER",
    "part_path TEXT",
    "part_device INTEGER",
    "part_inode INTEGER",
    "etag TEXT",
    "last_modified TEXT",
    "final_url TEXT",
    "content_type TEXT",
    "http_status INTEGER",
    "error_kind TEXT",
    "error_message TEXT",
    "final_path TEXT",
    "verification TEXT NOT NULL DEFAULT 'none'",
    "pid_started_at INTEGER",
    "finished_at INTEGER",
    "unclean_stop INTEGER NOT NULL DEFAULT 0",
)


def up(migrator: Any, db: Any) -> None:
    """Add the columns; rows of before keep what they had."""
    for column in COLUMNS:
        db.execute_sql(f"ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN {column}")
