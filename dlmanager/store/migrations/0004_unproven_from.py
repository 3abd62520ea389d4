"""From which byte on a part is not yet known to belong to what stands before it."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the column; the parts of before count as proven."""
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN unproven_from INTEGER")
