"""How often in a row the program ended uncleanly while it worked on a job, and how far that was."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN crash_count INTEGER NOT NULL DEFAULT 0")
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN crash_bytes INTEGER")
