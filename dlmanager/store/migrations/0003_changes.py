"""How one process sees what another one changed: a revision a row, and removal as a mark."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add revision and removed_at, and number the rows that are there."""
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN revision INTEGER NOT NULL DEFAULT 0")
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN removed_at INTEGER")
    db.execute_sql("UPDATE DOWNLOAD_QUEUE SET revision = rowid")
    db.execute_sql("CREATE INDEX download_queue_revision ON DOWNLOAD_QUEUE (revision)")
