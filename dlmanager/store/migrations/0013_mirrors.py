"""Several links to one file, with the record of each."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Create DOWNLOAD_MIRROR, whose rows go with those of their jobs, and add the columns."""
    for column in (
        "mirror INTEGER",
        "mirror_count INTEGER NOT NULL DEFAULT 0",
        "part_mirror INTEGER",
        "expected_bytes INTEGER",
    ):
        db.execute_sql(f"ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN {column}")
    db.execute_sql(
        """
        CREATE TABLE DOWNLOAD_MIRROR (
            job_id TEXT NOT NULL REFERENCES DOWNLOAD_QUEUE (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            url TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            failures INTEGER NOT NULL DEFAULT 0,
            bytes_received INTEGER NOT NULL DEFAULT 0,
            speed_bytes_s REAL,
            last_error TEXT,
            state TEXT NOT NULL DEFAULT 'fresh',
            PRIMARY KEY (job_id, position)
        )
        """
    )
