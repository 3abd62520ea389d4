"""How often in a row the name of a job's server was not found."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    db.execute_sql(
        "ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN unresolved_count INTEGER NOT NULL DEFAULT 0"
    )
