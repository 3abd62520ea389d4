"""What a file shall hash to, and what it did hash to."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Add the columns; hexadecimal digits, of the kind that stands beside them."""
    for column in ("checksum_kind", "checksum", "checksum_found"):
        db.execute_sql(f"ALTER TABLE DOWNLOAD_QUEUE ADD COLUMN {column} TEXT")
