"""That a web page in place of the file is wanted, and who has chosen the file's name."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the columns; the names of before count as the person's."""
    for name in ("accept_page", "named_by_server"):
        db.execute_sql(f"ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")
