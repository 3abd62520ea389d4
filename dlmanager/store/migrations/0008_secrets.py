"""That a download has secrets; they themselves are kept elsewhere."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the flag."""
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN has_secrets INTEGER NOT NULL DEFAULT 0")
