"""Levels of priority, an order inside a level, and what a person wants to start now."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the columns, and the indexes by which the queue asks each second who waits."""
    for column in (
        "priority TEXT NOT NULL DEFAULT 'normal'",
        "place REAL",
        "start_asked_at INTEGER",
    ):
        db.execute_sql(f"ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN {column}")
    db.execute_sql("CREATE INDEX download_queue_priority ON DOWNLOAD_QUEUE (status, priority)")
    db.execute_sql(
        "CREATE INDEX download_queue_start_asked ON DOWNLOAD_QUEUE (start_asked_at)"
        " WHERE start_asked_at IS NOT NULL"
    )
