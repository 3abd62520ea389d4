"""Sets of columns and values that transitions have in common."""

from collections.abc import Mapping
from typing import Any

from dlmanager.core.job import Verification

Facts = Mapping[str, Any]
"""Columns and their new values."""

FORGET_ERROR: Facts = {
    "error_kind": None,
    "error_message": None,
    "http_status": None,
}
NO_FILE: Facts = {"final_path": None, "verification": Verification.NONE}
NO_PART: Facts = {"part_path": None, "part_device": None, "part_inode": None}
FROM_ZERO: Facts = {
    "bytes_done": 0,
    "bytes_total": None,
    "progress_percent": 0,
    "progress_summary": None,
    "etag": None,
    "last_modified": None,
    "content_type": None,
    "unproven_from": 0,  # the next attempt cuts the part there
}
COUNT_ANEW: Facts = {"crash_count": 0, "crash_bytes": None, "unresolved_count": 0}
"""What came several times in a row comes so no more, once an attempt ended in another way."""
AT_REST: Facts = {
    "phase": None,
    "pid": None,
    "pid_started_at": None,
    "next_retry_at": None,
    "waiting_for": None,
}
