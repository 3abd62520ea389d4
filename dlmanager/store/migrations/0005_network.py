"""Which host a job asks, so that a host can be left alone, and what a waiting job waits for."""

from typing import Any
from urllib.parse import urlsplit


def up(migrator: Any, db: Any) -> None:
    """Add host and waiting_for, and fill the hosts of the rows that are there."""
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN host TEXT")
    db.execute_sql("ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN waiting_for TEXT")
    rows = db.execute_sql("SELECT id, url FROM DOWNLOAD_QUEUE").fetchall()
    for job_id, url in rows:
        db.execute_sql("UPDATE DOWNLOAD_QUEUE SET host = ? WHERE id = ?", (_host(url), job_id))
    db.execute_sql("CREATE INDEX download_queue_host ON DOWNLOAD_QUEUE (status, host)")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
